"""The files of a run's media. Whatever they hold, they are no page of ours.

A content type is one of our own list, by the ending of the name, and is not to be guessed otherwise; but for images,
videos and audio, a file is in a sandbox without our origin even where it is opened alone. A page may run its own
scripts there, and ask nobody.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from runicorn.viewer.routes import asked
from runicorn.viewer.thumbnails import thumbnail
from runid.errors import NotFoundError
from runid.store import media

IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
_PLAYED = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
}
_TEXTS = {"md": "text/plain; charset=utf-8", "json": "text/plain; charset=utf-8"}
_PAGE = "text/html; charset=utf-8"
_ANYTHING = "application/octet-stream"
_SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'"
_SEALED_PAGE = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; media-src data: blob:; font-src data:; "
    "connect-src data: blob:; worker-src blob: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
_WIDEST = 2048
_SMALL = 1 << 16


def blob(request: Request) -> Response:
    """A file of the run's media; of an image with `w` a smaller one, at most so many pixels wide and high."""
    folder = asked.library(request).folder(asked.run(request))
    path = file(folder, str(request.path_params["file"]))
    form = path.suffix.lstrip(".").lower()
    width = asked.whole(request, "w", 0)
    if width and form in IMAGES:
        made = thumbnail(path, min(max(16, width), _WIDEST))
        if made is None and path.stat().st_size <= _SMALL:  # a FileResponse takes threads several times
            made = path.read_bytes(), IMAGES[form]
        if made is not None:
            return Response(made[0], headers=_FOR_EVER, media_type=made[1])
    kind = (IMAGES | _PLAYED | _TEXTS).get(form, _PAGE if form == "html" else _ANYTHING)
    return FileResponse(path, headers=_FOR_EVER | _sandbox(kind), media_type=kind)


def file(folder: Path, name: str) -> Path:
    """A file of a run's media, as its line in objects/ names it. Raises NotFoundError for any other, and for none."""
    path = media.named(folder, name)
    if path is None or not path.is_file() or path.resolve().parent != folder.resolve() / media.FOLDER:
        raise NotFoundError(f"Run {folder.name} has no file {name!r}.")
    return path


def _sandbox(kind: str) -> dict[str, str]:
    if kind in IMAGES.values() or kind in _PLAYED.values():
        return {}
    if kind == _PAGE:
        return {"content-security-policy": _SEALED_PAGE}
    told = {"content-security-policy": _SEALED}
    return told | {"content-disposition": "attachment"} if kind == _ANYTHING else told


ROUTES = [Route("/blob/{run}/{file:path}", blob)]
