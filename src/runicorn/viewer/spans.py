"""The spans of a trace as a tree, row by row, with their times from the first one's start on.

A span is a mapping: `id` (or `span_id`), `parent_id` (`parent`, `parent_span_id`) or `children`, `name`, `kind`,
`start_time` and `end_time` (or `start`, `end`), `duration_ms` (or `duration`, in seconds), `status`, `error`. Times are
seconds, milliseconds, microseconds or nanoseconds since the epoch, which their size tells, or ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from runid.media import rollout

MOST = 5000
"""Spans of a trace that are shown."""

_MOST_TEXT = 100_000
_SCALES = ((1e17, 1_000_000_000), (1e14, 1_000_000), (1e11, 1000))
"""From which size on a time is in which parts of a second."""
_STRUCTURE = {"children", "id", "span_id", "parent", "parent_id", "parent_span_id", "name", "kind"}
_FAILED = {"error", "failed", "failure", "exception"}

Span = dict[str, Any]


def tree(given: Any) -> dict[str, Any]:
    """{spans: [{place, depth, name, kind, start, seconds, error, model}], count, seconds: of all, null without times}.

    In the order of the tree; `place` is what `one` wants. A span whose parents lead in a circle stands at the top.
    """
    flat = list(_flat(given))
    times = [_times(span) for span, _ in flat]
    first = min((start for start, _ in times if start is not None), default=None)
    rows: list[dict[str, Any]] = []
    for place, depth in _ordered(flat, times):
        span, (start, seconds) = flat[place][0], times[place]
        rows.append(
            {
                "place": place,
                "depth": depth,
                "name": _text(span, "name") or "span",
                "kind": _text(span, "kind"),
                "model": _text(span, "model"),
                "start": None if start is None or first is None else start - first,
                "seconds": seconds,
                "error": _failed(span),
            }
        )
    ends = [row["start"] + (row["seconds"] or 0.0) for row in rows if row["start"] is not None]
    return {"spans": rows, "count": len(flat), "seconds": max(ends, default=None)}


def one(given: Any, place: int) -> list[tuple[str, str]]:
    """What a span says, name by name, as text. Raises IndexError where there is none."""
    span = list(_flat(given))[place][0]
    said = {name: value for name, value in span.items() if name not in _STRUCTURE and value is not None}
    return [(str(name), rollout.as_text(value, indented=True)[:_MOST_TEXT]) for name, value in said.items()]


def _flat(given: Any, parent: int = -1, start: int = 0) -> Iterator[tuple[Span, int]]:
    """Each span and the place of the one that holds it among its children; the first `MOST`."""
    waiting = [(one, parent) for one in reversed(given if isinstance(given, list) else [])]
    place = start
    while waiting and place < MOST:
        span, above = waiting.pop()
        if not isinstance(span, dict):
            continue
        yield span, above
        children = span.get("children")
        waiting += [(one, place) for one in reversed(children if isinstance(children, list) else [])]
        place += 1


def _ordered(flat: list[tuple[Span, int]], times: list[tuple[float | None, float | None]]) -> Iterator[tuple[int, int]]:
    """The places in the order of the tree, with how deep each is; children by their start."""
    named = {_key(span, "id", "span_id"): place for place, (span, _) in enumerate(flat)}
    named.pop(None, None)
    below: dict[int, list[int]] = {}
    for place, (span, inside) in enumerate(flat):
        parent = _key(span, "parent_id", "parent", "parent_span_id")
        above = inside if inside >= 0 else named.get(parent, -1)
        below.setdefault(-1 if above == place else above, []).append(place)
    for children in below.values():
        children.sort(key=lambda place: float("inf") if times[place][0] is None else float(str(times[place][0])))
    seen = set[int]()
    roots = [*below.get(-1, []), *range(len(flat))]  # behind the roots: what stands in a circle
    for root in roots:
        waiting = [(root, 0)]
        while waiting:
            place, depth = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            yield place, depth
            waiting += [(child, depth + 1) for child in reversed(below.get(place, []))]


def _times(span: Span) -> tuple[float | None, float | None]:
    """When a span began, and how many seconds it took; None for what is not told."""
    start, end = (_time(_first(span, *names)) for names in (("start_time", "start"), ("end_time", "end")))
    told = rollout.number(span.get("duration_ms"))
    seconds = told / 1000 if told is not None else rollout.number(span.get("duration"))
    if seconds is None and start is not None and end is not None:
        seconds = max(0.0, end - start)
    return start, seconds


def _time(given: Any) -> float | None:
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= 1e20:
        return None
    return given / next((scale for least, scale in _SCALES if abs(given) >= least), 1)


def _key(span: Span, *names: str) -> str | int | None:
    found = _first(span, *names)
    return found if isinstance(found, str | int) else None


def _first(span: Span, *names: str) -> Any:
    return next((span[name] for name in names if span.get(name) is not None), None)


def _text(span: Span, name: str) -> str | None:
    found = span.get(name)
    return found[:200] if isinstance(found, str) and found else None


def _failed(span: Span) -> bool:
    status = span.get("status")
    status = status.get("code") if isinstance(status, dict) else status
    return bool(span.get("error")) or (isinstance(status, str) and status.lower() in _FAILED)
