"""What a route answers with: JSON, and errors as sentences with the right status."""

from __future__ import annotations

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
        return orjson.dumps(content, default=str, option=_OPTIONS)


def error(_: Request, problem: Exception) -> Response:
    """An error of ours as an answer: {error: a sentence[, start, end: what of the query is wrong]}."""
    told: dict[str, Any] = {"error": str(problem)}
    if isinstance(problem, QueryError):
        told |= {"start": problem.start, "end": problem.end}
    return Json(told, 404 if isinstance(problem, NotFoundError) else 400)


ERRORS = (RunicornError, ValueError, OSError)
"""What `error` answers for."""
