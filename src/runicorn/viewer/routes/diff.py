"""In what two runs differ, as `runicorn diff` tells it; the metrics are asked for apart, since they take longer."""

from __future__ import annotations

import contextlib
import math
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn import differences
from runicorn.api import StoredRun
from runicorn.differences import code, metrics
from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import runs

_UP_TO = ("step", "seconds")


def settings(request: Request) -> Response:
    """What `runicorn diff --json --all` tells of the runs `a` and `b`, but for their metrics.

    `root`: the number of the root that they are in; where that which is meant has not both, another may.
    """
    number, *both = _found(request)
    return Json(differences.settings(*map(runs.read_run, both)) | {"root": number})


def compared(request: Request) -> Response:
    """{metrics, seconds}: a row for each, at equal steps and after equal time, of which the shorter run took all.

    `step` and `seconds`: up to this step, and after so many seconds, where that is earlier.
    """
    one, other = _runs(request)
    step, seconds = (math.inf if said is None else said for said in map(partial(asked.number, request), _UP_TO))
    seconds = min(seconds, differences.seconds(one, other))
    found = metrics.rows(StoredRun(one.folder), StoredRun(other.folder), seconds, step=step)
    return Json({"metrics": found, "seconds": seconds})


def lines(request: Request) -> Response:
    """{hunks: [{a, b, lines}]} of the file `name` of the code; null: it is no text, or too large."""
    one, other = map(differences.snapshot, _runs(request))
    found = code.lines(one, other, request.query_params.get("name", ""))
    return Json({"hunks": found and [hunk._asdict() for hunk in found]})


def _runs(request: Request) -> tuple[runs.Run, runs.Run]:
    _, a, b = _found(request)
    return runs.read_run(a), runs.read_run(b)


def _found(request: Request) -> tuple[int, Path, Path]:
    """The root that has both runs, and their folders. Raises ValueError where one is not said, NotFoundError."""
    a, b = (request.query_params.get(side, "") for side in "ab")
    if not a or not b:
        raise ValueError("Which two runs are meant? `a` and `b` say it.")
    meant, libraries = asked.library(request), request.app.state.libraries
    try:
        return libraries.index(meant), meant.folder(a), meant.folder(b)
    except NotFoundError:
        for number, other in enumerate(libraries):
            with contextlib.suppress(NotFoundError, OSError):
                return number, other.folder(a), other.folder(b)
        raise


ROUTES = [Route("/diff", settings), Route("/diff/metrics", compared), Route("/diff/lines", lines)]
