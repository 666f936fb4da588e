"""Who may ask: the browser of this machine's user, and no page of anybody else's.

A page of another site can make the browser send requests here, or have its own name resolve to this machine. So the
Host must be this machine, where there is an Origin it must be us, and a browser that says which site a request comes
from says ours, or that a person goes from there to here. What changes something needs the token besides.

Where the viewer listens to other machines, it cannot know by which names they reach it, and everything needs the token:
a page that has its own name resolve to us has no cookie of ours. Who opens an address with the token gets it as a
cookie, one for each port: cookies know hosts only. A page learns by another cookie whether its edits would be taken.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "runicorn_token"
EDITS = "runicorn_edits"
"""1 where edits are taken, 0 where they are refused, as in web/src/state/rights.ts."""
LOOPBACK = frozenset(("127.0.0.1", "localhost", "[::1]"))
_OURS = frozenset(("same-origin", "none"))
_READING = frozenset(("GET", "HEAD"))
_ASKING = frozenset(("/api/v1/series",))  # POST, because what is asked for is long
_NO_PAGES = ("/api/", "/static/")
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NOTEBOOKS = "vscode-webview: vscode-file:"
"""Those of editors that run on this machine; no page of a site has such an address."""
_LOOPBACK_PAGES = f"'self' http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:* {_NOTEBOOKS}"


class Guard:
    """Stands in front of the application."""

    def __init__(self, app: ASGIApp, token: str, closed: bool = False) -> None:
        """`closed`: it is reached by any name, and reading needs the token too."""
        self._app, self._token, self._closed = app, token, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), scope)
            await send(message)

        refusal = self._refusal(scope)
        await (PlainTextResponse(refusal, 403) if refusal else self._app)(scope, receive, answer)

    def _refusal(self, scope: Scope) -> str:
        """A sentence where the request is refused."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._closed and _name(host) not in LOOPBACK:
            return f"This is the Runicorn viewer; it is not reached as {host!r}."
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return f"The page {origin!r} may not ask the Runicorn viewer."
        if headers.get("sec-fetch-site", "none") not in _OURS and headers.get("sec-fetch-mode") != "navigate":
            return "A page of another site may not ask the Runicorn viewer."
        reads = scope["method"] in _READING or scope["path"] in _ASKING
        if (self._closed or not reads) and not self._knows(scope, headers):
            return "This needs the token: open the address that `runicorn viewer` has printed."
        return ""

    def _knows(self, scope: Scope, headers: Headers) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        kept = cookies.get(_cookie(COOKIE, headers.get("host", "")))
        given = headers.get("x-runicorn-token"), kept, _in_address(scope)
        return any(self._is_token(one) for one in given)

    def _is_token(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def _dress(self, headers: MutableHeaders, scope: Scope) -> None:
        asked = Headers(scope=scope)
        host = asked.get("host", "")
        if not scope["path"].startswith(_NO_PAGES):
            edits = int(self._knows(scope, asked))
            headers.append("set-cookie", f"{_cookie(EDITS, host)}={edits}; Path=/; SameSite=Strict")
        if self._is_token(_in_address(scope)):
            headers.append("set-cookie", f"{_cookie(COOKIE, host)}={self._token}; Path=/; HttpOnly; SameSite=Strict")
        ancestors = _LOOPBACK_PAGES if scope["path"] == "/embed" else "'none'"
        for name, value in _HEADERS.items():
            headers.setdefault(name, value.format(ancestors=ancestors))


def _in_address(scope: Scope) -> str | None:
    """The token in the address of what is read."""
    if scope["method"] not in _READING:
        return None
    found: list[str] = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
    return next(iter(found), None)


def _cookie(name: str, host: str) -> str:
    return f"{name}_{host.removeprefix(_name(host)).removeprefix(':')}"


def _name(host: str) -> str:
    """A Host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host
