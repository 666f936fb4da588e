"""The application: guard, routes and pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from runicorn.viewer import live, pages
from runicorn.viewer.answers import ERRORS, error, unexpected
from runicorn.viewer.guard import Guard
from runicorn.viewer.library import Library
from runicorn.viewer.routes import (
    alerts,
    assets,
    blobs,
    code,
    diff,
    edits,
    logs,
    media,
    points,
    ranks,
    run,
    runs,
    series,
    tables,
)

_PARTS = (runs, run, ranks, series, points, logs, media, blobs, tables, code, diff, assets, alerts, edits, live)


def application(roots: Iterable[Path], token: str, closed: bool = False, static: Path = pages.STATIC) -> Starlette:
    """The viewer of these roots. `token` and `closed`: see Guard."""
    api = [route for part in _PARTS for route in part.ROUTES]
    made = _Guarded(
        routes=[Mount("/api/v1", routes=api), *pages.ROUTES],
        exception_handlers=dict.fromkeys(ERRORS, error) | {Exception: unexpected},
    )
    made.guard = partial(Guard, token=token, closed=closed)
    made.state.libraries = [Library(root) for root in roots]
    made.state.closing = threading.Event()
    made.state.static = static
    return made


class _Guarded(Starlette):
    """The guard stands in front of all, what answers for errors of the program included."""

    guard: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """See Starlette."""
        return self.guard(super().build_middleware_stack())
