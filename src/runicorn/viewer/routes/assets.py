"""What a run started from, and what came out of it: lists in windows, the files in each, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from runicorn.viewer import archived
from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.store import runs

_MOST = 1000
_PREVIEW = 256_000  # bytes of a text
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def assets(request: Request) -> Response:
    """{counts: {kind: how many}, found, lo, entries}: those of a `kind` with `q` in their keys or names, newest first.

    What the other addresses take as `copy` is an entry's archive_path.
    """
    run, kind = _run(request), request.query_params.get("kind", "outputs")
    words = request.query_params.get("q", "").lower().split()
    found = [one for one in archived.entries(run, kind) if all(word in _name(one).lower() for word in words)]
    found.sort(key=lambda one: -(one.get("archived_at") or 0))
    lo, hi = _window(request)
    counts = {kind: len(archived.entries(run, kind)) for kind in archived.KINDS}
    return Json({"counts": counts, "found": len(found), "lo": lo, "entries": found[lo:hi]})


def files(request: Request) -> Response:
    """{files: [{path, size}], more: whether there are further ones} of a `kind` and `copy`, from `lo` to `hi`."""
    root, entry = _entry(request)
    lo, hi = _window(request)
    listed = list(islice(archived.files(root, entry), lo, hi + 1))
    return Json({"files": [one._asdict() for one in listed[: hi - lo]], "more": len(listed) > hi - lo})


def preview(request: Request) -> Response:
    """{size, text, cut, picture, members} of the file `name`: what of it can be shown, else null."""
    path, picture = _file(request), _type(request) is not None
    held = archived.members(path)
    with open(path, "rb") as file:
        begin = file.read(_PREVIEW)
    size = path.stat().st_size
    told: dict[str, Any] = {"size": size, "text": None, "cut": False, "picture": picture}
    if held is None and not picture:
        told |= {"text": _text(begin), "cut": size > len(begin)}
    return Json(told | {"members": None if held is None else [one._asdict() for one in held]})


def content(request: Request) -> Response:
    """The bytes of the file `name`, to be kept; a picture with `show=1` to be seen."""
    path, kind = _file(request), _type(request)
    name = Path(request.query_params.get("name") or str(_entry(request)[1].get("name") or "file")).name
    headers = {"content-security-policy": "sandbox; default-src 'none'", "cache-control": "no-store"}
    if kind and request.query_params.get("show") == "1":
        return FileResponse(path, media_type=kind, headers=headers)
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=headers)


def users(request: Request) -> Response:
    """{runs: [{run, path, alias, kind}]}: the other runs of the root that have an entry with the same fingerprint."""
    root, entry = _entry(request)
    fingerprint = entry.get("fingerprint")
    if not isinstance(fingerprint, str):
        return Json({"runs": []})
    return Json({"runs": list(_users(root, fingerprint, asked.run(request)))})


def _users(root: Path, fingerprint: str, but: str) -> Iterable[dict[str, Any]]:
    wanted = fingerprint.encode()
    for folder in runs.find_runs(root):
        try:
            if wanted not in (folder / "assets.json").read_bytes() or folder.name == but:
                continue
        except OSError:  # it has none
            continue
        run = runs.read_run(folder)
        for kind in archived.KINDS:
            if any(one.get("fingerprint") == fingerprint for one in archived.entries(run, kind)):
                yield {"run": run.id, "path": run.meta.get("path", ""), "alias": run.meta.get("alias"), "kind": kind}


def _run(request: Request) -> runs.Run:
    return runs.read_run(asked.library(request).folder(asked.run(request)))


def _entry(request: Request) -> tuple[Path, archived.Entry]:
    kind, copy = (request.query_params.get(name, "") for name in ("kind", "copy"))
    return asked.library(request).root, archived.entry(_run(request), kind, copy)


def _file(request: Request) -> Path:
    root, entry = _entry(request)
    return archived.file(root, entry, request.query_params.get("name", ""))


def _window(request: Request) -> tuple[int, int]:
    lo = max(0, asked.whole(request, "lo", 0))
    return lo, min(max(lo, asked.whole(request, "hi", lo + 100)), lo + _MOST)


def _name(entry: archived.Entry) -> str:
    return f"{entry.get('key') or ''} {entry.get('name') or ''} {entry.get('context') or ''}"


def _type(request: Request) -> str | None:
    """The type of a file that browsers show as a picture, by its name."""
    name = request.query_params.get("name") or str(_entry(request)[1].get("name"))
    return _PICTURES.get(Path(name).suffix.lower())


def _text(begin: bytes) -> str | None:
    """What can be read as text; the last character may be cut."""
    if b"\0" in begin:
        return None
    text = begin.decode(errors="replace")
    return text if text.count("\ufffd") < 1 + len(text) / 20 else None


ROUTES = [
    Route("/runs/{run}/assets", assets),
    Route("/runs/{run}/assets/files", files),
    Route("/runs/{run}/assets/preview", preview),
    Route("/runs/{run}/assets/content", content),
    Route("/runs/{run}/assets/users", users),
]
