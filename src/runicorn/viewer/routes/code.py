"""The code of a run: the files of its snapshot, each of them, and what git said of it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn import differences
from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import runs

_MOST_BYTES = 2_000_000


def code(request: Request) -> Response:
    """{files: {name: bytes}, changed: [name], git, reason, told: what the run's assets say of its code}.

    `changed`: which of the files differ from the commit. `reason`: why there are no files, or null.
    """
    run = _run(request)
    found = differences.snapshot(run)
    files = {name: file.size for name, file in found.files().items()}
    changed = sorted(found.changed() & files.keys())
    return Json({"files": files, "changed": changed, "git": found.git, "reason": found.reason, "told": run.code})


def file(request: Request) -> Response:
    """{text} of the file `name`; null: it is no text, or larger than 2 MB."""
    found, name = differences.snapshot(_run(request)), request.query_params.get("name", "")
    if name not in found.files():
        raise NotFoundError(f"The code of run {asked.run(request)} has no file {name!r}.")
    return Json({"text": _text(found.read(name, _MOST_BYTES))})


def patch(request: Request) -> Response:
    """{text}: in what the tracked files differed from the commit; null: that was not kept."""
    return Json({"text": _text(differences.snapshot(_run(request)).patch())})


def _run(request: Request) -> runs.Run:
    return runs.read_run(asked.library(request).folder(asked.run(request)))


def _text(content: bytes | None) -> str | None:
    """What can be shown as text."""
    return None if content is None or b"\0" in content else content.decode(errors="replace")


ROUTES = [Route("/runs/{run}/code", code), Route("/runs/{run}/code/file", file), Route("/runs/{run}/code/patch", patch)]
