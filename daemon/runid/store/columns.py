"""Points in memory, column by column: decoded from journal records, put in the order of a segment.

Loaded by workers and readers only, never by the daemon's own process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from runid import events
from runid.errors import ProtocolError
from runid.store.journal import BATCH, HOLE, WRITER, Record

_CHUNK = 8192  # events made into columns at once: few enough to be in the processor's cache still


class Part(NamedTuple):
    """Points of one metric: arrays of one length."""

    rank: NDArray[np.int32]
    step: NDArray[np.int64]
    writer: NDArray[np.int32]  # its number
    order: NDArray[np.int64]  # grows in the order of logging
    time: NDArray[np.int64]  # µs since the epoch
    stage: NDArray[np.int32]  # as Columns.code gives it
    value: NDArray[np.float64]

    def at(self, places: Any) -> Part:
        """The points at these places: indices, a mask or a slice."""
        return Part(*(column[places] for column in self))


class Columns:
    """Points of many metrics, or of one only: taken in any order and given back in that of a segment."""

    def __init__(self, only: str | None = None) -> None:
        self.stages: list[str] = []
        self._only = only
        self._codes: dict[str | None, int] = {None: -1}
        self._parts: dict[str, list[Part]] = {}
        self._numbered = 0

    def add(self, metric: str, part: Part) -> None:
        """Takes points of one metric."""
        if self._only in (None, metric):
            self._parts.setdefault(metric, []).append(part)

    def number(self, count: int) -> range:
        """The `order` of the next `count` logged things: what is numbered later was logged later."""
        self._numbered += count
        return range(self._numbered - count, self._numbered)

    def code(self, stage: str | None) -> int:
        """The number that stands for a stage: its place in `stages`, or -1 for none."""
        code = self._codes.get(stage)
        if code is None:
            code = self._codes[stage] = len(self.stages)
            self.stages.append(str(stage))
        return code

    def drain(self) -> Iterator[tuple[str, Part]]:
        """The metrics by name, each with its points by rank, step, writer and order of logging; then none is left."""
        for metric in sorted(self._parts):
            part = Part(*map(np.concatenate, zip(*self._parts.pop(metric), strict=True)))
            yield metric, part.at(np.lexsort((part.order, part.writer, part.step, part.rank)))


@dataclass(slots=True)
class _Group:
    """The POINTS events of one writer that hold the same metrics, column by column."""

    order: list[int] = field(default_factory=list)
    time: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    stage: list[str | None] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


_Groups = defaultdict[tuple[int, int], defaultdict[tuple[str, ...], _Group]]
"""(number, rank) of a writer → metrics → its events with these."""


class Decoder:
    """Turns journal records into points. A writer's WRITER record must come before its batches.

    `writers` tells how far the streams of the writers go in these records: hex id → {number, rank, offset}.
    `bad` counts batches without their points: no events could be read, or nothing says who the writer is.
    """

    def __init__(self, columns: Columns) -> None:
        self.writers: dict[str, dict[str, int]] = {}
        self.bad = 0
        self._waiting = 0
        self._columns = columns
        self._known: dict[bytes, tuple[int, int]] = {}
        self._groups: _Groups = defaultdict(lambda: defaultdict(_Group))

    def take(self, record: Record) -> None:
        """Reads one record."""
        if record.kind == WRITER:
            who = msgpack.unpackb(record.body)
            self._known[record.writer] = (who["number"], who.get("rank", 0))
        elif record.kind == HOLE:
            self._held(record.writer, msgpack.unpackb(record.body)["to"])
        elif record.kind == BATCH:
            self._held(record.writer, record.offset + len(record.body))
            try:
                self._group(self._known[record.writer], events.unpack(record.body))
            except (ProtocolError, KeyError):
                self.bad += 1
            if self._waiting >= _CHUNK:
                self.flush()

    def flush(self) -> None:
        """Hands the points of all records taken so far to the columns."""
        self._waiting = 0
        for (writer, rank), groups in self._groups.items():
            for metrics, group in groups.items():
                self._hand_over(writer, rank, metrics, group)
        self._groups.clear()

    def _held(self, writer: bytes, offset: int) -> None:
        if writer in self._known:
            number, rank = self._known[writer]
            self.writers[writer.hex()] = {"number": number, "rank": rank, "offset": offset}

    def _group(self, who: tuple[int, int], found: list[events.Event]) -> None:
        groups = self._groups[who]
        self._waiting += len(found)
        for order, event in zip(self._columns.number(len(found)), found, strict=True):
            if event[0] == events.POINTS:
                values = event[4]
                group = groups[tuple(values)]
                group.order.append(order)
                group.time.append(event[1])
                group.step.append(event[2])
                group.stage.append(event[3])
                group.values.extend(values.values())

    def _hand_over(self, writer: int, rank: int, metrics: tuple[str, ...], group: _Group) -> None:
        count = len(group.order)
        values, is_number = _numbers(group.values)
        codes = {stage: self._columns.code(stage) for stage in dict.fromkeys(group.stage)}
        shared = Part(
            rank=np.full(count, rank, np.int32),
            step=np.array(group.step, np.int64),
            writer=np.full(count, writer, np.int32),
            order=np.array(group.order, np.int64),
            time=np.rint(np.array(group.time) * 1e6).astype(np.int64),
            stage=np.fromiter(map(codes.__getitem__, group.stage), np.int32, count),
            value=np.empty(0),
        )
        for column, metric in enumerate(metrics):
            part = shared._replace(value=values[column :: len(metrics)])
            numbers = is_number[column :: len(metrics)]
            self._columns.add(metric, part if numbers.all() else part.at(numbers))


def _numbers(values: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The values as floats, and which of them are numbers at all, as runid.events.points has it."""
    if {float, int}.issuperset(map(type, values)):
        return np.fromiter(values, np.float64, len(values)), np.ones(len(values), np.bool_)
    numbers = [type(value) is float or type(value) is int for value in values]
    kept = [value if number else 0.0 for value, number in zip(values, numbers, strict=True)]
    return np.array(kept, np.float64), np.array(numbers)
