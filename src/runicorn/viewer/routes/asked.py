"""What a request says: its root, and its parameters, checked."""

from __future__ import annotations

import math
import re
from typing import Any

import orjson
from starlette.requests import Request

from runicorn.viewer.library import Library
from runid.errors import NotFoundError
from runid.store.keys import as_number

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_LARGEST = 1 << 63
_LONGEST = 32 << 20

_PART = re.compile(r"(?:\\.|[^,\\])+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def library(request: Request) -> Library:
    """The root that is meant: `root`, its number as /info lists them, or else that of the path's run, or the first.

    Raises NotFoundError.
    """
    libraries: list[Library] = request.app.state.libraries
    if "run" in request.path_params and "root" not in request.query_params:
        return next((one for one in libraries if _has(one, run(request))), libraries[0])
    number = whole(request, "root", 0)
    if not 0 <= number < len(libraries):
        raise NotFoundError(f"The viewer shows {len(libraries)} roots, and none has the number {number}.")
    return libraries[number]


def _has(library: Library, run: str) -> bool:
    try:
        return library.folder(run).is_dir()
    except (NotFoundError, OSError):
        return False


def run(request: Request) -> str:
    """The run that the path names."""
    return str(request.path_params["run"])


def listed(request: Request, name: str) -> list[str]:
    """The texts of a parameter that are separated by commas; none without it.

    A comma or backslash that is part of a text has a backslash in front.
    """
    parts = _PART.findall(request.query_params.get(name, ""))
    return [_ESCAPED.sub(r"\1", part) for part in parts]


def whole(request: Request, name: str, default: int) -> int:
    """A parameter that is a whole number. Raises ValueError for another."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text) or not -_LARGEST <= int(text) < _LARGEST:
        raise ValueError(f"{name} must be a whole number below 2^63, got {text[:100]!r}.")
    return int(text)


def number(request: Request, name: str) -> float | None:
    """A parameter that is a number; None without it. Raises ValueError for another, NaN and infinities."""
    text = request.query_params.get(name)
    if text is None:
        return None
    found = as_number(text)
    if found is None or not math.isfinite(found):
        raise ValueError(f"{name} must be a number, got {text[:100]!r}.")
    return found


async def body(request: Request) -> Any:
    """What the request's body says, in JSON. Raises ValueError for what is none, or too long."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > _LONGEST:
            raise ValueError(f"The body of a request has {_LONGEST >> 20} MiB at most.")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"The body of the request is no JSON: {error}.") from error
