"""Saved views of the viewer's workspace: which runs are shown, and how, under names that people gave.

    views/<host>.json     {name: {value, time}}     the newest that was saved, or removed, through this host

value     what the workspace's address says behind "?", such as "q=status=failed&sort=-metric.loss"; null: removed

Of all hosts' values of a name the newest counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runid.errors import FormatError
from runid.store import newest

FOLDER = "views"
_LONGEST_NAME, _LONGEST = 100, 8000


def read(root: Path) -> dict[str, str]:
    """The views of a root, by name. Raises OSError."""
    found = newest.read(root / FOLDER, _fits)
    return {name: found[name] for name in sorted(found, key=str.casefold) if found[name] is not None}


def write(root: Path, host: str, name: str, view: str | None, now: float) -> None:
    """Saves a view, or removes it with None. Raises FormatError for what is none, OSError."""
    if not _fits(name, view):
        raise FormatError(
            f"A view has a name of 1 to {_LONGEST_NAME} characters and an address of at most {_LONGEST}, not "
            f"{name[:_LONGEST_NAME]!r} and {repr(view)[:_LONGEST_NAME]}."
        )
    newest.write(root / FOLDER, host, {name: view}, now)


def _fits(name: str, view: Any) -> bool:
    named = 0 < len(name) <= _LONGEST_NAME and name.isprintable() and bool(name.strip())
    return named and (view is None or (isinstance(view, str) and len(view) <= _LONGEST))
