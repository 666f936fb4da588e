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
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from runid.store import FORMAT, files, verified
from runid.store.cells import Cells, of_cells, of_points
from runid.store.columns import Part

LEAST = 1024
"""Points of a metric that a segment must have for its cells to be kept."""

_FINEST = 64
_UP = 4  # a level's cells are 2^4 times as wide as those below
TOP = 60
"""The shift of the widest cells; the widest that a sequence has are one of the four shifts up to it."""

_ROW_GROUP = 16_384

_FILES = 32  # whose footers are kept
_X = ("x0", "x1", "argmin", "argmax")
_ENDS = ("metric", "shift", "x0", "x1")
_FLOATS = ("min", "max", "first", "last", "sum")
_SCHEMA = pa.schema(
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
            self._about, groups = _about(path, files.state(path))
        except FileNotFoundError as error:
            raise LookupError(metric) from error
        self._groups = [group for group in groups if group.meets("metric", metric, metric)]
        self._tables: dict[int, pa.Table] = {}
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
            group.place
            for group in self._groups
            if group.meets("shift", *shifts)
            and (steps is None or (group.meets("x1", steps[0], None) and group.meets("x0", None, steps[1])))
        ]
        found = [_level(one, self._metric, *shifts) for one in self._loaded(wanted)]
        level = _joined(found) if found else _nothing()
        if steps is None:
            return level
        return level.at((level.cells.x1 >= steps[0]) & (level.cells.x0 <= steps[1]))

    def _loaded(self, wanted: list[int]) -> Iterator[pa.Table]:
        """These row groups; each is read once, for the levels of a short series share one."""
        missing = [place for place in wanted if place not in self._tables]
        if missing:
            with verified.damage(self._path), open(self._path, "rb") as file:
                opened = verified.open_file(file, self._about)
                for place in missing:
                    self._tables[place] = opened.read_row_group(place, use_threads=False)
        return (self._tables[place] for place in wanted)


class _Group(NamedTuple):
    """A row group: its place in the file, and between what its columns lie, where that is known."""

    place: int
    ends: dict[str, tuple[Any, Any]]

    def meets(self, column: str, low: Any, high: Any) -> bool:
        if column not in self.ends:
            return True
        least, most = self.ends[column]
        return (high is None or least <= high) and (low is None or most >= low)


@lru_cache(_FILES)
def _about(path: Path, _: tuple[int, int, int]) -> tuple[pq.FileMetaData, list[_Group]]:
    """What a file's footer tells; it may be large, and each of a screen's charts asks for it."""
    with verified.opened(path) as file:
        about = file.metadata
    groups = []
    for place in range(about.num_row_groups):
        told = {name: about.row_group(place).column(_SCHEMA.get_field_index(name)).statistics for name in _ENDS}
        ends = {name: (one.min, one.max) for name, one in told.items() if one is not None and one.has_min_max}
        groups.append(_Group(place, ends))
    return about, groups


def _level(table: pa.Table, metric: str, low: int, high: int) -> Level:
    """The cells of a row group that are of this metric, and 2^low to 2^high steps wide."""
    names = table["metric"].combine_chunks()
    code = names.dictionary.index(metric).as_py()
    shift = np.array(table["shift"])
    places = np.flatnonzero((np.array(names.indices) == code) & (shift >= low) & (shift <= high))
    if not len(places):
        return _nothing()
    # Sorted by metric and shift, they stand behind each other.
    found = table.slice(places[0], len(places))
    columns = {name: np.array(found[name]) for name in ("shift", "rank", "number", *Cells._fields)}
    stage = found["stage"].combine_chunks()
    cells = Cells(*(columns[name] for name in Cells._fields))
    codes = np.array(stage.indices.fill_null(-1))
    return Level(stage.dictionary.to_pylist(), columns["shift"], codes, columns["rank"], columns["number"], cells)


def _joined(levels: list[Level]) -> Level:
    """Those of several row groups, whose codes of stages may differ."""
    if len(levels) == 1:
        return levels[0]
    stages = sorted({stage for level in levels for stage in level.stages})
    codes = [np.array([*map(stages.index, level.stages), -1], np.int32)[level.stage] for level in levels]
    shift, rank, number = (
        np.concatenate([getattr(one, name) for one in levels]) for name in ("shift", "rank", "number")
    )
    cells = Cells(*map(np.concatenate, zip(*(level.cells for level in levels), strict=True)))
    return Level(stages, shift, np.concatenate(codes), rank, number, cells)


def _nothing() -> Level:
    none, number, floats = np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0)
    cells = Cells(number, number, floats, floats, floats, floats, floats, number, number, number, number)
    return Level([], none, none, none, number, cells)
