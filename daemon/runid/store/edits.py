"""What people change of a run after it was begun: its alias, tags, notes and group, and whether it is in the trash.

    edits/<host>.json     {field: {value, time}}     the newest edit of each field that was made through this host

    alias, group, notes   text or null
    tags                  list of texts
    flags                 list of texts: the identities of conversations (see runid.store.rollouts) that were flagged
    trashed_at            seconds since the epoch, or null: it is in the trash since then, and not listed

Of all hosts' edits of a field the newest counts, over what the program says. They lie in the run's folder, so that they
go where it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runid.errors import FormatError
from runid.store import newest

FOLDER = "edits"
_LONGEST = {"alias": 500, "group": 500, "notes": 100_000}
_MOST = {"tags": 200, "flags": 1000}
_LONGEST_TAG = 200


def read(folder: Path) -> dict[str, Any]:
    """The fields of a run that were edited, as they are now; what is damaged is left out. Raises OSError."""
    return newest.read(folder / FOLDER, lambda name, value: name in _CHECKS and _CHECKS[name](value))


def write(folder: Path, host: str, changes: dict[str, Any], now: float) -> None:
    """Notes edits that were made now. Raises FormatError for what cannot be edited so, OSError."""
    newest.write(folder / FOLDER, host, checked(changes), now)


def checked(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes. Raises FormatError, with a sentence, for a field or a value that there cannot be."""
    for name, value in changes.items():
        if name not in _CHECKS:
            raise FormatError(f"{name[:100]!r} of a run cannot be edited; what can be is {', '.join(_CHECKS)}.")
        if not _CHECKS[name](value):
            raise FormatError(f"{name} of a run cannot be {repr(value)[:100]}.")
    return changes


def _text(name: str) -> Callable[[Any], bool]:
    return lambda value: value is None or (isinstance(value, str) and len(value) <= _LONGEST[name])


def _tags(name: str) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if not isinstance(value, list) or len(value) > _MOST[name]:
            return False
        return all(isinstance(tag, str) and 0 < len(tag) <= _LONGEST_TAG for tag in value)

    return fits


def _time(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value < 1e12)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    **{name: _text(name) for name in _LONGEST},
    **{name: _tags(name) for name in _MOST},
    "trashed_at": _time,
}
"""The fields that can be edited, and whether a value is fit for one."""
