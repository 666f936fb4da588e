"""Groups of a table's rows: how many runs are in each, and what their numbers are together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

from runicorn.viewer.groups import NORMAL_95
from runid.store.table import Table


def _deviation(values: list[float]) -> float:
    """The standard deviation of a sample; 0 for a single value, NaN where one is infinite."""
    mean = fmean(values)
    return math.sqrt(sum((value - mean) * (value - mean) for value in values) / max(1, len(values) - 1))


def _error(values: list[float]) -> float:
    return _deviation(values) / math.sqrt(len(values))


AGGREGATES: dict[str, Callable[[list[float]], float]] = {"mean": fmean, "min": min, "max": max}
SPREADS: dict[str, Callable[[list[float]], float]] = {
    "std": _deviation,
    "sem": _error,
    "ci95": lambda values: NORMAL_95 * _error(values),
}
"""How far the numbers lie around their mean, as bands of charts have it: see runicorn.viewer.groups."""


def groups(table: Table, rows: Sequence[int], key: str, columns: Sequence[str], aggregate: str) -> list[dict[str, Any]]:
    """The groups of rows that are ordered by the key: [{value, count, columns: {key: number}, spreads: {key: number}}].

    A column has a number where any run of the group has one: its mean with an aggregate of SPREADS, which alone give
    spreads. Raises ValueError for an unknown aggregate.
    """
    if aggregate not in AGGREGATES and aggregate not in SPREADS:
        known = ", ".join([*AGGREGATES, *SPREADS])
        raise ValueError(f"A group's numbers can be told as {known}, not as {aggregate!r}.")
    found = table.column(key)
    members = [list(some) for _, some in groupby(rows, key=found.ranks.__getitem__)]
    totals: list[dict[str, float]] = [{} for _ in members]
    spreads: list[dict[str, float]] = [{} for _ in members]
    for name in columns:
        numbers = table.column(name).numbers
        for total, spread, some in zip(totals, spreads, members, strict=True):
            there = [number for row in some if not math.isnan(number := numbers[row])]
            if there:
                total[name] = AGGREGATES.get(aggregate, fmean)(there)
            if there and aggregate in SPREADS:
                spread[name] = SPREADS[aggregate](there)
    values = [found.values[some[0]] if found.ranks[some[0]] else None for some in members]
    counts = map(len, members)
    told = zip(values, counts, totals, spreads, strict=True)
    return [dict(zip(("value", "count", "columns", "spreads"), one, strict=True)) for one in told]
