"""The rows of a stored table as they are asked for: sorted, and those that a query means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runid.media.sheet import Rows, Sheet, plain
from runid.media.sheet_query import holding
from runid.store.kept import Kept

_orders = Kept[Rows](lambda rows: rows.nbytes)


def order(sheet: Sheet, by: Sequence[str] = (), query: str = "") -> Rows:
    """The rows that a query means, sorted by columns ("-x": the largest first); missing values are last.

    Raises QueryError, KeyError where there is no such column, ValueError for one that has no order.
    """
    if not by and not query:
        return np.arange(sheet.rows)
    return _orders.of((sheet.path, tuple(by), query), lambda: _ordered(sheet, by, query))


def _ordered(sheet: Sheet, by: Sequence[str], query: str) -> Rows:
    holds = holding(sheet, query)
    if not by:
        return np.flatnonzero(holds)
    columns = {str(at): _sortable(sheet, name.removeprefix("-")) for at, name in enumerate(by)}
    keys = [(str(at), "descending" if name.startswith("-") else "ascending") for at, name in enumerate(by)]
    found: Rows = pc.sort_indices(pa.table(columns), sort_keys=keys).to_numpy().astype(np.int64)
    return found[holds[found]]


def _sortable(sheet: Sheet, name: str) -> pa.ChunkedArray:
    column = plain(sheet.column(name))
    if pa.types.is_nested(column.type):
        raise ValueError(f"The column {name!r} holds {column.type}, which has no order.")
    return column
