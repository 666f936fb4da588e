"""The pyramid: cells of a segment's points, so that a chart costs its pixels and not what the run holds.

    pyramid/<host>-<lo>-<hi>.parquet          of the segment of the same name; without it the points are read
    pyramid/.<host>-<lo>-<hi>.parquet.tmp     being written by a worker

    metric   string
    shift    int32     a cell holds the steps from number · 2^shift up to, not including, (number + 1) · 2^shift
    stage    string or null
    rank     int32
    number   int64
    x0 x1 argmin argmax    int64, steps        min max first last sum    float64        count nan    int64

Only metrics with at least 1,024 points in the segment are in it. Each metric, stage and rank has its own finest cells,
of 64 points on average, and above them cells 16 times as wide each, up to shift 60. Rows are sorted by metric, shift,
stage (none first), rank and number. See runid.store.cells for what min … argmax mean.

Cells lie on steps, not on rows: so those of all ranks, stages, hosts and segments fit each other, and add up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.store import FORMAT, verified
from runid.store.cells import Cells, of_cells, of_points
from runid.store.columns import Part

LEAST = 1024
"""Points of a metric that a segment must have for its cells to be kept."""

_FINEST = 64
UP = 4  # a level's cells are 2^4 times as wide as those below
TOP = 60
"""The shift of the widest cells; the widest that a sequence has are one of the four shifts up to it."""

_ROW_GROUP = 16_384

_X = ("x0", "x1", "argmin", "argmax")
_FLOATS = ("min", "max", "first", "last", "sum")
SCHEMA = pa.schema(
    {
        "metric": pa.dictionary(pa.int32(), pa.string()),
        "shift": pa.int32(),
        "stage": pa.dictionary(pa.int32(), pa.string()),
        "rank": pa.int32(),
        "number": pa.int64(),
        "x0": pa.int64(),
        "x1": pa.int64(),
        **dict.fromkeys(_FLOATS, pa.float64()),
        "count": pa.int64(),
        "nan": pa.int64(),
        "argmin": pa.int64(),
        "argmax": pa.int64(),
    }
)
_DICTIONARIES = ["metric", "shift", "stage", "rank"]
_ENCODINGS = {
    **dict.fromkeys(("number", *_X, "count", "nan"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(_FLOATS, "BYTE_STREAM_SPLIT"),
}


class Builder:
    """Collects the cells of a segment while its points are written."""

    def __init__(self, stages: list[str]) -> None:
        self._stages = stages
        self._tables: list[pa.Table] = []

    def through(self, points: Iterable[tuple[str, Part]]) -> Iterator[tuple[str, Part]]:
        """Passes the points on, and makes cells of them."""
        for metric, part in points:
            if len(part.value) >= LEAST:
                self._tables += self._levels(metric, part)
            yield metric, part

    def write(self, path: Path) -> bool:
        """Writes the file, fsynced; False, and no file, without any cells. Raises OSError."""
        path.unlink(missing_ok=True)
        if not self._tables:
            return False
        path.parent.mkdir(exist_ok=True)
        try:
            with verified.File(path) as file:
                with verified.writer(file, SCHEMA, _DICTIONARIES, _ENCODINGS) as writer:
                    writer.write_table(pa.concat_tables(self._tables).unify_dictionaries(), _ROW_GROUP)
                    file.tell_about(writer, {"format": FORMAT})
                file.sign()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return True

    def _levels(self, metric: str, part: Part) -> list[pa.Table]:
        """The cells of one metric, finest first."""
        found = [table for stage, rank, one in sequences(part) for table in self._of(metric, stage, rank, one)]
        found.sort(key=lambda table: table["shift"][0].as_py())  # stable: stage and rank stay in order
        return found

    def _of(self, metric: str, stage: int, rank: int, part: Part) -> Iterator[pa.Table]:
        shift = _finest(part.step)
        number, cells = of_points(part.step >> shift, part.step, part.value)
        while True:
            yield self._table(metric, shift, stage, rank, number, cells)
            if shift + UP > TOP:
                return
            shift += UP
            number, cells = of_cells(number >> UP, cells)

    def _table(
        self, metric: str, shift: int, stage: int, rank: int, number: NDArray[np.int64], cells: Cells
    ) -> pa.Table:
        count = len(number)
        stages = pa.array(np.full(count, stage, np.int32), mask=np.full(count, stage < 0))
        return pa.table(
            {
                "metric": pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [metric]),
                "shift": np.full(count, shift, np.int32),
                "stage": pa.DictionaryArray.from_arrays(stages, pa.array(self._stages, pa.string())),
                "rank": np.full(count, rank, np.int32),
                "number": number,
                **{name: getattr(cells, name) for name in Cells._fields},
            },
            SCHEMA,
        )


def sequences(part: Part) -> Iterator[tuple[int, int, Part]]:
    """(stage, rank, points) of each stage and rank of a metric, by stage and rank; part is sorted by rank and step."""
    ranks = part.rank[np.flatnonzero(np.diff(part.rank, prepend=part.rank[:1] - 1))].tolist()
    for stage in np.flatnonzero(np.bincount(part.stage + 1)) - 1:
        for rank in ranks:
            start, stop = np.searchsorted(part.rank, [rank, rank + 1])
            one = part.at(slice(start, stop))
            if not (one.stage == stage).all():
                one = one.at(one.stage == stage)
            if len(one.value):
                yield int(stage), rank, one


def _finest(step: NDArray[np.int64]) -> int:
    """The shift of cells that hold 64 points on average, or a few more."""
    span = int(step[-1]) - int(step[0]) + 1
    return min(TOP, max(0, (_FINEST * span // len(step) - 1).bit_length()))
