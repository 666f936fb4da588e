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
from runicorn.viewer.routes import blobs, code, diff, edits, logs, media, run, runs, series, tables

_PARTS = (runs, run, series, logs, media, blobs, tables, code, diff, edits, live)


def application(
    roots: Iterable[Path], token: str, hosts: Iterable[str] = (), closed: bool = False, static: Path = pages.STATIC
) -> Starlette:
    """The viewer of these roots. `token`, `hosts` and `closed`: see Guard."""
    api = [
        *runs.ROUTES,
        *run.ROUTES,
        *series.ROUTES,
        *logs.ROUTES,
        *media.ROUTES,
        *blobs.ROUTES,
        *tables.ROUTES,
        *code.ROUTES,
        *diff.ROUTES,
        *edits.ROUTES,
        *live.ROUTES,
    ]
    made = Starlette(
        routes=[Mount("/api/v1", routes=api), *pages.ROUTES],
        middleware=[Middleware(Guard, token=token, hosts=hosts, closed=closed)],
        exception_handlers=dict.fromkeys(ERRORS, error),
    )
    made.state.libraries = [Library(root) for root in roots]
    made.state.closing = threading.Event()
    made.state.static = static
    return made
