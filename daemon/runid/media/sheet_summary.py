"""What a column of a table is like, in short: how its numbers are spread, or which values it has most often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runid.media.sheet import Sheet, plain

_BINS = 24
_MOST_VALUES = 8
_LONGEST = 60
_MOST_TEXT = 64 << 20
"""Bytes of a column of texts that are looked through for the values that it has most often."""
_FIRST = 50_000
"""Rows by which a longer column is judged: where most of them differ, no value is frequent."""


def summary(sheet: Sheet, name: str) -> dict[str, Any]:
    """{kind, missing: how many values are null}, and by kind

    number    counts, lo, hi: of 24 bins of one width between the least and the largest; nan: how many are not finite
    values    values: [[value, count]], the most frequent ones, and distinct, how many there are
    other     nothing: lists, media, texts of more than 64 MiB together, and of long columns those that mostly differ

    Raises KeyError where there is no such column.
    """
    column = plain(sheet.column(name))
    missing = {"missing": column.null_count}
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return {"kind": "number"} | missing | _spread(column.drop_null().cast(pa.float64(), safe=False))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or column.nbytes > _MOST_TEXT or _differs(column):
        return {"kind": "other"} | missing
    return {"kind": "values"} | missing | _frequent(column.drop_null())


def _spread(column: pa.ChunkedArray) -> dict[str, Any]:
    values = column.to_numpy()
    finite = values[np.isfinite(values)]
    told = {"nan": len(values) - len(finite), "lo": None, "hi": None, "counts": list[int]()}
    if not len(finite):
        return told
    lo, hi = float(finite.min()), float(finite.max())
    with np.errstate(over="ignore", invalid="ignore"):
        place = (finite / 2 - lo / 2) / ((hi / 2 - lo / 2) or 1) * _BINS
    counts = np.bincount(np.clip(np.nan_to_num(place), 0, _BINS - 1).astype(np.int64), minlength=_BINS)
    return told | {"lo": lo, "hi": hi, "counts": counts.tolist()}


def _differs(column: pa.ChunkedArray) -> bool:
    first = column.slice(0, _FIRST)
    return len(column) > _FIRST and pc.count_distinct(first).as_py() > len(first) / 2


def _frequent(column: pa.ChunkedArray) -> dict[str, Any]:
    counted = pc.value_counts(column)
    counts = counted.field("counts").to_numpy()
    most = np.argsort(-counts, kind="stable")[:_MOST_VALUES]
    values = counted.field("values").take(pa.array(most)).to_pylist()
    told = [[str(value)[:_LONGEST], int(counts[at])] for value, at in zip(values, most, strict=True)]
    return {"values": told, "distinct": len(counts)}
