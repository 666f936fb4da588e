"""What a route answers with: JSON, and errors as sentences with the right status."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runid.errors import NotFoundError, QueryError, RunicornError

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class Json(Response):
    """An answer in JSON; NaN and infinities are null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as bytes."""
        return as_json(content)


def as_json(content: Any) -> bytes:
    """A value in JSON; what has halves of characters, as file names and JSON of others may, has "?" in their place."""
    try:
        return orjson.dumps(content, default=str, option=_OPTIONS)
    except TypeError:
        return orjson.dumps(_whole(content), default=str, option=_OPTIONS)


def _whole(content: Any) -> Any:
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    if isinstance(content, dict):
        return {_whole(name): _whole(value) for name, value in content.items()}
    return list(map(_whole, content)) if isinstance(content, list | tuple) else content


def unless_known(request: Request, answer: Response) -> Response:
    """The answer, or 304 where the browser has it from before, by a hash of what is in it."""
    tag = f'"{hashlib.blake2b(answer.body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def error(_: Request, problem: Exception) -> Response:
    """An error of ours as an answer: {error: a sentence[, start, end: what of the query is wrong]}."""
    told: dict[str, Any] = {"error": sentence(problem)}
    if isinstance(problem, QueryError):
        told |= {"start": problem.start, "end": problem.end}
    return Json(told, 404 if isinstance(problem, NotFoundError) else 400)


def sentence(problem: Exception) -> str:
    """What is told of an error of ours."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename or 'A file'} cannot be read: {problem.strerror}."
    return str(problem)


def unexpected(request: Request, _: Exception) -> Response:
    """Of an error of the program, which its log tells."""
    told = f"The viewer could not answer {request.url.path}, by a mistake of its own: see where it was started."
    return Json({"error": told}, 500)


ERRORS = (RunicornError, ValueError, OSError)
"""What `error` answers for."""
