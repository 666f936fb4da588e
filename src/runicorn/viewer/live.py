"""What is new, as server-sent events: one stream for a browser, whatever number of pages it shows.

    runs      {root, revision}              the catalog has changed
    run       {root, run, revision}         a run that the stream was opened for has new points, text or files; or
                                            a report, named as its page is, "/reports/a.md", or all of them, "/reports"

Nothing new is nothing sent, but a comment each half minute. An event says what to ask for, and carries no data: what is
not on the screen is not fetched.

Files are looked at rather than watched: that works on any file system, and a look takes 0.1 ms a run. Runs that log, or
could at any moment, are looked at ten times a second; where none does, the looks come less and less often.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runicorn.viewer import reports
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runid.errors import RunicornError

_SOONEST, _LATEST = 0.1, 2.0
_SLOWER = 1.2
_HEARTBEAT = 30.0
_MOST_RUNS = 200
_LIVE = 30.0  # seconds; the daemon writes a heartbeat into the journal of a run that lives every ten
_LOOKED_AT = ("journal", "metrics", "objects", "writers", ".")

Look = Callable[[], tuple[int, float]]
"""Gives a number that differs when something has changed, and when something was written last."""


def events(request: Request) -> Response:
    """The stream: of the runs and reports `runs`, besides the catalog."""
    library, names = asked.library(request), asked.listed(request, "runs")[:_MOST_RUNS]
    looks: dict[str, Look] = {}
    for name in names:
        try:
            looks[name] = _report(library, name) or partial(_state, library.folder(name))
        except RunicornError:  # it may have been removed since the page was opened
            continue
    stream = _stream(request, library, looks)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _stream(request: Request, library: Library, looks: dict[str, Look]) -> AsyncIterator[bytes]:
    known: dict[str, int] = {}
    pause, quiet = _SOONEST, 0.0
    yield b"retry: 1000\n\n"
    while not await request.is_disconnected() and not request.app.state.closing.is_set():
        found, live = await run_in_threadpool(_look, library, looks)
        news = [name for name, revision in found.items() if known.get(name, revision) != revision]
        first, known = not known, found
        for name in news:
            yield _event(name, found[name])
        if first:
            yield _event("", found[""])
        quiet = 0.0 if news else quiet + pause
        pause = _SOONEST if news or live else min(pause * _SLOWER, _LATEST)
        if quiet >= _HEARTBEAT:
            yield b":\n\n"
            quiet = 0.0
        await asyncio.sleep(pause)


def _look(library: Library, looks: dict[str, Look]) -> tuple[dict[str, int], bool]:
    """What each run's files look like, and under "" the catalog's revision; and whether one of the runs lives."""
    found, live = {"": _revision(library)}, False
    for name, look in looks.items():
        found[name], written = look()
        live |= written > time.time() - _LIVE
    return found, live


def _revision(library: Library) -> int:
    """The catalog's; -1 where it cannot be read: who then asks for its runs is told why."""
    try:
        return library.refresh()
    except (RunicornError, OSError):
        return -1


def _report(library: Library, name: str) -> Look | None:
    """What looks at a report, or at all; None for what is a run: its id has no "/" in front."""
    page, _, report = name.removeprefix("/").partition("/")
    return partial(reports.state, library.root, report) if name.startswith("/") and page == reports.FOLDER else None


def _state(folder: Path) -> tuple[int, float]:
    """A number that differs when something was written into a run's folder: from names, sizes and times only. And when
    a journal was written last."""
    seen, written = [], 0.0
    for name in _LOOKED_AT:
        try:
            with os.scandir(folder / name) as entries:
                for entry in entries:
                    told = entry.stat(follow_symlinks=False)
                    seen.append((name, entry.name, told.st_size, told.st_mtime_ns))
                    if name == "journal":
                        written = max(written, told.st_mtime)
        except OSError:  # not there yet, or gone since it was listed
            continue
    return hash(tuple(sorted(seen))), written


def _event(name: str, revision: int) -> bytes:
    kind, told = ("run", {"run": name, "revision": revision}) if name else ("runs", {"revision": revision})
    return f"event: {kind}\ndata: ".encode() + orjson.dumps(told) + b"\n\n"


ROUTES = [Route("/events", events)]
