"""What meters and writers take as a number, and what they do with what is none."""

from __future__ import annotations

import warnings
from typing import Any

from runicorn.notices import warn_once
from runicorn.values import number


def scalar(value: Any) -> float | None:
    """The value as a float, also of an array or tensor with a single item; None for what is no number."""
    found = number(value)
    if found is None and hasattr(value, "item"):
        try:
            return number(value.item())
        except Exception:  # it has several items
            return None
    return found


def warn_not_numeric(name: str, value: Any) -> None:
    """Says that a value is left out: a UserWarning, and a notice where warnings are errors, for loops must go on."""
    sentence = f"{name!r} got a non-numeric value, a {type(value).__name__}; it is left out."
    try:
        warnings.warn(sentence, UserWarning, stacklevel=3)
    except UserWarning:
        warn_once(("non-numeric", name), sentence)
