"""Sends one alert to one webhook: what Slack and Discord want from them, and plain JSON to all others.

Webhook addresses are secrets: whoever has one can write there. So nothing that is given back or raised names one.
"""

from __future__ import annotations

import email.message
import http.client
import json
import os
import socket
import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from runid import __version__

Job = dict[str, Any]
Alert = dict[str, Any]

_TIMEOUT = 10.0
_LONGEST_WAIT = 300.0
_MAY_PASS = {408, 425, 429}
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_DISCORD = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
_COLORS = {"info": 0x3498DB, "warn": 0xF1C40F, "error": 0xE74C3C}


def send(job: Job, tell: object) -> Job:  # noqa: ARG001  it has nothing to tell
    """Tries once. `url`: of the webhook; `alert`: level, title, text, project, run, step, timestamp (s), url.

    Gives {sent}, and unless it was sent `why`, `again` (whether it may go better later) and `wait` (seconds, or None).
    """
    try:
        return _post(job["url"], body(job["url"], job["alert"]))
    except HTTPError as error:
        again = error.code in _MAY_PASS or error.code >= 500
        with error:
            return _failed(f"it answered {error.code}", again, _retry_after(error.headers))
    except Exception as error:  # none of their texts may be told: some hold the address
        return _failed(*_cause(error))


def body(url: str, alert: Alert) -> dict[str, Any]:
    """The JSON that this webhook takes."""
    told = alert | {"timestamp": datetime.fromtimestamp(alert["timestamp"], UTC).isoformat()}
    address = urlsplit(url)
    if address.hostname in _SLACK:
        return _slack(told)
    if address.hostname in _DISCORD and address.path.startswith("/api/"):
        return _discord(told)
    return told


def _slack(alert: Alert) -> dict[str, Any]:
    title = alert["title"] or "alert"
    plain = "".join({"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter) for letter in title)  # no mentions
    text = [{"type": "section", "text": _plain(_cut(alert["text"], 3000))}] if alert["text"] else []
    return {
        "text": f"[{alert['level'].upper()}] {plain}",
        "blocks": [
            {"type": "header", "text": _plain(_cut(title, 150))},
            *text,
            {"type": "context", "elements": [_plain(_cut(f"{alert['level'].upper()} · {_place(alert)}", 2000))]},
        ],
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _discord(alert: Alert) -> dict[str, Any]:
    embed = {
        "title": _cut(alert["title"] or "alert", 256),
        "description": _cut(alert["text"] or "", 4096),
        "color": _COLORS[alert["level"]],
        "footer": {"text": _cut(f"{alert['level'].upper()} · {_place(alert)}", 2048)},
        "timestamp": alert["timestamp"],
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _place(alert: Alert) -> str:
    return f"{alert['project']}/{alert['run']} · step {alert['step']}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


class _SameHost(HTTPRedirectHandler):
    """Goes where it is sent on the same host only, and takes the alert along."""

    def redirect_request(self, req: Request, *answer: Any) -> Request:
        old, new = urlsplit(req.full_url), urlsplit(urljoin(req.full_url, answer[-1]))
        if new.hostname != old.hostname or new.scheme not in (old.scheme, "https"):
            raise _ElsewhereError
        return Request(new.geturl(), req.data, dict(req.header_items()), method="POST")


class _ElsewhereError(Exception):
    """The answer leads to another host."""


def _post(url: str, said: dict[str, Any]) -> Job:
    if urlsplit(url).scheme not in ("http", "https"):
        raise http.client.InvalidURL
    headers = {"Content-Type": "application/json", "User-Agent": f"runicorn/{__version__}"}
    request = Request(url, json.dumps(said).encode(), headers, method="POST")
    with build_opener(_SameHost).open(request, timeout=_TIMEOUT):
        return {"sent": True}


def _failed(why: str, again: bool, wait: float | None = None) -> Job:
    return {"sent": False, "why": why, "again": again, "wait": wait}


def _retry_after(headers: email.message.Message) -> float | None:
    """Seconds that a Retry-After header asks to wait: a number, or a date."""
    said = headers.get("Retry-After", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT)


def _cause(error: Exception) -> tuple[str, bool]:
    """Why nothing could be sent, and whether that may pass."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"it gave no answer within {_TIMEOUT:.0f} s", True
    if isinstance(reason, ssl.SSLError):
        return "no secure connection to it could be made", True
    if isinstance(reason, socket.gaierror):
        return "its host could not be found", True
    if isinstance(reason, OSError) and reason.errno:
        return os.strerror(reason.errno), True
    if isinstance(reason, _ElsewhereError):
        return "it leads to another host", False
    if isinstance(reason, http.client.HTTPException) and not isinstance(reason, http.client.InvalidURL):
        return f"what it answered is no HTTP ({type(reason).__name__})", True
    return "its address is none that can be reached", False
