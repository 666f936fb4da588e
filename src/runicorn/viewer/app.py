"""The application: guard, routes and pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from runicorn.viewer import live, pages
from runicorn.viewer.answers import ERRORS, error
from runicorn.viewer.guard import Guard
from runicorn.viewer.library import Library
from runicorn.viewer.routes import alerts, assets, code, diff, edits, logs, run, runs, series

_PARTS = (runs, run, series, logs, code, diff, assets, alerts, edits, live)


def application(
    roots: Iterable[Path], token: str, hosts: Iterable[str] = (), closed: bool = False, static: Path = pages.STATIC
) -> Starlette:
    """The viewer of these roots. `token`, `hosts` and `closed`: see Guard."""
    api = [route for part in _PARTS for route in part.ROUTES]
    made = Starlette(
        routes=[Mount("/api/v1", routes=api), *pages.ROUTES],
        middleware=[Middleware(Guard, token=token, hosts=hosts, closed=closed)],
        exception_handlers=dict.fromkeys(ERRORS, error),
    )
    made.state.libraries = [Library(root) for root in roots]
    made.state.closing = threading.Event()
    made.state.static = static
    return made
