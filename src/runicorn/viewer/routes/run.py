"""One run: what is known of it, where it stands among others, and which metrics it has."""

from __future__ import annotations

import contextlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json, unless_known
from runicorn.viewer.library import told
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import moments, primary, runs


def run(request: Request) -> Response:
    """What `runicorn show --json` tells of the run, but for its media and text; its newest 300 outputs in short.

    `root`: the number of the root that it is in; where that which is meant has no such run, another may. `revision`:
    the catalog's, from before all was read: whoever hears of another one asks again.
    """
    number, folder = _found(request, asked.run(request))
    revision = request.app.state.libraries[number].refresh()
    return Json(told(folder) | {"root": number, "revision": revision})


def _found(request: Request, run: str) -> tuple[int, Path]:
    meant, libraries = asked.library(request), request.app.state.libraries
    try:
        return libraries.index(meant), meant.folder(run)
    except NotFoundError:
        for number, other in enumerate(libraries):
            with contextlib.suppress(NotFoundError, OSError):
                return number, other.folder(run)
        raise


def metrics(request: Request) -> Response:
    """The metrics of some runs, `runs`: {metric: [number of the run in that list]}; 304 for who has that already."""
    library, found = asked.library(request), dict[str, list[int]]()
    for number, name in enumerate(asked.listed(request, "runs")):
        for metric in sorted(library.reader(name).read(lambda view: view.metrics())):
            found.setdefault(metric, []).append(number)
    return unless_known(request, Json(found))


def among(request: Request) -> Response:
    """Where the run stands in the table of `q`, `sort` and `group`, as /runs has them, and how good it is.

    {at: from 0 on, or null, found, previous, next: runs or null, place: [its place, of how many], or null}. The place
    is that of the primary metric's best value, among the runs of its path with the same primary metric.
    """
    library = asked.library(request)
    run = library.folder(asked.run(request)).name
    order, group = asked.listed(request, "sort"), request.query_params.get("group")
    found = library.find(request.query_params.get("q", ""), [group, *order] if group else order)
    listed = [entry["run"] for entry in found.entries()]
    at = listed.index(run) if run in listed else None
    beside = {"previous": at - 1, "next": at + 1} if at is not None else {}
    near = {name: listed[place] if 0 <= place < len(listed) else None for name, place in beside.items()}
    told = {"at": at, "found": len(listed), "previous": None, "next": None, **near}
    return Json(told | {"place": primary.place(run, library.find().entries())})


def moment(request: Request) -> Response:
    """What was logged nearest to `time`, in seconds since the epoch, or to `step`: {step, time}, or null.

    With `by` 1 or -1 it is the next step behind `step`, or before it; null where there is none.
    """
    reader, time = asked.library(request).reader(asked.run(request)), asked.number(request, "time")
    step, by = asked.whole(request, "step", 0), asked.whole(request, "by", 0)
    if time is not None:
        return Json({"step": reader.read(lambda view: moments.step_at(view, time)), "time": time})
    meant = reader.read(lambda view: moments.beside(view, step, 1 if by > 0 else -1)) if by else step
    when = None if meant is None else reader.read(lambda view: moments.time_of(view, meant))
    return Json({"step": meant, "time": when})


def objects(request: Request) -> Response:
    """The logged values that are no numbers: {objects: [line]}."""
    return Json({"objects": runs.read_run(asked.library(request).folder(asked.run(request))).objects()})


ROUTES = [
    Route("/metrics", metrics),
    Route("/runs/{run}", run),
    Route("/runs/{run}/among", among),
    Route("/runs/{run}/moment", moment),
    Route("/runs/{run}/objects", objects),
]
