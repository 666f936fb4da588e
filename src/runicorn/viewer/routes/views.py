"""Saved views: what the workspace's address says behind "?", under names, for all who look at the root."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer import telling
from runicorn.viewer.answers import Json
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runid import wire
from runid.errors import NotFoundError
from runid.store import views


def listed(request: Request) -> Response:
    """{name: view}, by name."""
    return Json(views.read(asked.library(request).root))


def get(request: Request) -> Response:
    """{view}. 404 where there is none of this name."""
    library, name = asked.library(request), str(request.path_params["name"])
    found = views.read(library.root).get(name)
    if found is None:
        raise NotFoundError(f"There is no view {name!r} of {library.root}.")
    return Json({"view": found})


async def put(request: Request) -> Response:
    """Saves {view: text}, or removes it with null; {before: what it was, or null}. To undo, send `before`."""
    told = await asked.body(request)
    view = told.get("view", ...) if isinstance(told, dict) else ...
    if view is not None and not isinstance(view, str):
        raise ValueError("A view must be {view: text or null}.")
    name = str(request.path_params["name"])
    return Json({"before": await run_in_threadpool(_saved, asked.library(request), name, view)})


def _saved(library: Library, name: str, view: str | None) -> str | None:
    before = views.read(library.root).get(name)
    telling.tell(telling.daemon(), wire.Save(str(library.root), name, view))
    return before


ROUTES = [
    Route("/views", listed),
    Route("/views/{name:path}", get),
    Route("/views/{name:path}", put, methods=["PUT"]),
]
