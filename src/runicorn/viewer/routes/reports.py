"""Reports: which there are, what stands in one, and the pictures beside them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from runicorn.viewer import reports
from runicorn.viewer.answers import Json, unless_known
from runicorn.viewer.routes import asked
from runicorn.viewer.routes.blobs import IMAGES
from runid.errors import NotFoundError


def listed(request: Request) -> Response:
    """{folder: where they lie, reports: [{name, title, changed}]}, by name."""
    root = asked.library(request).root
    told = []
    for name, path in reports.find(root).items():
        with suppress(FileNotFoundError):  # it may have been removed since
            told.append({"name": name} | _told(path))
    return Json({"folder": str(root / reports.FOLDER), "reports": told})


def file(request: Request) -> Response:
    """{title, changed, text} of a report; 304 for who has that already. Or a picture that lies beside reports."""
    root, name = asked.library(request).root, str(request.path_params["name"])
    path = reports.file(root, name)
    kind = IMAGES.get(path.suffix.lower().lstrip("."))
    if kind:
        return FileResponse(path, media_type=kind, headers={"cache-control": "no-cache"})
    if path.suffix != reports.SUFFIX:
        raise NotFoundError(f"{name!r} is no report, whose name ends with {reports.SUFFIX}, and no picture.")
    with path.open("rb") as opened:
        content = opened.read(reports.MOST_BYTES + 1)
    if len(content) > reports.MOST_BYTES:
        raise ValueError(f"{path} has more than {reports.MOST_BYTES // 1_000_000} MB, and is not shown.")
    return unless_known(request, Json(_told(path) | {"text": content.decode(errors="replace")}))


def _told(path: Path) -> dict[str, Any]:
    return {"title": reports.title(path), "changed": path.stat().st_mtime}


ROUTES = [Route("/reports", listed), Route("/reports/{name:path}", file)]
