"""A line of the catalog: one JSON object, a run as it stood.

revision (the host's record number it covers), status, exit_reason, ended_at, alias, tags, group, notes, host, ranks,
writers, dropped, lost_bytes, created_at, config (flat, ≤ 200 keys), summary, metrics (count, last, min, max of the
first 50), primary; and at its end

    … "run": "<id>", "path": "…", "time": 1795.25, "started_at": 1795.0}

A run whose folder somebody has removed keeps its line, since only its host may change that log. `runicorn fsck
--repair` adds one with the status `removed` and no more than the end.

The end of a line tells which run it is of, when it was written and that it is whole, so that a reader need not parse a
line that a newer one supersedes, nor one that is not asked for. What is no such line, because a crash cut it, is
passed over.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any

from runid.store.files import dumps

_END = ("run", "path", "time", "started_at")
_LINE_END = re.compile(
    rb'"run": "([\w.-]+)", "path": "([\w/-]*)", '
    rb'"time": (\d{1,12}(?:\.\d{1,9})?), "started_at": (\d{1,12}(?:\.\d{1,9})?|null)\}\n'
)
_LATEST = 1e12
REMOVED = "removed"
_NOTHING = type(None)
FIELDS: dict[str, tuple[type, ...]] = {
    "config": (dict,),
    "summary": (dict,),
    "metrics": (dict,),
    "status": (str,),
    "tags": (list, _NOTHING),
    **dict.fromkeys(("alias", "group", "notes"), (str, _NOTHING)),
    **dict.fromkeys(("started_at", "ended_at"), (float, int, _NOTHING)),
    "lost_bytes": (int,),
}
_INSTEAD: dict[str, Any] = {"status": "unknown", "lost_bytes": 0}
_taken = itemgetter(*FIELDS)
_good_shapes: set[tuple[type, ...]] = set()

Key = tuple[str, str]  # path, run id
Head = tuple[Key, float, float | None]  # which run, when the line was written, when the run began if that is told


def line(entry: dict[str, Any]) -> bytes:
    """The line of an entry."""
    rest = {name: value for name, value in entry.items() if name not in _END}
    return dumps(rest | {name: entry.get(name) for name in _END}).encode(errors="replace") + b"\n"


def head(data: bytes) -> Head | None:
    """What the line's end tells; None for what is no line."""
    found = _LINE_END.match(data, max(0, data.rfind(b'"run": "')))
    if found:
        run, path, time, started = found.groups()
        return (path.decode(), run.decode()), float(time), None if started == b"null" else float(started)
    entry = parsed(data)
    if entry is None or not (isinstance(entry.get("run"), str) and isinstance(entry.get("path"), str)):
        return None
    written, began = _time(entry.get("time")), _time(entry.get("started_at"))
    return None if written is None else ((entry["path"], entry["run"]), written, began)


def _time(value: Any) -> float | None:
    return value if type(value) in (int, float) and 0 <= value < _LATEST else None


def parsed(data: bytes) -> dict[str, Any] | None:
    """The object in a line; None for what holds none."""
    import orjson  # the daemon, which only appends, must not load it

    try:
        entry = orjson.loads(data)
    except ValueError:
        return None
    return entry if type(entry) is dict else None


def mended(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with all the fields that readers rely on; what is missing or of an unexpected kind is empty."""
    try:
        shape = tuple(map(type, _taken(entry)))
    except KeyError:
        shape = ()
    if shape in _good_shapes:
        return entry
    if shape and all(kind in kinds for kind, kinds in zip(shape, FIELDS.values(), strict=True)):
        _good_shapes.add(shape)
        return entry
    wrong = [name for name, kinds in FIELDS.items() if type(entry.get(name, ...)) not in kinds]
    return entry | {name: _INSTEAD.get(name, None if _NOTHING in FIELDS[name] else {}) for name in wrong}
