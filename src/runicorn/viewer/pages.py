"""What the browser runs: one page, and its JavaScript and CSS, which web/ is bundled into."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

STATIC = Path(__file__).parent / "static"
WEB = Path(__file__).parent / "web"
_PAGES = (
    *("/", "/run/{run}", "/run/{run}/{tab}", "/diff", "/artifacts", "/artifacts/{name:path}", "/alerts"),
    *("/embed", "/trash", "/settings"),
)
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
    """The one page, which finds out by its address what it shows."""
    static = request.app.state.static
    if told := missing(static):
        return PlainTextResponse(told, 503)
    return FileResponse(static / "index.html", headers={"cache-control": "no-cache"})


async def file(request: Request) -> Response:
    """A file that the page names; it never changes, since its name has a hash of what is in it."""
    path = request.app.state.static / request.path_params["name"]
    if path.suffix not in _TYPES or not path.is_file():
        return PlainTextResponse("There is no such file.", 404)
    headers = dict(_FOR_EVER)
    packed = path.with_name(f"{path.name}.gz")
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        path, headers["content-encoding"] = packed, "gzip"
    return FileResponse(path, headers=headers, media_type=_TYPES[Path(request.path_params["name"]).suffix])


async def nothing(_: Request, __: Exception) -> Response:
    """For an address that no page has."""
    text = "There is no such page. <a href='/'>All runs</a>"
    return HTMLResponse(f"<!doctype html><title>runicorn</title><p>{text}</p>", 404)


ROUTES: list[BaseRoute] = [*(Route(path, page) for path in _PAGES), Route("/static/{name}", file)]
