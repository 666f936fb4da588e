"""Several runs as one line: a centre, a band, and how many runs there are at each place.

Each run is put into the same bins, which are as wide as a power of two of steps: of one step where there is room and
the runs were logged at the same steps, so that each value is of runs at that very step. In a wider bin a run's value is
the mean of its points there, but `range`, `min` and `max` are of all points, so that no spike is hidden. Nothing is
interpolated and nothing goes on behind a run's end: where fewer runs are, `n` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.store.reader import Reader
from runid.store.series import Ask, series

Values = NDArray[np.float64]


class Runs(NamedTuple):
    """The runs' values: a row for each run, a column for each bin, NaN where a run has none."""

    mean: Values
    min: Values
    max: Values


CENTRES: dict[str, Callable[[Runs], Values]] = {
    "mean": lambda runs: np.nanmean(runs.mean, 0),
    "median": lambda runs: np.nanmedian(runs.mean, 0),
    "min": lambda runs: np.nanmin(runs.min, 0),
    "max": lambda runs: np.nanmax(runs.max, 0),
}
NORMAL_95 = 1.959964
_MOST_HOLES = 0.05


@dataclass(frozen=True)
class Group:
    """What is asked for. `band`: range, std, sem, ci95 (1.96 standard errors) or iqr."""

    metric: str
    points: int = 1000
    centre: str = "mean"
    band: str = "range"
    lo: float | None = None
    hi: float | None = None
    smooth: str | None = None


def group(readers: Iterable[Reader], asked: Group) -> dict[str, NDArray[Any]]:
    """Columns x0, x1, centre, low, high (float64) and n, for the bins in which any run has a value.

    Raises ValueError for what cannot be asked for, OSError.
    """
    if asked.centre not in CENTRES or asked.band not in _BANDS:
        raise ValueError(f"A group has a centre of {', '.join(CENTRES)} and a band of {', '.join(_BANDS)}.")
    ask = Ask(asked.metric, asked.points, lo=asked.lo, hi=asked.hi, smooth=asked.smooth, whole=True)
    tables = [reader.read(lambda view: series(view, ask)) for reader in readers]
    tables = [table for table in tables if len(table)]
    if not tables:
        return {name: np.zeros(0) for name in ("x0", "x1", "centre", "low", "high", "n")}
    shift = _shift(tables, asked.points)
    places, runs = _together(tables, shift)
    if _holes(runs.mean) > _MOST_HOLES:
        shift = max(shift, *(_apart(table).bit_length() for table in tables))
        places, runs = _together(tables, shift)
    some = ~np.isnan(runs.mean).all(0)
    places, runs = places[some], Runs(*(values[:, some] for values in runs))
    centre = CENTRES[asked.centre](runs)
    low, high = _BANDS[asked.band](runs, centre)
    x0 = (places << shift).astype(np.float64)
    x1 = ((places + 1 << shift) - 1).astype(np.float64)
    n = (~np.isnan(runs.mean)).sum(0).astype(np.float64)
    return {"x0": x0, "x1": x1, "centre": centre, "low": low, "high": high, "n": n}


def _shift(tables: list[pa.Table], points: int) -> int:
    """The smallest shift with at most so many bins over all runs, none finer than a run's own bins."""
    lo = min(int(table["x0"][0].as_py()) for table in tables)
    hi = max(int(table["x1"][-1].as_py()) for table in tables)
    widest = max(int(np.max(table["x1"].to_numpy() - table["x0"].to_numpy())) for table in tables)
    shift = widest.bit_length()
    while (hi >> shift) - (lo >> shift) >= max(points, 2):
        shift += 1
    return shift


def _together(tables: list[pa.Table], shift: int) -> tuple[NDArray[np.int64], Runs]:
    """All runs in bins of 2^shift steps: the bins' numbers, and the values."""
    binned = [_binned(table, shift) for table in tables]
    places = np.unique(np.concatenate([where for where, _ in binned]))
    runs = Runs(*(np.full((len(binned), len(places)), np.nan) for _ in Runs._fields))
    for row, (where, one) in enumerate(binned):
        for values, found in zip(runs, one, strict=True):
            values[row, np.searchsorted(places, where)] = found
    return places, runs


def _binned(table: pa.Table, shift: int) -> tuple[NDArray[np.int64], Runs]:
    where, first = np.unique(table["x0"].to_numpy() >> shift, return_index=True)
    counts = (table["count"].to_numpy() - table["nan"].to_numpy()).astype(np.float64)
    sums = np.where(counts > 0, table["mean"].to_numpy() * counts, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(sums, first) / np.add.reduceat(counts, first)
    least, most = np.fmin.reduceat(table["min"].to_numpy(), first), np.fmax.reduceat(table["max"].to_numpy(), first)
    return where, Runs(mean, least, most)


def _holes(values: Values) -> float:
    """The part of the bins between a run's first and last in which it has no value."""
    there = ~np.isnan(values)
    begun = np.logical_or.accumulate(there, 1)
    goes_on = np.logical_or.accumulate(there[:, ::-1], 1)[:, ::-1]
    return float((begun & goes_on & ~there).sum() / max(1, (begun & goes_on).sum()))


def _apart(table: pa.Table) -> int:
    """How many steps a run's bins usually are apart."""
    return int(np.median(np.diff(table["x0"].to_numpy()))) if len(table) > 1 else 1


def _around(spread: Callable[[Values], Values]) -> Callable[[Runs, Values], tuple[Values, Values]]:
    def band(runs: Runs, centre: Values) -> tuple[Values, Values]:
        width = spread(runs.mean)
        return centre - width, centre + width

    return band


def _deviation(values: Values) -> Values:
    """The standard deviation of a sample; 0 for a single run."""
    n = (~np.isnan(values)).sum(0)
    mean = np.nanmean(values, 0)
    found: Values = np.sqrt(np.nansum((values - mean) ** 2, 0) / np.maximum(n - 1, 1))
    return found


def _error(values: Values) -> Values:
    found: Values = _deviation(values) / np.sqrt((~np.isnan(values)).sum(0))
    return found


_BANDS: dict[str, Callable[[Runs, Values], tuple[Values, Values]]] = {
    "range": lambda runs, _: (np.nanmin(runs.min, 0), np.nanmax(runs.max, 0)),
    "std": _around(_deviation),
    "sem": _around(_error),
    "ci95": _around(lambda values: NORMAL_95 * _error(values)),
    "iqr": lambda runs, _: (np.nanpercentile(runs.mean, 25, 0), np.nanpercentile(runs.mean, 75, 0)),
}
