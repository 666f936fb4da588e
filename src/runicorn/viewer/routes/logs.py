"""A run's text: any line of it, a search through all of it, and the line of a moment. Each host has its own."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import runs
from runid.store.text_index import TextIndex

_INDICES = 16
_MOST_LINES, _MOST_HITS = 2000, 1000
_LONGEST = 500

_lock = threading.Lock()
_indices: OrderedDict[tuple[Path, str], tuple[threading.Lock, TextIndex]] = OrderedDict()


def logs(request: Request) -> Response:
    """Lines of a host's text: {hosts, host, lines: how many there are, line, text: [line]}.

    `line`, the first of them, counts from the end where it is negative; `n`: how many; `host`: the owner by default.
    """
    hosts, host, lock, index = _index(request)
    with lock:
        lines = index.refresh()
        line = asked.whole(request, "line", -200)
        line = max(0, lines + line) if line < 0 else line
        text = index.window(line, min(asked.whole(request, "n", 200), _MOST_LINES))
    return Json({"hosts": hosts, "host": host, "lines": lines, "line": line, "text": text})


def search(request: Request) -> Response:
    """All lines that hold the text `q`, or with `re=1` match it: {count, hits: [{line, text}]}, from `line` on."""
    _, _, lock, index = _index(request)
    pattern = _pattern(request.query_params.get("q", ""), request.query_params.get("re") == "1")
    with lock:
        index.refresh()
        hits, count = index.search(pattern, asked.whole(request, "line", 0), _MOST_HITS)
    return Json({"count": count, "hits": [{"line": hit.line, "text": hit.text} for hit in hits]})


def at(request: Request) -> Response:
    """{line}: the last one that was logged by `time`, in seconds since the epoch."""
    _, _, lock, index = _index(request)
    when = asked.number(request, "time")
    if when is None:
        raise ValueError("Which moment is meant? `time` says it, in seconds since the epoch.")
    with lock:
        index.refresh()
        return Json({"line": index.at(when)})


def _pattern(text: str, regex: bool) -> re.Pattern[bytes]:
    """What is searched for, without regard to case unless it has capitals. Raises ValueError."""
    if not text or len(text) > _LONGEST:
        raise ValueError(f"A search needs a text of 1 to {_LONGEST} characters.")
    flags = re.NOFLAG if text != text.lower() else re.IGNORECASE
    try:
        return re.compile((text if regex else re.escape(text)).encode(), flags)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}.") from error


def _index(request: Request) -> tuple[list[str], str, threading.Lock, TextIndex]:
    """The hosts of the run, the one that is meant, and its text. Raises NotFoundError."""
    folder = asked.library(request).folder(asked.run(request))
    owner = runs.owner(folder)
    hosts = sorted(runs.hosts(folder), key=lambda host: (host != owner, host))
    host = request.query_params.get("host") or next(iter(hosts), "")
    if host not in hosts:
        raise NotFoundError(f"Run {folder.name} has no text of a host {host!r}.")
    with _lock:
        key = folder, host
        found = _indices.pop(key, None)
        if found is None:
            found = threading.Lock(), TextIndex(folder, host, runs.text_path(folder, host, host == owner))
        _indices[key] = found
        while len(_indices) > _INDICES:
            _indices.popitem(last=False)
    return hosts, host, *found


ROUTES = [
    Route("/runs/{run}/logs", logs),
    Route("/runs/{run}/logs/search", search),
    Route("/runs/{run}/logs/at", at),
]
