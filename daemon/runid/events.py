"""Events: what a writer logs, one msgpack array each; the first item is the kind.

    START    [0, time, info]                          first of every writer's stream; info: map
    POINTS   [1, time, step, stage, {metric: value}]  stage: str or nil
    TEXT     [2, time, level, text]                   level: TEXT, stdout, stderr or a logging level's name
    CONFIG   [3, time, {key: value}]                  merged into the run's config
    SUMMARY  [4, time, {key: value}]                  merged into the run's summary
    PRIMARY  [5, time, metric, mode]                  mode: max or min; values logged later count
    META     [6, time, {field: value}]                alias, tags, notes, group …
    FINISH   [7, time, status, reason]                the writer's last event; reason: str or nil
    OBJECT   [8, time, step, stage, key, value, {about}]    a logged value that is no number; about may be left out:
                                                      type, caption, index, within (see runid.store.media)
    DROPPED  [9, time, count]                         events that could not be kept since the last such event
    PART     [10, time, part, [key], {key: value}]    merged into a part of the config, without the keys of the list
    ENVIRONMENT [11, time, {field: value}]            merged into what is known of the writer's surroundings
    ASK      [12, time, id, kind, {what}]             the daemon is to do something (see runid.store.assets); id: 16 hex

The parts of a config are args (by name), extra (by name; what CONFIG holds, too) and config_files: the path that was
given → its text, or nil until it is read; the text of a path that is not in the list is passed over.

Time is float64 seconds since the epoch, step an int64, a point's value an int or a float.
A batch is a sequence of whole events, one behind the other. Events of unknown kind, and items behind
those listed, are kept and skipped, so that versions can mix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgpack

from runid.errors import ProtocolError

START, POINTS, TEXT, CONFIG, SUMMARY, PRIMARY, META, FINISH, OBJECT, DROPPED, PART, ENVIRONMENT, ASK = range(13)

Event = list[Any]

# What each known kind holds behind kind and time: a wrong type is a malformed message, not data.
_ITEMS: dict[int, tuple[type | tuple[type, ...], ...]] = {
    START: (dict,),
    POINTS: (int, (str, type(None)), dict),
    TEXT: (str, str),
    CONFIG: (dict,),
    SUMMARY: (dict,),
    PRIMARY: (str, str),
    META: (dict,),
    FINISH: (str, (str, type(None))),
    OBJECT: (int, (str, type(None)), str, object),
    DROPPED: (int,),
    PART: (str, list, dict),
    ENVIRONMENT: (dict,),
    ASK: (str, str, dict),
}

BATCH_BYTES = 256 * 1024
"""Bytes a batch holds at most, and so the largest event."""

MAX_DEPTH = 64
"""Containers inside each other in one event, at most."""

ENDS = ("finished", "interrupted", "failed", "crashed")
"""How a writer ends, from good to bad; the daemon alone says crashed."""

LATEST = 32503680000.0
"""Times lie before this: the year 3000."""

_MANY = 1 << 53
_MOST_BAD = 100
_NAMED = {str}
_PLAIN = (str, float, int, bool, bytes, type(None))
_MAPS = (START, POINTS, CONFIG, SUMMARY, META, PART, ENVIRONMENT, ASK)
_ID = re.compile("[0-9a-f]{16}")


def pack(event: Event) -> bytes:
    """The event as msgpack. Raises what msgpack raises for values it does not know."""
    return bytes(msgpack.packb(event))


def unpack(body: bytes | memoryview) -> list[Event]:
    """The events of a batch. Raises ProtocolError when the body is not a sequence of whole, well-formed events."""
    unpacker = _unpacker(len(body) + 1)
    try:
        unpacker.feed(body)
        found = list(unpacker)
        unpacker.feed(b"\xc0")  # where the body ends inside an event, that swallows this nil; tell() does not say so
        ends = next(unpacker, False) is None
    except Exception as error:
        raise ProtocolError(f"A batch of {len(body)} bytes holds no msgpack: {error}.") from error
    if not ends:
        raise ProtocolError(f"A batch of {len(body)} bytes ends inside an event.")
    for event in found:
        if not _is_points(event):
            _check(event)
    return found


def whole(data: bytes) -> int:
    """How many of the bytes, from the start, are whole events."""
    unpacker = _unpacker(len(data))
    unpacker.feed(data)
    end = 0
    try:
        while True:
            unpacker.skip()
            end = unpacker.tell()
    except Exception:  # OutOfData at the end; anything else where the bytes are no msgpack
        return end


def stretches(body: bytes) -> Iterator[tuple[int, int, bool]]:
    """The body from start to end in stretches (start, end, good): whole, well-formed events, or what is none.

    Behind the hundredth bad event all is bad: to look at each would take seconds.
    """
    unpacker = _unpacker(len(body))
    unpacker.feed(body)
    start = end = bad = 0
    before = True
    while end < len(body):
        at = end
        good, end = _next(unpacker, body, at) if bad < _MOST_BAD else (False, len(body))
        bad += not good
        if good != before and at > start:
            yield start, at, before
            start = at
        before = good
    if end > start:
        yield start, end, before


def points(event: Event) -> Iterator[tuple[str, float]]:
    """The (metric, value) pairs of a POINTS event, without what is no number."""
    for metric, value in event[4].items():
        if type(value) is float or type(value) is int:
            yield metric, float(value)


def _unpacker(size: int) -> msgpack.Unpacker:
    return msgpack.Unpacker(strict_map_key=True, max_buffer_size=max(size, 1), unicode_errors="replace")


def _is_points(event: Any) -> bool:
    """Whether it is a well-formed POINTS event, as nearly all are: asked in a third of the time that `_check` takes."""
    try:
        kind, when, step, stage, values = event
    except (TypeError, ValueError):
        return False
    return (
        kind == POINTS
        and type(when) is float
        and 0.0 <= when < LATEST
        and type(step) is int
        and -(1 << 63) <= step < 1 << 63
        and (stage is None or type(stage) is str)
        and type(values) is dict
        and {*map(type, values)} <= _NAMED
    )


def _check(event: object) -> None:
    if not isinstance(event, list) or len(event) < 2 or type(event[0]) is not int or type(event[1]) is not float:
        raise ProtocolError("An event must be an array that starts with its kind and its time.")
    if not 0 <= event[1] < LATEST:
        raise ProtocolError("The time of an event must be seconds since the epoch.")
    kinds = _ITEMS.get(event[0])
    if kinds is None:
        return
    items = event[2 : 2 + len(kinds)]
    if len(items) < len(kinds) or not all(map(isinstance, items, kinds)):
        raise ProtocolError(f"An event of kind {event[0]} does not hold what that kind holds.")
    if event[0] in (POINTS, OBJECT) and not -(1 << 63) <= event[2] < 1 << 63:
        raise ProtocolError("A step must be an int64.")
    if event[0] in _MAPS and not all(type(key) is str for key in items[-1]):
        raise ProtocolError(f"An event of kind {event[0]} names things by something else than text.")
    if event[0] == PART and not all(type(key) is str for key in event[3]):
        raise ProtocolError("The keys that leave a part of the config must be text.")
    if event[0] == DROPPED and not 0 <= event[2] < _MANY:
        raise ProtocolError("A count of dropped events must be a number below 2^53.")
    if not all(_is_plain(item, MAX_DEPTH - 1) for item in event[2:]):
        raise ProtocolError(
            f"An event holds what is no text, number, list or map, or more than {MAX_DEPTH} in each other."
        )
    if event[0] == ASK and not _ID.fullmatch(event[2]):  # files are named by it
        raise ProtocolError("What a writer asks for must have an id of 16 hexadecimal digits.")
    if event[0] == FINISH and event[2] not in ENDS:
        raise ProtocolError(f"A writer cannot end as {event[2]!r}.")


def _is_plain(value: object, depth: int) -> bool:
    if type(value) is dict:
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value.values())
    if type(value) is list:
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value)
    return type(value) in _PLAIN


def _next(unpacker: msgpack.Unpacker, body: bytes, start: int) -> tuple[bool, int]:
    """Whether what starts there is a well-formed event, and where it ends."""
    end = len(body)
    try:
        unpacker.skip()
        end = unpacker.tell()
        unpack(body[start:end])
    except Exception:
        return False, end
    return True, end
