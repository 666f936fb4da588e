"""The application: guard, routes, and the files that the browser runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from runicorn.viewer import live
from runicorn.viewer.answers import ERRORS, error
from runicorn.viewer.guard import Guard
from runicorn.viewer.library import Library
from runicorn.viewer.routes import edits, logs, run, runs, series

STATIC = Path(__file__).parent / "static"
_PAGES = ("/", "/run/{run}", "/run/{run}/{tab}", "/embed", "/trash", "/settings")


def application(
    roots: Iterable[Path], token: str, hosts: Iterable[str] = (), closed: bool = False, static: Path = STATIC
) -> Starlette:
    """The viewer of these roots. `token`, `hosts` and `closed`: see Guard."""
    api = [*runs.ROUTES, *run.ROUTES, *series.ROUTES, *logs.ROUTES, *edits.ROUTES, *live.ROUTES]
    pages = [Route(path, _page) for path in _PAGES]
    made = Starlette(
        routes=[Mount("/api/v1", routes=api), *pages, Mount("/static", StaticFiles(directory=static, check_dir=False))],
        middleware=[Middleware(Guard, token=token, hosts=hosts, closed=closed)],
        exception_handlers=dict.fromkeys(ERRORS, error),
    )
    made.state.libraries = [Library(root) for root in roots]
    made.state.closing = threading.Event()
    made.state.static = static
    return made


async def _page(request: Request) -> Response:
    """The one page, which finds out by its address what it shows."""
    return FileResponse(request.app.state.static / "index.html", headers={"cache-control": "no-cache"})
