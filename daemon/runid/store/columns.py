"""Points in memory, column by column: decoded from journal records, put in the order of a segment.

Loaded by workers and readers only, never by the daemon's own process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from runid.errors import ProtocolError
from runid.store.alike import Block, blocks
from runid.store.journal import BATCH, HOLE, WRITER, Record

_MANY = 500  # metrics
_CHUNK = 1 << 20  # bytes made into columns at once: few enough to be in the processor's cache still


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

    def take(self, other: Columns, metric: str) -> None:
        """Adds what another one holds of a metric, and leaves it there."""
        codes = np.array([*map(self.code, other.stages), -1], np.int32)
        base = self.number(other._numbered).start
        for part in other._parts.get(metric, ()):
            self.add(metric, part._replace(stage=codes[part.stage], order=part.order + base))

    def parts(self, metric: str) -> list[Part]:
        """The points of a metric as they came."""
        return self._parts.get(metric, [])

    def compact(self) -> None:
        """Puts parts that came in small pieces together, so that each is at least twice as long as the next."""
        for parts in self._parts.values():
            while len(parts) > 1 and len(parts[-2].value) < 2 * len(parts[-1].value):
                last = parts.pop()
                parts[-1] = _joined([parts[-1], last])

    def __len__(self) -> int:
        """The points that are here."""
        return sum(len(part.value) for parts in self._parts.values() for part in parts)

    @property
    def metrics(self) -> Collection[str]:
        """The metrics that have points here."""
        return self._parts.keys()

    def drain(self) -> Iterator[tuple[str, Part]]:
        """The metrics by name, each with its points by rank, step, writer and order of logging; then none is left."""
        for metric in sorted(self._parts):
            part = _joined(self._parts.pop(metric))
            yield (
                metric,
                part if _is_sorted(part) else part.at(np.lexsort((part.order, part.writer, part.step, part.rank))),
            )


def _joined(parts: list[Part]) -> Part:
    return Part(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _is_sorted(part: Part) -> bool:
    """Whether one writer's points stand as they were logged and with growing steps, as they nearly always do."""
    one = all((column == column[:1]).all() for column in (part.rank, part.writer))
    # Compared, not subtracted: the difference of two int64 may be none.
    grows = (part.step[1:] >= part.step[:-1]).all() and (part.order[1:] > part.order[:-1]).all()
    return one and bool(grows)


class Decoder:
    """Turns journal records into points. A writer's WRITER record must come before its batches.

    `writers` tells how far the streams of the writers go in these records: hex id → {number, rank, offset}.
    `bad` counts batches without their points: no events could be read, or nothing says who the writer is.
    """

    def __init__(self, columns: Columns) -> None:
        self.writers: dict[str, dict[str, int]] = {}
        self.bad = 0
        self._columns = columns
        self._known: dict[bytes, tuple[int, int]] = {}
        self._bodies: defaultdict[bytes, list[bytes]] = defaultdict(list)
        self._waiting = 0

    def know(self, writer: bytes, number: int, rank: int) -> None:
        """Says who a writer is, where its WRITER record may be damaged."""
        self._known[writer] = (number, rank)

    def take(self, record: Record) -> None:
        """Reads one record."""
        if record.kind == WRITER:
            who = msgpack.unpackb(record.body)
            self._known[record.writer] = (who["number"], who.get("rank", 0))
        elif record.kind == HOLE:
            self._held(record.writer, msgpack.unpackb(record.body)["to"])
        elif record.kind == BATCH:
            self._held(record.writer, record.offset + len(record.body))
            self._bodies[record.writer].append(record.body)
            self._waiting += len(record.body)
            # Of many metrics each has few points in a chunk, and each part costs.
            if self._waiting >= _CHUNK * max(1, len(self._columns.metrics) // _MANY):
                self.flush()

    def flush(self) -> None:
        """Hands the points of all records taken so far to the columns."""
        for writer, bodies in self._bodies.items():
            if writer not in self._known:
                self.bad += len(bodies)
            elif not self._decode(writer, b"".join(bodies)):
                self.bad += sum(not self._decode(writer, body) for body in bodies)
        self._bodies.clear()
        self._waiting = 0

    def _held(self, writer: bytes, offset: int) -> None:
        if writer in self._known:
            number, rank = self._known[writer]
            self.writers[writer.hex()] = {"number": number, "rank": rank, "offset": offset}

    def _decode(self, writer: bytes, body: bytes) -> bool:
        """Hands a writer's events over; False, and nothing of them, where they are none."""
        try:
            found, count = blocks(body)
        except ProtocolError:
            return False
        base = self._columns.number(count).start
        for block in found:
            self._hand_over(*self._known[writer], base, block)
        return True

    def _hand_over(self, writer: int, rank: int, base: int, block: Block) -> None:
        count = len(block.step)
        codes = np.array([self._columns.code(stage) for stage in block.stage], np.int32)
        shared = Part(
            rank=np.full(count, rank, np.int32),
            step=block.step,
            writer=np.full(count, writer, np.int32),
            order=block.order + base,
            time=np.rint(block.time * 1e6).astype(np.int64),
            stage=np.broadcast_to(codes, (count,)),
            value=np.empty(0),
        )
        for column, metric in enumerate(block.metrics):
            part = shared._replace(value=block.value[column])
            self._columns.add(metric, part if block.is_number is None else part.at(block.is_number[column]))
