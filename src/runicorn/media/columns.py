"""Columns of tables as bytes, each in the way that costs its program least: see runid.media.columns for their forms."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from types import NoneType
from typing import Any

import msgpack

from runicorn.media import arrays
from runicorn.media.medium import Keep, Medium, media
from runicorn.values import key_text, plain
from runid.sides import Buffer

_PACKED = {str, float, int, bool, NoneType}
"""Types that msgpack packs as they are."""

_MISSING = ("NAType", "NaTType")
"""The types of what stands for a missing value in pandas."""

Cell = dict[str, Any] | list[dict[str, Any]] | None


@dataclass(frozen=True)
class Block:
    """A column: what its bytes are, and these."""

    rows: int
    head: dict[str, Any]
    parts: list[Buffer] = field(repr=False)


def block(values: Any, keep: Keep) -> Block:
    """A column of any values, which `keep` keeps those of that are media. Raises ValueError for what is no column."""
    owner = type(values).__module__.partition(".")[0]
    if owner == "pandas" and hasattr(values, "dtype"):
        return _of_pandas(sys.modules["pandas"].Series(values), keep)
    if owner == "polars":
        return _of_polars(values, keep)
    if owner == "pyarrow":
        return _arrow(values)
    if hasattr(values, "__array__"):
        return _of_array(values, keep)
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ValueError(f"a {type(values).__name__} is no column")
    return _of_list(list(values), keep)


def _of_pandas(series: Any, keep: Keep) -> Block:
    dtype = series.dtype
    if hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", None) == "pyarrow":
        return _arrow(series.array.__arrow_array__())
    if hasattr(dtype, "categories"):
        return _numbers(series.cat.codes.to_numpy(), categories=plain(dtype.categories.tolist()))
    if hasattr(dtype, "tz"):
        return _numbers(series.to_numpy(f"M8[{dtype.unit}]"), zone=str(dtype.tz))
    if hasattr(dtype, "numpy_dtype"):
        return _numbers(series.to_numpy(dtype.numpy_dtype, na_value=0), series.isna().to_numpy())
    if type(dtype).__module__.startswith("pandas"):
        return _of_list(series.tolist(), keep)
    return _of_array(series.to_numpy(), keep)


def _of_polars(series: Any, keep: Keep) -> Block:
    # What nobody else could read: Python's objects would be written as addresses.
    if str(series.dtype) in ("Object", "Int128", "UInt128"):
        return _of_list(series.to_list(), keep)
    stream = BytesIO()
    series.to_frame().write_ipc_stream(stream, compat_level=sys.modules["polars"].CompatLevel.oldest())
    return Block(len(series), {"kind": "arrow"}, [stream.getbuffer()])


def _arrow(column: Any) -> Block:
    arrow = sys.modules["pyarrow"]
    table, stream = arrow.table({"column": column}), arrow.BufferOutputStream()
    with arrow.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return Block(len(column), {"kind": "arrow"}, [memoryview(stream.getvalue())])


def _of_array(values: Any, keep: Keep) -> Block:
    if getattr(getattr(values, "dtype", None), "char", "") == "g":
        values = values.astype("f8")
    array = arrays.as_array(values)
    if array.ndim == 0:
        raise ValueError("a number is no column")
    return _numbers(array) if array.dtype.kind in "biufmM" else _of_list(array.tolist(), keep)


def _numbers(array: Any, nulls: Any = None, **more: Any) -> Block:
    head = arrays.described(array) | {"nulls": nulls is not None} | more
    return Block(len(array), head, [arrays.content(one) for one in (array, nulls) if one is not None])


def _of_list(values: list[Any], keep: Keep) -> Block:
    types = set(map(type, values))
    if not types <= _PACKED and any(kind.__name__ in _MISSING for kind in types):
        values = [None if type(value).__name__ in _MISSING else value for value in values]
        types = set(map(type, values))
    if types <= _PACKED:
        return _packed("values", values)
    some = types - {NoneType}
    if some == {date} or all(issubclass(kind, datetime) for kind in some):
        kind = "date" if some == {date} else "datetime"
        return _packed(kind, [None if value is None else value.isoformat() for value in values])
    found = [media(value) for value in values]
    if any(found):
        return _packed("media", [_cell(value, one, keep) for value, one in zip(values, found, strict=True)])
    return _packed("values", plain(values))


def _packed(kind: str, values: Any) -> Block:
    try:
        packed = msgpack.packb(values)
    except (OverflowError, ValueError):  # whole numbers beyond 64 bits, lone surrogates
        packed = msgpack.packb(plain(values))
    return Block(len(values), {"kind": kind}, [packed])


def _cell(value: Any, found: list[Medium] | None, keep: Keep) -> Cell:
    """What stands in the table for a cell, in a column that has media."""
    if found is None:
        return None if value is None else [] if isinstance(value, list | tuple) and not value else _text(value)
    kept = [keep(medium) or _text(medium) for medium in found]
    return kept if isinstance(value, list | tuple) else kept[0]


def _text(value: object) -> dict[str, Any]:
    return {"type": "text", "file": None, "caption": key_text(value)}
