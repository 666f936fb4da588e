"""Tables. They are taken column by column, and nothing is encoded here: see runid.media.table."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import msgpack

from runicorn.media import arrays
from runicorn.media.columns import Block, block
from runicorn.media.medium import Keep, Medium, Taken
from runicorn.values import key_text

_LENGTH = struct.Struct("<I")

Named = Iterable[tuple[Any, Any]]
"""Columns as they were given: name, values."""


class Table(Medium):
    """A table."""

    kind = "table"

    def __init__(self, columns: Sequence[Any] | None = None, data: Any = None, dataframe: Any = None) -> None:
        """`data`: a list of rows, which are lists or dicts; a dict of columns; or an array of two dimensions.
        `dataframe`, in its place: of pandas, Polars or Arrow. `columns`: the names of the columns, of dicts also which
        of them; by default those of the data, else 0, 1, … A cell may be a medium, or a list of media.
        """
        self.columns, self.data, self.dataframe = columns, data, dataframe

    @classmethod
    def of(cls, frame: Any) -> Table:
        """Of a table of pandas, Polars or Arrow."""
        return cls(dataframe=frame)

    def taken(self, keep: Keep) -> Taken:
        data = self.data if self.dataframe is None else self.dataframe
        blocks = [(key_text(name), block(values, keep)) for name, values in _columns(data, self.columns)]
        rows = {one.rows for _, one in blocks}
        if len(rows) > 1:
            told = ", ".join(f"{name!r} {one.rows}" for name, one in blocks[:10])
            raise ValueError(f"its columns are not of one length: {told}")
        head = msgpack.packb([_head(name, one) for name, one in blocks])
        parts = [_LENGTH.pack(len(head)), head, *chain.from_iterable(one.parts for _, one in blocks)]
        return Taken(parts, sum(map(len, parts)), "parquet", {"kind": "columns"})


def _head(name: str, column: Block) -> dict[str, Any]:
    return column.head | {"name": name, "rows": column.rows, "size": sum(map(len, column.parts))}


def _columns(data: Any, names: Sequence[Any] | None) -> Named:
    """The columns of whatever a table may be made of. Raises ValueError for anything else."""
    if data is None:
        return [(name, []) for name in names or ()]
    if _is("pandas", "DataFrame", data):
        return data.items()  # type: ignore[no-any-return]
    if _is("polars", "DataFrame", data):
        return ((column.name, column) for column in data.iter_columns())
    if _is("pyarrow", "Table", data):
        return zip(data.column_names, data.columns, strict=True)
    if isinstance(data, Mapping):
        return _picked(data, names)
    if hasattr(data, "__array__"):
        return _of_array(arrays.as_array(data), names or ())
    if isinstance(data, str | bytes) or not isinstance(data, Iterable):
        raise ValueError(f"a {type(data).__name__} has no rows")
    return _of_rows(list(data), names)


def _is(module: str, name: str, value: object) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _picked(data: Mapping[Any, Any], names: Sequence[Any] | None) -> Named:
    missing = [name for name in names or () if name not in data]
    if missing:
        raise ValueError(f"it has no column {missing[0]!r}")
    return data.items() if names is None else [(name, data[name]) for name in names]


def _of_array(array: Any, names: Sequence[Any]) -> Named:
    if array.dtype.names:
        return [(name, array[name]) for name in array.dtype.names]
    if array.ndim == 0:
        raise ValueError("a number has no rows")
    return _named([array] if array.ndim == 1 else [array[:, at] for at in range(array.shape[1])], names)


def _of_rows(rows: list[Any], names: Sequence[Any] | None) -> Named:
    if not rows:
        return [(name, []) for name in names or ()]
    if all(issubclass(kind, Mapping) for kind in set(map(type, rows))):
        found = dict.fromkeys(chain.from_iterable(rows)) if names is None else names
        return [(name, [row.get(name) for row in rows]) for name in found]
    return _named(list(zip_longest(*map(_row, rows))), names or ())


def _row(row: Any) -> Sequence[Any]:
    if isinstance(row, list | tuple):
        return row
    # An array, tensor or series; anything else is a row of one cell.
    return list(row.tolist()) if getattr(row, "ndim", 0) == 1 else [row]


def _named(columns: list[Any], names: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for at, column in enumerate(columns):
        yield names[at] if at < len(names) else at, column
