"""What all media have in common, and how values of other libraries are recognized as media."""

from __future__ import annotations

import importlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from runid.sides import Buffer

Keep = Callable[["Medium"], dict[str, Any] | None]
"""Keeps a medium that is inside another; gives {type, file, caption}, or None for one that has no file."""


@dataclass(frozen=True)
class Taken:
    """What is copied of a medium: `size` bytes, in parts that can be gone through twice."""

    parts: Iterable[Buffer]
    size: int
    format: str
    """The ending of its file; empty where it becomes a line of the run's objects instead."""
    source: dict[str, Any] = field(default_factory=lambda: {"kind": "file"})
    """What the bytes are, as the kind's file in runid.media describes it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How the file is to be made."""
    later: bool = False
    """The bytes are still to be read, from a file that is open."""


@dataclass(frozen=True)
class Inline:
    """A medium that fits into an event as it is: JSON-like."""

    value: Any


class Medium(ABC):
    """A value that is more than a number or a text.

    Making one copies nothing and raises nothing: what it holds is taken when it is logged, and what cannot be taken is
    left out then, with a notice.
    """

    kind: ClassVar[str]
    caption: str | None = None

    @abstractmethod
    def taken(self, keep: Keep) -> Taken | Inline:
        """What is kept of it. Raises ValueError, with the reason, or OSError."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{'' if self.caption is None else f' {self.caption!r}'}>"


_FOREIGN = (
    ("PIL.Image", "Image", "image", "Image"),
    ("matplotlib.figure", "Figure", "figure", "Figure"),
    ("plotly.basedatatypes", "BaseFigure", "figure", "Figure"),
    ("pandas", "DataFrame", "table", "Table"),
    ("polars", "DataFrame", "table", "Table"),
    ("pyarrow", "Table", "table", "Table"),
)
"""Types of other libraries, module and name, and what their values become: a module here, and its class."""


def media(value: object) -> list[Medium] | None:
    """The media that a logged value is: one, or a list or tuple of nothing else; None for any other value."""
    if type(value) in (str, dict, bool) or value is None:
        return None
    try:
        return _media(value)
    except Exception:  # it may run the user's code, and is none of ours then
        return None


def _media(value: object) -> list[Medium] | None:
    if not isinstance(value, list | tuple):
        found = _medium(value)
        return None if found is None else [found]
    if not value or _medium(value[0]) is None:
        return None
    several = [_medium(item) for item in value]
    return None if None in several else [one for one in several if one is not None]


def is_a(value: object, module: str, name: str) -> bool:
    """Whether it is of this type of another library; that can only be where the program has loaded the module."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _medium(value: object) -> Medium | None:
    if isinstance(value, Medium):
        return value
    for module, name, ours, kind in _FOREIGN:
        if is_a(value, module, name):
            made: Medium = getattr(importlib.import_module(f"runicorn.media.{ours}"), kind).of(value)
            return made
    return None
