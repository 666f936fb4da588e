"""A stored table, a window of rows at a time: as it was logged, sorted or searched. See runid.media.table for its file.

Only what is looked at is read: some row groups of some columns, or all of a column that is sorted or searched by. What
was decoded last is kept. From any thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from runid.store.kept import Kept

Rows = NDArray[np.int64]

_orders = Kept[Rows](lambda rows: rows.nbytes)
_parts = Kept[pa.ChunkedArray](lambda part: int(part.nbytes))


class Sheet:
    """The table in a file, which never changes."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and pyarrow's ArrowInvalid for what is no table."""
        self.path = path
        with pq.ParquetFile(path) as file:
            self.schema: pa.Schema = file.schema_arrow
            self.rows: int = file.metadata.num_rows
            sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
        self._ends = np.cumsum([0, *sizes])

    def column(self, name: str) -> pa.ChunkedArray:
        """All of a column. Raises KeyError where there is none."""
        kind = self.schema.field(name).type
        return pa.chunked_array([one for group in self._groups() for one in self._part(name, group).chunks], kind)

    def window(self, name: str, rows: Rows) -> list[Any]:
        """A column's values in some rows, as Python has them; -1 is no row, and None. Raises KeyError."""
        there = np.flatnonzero(rows >= 0)
        found = np.full(len(rows), None, object)
        if len(there):
            groups = np.searchsorted(self._ends, rows[there], side="right") - 1
            for group in np.unique(groups):
                mine = there[groups == group]
                part = self._part(name, int(group)).take(pa.array(rows[mine] - self._ends[group]))
                for place, value in zip(mine, _known(part).to_pylist(), strict=True):
                    found[place] = value
        return list(found)

    def order(self, by: Sequence[str] = (), text: str = "") -> Rows:
        """The rows sorted by columns ("-x": the largest first), of those that hold the text somewhere; missing values
        are last. Raises KeyError where there is no such column, ValueError for one that has no order.
        """
        if not by and not text:
            return np.arange(self.rows)
        return _orders.of((self.path, tuple(by), text), lambda: self._ordered(by, text))

    def _ordered(self, by: Sequence[str], text: str) -> Rows:
        holds = self._holding(text) if text else np.ones(self.rows, np.bool_)
        if not by:
            return np.flatnonzero(holds)
        columns = {str(at): _sortable(self, name.removeprefix("-")) for at, name in enumerate(by)}
        keys = [(str(at), "descending" if name.startswith("-") else "ascending") for at, name in enumerate(by)]
        found: Rows = pc.sort_indices(pa.table(columns), sort_keys=keys).to_numpy().astype(np.int64)
        return found[holds[found]]

    def _holding(self, text: str) -> NDArray[np.bool_]:
        parts = []
        for group in self._groups():
            size = int(self._ends[group + 1] - self._ends[group])
            found = np.zeros(size, np.bool_)
            for name in self.schema.names:
                found |= _holds(self._read(name, group), text)
            parts.append(found)
        return np.concatenate(parts) if parts else np.zeros(0, np.bool_)

    def _groups(self) -> Iterator[int]:
        return iter(range(len(self._ends) - 1))

    def _part(self, name: str, group: int) -> pa.ChunkedArray:
        return _parts.of((self.path, name, group), lambda: self._read(name, group))

    def _read(self, name: str, group: int) -> pa.ChunkedArray:
        with pq.ParquetFile(self.path) as file:
            return file.read_row_group(group, columns=[name]).column(name)


def _sortable(sheet: Sheet, name: str) -> pa.ChunkedArray:
    column = plain(sheet.column(name))
    if pa.types.is_nested(column.type):
        raise ValueError(f"The column {name!r} holds {column.type}, which has no order.")
    return column


def _known(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of times as Python has them, which knows no nanoseconds."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(pa.duration("us"), safe=False) if kind == pa.duration("ns") else column


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of categories as one of their values; any other as it is."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _holds(column: pa.ChunkedArray, text: str) -> NDArray[np.bool_]:
    """Which values of a column are meant by a text: those that hold it, in whatever case; numbers that are equal."""
    column = plain(column)
    kind = column.type
    if pa.types.is_struct(kind) and kind.get_field_index("caption") >= 0:  # a medium
        column = pc.struct_field(column, "caption")
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found = pc.match_substring(column, text, ignore_case=True)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        try:
            found = pc.equal(column.cast(pa.float64(), safe=False), float(text))
        except ValueError:
            return np.zeros(len(column), np.bool_)
    else:
        return np.zeros(len(column), np.bool_)
    holds: NDArray[np.bool_] = pc.fill_null(found, False).to_numpy().astype(np.bool_)
    return holds
