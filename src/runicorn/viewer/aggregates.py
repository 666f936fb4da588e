"""Groups of a table's rows: how many runs are in each, and what their numbers are together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

from runid.store.table import Table

AGGREGATES: dict[str, Callable[[list[float]], float]] = {"mean": fmean, "min": min, "max": max}


def groups(table: Table, rows: Sequence[int], key: str, columns: Sequence[str], aggregate: str) -> list[dict[str, Any]]:
    """The groups of rows that are ordered by the key: [{value, count, columns: {key: number}}].

    A column has a number where any run of the group has one. Raises ValueError for an unknown aggregate.
    """
    if aggregate not in AGGREGATES:
        raise ValueError(f"A group's numbers can be told as {', '.join(AGGREGATES)}, not as {aggregate!r}.")
    found = table.column(key)
    members = [list(some) for _, some in groupby(rows, key=found.ranks.__getitem__)]
    totals: list[dict[str, float]] = [{} for _ in members]
    for name in columns:
        numbers = table.column(name).numbers
        for total, some in zip(totals, members, strict=True):
            values = [number for row in some if not math.isnan(number := numbers[row])]
            if values:
                total[name] = AGGREGATES[aggregate](values)
    return [
        {"value": found.values[some[0]] if found.ranks[some[0]] else None, "count": len(some), "columns": total}
        for some, total in zip(members, totals, strict=True)
    ]
