"""Cutting what is too large for one event into several that are not; an event may have 256 KiB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgpack

from runicorn.notices import Notices
from runicorn.values import encodable
from runid.events import BATCH_BYTES

ROOM = BATCH_BYTES - 4096
"""Bytes of the largest value that can be one event."""

_CHARACTERS = ROOM // 4
_POINT = 12


def text(whole: str) -> Iterator[str]:
    """A text in parts of whole lines, where lines are not too long themselves."""
    whole = encodable(whole)
    start = 0
    while len(whole) - start > _CHARACTERS:
        end = whole.rfind("\n", start, start + _CHARACTERS) + 1
        end = end if end > start else start + _CHARACTERS
        yield whole[start:end]
        start = end
    yield whole[start:]


def points(whole: dict[str, float]) -> Iterator[dict[str, float]]:
    """The points of one call, together where they fit."""
    part: dict[str, float] = {}
    size = 0
    for name, value in whole.items():
        size += len(name.encode()) + _POINT
        if size > ROOM:
            yield part
            part, size = {}, len(name.encode()) + _POINT
        part[name] = value
    yield part


def mapping(whole: Mapping[str, Any], what: str, notices: Notices) -> Iterator[dict[str, Any]]:
    """The entries of a config or summary, together where they fit; one too large alone is left out, with a notice."""
    part: dict[str, Any] = {}
    size = 0
    for name, value in whole.items():
        if not fits({name: value}, f"{what}[{name[:100]!r}]", notices):
            continue
        more = len(msgpack.packb({name: value}))
        if size + more > ROOM:
            yield part
            part, size = {}, 0
        part[name] = value
        size += more
    if part:
        yield part


def fits(value: Any, what: str, notices: Notices) -> bool:
    """Whether a value can be one event; a notice says what is left out if not."""
    size = len(msgpack.packb(value))
    if size > ROOM:
        notices.once(("large", what), f"{what} has {size} bytes, {ROOM} may be; it is left out.")
    return size <= ROOM
