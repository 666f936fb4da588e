"""Several runs as one line: a centre, a band, and how many runs there are at each place.

Each run is put into the same bins, which are as wide as a power of two of steps; a run's value in a bin is the mean of
its points there. Nothing is interpolated and nothing goes on behind a run's end: where fewer runs are, `n` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.store.reader import Reader
from runid.store.series import Ask, series

Values = NDArray[np.float64]
"""A row for each run, a column for each bin, NaN where a run has no value."""

CENTRES: dict[str, Callable[[Values], Values]] = {
    "mean": lambda values: np.nanmean(values, 0),
    "median": lambda values: np.nanmedian(values, 0),
    "min": lambda values: np.nanmin(values, 0),
    "max": lambda values: np.nanmax(values, 0),
}
_NORMAL_95 = 1.959964


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
    binned = [_binned(table, shift) for table in tables]
    places = np.unique(np.concatenate([where for where, _ in binned]))
    values = np.full((len(binned), len(places)), np.nan)
    for row, (where, means) in zip(values, binned, strict=True):
        row[np.searchsorted(places, where)] = means
    some = ~np.isnan(values).all(0)
    values, places = values[:, some], places[some]
    centre = CENTRES[asked.centre](values)
    low, high = _BANDS[asked.band](values, centre)
    x0 = (places << shift).astype(np.float64)
    x1 = ((places + 1 << shift) - 1).astype(np.float64)
    n = (~np.isnan(values)).sum(0).astype(np.float64)
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


def _binned(table: pa.Table, shift: int) -> tuple[NDArray[np.int64], Values]:
    where, first = np.unique(table["x0"].to_numpy() >> shift, return_index=True)
    counts = (table["count"].to_numpy() - table["nan"].to_numpy()).astype(np.float64)
    sums = np.where(counts > 0, table["mean"].to_numpy() * counts, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return where, np.add.reduceat(sums, first) / np.add.reduceat(counts, first)


def _around(spread: Callable[[Values], Values]) -> Callable[[Values, Values], tuple[Values, Values]]:
    def band(values: Values, centre: Values) -> tuple[Values, Values]:
        width = spread(values)
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


_BANDS: dict[str, Callable[[Values, Values], tuple[Values, Values]]] = {
    "range": lambda values, _: (np.nanmin(values, 0), np.nanmax(values, 0)),
    "std": _around(_deviation),
    "sem": _around(_error),
    "ci95": _around(lambda values: _NORMAL_95 * _error(values)),
    "iqr": lambda values, _: (np.nanpercentile(values, 25, 0), np.nanpercentile(values, 75, 0)),
}
