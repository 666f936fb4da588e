"""Events that look alike, decoded by the thousand.

Most of a stream are POINTS events of the same metrics, packed alike: their bytes differ in time, step and values only.
Where at least a few stand behind each other they are read as the rows of a table, at a tenth of what it costs to
unpack them one by one; whatever looks different is unpacked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from runid import events

_FEW = 16
_PATIENCE = 4096  # bytes of events that begin shorter stretches, one behind the other, until the rest is unpacked
_WINDOW = 512
_TIME, _STEP = (3, 11), 11
_HEAD = b"\x95\x01\xcb"  # an array of five, the kind POINTS, a float64 follows
_STEPS = {0xCC: ">u1", 0xCD: ">u2", 0xCE: ">u4", 0xD0: ">i1", 0xD1: ">i2", 0xD2: ">i4", 0xD3: ">i8"}


class Block(NamedTuple):
    """POINTS events that hold the same metrics: n events in the order of logging."""

    metrics: tuple[str, ...]
    order: NDArray[np.int64]  # (n,) places in the stream, of all events decoded together
    time: NDArray[np.float64]  # (n,) seconds since the epoch
    step: NDArray[np.int64]  # (n,)
    stage: list[str | None]  # n, or one that holds for all
    value: NDArray[np.float64]  # (metrics, n)
    is_number: NDArray[np.bool_] | None  # the same shape; None: all are


def blocks(body: bytes) -> tuple[list[Block], int]:
    """The POINTS events of a sequence of whole events, and how many events of any kind it has.

    Raises ProtocolError when the body is not a sequence of whole, well-formed events.
    """
    found: list[Block] = []
    odd: list[tuple[int, events.Event]] = []
    at = count = 0
    patience = _PATIENCE
    while at < len(body) and patience > 0:
        data = _first(body, at)
        layout = _layout(data)
        block = None if layout is None else _stretch(body, at, count, layout)
        if block is None:
            odd += [(count, event) for event in events.unpack(data)]
            at, count = at + len(data), count + 1
        else:
            found.append(block)
            at, count = at + len(block.step) * len(data), count + len(block.step)
        patience = _PATIENCE if block is not None and len(block.step) >= _FEW else patience - len(data)
    rest = events.unpack(memoryview(body)[at:])
    return [*found, *_mixed([*odd, *enumerate(rest, count)])], count + len(rest)


class _Layout(NamedTuple):
    """Where things stand in a packed POINTS event."""

    metrics: tuple[str, ...]
    stage: str | None
    length: int
    same: NDArray[np.bool_]  # (length,) which bytes are the same in all events of this layout
    step: slice
    step_type: str
    values: list[slice]


def _first(body: bytes, at: int) -> bytes:
    """The bytes of the event that starts at `at`; all that is left where no event does."""
    unpacker = msgpack.Unpacker(max_buffer_size=events.BATCH_BYTES)
    unpacker.feed(body[at : at + events.BATCH_BYTES])
    try:
        unpacker.skip()
    except Exception:  # whatever it is, events.unpack says so
        return body[at:]
    return body[at : at + unpacker.tell()]


def _layout(data: bytes) -> _Layout | None:
    """The layout of a packed event; None for what is no plain POINTS event, or packed in another way."""
    tag = data[_STEP] if data.startswith(_HEAD) and len(data) > _STEP else 0xFF
    kind = "u1" if tag < 0x80 else _STEPS.get(tag)
    if kind is None:
        return None
    (event,) = events.unpack(data)
    _, when, step, stage, values = event
    plain = values and {*map(type, values.values())} == {float}
    if not plain or data != events.pack([events.POINTS, when, step, stage, values]):
        return None
    first = _STEP if tag < 0x80 else _STEP + 1
    places = [slice(*_TIME), slice(first, first + np.dtype(kind).itemsize)]
    ends = accumulate((len(events.pack(name)) + 9 for name in reversed(values)), initial=0)  # 9: a packed float64
    places += reversed([slice(len(data) - end - 8, len(data) - end) for end in list(ends)[:-1]])
    same = np.ones(len(data), np.bool_)
    for place in places:
        same[place] = False
    return _Layout(tuple(values), stage, len(data), same, places[1], kind, places[2:])


def _stretch(body: bytes, at: int, count: int, layout: _Layout) -> Block | None:
    """The events from `at` on that have the layout; None where their times are none."""
    rows = np.frombuffer(body, np.uint8, (len(body) - at) // layout.length * layout.length, at)
    rows = rows.reshape(-1, layout.length)
    rows = rows[: _alike(rows, layout)]
    when = _column(rows, slice(*_TIME), ">f8")
    if not ((when >= 0) & (when < events.LATEST)).all():
        return None
    step = _column(rows, layout.step, layout.step_type).astype(np.int64)
    value = np.stack([_column(rows, place, ">f8") for place in layout.values])
    return Block(layout.metrics, np.arange(count, count + len(rows)), when, step, [layout.stage], value, None)


def _alike(rows: NDArray[np.uint8], layout: _Layout) -> int:
    """How many rows, from the first on, have the layout; looked at in windows that grow."""
    template = rows[0, layout.same]
    start, window = 1, _WINDOW
    while start < len(rows):
        fits = (rows[start : start + window, layout.same] == template).all(axis=1)
        if layout.step_type == "u1":
            fits &= rows[start : start + window, layout.step.start] < 0x80
        if not fits.all():
            return start + int(fits.argmin())
        start, window = start + window, window * 8
    return len(rows)


def _column(rows: NDArray[np.uint8], place: slice, kind: str) -> NDArray[Any]:
    native = np.dtype(kind).newbyteorder("=")
    return np.ascontiguousarray(rows[:, place]).view(kind)[:, 0].astype(native)


@dataclass(slots=True)
class _Group:
    """POINTS events that hold the same metrics, column by column."""

    order: list[int] = field(default_factory=list)
    time: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    stage: list[str | None] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


def _mixed(found: Iterable[tuple[int, events.Event]]) -> Iterator[Block]:
    groups: defaultdict[tuple[str, ...], _Group] = defaultdict(_Group)
    for order, event in found:
        if event[0] == events.POINTS and event[4]:
            values = event[4]
            group = groups[tuple(values)]
            group.order.append(order)
            group.time.append(event[1])
            group.step.append(event[2])
            group.stage.append(event[3])
            group.values.extend(values.values())
    for metrics, group in groups.items():
        value, is_number = _numbers(group.values)
        shape = (len(group.order), len(metrics))
        yield Block(
            metrics, np.array(group.order, np.int64), np.array(group.time), np.array(group.step, np.int64),
            group.stage, value.reshape(shape).T, None if is_number is None else is_number.reshape(shape).T,
        )  # fmt: skip


def _numbers(values: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The values as floats, and which of them are numbers at all; None: all are."""
    if {float, int}.issuperset(map(type, values)):
        return np.fromiter(values, np.float64, len(values)), None
    numbers = [type(value) is float or type(value) is int for value in values]
    kept = [value if number else 0.0 for value, number in zip(values, numbers, strict=True)]
    return np.array(kept, np.float64), np.array(numbers)
