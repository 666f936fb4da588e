"""One run: what is known of it, and which metrics it has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.library import told
from runicorn.viewer.routes import asked
from runid.store import runs


def run(request: Request) -> Response:
    """What `runicorn show --json` tells of the run."""
    return Json(told(asked.library(request).folder(asked.run(request))))


def metrics(request: Request) -> Response:
    """The metrics of some runs, `runs`: {metric: [number of the run in that list]}."""
    library, found = asked.library(request), dict[str, list[int]]()
    for number, name in enumerate(asked.listed(request, "runs")):
        for metric in sorted(library.reader(name).read(lambda view: view.metrics())):
            found.setdefault(metric, []).append(number)
    return Json(found)


def objects(request: Request) -> Response:
    """The logged values that are no numbers: {objects: [line]}."""
    return Json({"objects": runs.read_run(asked.library(request).folder(asked.run(request))).objects()})


ROUTES = [Route("/metrics", metrics), Route("/runs/{run}", run), Route("/runs/{run}/objects", objects)]
