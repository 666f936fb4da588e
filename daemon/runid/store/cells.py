"""Cells: what a chart needs to know of many points, as arrays of one length. Cells of the same grid add up exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Cells(NamedTuple):
    """One cell each: a stretch of the x axis and the values of the points in it.

    min, max, mean (sum / (count - nan)), argmin and argmax are of the values that are numbers, ±Inf included; without
    any, min and max are NaN. first and last are as logged, at the smallest and the largest x.
    """

    x0: NDArray[Any]  # the smallest and the largest x of a point, int64 or float64
    x1: NDArray[Any]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    sum: NDArray[np.float64]
    count: NDArray[np.int64]  # type: ignore[assignment]  # of all points; hides tuple.count
    nan: NDArray[np.int64]
    argmin: NDArray[Any]  # the smallest x at which the extreme is reached
    argmax: NDArray[Any]

    def at(self, places: Any) -> Cells:
        """The cells at these places: indices, a mask or a slice."""
        return Cells(*(column[places] for column in self))


def of_points(number: NDArray[Any], x: NDArray[Any], y: NDArray[np.float64]) -> tuple[NDArray[Any], Cells]:
    """The cells of points: `number` says which cell a point is in. Points come sorted by number and x.

    Gives the numbers of the cells that hold points, and these cells.
    """
    starts = _starts(number)
    ends = np.append(starts[1:], len(number)) - 1
    is_nan = np.isnan(y)
    some = bool(is_nan.any())
    low, high = (np.where(is_nan, limit, y) if some else y for limit in (np.inf, -np.inf))
    minimum, maximum = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    lengths = ends + 1 - starts
    argmin = x[_firsts(low == np.repeat(minimum, lengths), starts)]
    argmax = x[_firsts(high == np.repeat(maximum, lengths), starts)]
    nan = np.add.reduceat(is_nan.astype(np.int64), starts)
    empty = nan == lengths
    minimum[empty] = maximum[empty] = np.nan
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.add.reduceat(np.where(is_nan, 0.0, y) if some else y, starts)
    cells = Cells(
        x[starts], x[ends], minimum, maximum, y[starts], y[ends], total, lengths.astype(np.int64), nan, argmin, argmax
    )
    return number[starts], cells


def of_cells(number: NDArray[Any], cells: Cells) -> tuple[NDArray[Any], Cells]:
    """Larger cells of smaller ones: `number` says which larger one a cell is in.

    They come in any order, but where several have the same last x the one that comes last has the last value.
    """
    whole = cells
    order = np.lexsort((cells.x0, number))
    number, cells = number[order], cells.at(order)
    starts = _starts(number)
    lengths = np.diff(np.append(starts, len(number)))
    is_last = cells.x1 == np.repeat(np.maximum.reduceat(cells.x1, starts), lengths)
    last = np.maximum.reduceat(np.where(is_last, order, -1), starts)
    minimum, maximum = np.fmin.reduceat(cells.min, starts), np.fmax.reduceat(cells.max, starts)
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.add.reduceat(cells.sum, starts)
    merged = Cells(
        cells.x0[starts],
        whole.x1[last],
        minimum,
        maximum,
        cells.first[starts],
        whole.last[last],
        total,
        np.add.reduceat(cells.count, starts),
        np.add.reduceat(cells.nan, starts),
        _least(cells.argmin, cells.min == np.repeat(minimum, lengths), starts),
        _least(cells.argmax, cells.max == np.repeat(maximum, lengths), starts),
    )
    return number[starts], merged


def concatenate(parts: list[tuple[NDArray[Any], Cells]]) -> tuple[NDArray[Any], Cells]:
    """Numbers and cells behind each other."""
    numbers = np.concatenate([number for number, _ in parts])
    return numbers, Cells(*map(np.concatenate, zip(*(cells for _, cells in parts), strict=True)))


def _starts(number: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.flatnonzero(number[1:] != number[:-1]) + 1))


def _firsts(holds: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the first True from each start on; each stretch has one, or its start is taken."""
    places = np.flatnonzero(holds)
    if not len(places):
        return starts
    found = places[np.minimum(np.searchsorted(places, starts), len(places) - 1)]
    ends = np.append(starts[1:], len(holds))
    return np.where((found >= starts) & (found < ends), found, starts)


def _least(x: NDArray[Any], holds: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[Any]:
    """The smallest x where it holds, of each stretch; of the whole stretch where it holds nowhere."""
    nowhere = np.repeat(~np.logical_or.reduceat(holds, starts), np.diff(np.append(starts, len(x))))
    largest = np.iinfo(x.dtype).max if np.issubdtype(x.dtype, np.integer) else np.inf
    least: NDArray[Any] = np.minimum.reduceat(np.where(holds | nowhere, x, largest), starts)
    return least
