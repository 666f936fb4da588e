"""A metric of many ranks side by side: which of them is slow, or differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runid.store.kept import Kept
from runid.store.reader import View
from runid.store.series import shift_of

_MOST = 400_000  # ranks times bins
_USUAL, _FEW, _FINEST = 256, 8192, 2000
_kept = Kept[tuple[NDArray[Any], ...]](lambda found: sum(array.nbytes for array in found))


@dataclass(frozen=True)
class ByRank:
    """A row for each rank, a column for each bin of steps that holds a point."""

    ranks: NDArray[np.int64]
    x0: NDArray[np.int64]  # the first and the last step of a bin
    x1: NDArray[np.int64]
    values: NDArray[np.float64]  # the mean of the rank's points in the bin, NaN where it has none


def by_rank(view: View, metric: str, points: int | None = None, lo: int | None = None, hi: int | None = None) -> ByRank:
    """A metric's points from step `lo` to `hi`, in at most `points` bins, and fewer where there are very many ranks.

    By default 256, or up to 2,000 as long as all have no more than 8,192 values: few ranks are told step by step.
    Bins are as wide as a power of two of steps. NaN that was logged counts for none. Raises OSError.
    """
    rank, step, value = _kept.of((view.revision, metric), lambda: _all(view, metric))
    first, last = -math.inf if lo is None else lo, math.inf if hi is None else hi
    holds = np.isfinite(value) & (step >= first) & (step <= last)
    rank, step, value = rank[holds], step[holds], value[holds]
    ranks, rows = np.unique(rank, return_inverse=True)
    if not len(ranks):
        return ByRank(ranks.astype(np.int64), step, step, np.zeros((0, 0)))
    points = points or max(_USUAL, min(_FINEST, _FEW // len(ranks)))
    shift = shift_of(int(step.min()), int(step.max()), min(points, max(1, _MOST // len(ranks))))
    bins, columns = np.unique(step >> shift, return_inverse=True)
    shape = len(ranks), len(bins)
    places = rows * len(bins) + columns
    sums, counts = (np.bincount(places, weights, shape[0] * shape[1]).reshape(shape) for weights in (value, None))
    with np.errstate(invalid="ignore", divide="ignore"):
        values = sums / counts
    return ByRank(ranks.astype(np.int64), bins << shift, (bins + 1 << shift) - 1, values)


def _all(view: View, metric: str) -> tuple[NDArray[Any], ...]:
    part, _ = view.part(metric)
    if part is None:
        return np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0)
    return part.rank, part.step, part.value
