"""What a run started from, and what came out of it: lists in windows, the files in each, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from runicorn.viewer import archived, entries
from runicorn.viewer.answers import Json
from runicorn.viewer.members import members
from runicorn.viewer.routes import asked

_MOST = 1000
_LISTED = (
    *("key", "name", "context", "path", "saved", "archive_path", "archived_at", "size_bytes", "total_size_bytes"),
    *("metric", "last_error", "error"),
)
"""What a list tells of an entry."""
_PREVIEW = 256_000  # bytes of a text
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def assets(request: Request) -> Response:
    """{counts: {kind: how many}, found, lo, entries, at, chosen}: those of a `kind` with `q` in their names.

    The newest stand first. `at`: the place of the newest that was written by `time`, in seconds since the epoch; -1
    without one. `chosen`: {place, entry} of the one with the archive_path `copy`, or else of that one, or else of the
    newest that has a copy, with all that is known of it; null without any. What the other addresses take as `copy` is
    an entry's archive_path.
    """
    kind, time = request.query_params.get("kind", "outputs"), asked.number(request, "time")
    words = request.query_params.get("q", "").lower().split()
    with _entries(request) as known:
        found = [one for one in known.of(kind) if all(word in _name(one).lower() for word in words)]
        counts = {kind: len(known.of(kind)) for kind in entries.KINDS}
    at = -1 if time is None else _last(found, time)
    wanted = request.query_params.get("copy")
    named = _first(found, lambda one: wanted == one.get("archive_path")) if wanted else -1
    saved = _first(found, lambda one: bool(one.get("saved")))
    place = next((place for place in (named, at, saved, 0) if 0 <= place < len(found)), None)
    chosen = None if place is None else {"place": place, "entry": found[place]}
    lo, hi = _window(request)
    rows = [{name: one[name] for name in _LISTED if name in one} for one in found[lo:hi]]
    told = {"counts": counts, "found": len(found), "lo": lo, "entries": rows}
    return Json(told | {"at": at, "chosen": chosen})


def _first(found: list[entries.Entry], holds: Callable[[entries.Entry], bool]) -> int:
    return next((place for place, one in enumerate(found) if holds(one)), -1)


def _last(found: list[entries.Entry], time: float) -> int:
    times = [written if (written := entries.written(one)) <= time else 0.0 for one in found]
    return times.index(max(times)) if any(times) else -1


def files(request: Request) -> Response:
    """{found, lo, files: [{path, size}]}: those of a `kind` and `copy` with `q` in their paths, from `lo` to `hi`."""
    lo, hi = _window(request)
    words = request.query_params.get("q", "").lower().split()
    with archived.files(_copy(request)) as known:
        found = known.places(words)
        return Json({"found": len(found), "lo": lo, "files": [one._asdict() for one in known.at(found[lo:hi])]})


def preview(request: Request) -> Response:
    """{size, text, cut, picture, members} of the file `name`: what can be shown of it; `cut`: there is more."""
    path, picture = _file(request), _type(request) is not None
    held = members(path)
    with open(path, "rb") as file:
        begin = file.read(_PREVIEW)
    size = path.stat().st_size
    told: dict[str, Any] = {"size": size, "text": None, "cut": False, "picture": picture}
    if held is None and not picture:
        told |= {"text": _text(begin), "cut": size > len(begin)}
    elif held is not None:
        told["cut"] = held.more
    return Json(told | {"members": None if held is None else [one._asdict() for one in held.files]})


def content(request: Request) -> Response:
    """The bytes of the file `name`, to be kept; a picture with `show=1` to be seen."""
    path, kind = _file(request), _type(request)
    name = Path(request.query_params.get("name") or str(_entry(request).get("name") or "file")).name
    headers = {"content-security-policy": "sandbox; default-src 'none'", "cache-control": "no-store"}
    if kind and request.query_params.get("show") == "1":
        return FileResponse(path, media_type=kind, headers=headers)
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=headers)


def users(request: Request) -> Response:
    """{runs: [{run, path, alias, kind}]}: the other runs of the root that have an entry with the same fingerprint."""
    fingerprint, run = _entry(request).get("fingerprint"), asked.run(request)
    with asked.library(request).artifacts() as (known, aliases):
        uses = known.uses(fingerprint) if isinstance(fingerprint, str) else []
    others = [use for use in uses if use.run != run and use.kind in entries.KINDS]
    told = [{"run": use.run, "path": use.path, "alias": aliases.get(use.run), "kind": use.kind} for use in others]
    return Json({"runs": told[:_MOST]})


def _entries(request: Request) -> AbstractContextManager[entries.Entries]:
    return entries.of(asked.library(request).folder(asked.run(request)))


def _entry(request: Request) -> entries.Entry:
    kind, copy = (request.query_params.get(name, "") for name in ("kind", "copy"))
    with _entries(request) as known:
        return known.entry(kind, copy)


def _copy(request: Request) -> archived.Copy:
    return archived.copy(asked.library(request).root, _entry(request))


def _file(request: Request) -> Path:
    return archived.file(_copy(request), request.query_params.get("name", ""))


def _window(request: Request) -> tuple[int, int]:
    lo = max(0, asked.whole(request, "lo", 0))
    return lo, min(max(lo, asked.whole(request, "hi", lo + 100)), lo + _MOST)


def _name(entry: entries.Entry) -> str:
    return f"{entry.get('key') or ''} {entry.get('name') or ''} {entry.get('context') or ''}"


def _type(request: Request) -> str | None:
    """The type of a file that browsers show as a picture, by its name."""
    name = request.query_params.get("name") or str(_entry(request).get("name"))
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
