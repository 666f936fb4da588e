"""Edits: they go to the daemon, which alone writes. Each can be undone: the answer tells what was there before."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer import telling
from runicorn.viewer.answers import Json
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runid import endpoint, wire
from runid.errors import RunicornError
from runid.store import edits, runs

_MOST = 10_000


async def post(request: Request) -> Response:
    """Changes fields of runs: {edits: [{run, changes: {alias, tags, notes, group, trashed_at}}]}.

    {done: [{run, before: the changed fields as they were}], error: a sentence where one could not be made; those behind
    it are not tried then}. To undo, send `before` as the changes.
    """
    given = _given(await asked.body(request))
    return Json(await run_in_threadpool(_edit, asked.library(request), given))


def _given(told: Any) -> list[tuple[str, dict[str, Any]]]:
    listed = told.get("edits") if isinstance(told, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST:
        raise ValueError(f"A request to edit must be {{edits: […]}} with at most {_MOST} of them.")
    found = []
    for one in listed:
        run, changes = (one.get("run"), one.get("changes")) if isinstance(one, dict) else (None, None)
        if not isinstance(run, str) or not isinstance(changes, dict):
            raise ValueError(f"An edit must be {{run, changes}}, got {repr(one)[:200]}.")
        found.append((run, edits.checked(changes)))
    return found


def _edit(library: Library, given: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    done: list[dict[str, Any]] = []
    try:
        daemon = telling.daemon()
        for run, changes in given:
            done.append({"run": run, "before": _edited(library, daemon, run, changes)})
    except (RunicornError, OSError) as problem:
        return {"done": done, "error": str(problem)}
    return {"done": done, "error": None}


def _edited(library: Library, daemon: endpoint.Endpoint, run_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    run = runs.read_run(library.folder(run_id))
    before = {name: run.meta.get(name, [] if name in ("tags", "flags") else None) for name in changes}
    telling.tell(daemon, wire.Edit(str(library.root), run.meta.get("path", ""), run.id, changes))
    return before


ROUTES = [Route("/edits", post, methods=["POST"])]
