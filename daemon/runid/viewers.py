"""Viewers that run, so that programs find one without starting any.

<runtime dir>/viewers/<port>.json    {url, roots: paths}, of a viewer that this machine reaches; locked while it lives
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from runid import locks
from runid.store import files


def announce(runtime: Path, port: int, url: str, roots: list[Path]) -> None:
    """Says that this process shows roots at a URL, for as long as it lives. Raises OSError."""
    path = runtime / "viewers" / f"{port}.json"
    path.parent.mkdir(exist_ok=True)
    files.replace_json(path, {"url": url, "roots": [str(root.resolve()) for root in roots]}, mode=0o600)
    locks.take(locks.open_lockable(path))  # the descriptor stays open: with it the lock would go


def withdraw(runtime: Path, port: int) -> None:
    """Says so no more. Raises OSError."""
    (runtime / "viewers" / f"{port}.json").unlink(missing_ok=True)


def of(runtime: Path, root: Path) -> tuple[str, int] | None:
    """The URL of a viewer that shows a root, and the root's number there; None without one."""
    for path in sorted((runtime / "viewers").glob("*.json")):
        with contextlib.suppress(OSError):
            said = files.read_json(path) or {}
            roots, url = said.get("roots"), said.get("url")
            if isinstance(roots, list) and isinstance(url, str) and str(root.resolve()) in roots and _lives(path):
                return url, roots.index(str(root.resolve()))
    return None


def _lives(path: Path) -> bool:
    descriptor = locks.open_lockable(path)
    try:
        return locks.held(descriptor)
    finally:
        os.close(descriptor)
