"""What a request says: its root, and its parameters, checked."""

from __future__ import annotations

from starlette.requests import Request

from runicorn.viewer.library import Library
from runid.errors import NotFoundError


def library(request: Request) -> Library:
    """The root that is meant: `root`, its number as /info lists them, or the first. Raises NotFoundError."""
    libraries: list[Library] = request.app.state.libraries
    number = whole(request, "root", 0)
    if not 0 <= number < len(libraries):
        raise NotFoundError(f"The viewer shows {len(libraries)} roots, and none has the number {number}.")
    return libraries[number]


def run(request: Request) -> str:
    """The run that the path names."""
    return str(request.path_params["run"])


def listed(request: Request, name: str) -> list[str]:
    """The texts of a parameter that are separated by commas; none without it."""
    return [part for part in request.query_params.get(name, "").split(",") if part]


def whole(request: Request, name: str, default: int) -> int:
    """A parameter that is a whole number. Raises ValueError for another."""
    text = request.query_params.get(name)
    try:
        return default if text is None else int(text)
    except ValueError:
        raise ValueError(f"{name} must be a whole number, got {text!r}.") from None


def number(request: Request, name: str) -> float | None:
    """A parameter that is a number; None without it. Raises ValueError for another."""
    text = request.query_params.get(name)
    try:
        return None if text is None else float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, got {text!r}.") from None
