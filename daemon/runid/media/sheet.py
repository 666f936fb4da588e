"""A stored table, a window of rows at a time. See runid.media.table for its file.

Only what is looked at is read: some row groups of some columns, or all of a column that is sorted or filtered by. What
was decoded last is kept. From any thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from runid.store.kept import Kept

Rows = NDArray[np.int64]

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
        return pa.chunked_array([one for group in range(self.groups) for one in self.part(name, group).chunks], kind)

    def window(self, name: str, rows: Rows) -> list[Any]:
        """A column's values in some rows, as Python has them; -1 is no row, and None. Raises KeyError."""
        there = np.flatnonzero(rows >= 0)
        found = np.full(len(rows), None, object)
        if len(there):
            groups = np.searchsorted(self._ends, rows[there], side="right") - 1
            for group in np.unique(groups):
                mine = there[groups == group]
                part = self.part(name, int(group)).take(pa.array(rows[mine] - self._ends[group]))
                for place, value in zip(mine, _known(part).to_pylist(), strict=True):
                    found[place] = value
        return list(found)

    @property
    def groups(self) -> int:
        """How many row groups there are."""
        return len(self._ends) - 1

    def size(self, group: int) -> int:
        """How many rows a row group has."""
        return int(self._ends[group + 1] - self._ends[group])

    def part(self, name: str, group: int) -> pa.ChunkedArray:
        """A column in a row group, which is kept. Raises KeyError where there is none."""
        return _parts.of((self.path, name, group), lambda: self.read(name, group))

    def read(self, name: str, group: int) -> pa.ChunkedArray:
        """The same, not kept."""
        with pq.ParquetFile(self.path) as file:
            return file.read_row_group(group, columns=[name]).column(name)


def _known(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of times as Python has them, which knows no nanoseconds."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(pa.duration("us"), safe=False) if kind == pa.duration("ns") else column


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of categories as one of their values; any other as it is."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
