"""Rows of two tables that belong together: they have the same values in some columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from runid.media.sheet import Rows, Sheet, plain

_CANDIDATES = 3
_APART = 1 << 31
"""More than the rows of a table with the same values."""


def match(left: Sheet, right: Sheet, by: Sequence[str]) -> tuple[Rows, bool]:
    """For each row of `left` the row of `right` that belongs to it, or -1; and whether values repeat in one of them.

    Of several rows with the same values the first belongs to the first, the second to the second. Without columns rows
    of one number belong together. Raises KeyError where one of the tables has no such column, ValueError
    for one of lists or media.
    """
    if not by:
        rows = np.arange(left.rows)
        return np.where(rows < right.rows, rows, -1), False
    codes = np.zeros(left.rows + right.rows, np.int64)
    for name in by:
        column = _together(left.column(name), right.column(name))
        if pa.types.is_nested(column.type):
            raise ValueError(f"The column {name!r} holds {column.type}, which names no rows.")
        codes = np.unique(codes * (len(column) + 2) + _codes(column), return_inverse=True)[1]
    mine, theirs = _numbered(codes[: left.rows]), _numbered(codes[left.rows :])
    order = np.argsort(theirs, kind="stable")
    place = np.searchsorted(theirs, mine, sorter=order)
    found = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(mine), np.int64)
    there = place < len(order)
    there[there] = theirs[found[there]] == mine[there]
    repeats = any((numbered % _APART).any() for numbered in (mine, theirs))
    return np.where(there, found, -1), repeats


def guess(left: Sheet, right: Sheet) -> list[str]:
    """The first column that names each row of both tables, among the first three of texts or whole numbers.

    Where none does, the first column of all if it is of these and mostly differs between rows of one number, which so
    are of something else; or none.
    """
    shared = [field for field in left.schema if field.name in right.schema.names]
    named = [one.name for one in shared if _names(one.type)]
    for name in named[:_CANDIDATES]:
        if all(_is_unique(sheet.column(name)) for sheet in (left, right)):
            return [name]
    first = named[:1] if named[:1] == left.schema.names[:1] else []
    return [name for name in first if _mostly_differs(left.column(name), right.column(name))]


def differing(left: Sheet, right: Sheet, rows: Rows, others: Rows) -> NDArray[np.bool_]:
    """Which pairs of rows differ in a column that both tables have; those without a second row do."""
    differ = others < 0
    both = np.flatnonzero(~differ)
    mine, theirs = pa.array(rows[both]), pa.array(others[both])
    for name in left.schema.names:
        if name not in right.schema.names or pa.types.is_nested(left.schema.field(name).type):
            continue
        a, b = plain(left.column(name)).take(mine), plain(right.column(name)).take(theirs)
        differ[both] |= _codes_differ(a, b)
    return differ


def _mostly_differs(a: pa.ChunkedArray, b: pa.ChunkedArray) -> bool:
    both = min(len(a), len(b))
    return bool(both and _codes_differ(a.slice(0, both), b.slice(0, both)).mean() > 0.5)


def _codes_differ(a: pa.ChunkedArray, b: pa.ChunkedArray) -> NDArray[np.bool_]:
    codes = _codes(_together(a, b))
    found: NDArray[np.bool_] = codes[: len(a)] != codes[len(a) :]
    return found


def _together(a: pa.ChunkedArray, b: pa.ChunkedArray) -> pa.ChunkedArray:
    """Both columns behind each other, as texts where they are of different types."""
    a, b = plain(a), plain(b)
    if a.type != b.type:
        numbers = all(pa.types.is_integer(one.type) or pa.types.is_floating(one.type) for one in (a, b))
        kind = pa.float64() if numbers else pa.string()
        a, b = a.cast(kind, safe=False), b.cast(kind, safe=False)
    return pa.chunked_array([*a.chunks, *b.chunks], a.type)


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """A number for each value, the same for the same; NaN is like NaN, and what is missing like what is missing."""
    if not len(column):
        return np.zeros(0, np.int64)
    indices = pc.dictionary_encode(column).combine_chunks().indices
    found: NDArray[np.int64] = indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found + 1


def _numbered(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The codes with the number of times that each was there before: so no two are alike."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.concatenate(([True], ordered[1:] != ordered[:-1])) if len(codes) else np.zeros(0, np.bool_)
    place = np.arange(len(codes))
    before = np.empty(len(codes), np.int64)
    before[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return codes * _APART + before


def _names(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind))


def _is_unique(column: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(column, mode="all").as_py() == len(column))
