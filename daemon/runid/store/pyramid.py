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
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.store import FORMAT, verified
from runid.store.cells import Cells, of_cells, of_points
from runid.store.columns import Part

LEAST = 1024
"""Points of a metric that a segment must have for its cells to be kept."""

_FINEST = 64
_UP = 4  # a level's cells are 2^4 times as wide as those below
TOP = 60
"""The shift of the widest cells; the widest that a sequence has are one of the four shifts up to it."""

_ROW_GROUP = 16_384

_X = ("x0", "x1", "argmin", "argmax")
_SCHEMA = pa.schema(
    {
        "metric": pa.dictionary(pa.int32(), pa.string()),
        "shift": pa.int32(),
        "stage": pa.dictionary(pa.int32(), pa.string()),
        "rank": pa.int32(),
        "number": pa.int64(),
        "x0": pa.int64(),
        "x1": pa.int64(),
        **dict.fromkeys(("min", "max", "first", "last", "sum"), pa.float64()),
        "count": pa.int64(),
        "nan": pa.int64(),
        "argmin": pa.int64(),
        "argmax": pa.int64(),
    }
)
_DICTIONARIES = ["metric", "shift", "stage", "rank"]
_ENCODINGS = {
    **dict.fromkeys(("number", *_X, "count", "nan"), "DELTA_BINARY_PACKED"),
    **dict.fromkeys(("min", "max", "first", "last", "sum"), "BYTE_STREAM_SPLIT"),
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
                with verified.writer(file, _SCHEMA, _DICTIONARIES, _ENCODINGS) as writer:
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
            if shift + _UP > TOP:
                return
            shift += _UP
            number, cells = of_cells(number >> _UP, cells)

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
            _SCHEMA,
        )


def sequences(part: Part) -> Iterator[tuple[int, int, Part]]:
    """(stage, rank, points) of each stage and rank of a metric, by stage and rank; part is sorted by rank and step."""
    ranks = part.rank[np.flatnonzero(np.diff(part.rank, prepend=part.rank[0] - 1))].tolist()
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


class Level(NamedTuple):
    """Cells of one metric in one segment."""

    stages: list[str]
    shift: NDArray[np.int32]
    stage: NDArray[np.int32]  # its place in stages, or -1 for none
    rank: NDArray[np.int32]
    number: NDArray[np.int64]
    cells: Cells

    def at(self, places: NDArray[np.bool_]) -> Level:
        """The cells at these places."""
        shift, stage, rank, number = self.shift[places], self.stage[places], self.rank[places], self.number[places]
        return Level(self.stages, shift, stage, rank, number, self.cells.at(places))

    def of(self, stage: str | None, rank: int | None) -> Level:
        """The cells of one stage and rank; None: of all."""
        holds = np.ones(len(self.rank), np.bool_)
        if stage is not None:
            holds &= self.stage == (self.stages.index(stage) if stage in self.stages else -2)
        if rank is not None:
            holds &= self.rank == rank
        return self if holds.all() else self.at(holds)

    @property
    def sequences(self) -> set[tuple[str | None, int]]:
        """The stages and ranks that have cells here."""
        pairs = np.unique(np.stack((self.stage, self.rank)), axis=1).T.tolist()
        return {(None if stage < 0 else self.stages[stage], rank) for stage, rank in pairs}


class Pyramid:
    """One metric's cells in one file."""

    def __init__(self, path: Path, metric: str) -> None:
        """Raises LookupError where there are no cells of the metric; OSError; DamagedError."""
        self._path, self._metric = path, metric
        try:
            with verified.opened(path) as file:
                self._about = file.metadata
        except FileNotFoundError as error:
            raise LookupError(metric) from error
        groups = ((place, self._about.row_group(place)) for place in range(self._about.num_row_groups))
        self._groups = [(place, group) for place, group in groups if _meets(group, "metric", metric, metric)]
        self.top = self._read(TOP, None)
        """The widest cells: what there is of the metric at all."""
        if not len(self.top.number):
            raise LookupError(metric)

    def level(self, shift: int, lo: int, hi: int) -> Level:
        """The cells that hold steps from lo to hi, as wide as there are up to 2^shift; a sequence may have none."""
        return self._read(shift, (lo, hi))

    def _read(self, shift: int, steps: tuple[int, int] | None) -> Level:
        shifts = (shift - _UP + 1, shift)
        wanted = [
            place
            for place, group in self._groups
            if _meets(group, "shift", *shifts)
            and (steps is None or (_meets(group, "x1", steps[0], None) and _meets(group, "x0", None, steps[1])))
        ]
        with verified.damage(self._path), open(self._path, "rb") as file:
            found = verified.open_file(file, self._about)
            table = found.read_row_groups(wanted, use_threads=False).unify_dictionaries().combine_chunks()
        metric, level = _level(table)
        holds = (metric == self._metric) & (level.shift >= shifts[0]) & (level.shift <= shifts[1])
        if steps is not None:
            holds &= (level.cells.x1 >= steps[0]) & (level.cells.x0 <= steps[1])
        return level.at(holds)


def _level(table: pa.Table) -> tuple[NDArray[Any], Level]:
    """The rows of a table: the metric of each, and the cells."""
    columns = {name: np.array(table[name]) for name in ("shift", "rank", "number", *Cells._fields)}
    cells = Cells(*(columns[name] for name in Cells._fields))
    if not len(table):
        return np.empty(0, object), Level(
            [], columns["shift"], columns["shift"], columns["rank"], columns["number"], cells
        )
    metric, stage = table["metric"].chunk(0), table["stage"].chunk(0)
    names = np.array(metric.dictionary.to_pylist(), object)
    codes = np.array(stage.indices.fill_null(-1))
    stages = stage.dictionary.to_pylist()
    return names[np.array(metric.indices)], Level(
        stages, columns["shift"], codes, columns["rank"], columns["number"], cells
    )


def _meets(group: Any, column: str, low: Any, high: Any) -> bool:
    statistics = group.column(_SCHEMA.get_field_index(column)).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return (high is None or statistics.min <= high) and (low is None or statistics.max >= low)
