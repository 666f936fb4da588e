"""What lets a program that imports another tracker get ours, without a change: the other side of `runicorn exec`.

`runicorn exec` puts folders of `shims/` into PYTHONPATH. Each holds a package of the tracker's name, which calls
`stand_in`, and a `.dist-info` with the tracker's version, for libraries that look whether it is installed.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys


def stand_in(name: str) -> None:
    """Makes `import <name>` give runicorn.compat.<name> itself, and the same of its submodules."""
    ours = importlib.import_module(f"runicorn.compat.{name}")
    sys.modules[name] = ours
    # All of them, now: what is imported twice, under two names, would be two modules with a state each.
    for found in pkgutil.walk_packages(ours.__path__, f"{ours.__name__}."):
        sys.modules[found.name.removeprefix("runicorn.compat.")] = importlib.import_module(found.name)
