"""A metric as a chart shows it: at most so many bins, each with the exact extremes of the points in it.

Bins are as wide as a power of two of the x axis and lie on its multiples, so that they are the same for all runs, and
a bin that was fetched once is right for ever. Over steps they are put together from the cells of the pyramids; points
are read where a segment has no cells for a metric, at the two ends of the range, in journals, and where bins are finer
than cells. Over any other x axis, or smoothed, they are made from all of the metric's points.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.errors import DamagedError
from runid.store import pyramid, rows, segments
from runid.store.cells import Cells, concatenate, of_cells, of_points
from runid.store.columns import Columns, Part
from runid.store.kept import Kept
from runid.store.levels import Level, Pyramid
from runid.store.reader import View
from runid.store.smoothing import smoother
from runid.store.verified import tell

Bins = tuple[NDArray[Any], Cells]
"""Cells, and the number of the bin that each lies in."""

_SMALLEST = -1074  # the exponent of the smallest float64


@dataclass(frozen=True)
class Ask:
    """What is asked for: one metric, of all ranks and stages or of some, over a range of x, both ends included."""

    metric: str
    points: int = 2000
    rank: int | tuple[int, ...] | None = None
    stage: str | None = None
    x: str = "step"
    lo: float | None = None
    hi: float | None = None
    smooth: str | None = None
    whole: bool = False
    """Over steps, the bins at the two ends of the range are whole: no points need to be read for them."""


def series(view: View, ask: Ask) -> pa.Table:
    """The bins that hold points, by x: x0, x1 (int64 steps, else float64), min, max, mean, first, last (float64),
    count, nan (int64), argmin, argmax (as x).

    With no more points than asked for, each x is a bin of its own. Raises ValueError for what cannot be asked for;
    OSError.
    """
    return pa.table(columns(view, ask))


def columns(view: View, ask: Ask) -> dict[str, NDArray[Any]]:
    """The columns of `series`, by name. Raises as it does."""
    if ask.points < 1:
        raise ValueError(f"A series needs room for at least one point, not {ask.points}.")
    if any(end is not None and math.isnan(end) for end in (ask.lo, ask.hi)):
        raise ValueError("A series cannot begin or end at NaN.")
    ask = replace(ask, lo=None if ask.lo == -math.inf else ask.lo, hi=None if ask.hi == math.inf else ask.hi)
    if ask.lo == math.inf or ask.hi == -math.inf:
        ask = replace(ask, lo=1.0, hi=0.0)
    _, cells = _over_steps(view, ask) if ask.x == "step" and ask.smooth is None else _over_all(view, ask)
    if len(cells.count) > ask.points:  # one bin, and points on both sides of 0
        _, cells = of_cells(np.zeros(len(cells.count), np.int64), cells)
    with np.errstate(invalid="ignore"):
        mean = cells.sum / np.where(cells.count > cells.nan, cells.count - cells.nan, np.nan)
    names = ("x0", "x1", "min", "max", "mean", "first", "last", "count", "nan", "argmin", "argmax")
    return {name: mean if name == "mean" else getattr(cells, name) for name in names}


# -- over steps, from cells ------------------------------------------------------------------------------------------


def _over_steps(view: View, ask: Ask) -> Bins:
    sources = [source for source in _sources(view, ask) if source.lo <= source.hi]
    lo = min((one.lo for one in sources), default=0) if ask.lo is None else math.ceil(ask.lo)
    hi = max((one.hi for one in sources), default=-1) if ask.hi is None else math.floor(ask.hi)
    shift = shift_of(lo, hi, ask.points)
    if ask.whole:
        lo, hi = lo >> shift << shift, (hi >> shift) + 1 << shift
        hi -= 1
    sources = [one for one in sources if one.lo <= hi and one.hi >= lo]
    found = _together(part for one in sources for part in one.bins(shift, lo, hi))
    if shift and found[1].count.sum() <= ask.points:
        found = _together(part for one in sources for part in one.bins(0, lo, hi))
    return found


def shift_of(lo: int, hi: int, points: int) -> int:
    """The smallest shift with at most so many bins of 2^shift from lo to hi, or two: on both sides of 0."""
    shift = 0
    while (hi >> shift) - (lo >> shift) >= max(points, 2):
        shift += 1
    return shift


def _sources(view: View, ask: Ask) -> Iterator[_Points | _Segment]:
    for segment in view.sealed:
        try:
            yield _Segment(segment.path, ask, view.problems)
        except (LookupError, DamagedError):
            columns = Columns()
            tell(rows.load(columns, segment.path, ask.metric), view.problems)
            yield _Points(columns, ask)
    yield from (_Points(tail, ask) for tail in view.tails)


class _Points:
    """Points in memory. `lo` and `hi`: their smallest and largest step."""

    def __init__(self, columns: Columns, ask: Ask) -> None:
        found = [_asked(part, columns.stages, ask) for part in columns.parts(ask.metric)]
        self._parts = [_by_step(part) for part in found if len(part.step)]
        self.lo = min((int(step[0]) for step, _ in self._parts), default=1)
        self.hi = max((int(step[-1]) for step, _ in self._parts), default=0)

    def bins(self, shift: int, lo: int, hi: int) -> Iterator[Bins]:
        """The points from step lo to hi, in bins of 2^shift steps."""
        for step, value in self._parts:
            start, stop = np.searchsorted(step, lo), np.searchsorted(step, hi, side="right")
            if start < stop:
                yield of_points(step[start:stop] >> shift, step[start:stop], value[start:stop])


def _by_step(part: Part) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if (part.step[1:] >= part.step[:-1]).all():
        return part.step, part.value
    order = np.argsort(part.step, kind="stable")
    return part.step[order], part.value[order]


class _Segment:
    """A segment that has cells of the metric. `lo` and `hi`: the smallest and largest step of what is asked for."""

    def __init__(self, path: Path, ask: Ask, problems: list[str]) -> None:
        """Raises LookupError where there are no cells; OSError; DamagedError."""
        self._problems = problems
        self._path, self._ask = path, ask
        self._pyramid = Pyramid(segments.pyramid(path), ask.metric)
        top = self._pyramid.top.of(ask.stage, ask.rank)
        self._sequences = top.sequences
        self.lo, self.hi = (int(top.cells.x0.min()), int(top.cells.x1.max())) if self._sequences else (1, 0)

    def bins(self, shift: int, lo: int, hi: int) -> Iterator[Bins]:
        """The points from step lo to hi, in bins of 2^shift steps: of cells, but of points at ends that cut a bin."""
        lo, hi = max(lo, self.lo), min(hi, self.hi)
        first = lo if lo == self.lo else -(-lo >> shift) << shift
        last = hi if hi == self.hi else (hi + 1 >> shift << shift) - 1
        level = self._level(shift, first, last) if first <= last else None
        if level is None or level.sequences != self._sequences:  # here or there cells are wider than bins
            yield from self._read(shift, lo, hi)
            return
        yield level.number >> (shift - level.shift), level.cells
        yield from self._read(shift, lo, first - 1)
        yield from self._read(shift, last + 1, hi)

    def _level(self, shift: int, first: int, last: int) -> Level | None:
        try:
            return self._pyramid.level(shift, (first, last)).of(self._ask.stage, self._ask.rank)
        except DamagedError:  # the points are what counts
            return None

    def _read(self, shift: int, lo: int, hi: int) -> Iterator[Bins]:
        if lo <= hi:
            columns = Columns()
            tell(rows.load(columns, self._path, self._ask.metric, (lo, hi)), self._problems)
            yield from _Points(columns, self._ask).bins(shift, lo, hi)


# -- over anything else, from all points -----------------------------------------------------------------------------


_kept = Kept[tuple[NDArray[Any], NDArray[Any]]](lambda found: sum(array.nbytes for array in found))
"""By the revision of the points and what is asked of them."""


def _over_all(view: View, ask: Ask) -> Bins:
    about = replace(ask, points=1, lo=None, hi=None)
    x, y = _kept.of((view.revision, about), lambda: _all(view, about))
    start = 0 if ask.lo is None else np.searchsorted(x, ask.lo)
    stop = len(x) if ask.hi is None else np.searchsorted(x, ask.hi, side="right")
    x, y = x[start:stop], y[start:stop]
    if not len(x):
        return _nothing()
    if len(x) <= ask.points:
        return of_points(np.cumsum(np.concatenate(([0], (x[1:] != x[:-1]).astype(np.int64)))), x, y)
    lo, hi = x[0].item() if ask.lo is None else ask.lo, x[-1].item() if ask.hi is None else ask.hi
    return of_points(_bins(x, lo, hi, ask.points), x, y)


def _bins(x: NDArray[Any], lo: Any, hi: Any, points: int) -> NDArray[Any]:
    """The bin of each x, of bins as wide as the smallest power of two that makes no more than so many of them."""
    if x.dtype.kind == "i":
        return x >> shift_of(math.ceil(lo), math.floor(hi), points)
    width = min(hi / points - lo / points, sys.float_info.max)
    exponent = max(_SMALLEST, math.frexp(width)[1] - 1)
    while math.floor(_scaled(hi, exponent)) - math.floor(_scaled(lo, exponent)) >= max(points, 2):
        exponent += 1
    number: NDArray[Any] = np.floor(_scaled(x, exponent))
    return number


def _scaled(x: Any, exponent: int) -> Any:
    """x / 2^exponent, in two steps: 2^-exponent itself may be more than a float holds."""
    half = exponent // 2
    return np.ldexp(np.ldexp(x, -half), half - exponent)


def _all(view: View, ask: Ask) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """x and y of all points of a metric, by x, smoothed; without those that have no x."""
    found, stages = view.part(ask.metric)
    smooth = smoother(ask.smooth) if ask.smooth else None
    axis = _axis(view, ask.x)
    xs, ys = [np.empty(0, np.int64 if ask.x == "step" else np.float64)], [np.empty(0)]
    if found is not None:
        for _, _, one in pyramid.sequences(_asked(found, stages, ask)):
            at, value = axis(one), one.value
            if at.dtype.kind == "f" and not np.isfinite(at).all():
                at, value = at[np.isfinite(at)], value[np.isfinite(at)]
            xs.append(at)
            ys.append(smooth(at, value) if smooth and len(at) else value)
    x, y = np.concatenate(xs), np.concatenate(ys)
    if (x[1:] < x[:-1]).any():
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    return x, y


def _axis(view: View, x: str) -> Callable[[Part], NDArray[Any]]:
    """What gives the x of the points of one rank: steps, seconds since the epoch, or another metric's values.

    Of that metric, the value that the rank logged last at the same step.
    """
    if x == "step":
        return lambda part: part.step
    if x == "time":
        return lambda part: part.time / 1e6
    other, _ = view.part(x)

    def at(part: Part) -> NDArray[np.float64]:
        found = np.full(len(part.step), np.nan)
        if other is not None and len(part.step):
            start, stop = np.searchsorted(other.rank, [part.rank[0], part.rank[0] + 1])
            places = np.searchsorted(other.step[start:stop], part.step, side="right") - 1 + start
            there = places >= start
            there[there] = other.step[places[there]] == part.step[there]
            found[there] = other.value[places[there]]
        return found

    return at


def _asked(part: Part, stages: list[str], ask: Ask) -> Part:
    """The points of the ranks and the stage that are asked for."""
    holds = np.ones(len(part.value), np.bool_)
    if ask.rank is not None:
        holds &= np.isin(part.rank, ask.rank)
    if ask.stage is not None:
        holds &= part.stage == (stages.index(ask.stage) if ask.stage in stages else -2)
    return part if holds.all() else part.at(holds)


def _together(found: Iterable[Bins]) -> Bins:
    parts = [part for part in found if len(part[0])]
    return of_cells(*concatenate(parts)) if parts else _nothing()


def _nothing() -> Bins:
    none, floats = np.empty(0, np.int64), np.empty(0)
    return none, Cells(none, none, floats, floats, floats, floats, floats, none, none, none, none)
