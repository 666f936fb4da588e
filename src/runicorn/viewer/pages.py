"""What the browser runs: pages, and their JavaScript and CSS, which web/ is bundled into."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from runicorn.viewer.answers import Json

STATIC = Path(__file__).parent / "static"
WEB = Path(__file__).parent / "web"
_PAGES = (
    *("/", "/run/{run}", "/run/{run}/{tab}", "/diff", "/artifacts", "/artifacts/{name:path}", "/alerts"),
    *("/reports", "/reports/{name:path}", "/embed", "/trash", "/settings", "/host"),
)
# No more: with the page's own files these are six, and a browser opens six connections.
_ASKED_FIRST: list[tuple[str, dict[str, object]]] = [
    ("runs", {"usual": 8, "lo": 0, "hi": 100}),  # as in web/src/runs/result.ts
    ("tree", {}),
]
_TABS = {"media": ["media/keys"], "tables": ["media/keys"]}  # and with what these tabs begin
_CHOSEN = {"q", "path", "sort", "group", "cols"}  # with one of them, other runs or columns are asked for
_NOTHING = """<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <title>runicorn</title>
  <style>
    :root { color-scheme: light dark; font: 15px/1.6 system-ui, sans-serif; }
    body { max-width: 36em; margin: 20vh auto; padding: 0 1.5em; }
  </style>
  <h1>There is no such page</h1>
  <p>The address has a mistake, or what was there is gone. Here are <a href="/">all runs</a>.</p>
</html>
"""
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PLAIN = "!'()*~"  # as encodeURIComponent has it
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}


def missing(static: Path = STATIC) -> str:
    """How to build the pages, where they were not, as in a clone; else nothing."""
    if (static / "index.html").is_file():
        return ""
    return (
        f"The viewer's pages are not built yet. With Node.js: `npm --prefix {WEB} ci && npm --prefix {WEB} run build`. "
        "Without it: `pip install .` in the clone, which fetches what it needs."
    )


async def page(request: Request) -> Response:
    """A page, which finds out by its address what it shows."""
    static = request.app.state.static
    if told := missing(static):
        return PlainTextResponse(told, 503)
    if not _is_readable(request.scope.get("raw_path", b"/")):
        raise HTTPException(404)
    name = request.url.path.split("/")[1] or "index"
    links = _first(request)
    if name == "run":
        tab = static / f"run-{request.path_params.get('tab', 'charts')}.html"
        name = tab.stem if tab.parent == static and tab.is_file() else name
    headers = {"cache-control": "no-cache"} | ({"link": links} if links else {})
    return HTMLResponse((static / f"{name}.html").read_bytes(), headers=headers)


def _first(request: Request) -> str:
    """What the runs, or a run, are shown with: the browser asks for it while it loads what shows it."""
    asked, run = request.query_params, request.path_params.get("run")
    addresses: list[tuple[str, dict[str, object]]] = []
    if run is not None:
        of_run = f"runs/{quote(run, safe=_PLAIN)}"
        tab = request.path_params.get("tab", "")
        addresses = [(of_run, {}), *((f"{of_run}/{name}", {}) for name in _TABS.get(tab, ()))]
    elif request.url.path == "/":
        addresses = _ASKED_FIRST if _CHOSEN.isdisjoint(asked.keys()) else _ASKED_FIRST[1:]
    root = {"root": asked["root"]} if asked.get("root") else {}
    given = [(name, urlencode(params | root)) for name, params in addresses]
    links = [f"/api/v1/{name}{'?' if params else ''}{params}" for name, params in given]
    return ", ".join(f"<{link}>; rel=preload; as=fetch; crossorigin" for link in links)


async def file(request: Request) -> Response:
    """A file that the page names; it never changes, since its name has a hash of what is in it."""
    path = request.app.state.static / request.path_params["name"]
    try:
        kind, plain, packed = _read(path)
    except (LookupError, OSError):
        return PlainTextResponse("There is no such file.", 404)
    if packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers=_FOR_EVER | {"content-encoding": "gzip"}, media_type=kind)
    return Response(plain, headers=_FOR_EVER, media_type=kind)


@lru_cache(512)
def _read(path: Path) -> tuple[str, bytes, bytes]:
    """Its type, what is in it, and that compressed or nothing: a page has a dozen of them, read by the event loop."""
    packed = path.with_name(f"{path.name}.gz")
    return _TYPES[path.suffix], path.read_bytes(), packed.read_bytes() if packed.is_file() else b""


async def nothing(request: Request, __: Exception) -> Response:
    """For an address that no page has, and none of /api."""
    if request.url.path.startswith("/api/"):
        return Json({"error": f"Nothing answers at {request.url.path}."}, 404)
    return HTMLResponse(_NOTHING, 404)


def _is_readable(path: bytes) -> bool:
    """Whether a browser can read what an address says, as decodeURIComponent does."""
    try:
        return not _NO_ESCAPE.search(path) and bool(unquote_to_bytes(path).decode())
    except UnicodeDecodeError:
        return False


ROUTES: list[BaseRoute] = [*(Route(path, page) for path in _PAGES), Route("/static/{name}", file)]
