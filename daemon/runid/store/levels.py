"""Reading the cells of a pyramid: one level of one metric at a time.

The wide levels, which whole series are drawn from, are small, and lie in row groups with much else: what was taken out
of those last is kept, so that the charts of one screen after the other decode each row group once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from runid.store import files, verified
from runid.store.cells import Cells
from runid.store.kept import Kept
from runid.store.pyramid import SCHEMA, TOP, UP

_FILES = 32  # whose footers are kept
_ENDS = ("metric", "shift", "x0", "x1")
_FEW = 3  # row groups of a level that is read whole
_MOST_CELLS = 4096  # of a level that is kept


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

    def between(self, lo: int, hi: int) -> Level:
        """The cells that hold steps from lo to hi."""
        holds = (self.cells.x1 >= lo) & (self.cells.x0 <= hi)
        return self if holds.all() else self.at(holds)

    def of(self, stage: str | None, rank: int | tuple[int, ...] | None) -> Level:
        """The cells of one stage and of one or several ranks; None: of all."""
        if stage is None and rank is None:
            return self
        holds = np.ones(len(self.rank), np.bool_)
        if stage is not None:
            holds &= self.stage == (self.stages.index(stage) if stage in self.stages else -2)
        if rank is not None:
            holds &= np.isin(self.rank, rank)
        return self if holds.all() else self.at(holds)

    @property
    def sequences(self) -> set[tuple[str | None, int]]:
        """The stages and ranks that have cells here."""
        if (self.stage == self.stage[:1]).all() and (self.rank == self.rank[:1]).all():
            pairs = [*zip(self.stage[:1].tolist(), self.rank[:1].tolist(), strict=True)]
        else:
            pairs = np.unique(np.stack((self.stage, self.rank)), axis=1).T.tolist()
        return {(None if stage < 0 else self.stages[stage], rank) for stage, rank in pairs}

    @property
    def bytes(self) -> int:
        """That it takes in memory, about."""
        return len(self.number) * (3 * 4 + 8 * (1 + len(Cells._fields)))


_kept = Kept[Level](lambda level: level.bytes)
"""By file and its state, metric, and up to which shift."""


class Pyramid:
    """One metric's cells in one file."""

    def __init__(self, path: Path, metric: str) -> None:
        """Raises LookupError where there are no cells of the metric; OSError; DamagedError."""
        self._path, self._metric = path, metric
        try:
            self._state = files.state(path)
            self._about, groups = _about(path, self._state)
        except FileNotFoundError as error:
            raise LookupError(metric) from error
        self._groups = [group for group in groups if group.meets("metric", metric, metric)]
        self._tables: dict[int, pa.Table] = {}
        self.top = self._level(TOP, None)
        """The widest cells: what there is of the metric at all."""
        if not len(self.top.number):
            raise LookupError(metric)
        self._is_even = bool((self.top.shift == self.top.shift[0]).all())  # all sequences have cells of the same widths

    def level(self, shift: int, steps: tuple[int, int] | None) -> Level:
        """The cells as wide as there are up to 2^shift that hold these steps, from first to last; None: all steps.

        A sequence may have none.
        """
        if self._is_even:  # one name for the same cells
            shift -= (shift - int(self.top.shift[0])) % UP
        return self._level(shift, steps)

    def _level(self, shift: int, steps: tuple[int, int] | None) -> Level:
        key = self._path, self._state, self._metric, shift
        found = _kept.get(key)
        if found is None:
            groups = [group for group in self._groups if group.meets("shift", shift - UP + 1, shift)]
            if steps is not None and len(groups) > _FEW:
                lo, hi = steps
                some = [one.place for one in groups if one.meets("x1", lo, None) and one.meets("x0", None, hi)]
                return self._read(shift, some).between(lo, hi)
            found = self._read(shift, [group.place for group in groups])
            if len(found.number) <= _MOST_CELLS:
                _kept.put(key, found)
        return found if steps is None else found.between(*steps)

    def _read(self, shift: int, groups: list[int]) -> Level:
        found = [_of_metric(one, self._metric, shift - UP + 1, shift) for one in self._loaded(groups)]
        return _joined(found) if found else _nothing()

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
        told = {name: about.row_group(place).column(SCHEMA.get_field_index(name)).statistics for name in _ENDS}
        ends = {name: (one.min, one.max) for name, one in told.items() if one is not None and one.has_min_max}
        groups.append(_Group(place, ends))
    return about, groups


def _of_metric(table: pa.Table, metric: str, low: int, high: int) -> Level:
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
