"""The application: guard, pages, and the API, which is loaded behind them: what reads runs takes longer to load than a
page to be sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from runicorn.viewer import pages
from runicorn.viewer.answers import ERRORS, error, unexpected
from runicorn.viewer.guard import Guard
from runicorn.viewer.memory import Trim


def application(roots: Iterable[Path], token: str, closed: bool = False, static: Path = pages.STATIC) -> Starlette:
    """The viewer of these roots. `token` and `closed`: see Guard.

    `state.load()` loads what answers for the roots; without it the first request that needs it waits for that.
    """
    api = _Api()
    made = _Guarded(
        routes=[Mount("/api/v1", api), *pages.ROUTES],
        exception_handlers=dict.fromkeys(ERRORS, error) | {404: pages.nothing, Exception: unexpected},
    )
    made.guard = partial(Guard, token=token, closed=closed)
    made.state.load, made.state.roots, api.state = api.load, list(roots), made.state
    made.state.closing = threading.Event()
    made.state.static = static
    return made


class _Guarded(Starlette):
    """The guard stands in front of all, what answers for errors of the program included."""

    guard: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """See Starlette."""
        return self.guard(super().build_middleware_stack())


class _Api:
    """The routes of the API, as soon as they are needed."""

    state: State
    """The application's; it gets `libraries`, one for each of its `roots`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._router: Router | None = None
        self._trim = Trim()

    def load(self) -> Router:
        """The routes; from any thread."""
        with self._lock:
            if self._router is None:
                from runicorn.viewer.api import ROUTES
                from runicorn.viewer.library import Library

                self.state.libraries = [Library(root) for root in self.state.roots]
                self._router = Router(ROUTES)
            return self._router

    @property
    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return self.load().routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._router is None:
            await run_in_threadpool(self.load)
        try:
            await self.load()(scope, receive, send)
        finally:
            self._trim.later()
