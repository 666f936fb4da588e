"""A run's text: any rows of it, a search through all of it, and the line of a moment. Each host has its own.

All take `host`, the run's owner by default, and say which lines are shown: `level`, `stream`, `rank`, `only=1` with a
search, and `frames=1`, as in runid.store.text_rows. A search is `q`, or with `re=1` a regular expression.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.kept import Kept
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import moments, runs
from runid.store.text_index import TextIndex
from runid.store.text_rows import Choice, Numbers, Rows, TextRows
from runid.store.text_search import pattern, spans
from runid.store.texts import HostText

_MOST_ROWS, _MOST_MARKS = 2000, 2000
_SHOWN, _WHOLE = 2000, 4 << 20  # bytes of a line, in a list and alone
_BLOCK = 1 << 20


class _Text:
    """One host's text."""

    def __init__(self, key: tuple[Path, str]) -> None:
        folder, host = key
        self.index = TextIndex(folder, host, _path(folder, host))
        self.rows = TextRows(self.index)

    def refresh(self) -> None:
        """Reads what was added to it."""
        self.index.refresh()


_texts = Kept(_Text)


def logs(request: Request) -> Response:
    """Rows from `row` on, which counts from the end where it is negative, or from the row of `line` on; `n` of them.

    {hosts, host, lines: how many the text has, rows: how many are shown, row: the first of these, numbers: their lines,
    texts, sizes: {row: bytes} of those that are cut, first: {row: line} where a bar's first frame is, spans: {row:
    [[from, to]]} where the search is found, in UTF-16 units}; rows counted from `row`.
    """
    found, count = _search(request), min(max(0, asked.whole(request, "n", 200)), _MOST_ROWS)
    with _opened(request) as (hosts, host, text, rows):
        line, row = asked.whole(request, "line", -1), asked.whole(request, "row", -count)
        row = int(rows.of(np.array([line]))[0]) if line >= 0 else max(0, rows.count + row) if row < 0 else row
        shown = text.index.pick(rows.lines(row, row + count).tolist(), _SHOWN)
        first = {at: rows.first(one.number) for at, one in enumerate(shown)}
        told = {"hosts": hosts, "host": host, "lines": text.index.lines, "rows": rows.count, "row": row}
    texts = [one.text for one in shown]
    return Json(
        told
        | {
            "numbers": [one.number for one in shown],
            "texts": texts,
            "sizes": {at: one.size for at, one in enumerate(shown) if one.size > _SHOWN},
            "first": {at: line for at, line in first.items() if line < shown[at].number},
            "spans": {at: one for at, one in enumerate(spans(texts, found)) if one} if found else {},
        }
    )


def search(request: Request) -> Response:
    """The rows in which the search is found, seen from `row`.

    {count, lines: how many the text has, rows: how many are shown, before: how many hits lie before `row`; previous,
    next: {row, line} of the last hit before it and of the first one from there on, or from the other end on, null
    where there are none; marks: how many lie in each of `marks` equal parts of the rows}.
    """
    row, parts = asked.whole(request, "row", 0), min(max(1, asked.whole(request, "marks", 1)), _MOST_MARKS)
    found = _search(request) or pattern("")
    with _opened(request) as (_, _, text, rows):
        hits = rows.shown(text.rows.matching(found))
        lines, before = text.index.lines, int(np.searchsorted(hits, row))
        ends = [_end(rows, hits, place) if len(hits) else None for place in (before - 1, before)]
    marks = np.bincount(hits * parts // max(1, rows.count), minlength=parts)
    told = {"count": len(hits), "lines": lines, "rows": rows.count, "before": before, "marks": marks}
    return Json(told | {"previous": ends[0], "next": ends[1]})


def _end(rows: Rows, hits: Numbers, place: int) -> dict[str, int]:
    row = int(hits[place % len(hits)])
    return {"row": row, "line": int(rows.lines(row, row + 1)[0])}


def line(request: Request) -> Response:
    """The whole of `line`: {text, size: its bytes}; more than 4 MiB of it are cut."""
    number = asked.whole(request, "line", 0)
    with _opened(request) as (_, host, text, _):
        if not 0 <= number < text.index.lines:
            raise NotFoundError(f"The text of {host} has {text.index.lines} lines, and none has the number {number}.")
        (found,) = text.index.pick([number], _WHOLE)
    return Json({"text": found.text, "size": found.size})


def at(request: Request) -> Response:
    """The last line shown that was logged by `time`, in seconds since the epoch, or when `step` was: {line, row, time}.

    Where a rank is chosen, its own time of the step is meant. Without such a line, both are null.
    """
    when, step, rank = asked.number(request, "time"), request.query_params.get("step"), _choice(request).rank
    if when is None and step is not None:
        reader, wanted = asked.library(request).reader(asked.run(request)), asked.whole(request, "step", 0)
        when = reader.read(lambda view: moments.time_of(view, wanted, rank))
        if when is None:
            raise NotFoundError(f"Run {asked.run(request)} has logged no points, so no step has a time.")
    if when is None:
        raise ValueError("Which moment is meant? `time` says it, in seconds since the epoch, or `step`.")
    with _opened(request) as (_, _, text, rows):
        row = _last(text, rows, when) if rank is None else _last_of_rank(text, rows, when)
        line = None if row is None else int(rows.lines(row, row + 1)[0])
    return Json({"line": line, "row": row, "time": when})


def _last(text: _Text, rows: Rows, when: float) -> int | None:
    found = text.index.at(when)
    return None if found is None else rows.last(found)


def _last_of_rank(text: _Text, rows: Rows, when: float) -> int | None:
    """Lines of one rank stand in the order of their times; those of several come as their ranks have sent them."""

    def logged(row: int) -> float:
        return text.index.moment(int(rows.lines(row, row + 1)[0])) or 0.0

    row = bisect_right(range(rows.count), when, key=logged)
    return row - 1 if row else None


def moment(request: Request) -> Response:
    """When `line` was logged, and which step was then: {time: seconds since the epoch or null, step: or null}."""
    with _opened(request) as (_, _, text, _):
        when = text.index.moment(asked.whole(request, "line", 0))
    reader = asked.library(request).reader(asked.run(request))
    step = None if when is None else reader.read(lambda view: moments.step_at(view, when))
    return Json({"time": when, "step": step})


def file(request: Request) -> Response:
    """All of the text, as a file."""
    folder, _, host = _hosts(request)
    text = HostText(folder, host, _path(folder, host))
    name = re.sub(r"[^\w.-]", "_", f"{folder.name}-{host}.txt", flags=re.ASCII)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_blocks(text), media_type="text/plain; charset=utf-8", headers=headers)


def _blocks(text: HostText) -> Iterator[bytes]:
    size = text.refresh()
    for start in range(0, size, _BLOCK):
        yield text.read(start, min(start + _BLOCK, size))


def _search(request: Request) -> str:
    """The pattern of the search; "" where there is none. Raises ValueError."""
    text = request.query_params.get("q", "")
    return pattern(text, request.query_params.get("re") == "1") if text else ""


def _choice(request: Request) -> Choice:
    given = request.query_params
    rank = asked.whole(request, "rank", -1)
    only = _search(request) if given.get("only") == "1" else ""
    frames = given.get("frames") == "1"
    return Choice(given.get("level", ""), given.get("stream", ""), rank if rank >= 0 else None, only, frames)


@contextmanager
def _opened(request: Request) -> Iterator[tuple[list[str], str, _Text, Rows]]:
    """The hosts, the one that is meant, its text as it is now, and the rows that are shown; nobody else reads it."""
    choice = _choice(request)
    folder, hosts, host = _hosts(request)
    with _texts.fresh((folder, host)) as text:
        yield hosts, host, text, text.rows.rows(choice)


def _hosts(request: Request) -> tuple[Path, list[str], str]:
    """The run's folder, its hosts, and the one that is meant. Raises NotFoundError."""
    folder = asked.library(request).folder(asked.run(request))
    owner = runs.owner(folder)
    hosts = sorted(runs.hosts(folder), key=lambda host: (host != owner, host))
    host = request.query_params.get("host") or next(iter(hosts), "")
    if host not in hosts:
        raise NotFoundError(f"Run {folder.name} has no text of a host {host!r}.")
    return folder, hosts, host


def _path(folder: Path, host: str) -> Path:
    return runs.text_path(folder, host, host == runs.owner(folder))


ROUTES = [
    Route("/runs/{run}/logs", logs),
    Route("/runs/{run}/logs/search", search),
    Route("/runs/{run}/logs/line", line),
    Route("/runs/{run}/logs/at", at),
    Route("/runs/{run}/logs/moment", moment),
    Route("/runs/{run}/logs/file", file),
]
