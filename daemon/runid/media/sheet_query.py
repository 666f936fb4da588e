"""Which rows of a stored table a query means: the language of runid.store.query, in which keys are the table's columns.

Bare words are looked for in the texts of a row and in the captions of its media. A query asks one row group at a time.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from runid.media.sheet import Sheet, plain
from runid.store import query
from runid.store.keys import ANYWHERE, as_number, as_text


def holding(sheet: Sheet, text: str) -> NDArray[np.bool_]:
    """For which rows a query holds. Raises QueryError, and KeyError where there is no such column."""
    node = query.parse(text)
    groups = (_Group(sheet, number) for number in range(sheet.groups))
    held = [np.frombuffer(node.holds(group), np.uint8) > 0 for group in groups]
    return np.concatenate(held) if held else np.zeros(0, np.bool_)


class _Values:
    """A column's values in a row group, as runid.store.terms asks for them."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    @cached_property
    def values(self) -> list[Any]:
        """As they are, times as texts."""
        return [_value(one) for one in self._column.to_pylist()]

    @cached_property
    def numbers(self) -> list[float]:
        """As numbers; NaN for what is none."""
        if pa.types.is_integer(self._column.type) or pa.types.is_floating(self._column.type):
            found: list[float] = self._column.cast(pa.float64(), safe=False).fill_null(math.nan).to_pylist()
            return found
        return [math.nan if (number := as_number(value)) is None else float(number) for value in self.values]

    @cached_property
    def folded(self) -> list[str]:
        """As texts without regard to case."""
        return [as_text(value).casefold() for value in self.values]


class _Group:
    """A row group, as a table that a query asks."""

    def __init__(self, sheet: Sheet, number: int) -> None:
        self._sheet, self._number = sheet, number
        self.entries = range(sheet.size(number))

    def column(self, key: str) -> _Values:
        """The values of a column. Raises KeyError where there is none."""
        if key == ANYWHERE:
            return _Values(self._texts())
        return _Values(_told(self._sheet.part(key, self._number)))

    def _texts(self) -> pa.ChunkedArray:
        """All texts of each row, one a line."""
        columns = [_told(self._sheet.read(name, self._number)) for name in self._sheet.schema.names]
        texts = [one.cast(pa.large_string()) for one in columns if _is_text(one.type)]
        if not texts:
            return pa.chunked_array([pa.array([""] * len(self.entries))])
        ends = pa.scalar("\n", pa.large_string())
        return pc.binary_join_element_wise(*texts, ends, null_handling="replace", null_replacement="")


def _told(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column with values that a query may name; of media the captions."""
    column = plain(column)
    kind = column.type
    is_medium = pa.types.is_struct(kind) and kind.get_field_index("caption") >= 0
    return pc.struct_field(column, "caption") if is_medium else column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_value(one) for one in value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
