"""In what the metrics of two runs differ: at equal steps, and after equal time."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runicorn.api import StoredRun
from runicorn.differences.values import Row
from runicorn.tables import MOST
from runid.store.fold import SYSTEM_METRICS


class Points(NamedTuple):
    """Points of a metric: arrays of one length."""

    step: NDArray[np.int64]
    time: NDArray[np.int64]  # µs since the epoch
    value: NDArray[np.float64]

    def at(self, places: slice | NDArray[np.intp]) -> Points:
        """The points at these places."""
        return Points(self.step[places], self.time[places], self.value[places])


def rows(
    a: StoredRun,
    b: StoredRun,
    seconds: float,
    told: Callable[[int], object] = lambda _: None,
    step: float = math.inf,
) -> list[Row]:
    """A row for each metric, besides the system's: at the last step that both have, and `seconds` after their starts.

    `told` is called with 1 for each that is compared. `step`: the last step that both have up to this one.
    """
    names = logged(a, b)
    starts = {"a": a.meta.get("created_at"), "b": b.meta.get("created_at")}
    # Points have times in whole microseconds: the last one must not lie behind its own time.
    ends = {side: 1e6 * ((start or 0.0) + seconds) + 1 for side, start in starts.items()}
    readers = {"a": _reader(a), "b": _reader(b)}
    compared = []
    for name in names:
        found = {side: points(name) for side, points in readers.items()}
        row: Row = {"name": name} | _at_common_step(found["a"], found["b"], step)
        row |= _then(*(_until(found[side], end) for side, end in ends.items()))
        row |= _first_difference(found["a"], found["b"])
        compared.append(row | {"same": row["differs_from"] is None})
        told(1)
    return compared


def _reader(run: StoredRun) -> Callable[[str], Points]:
    """What gives the points of a metric: from memory, or of a large run from its files, one metric at a time."""
    if run.count() > MOST:
        return lambda name: _columns(run.history(name))
    table = run.history().unify_dictionaries().combine_chunks()
    if not len(table):
        return lambda _: _columns(table)
    metric = table["metric"].chunk(0)
    edges = [0, *(np.flatnonzero(np.diff(metric.indices)) + 1).tolist(), len(table)]
    places = {metric.dictionary[metric.indices[lo].as_py()].as_py(): slice(lo, hi) for lo, hi in pairwise(edges)}
    every = _columns(table)
    return lambda name: every.at(places.get(name, slice(0, 0)))


def _columns(table: pa.Table) -> Points:
    return Points(np.array(table["step"]), np.array(table["time"].cast(pa.int64())), np.array(table["value"]))


def _at_common_step(a: Points, b: Points, most: float) -> Row:
    """The last step that both have, up to `most`, the mean of the values there, and the difference."""
    common = np.intersect1d(a.step, b.step)
    common = common[common <= most]
    if not len(common):
        return {"step": None, "a": None, "b": None, "difference": None}
    one, other = (_mean(points.value[points.step == common[-1]]) for points in (a, b))
    return {"step": int(common[-1]), "a": one, "b": other, "difference": other - one}


def _then(a: float | None, b: float | None) -> Row:
    return {"a_then": a, "b_then": b, "difference_then": None if a is None or b is None else b - a}


def _first_difference(a: Points, b: Points) -> Row:
    """The first step at which the two have other points, of whatever number; None where all are the same.

    `ended`: the side that merely ends before this step, and has the same points up to there; or None.
    """
    a, b = (points.at(np.lexsort((points.value, points.step))) for points in (a, b))
    both = min(len(a.step), len(b.step))
    equal = (a.step[:both] == b.step[:both]) & _equal(a.value[:both], b.value[:both])
    place = both if equal.all() else int(equal.argmin())
    step = min((int(points.step[place]) for points in (a, b) if place < len(points.step)), default=None)
    ended = step is not None and both > 0 and place == both and a.step[place - 1] < step
    return {"differs_from": step, "ended": ("a" if len(a.step) == both else "b") if ended else None}


def _equal(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What `same` says of numbers, for arrays."""
    single_a, single_b = (_single(values) for values in (a, b))
    equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b)) | (single_a == b) | (a == single_b)
    return equal


def _single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `_float32` says of each; NaN for None."""
    with np.errstate(over="ignore"):
        return np.where(values == np.trunc(values), np.nan, values.astype(np.float32).astype(np.float64))


def _mean(values: NDArray[np.float64]) -> float:
    """Of the values that are numbers; NaN without any."""
    numbers = values[~np.isnan(values)]
    with np.errstate(invalid="ignore"):
        return float(numbers.mean()) if len(numbers) else math.nan


def _until(points: Points, end: float) -> float | None:
    """The mean at the step that was logged last, up to a time in microseconds; None where there is none.

    A step is logged when all of its points are: else one of many ranks might speak for all.
    """
    steps, places = np.unique(points.step, return_inverse=True)
    done = np.full(len(steps), np.iinfo(np.int64).min)
    np.maximum.at(done, places, points.time)
    there = np.flatnonzero(done <= end)[::-1]  # of steps logged at once the greatest
    return _mean(points.value[places == there[done[there].argmax()]]) if len(there) else None


def logged(a: StoredRun, b: StoredRun) -> list[str]:
    """The metrics of either, besides the system's."""
    return sorted(name for name in {*a.metrics, *b.metrics} if not name.startswith(SYSTEM_METRICS))
