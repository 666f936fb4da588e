"""What people say of a thing after it was made, in a file of each host through which they said it.

    <folder>/<host>.json     {name: {"value": …, "time": seconds since the epoch}}

Of all hosts' values of a name the newest counts, so each host writes its own file only, and none waits for another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runid.store import files


def read(folder: Path, fits: Callable[[str, Any], bool]) -> dict[str, Any]:
    """The newest value of each name; what is damaged, or does not fit, is left out. Raises OSError."""
    newest: dict[str, tuple[float, Any]] = {}
    for path in sorted(folder.glob("[!.]*.json")):
        for name, said in (files.read_json(path) or {}).items():
            if not isinstance(said, dict) or type(said.get("time")) not in (int, float) or "value" not in said:
                continue
            if fits(name, said["value"]) and said["time"] >= newest.get(name, (0.0, None))[0]:
                newest[name] = said["time"], said["value"]
    return {name: value for name, (_, value) in newest.items()}


def write(folder: Path, host: str, values: dict[str, Any], now: float) -> None:
    """Notes what was said now. Raises OSError."""
    path = folder / f"{host}.json"
    path.parent.mkdir(exist_ok=True)
    said = {name: {"value": value, "time": now} for name, value in values.items()}
    known = files.read_json(path)
    if known is None:  # damaged, or there is none
        files.set_aside(path)
    files.replace_json(path, (known or {}) | said)
