"""A table's columns, on their way to Parquet: each a map, its head, and bytes.

    {name: str, rows: int, size: int, kind, …}      a head; `size`: how many bytes

`kind` says what the bytes are, and what the column becomes:

    array       {dtype: NumPy's, such as "<f4", shape: [int], nulls: bool[, zone: str][, categories: [value]]}
                the items in C order, then, with `nulls`, a byte for each row, 1 where it is null; NaN stays NaN.
                float16 becomes float32, days dates, other times timestamps or durations, with `zone` timestamps of
                that time zone. Of more dimensions the rows are lists. With `categories` the items are indices of
                these, a negative one is null, and the column is a dictionary
    arrow       a stream of Arrow's IPC, with one column, which is taken as it is
    values      msgpack, a list of JSON-like values. Of one type, None aside, they become bool, int64, uint64, float64
                (also of whole and other numbers together), string, lists, or structs where all maps have the same keys;
                NaN beside what is no number is null. All others become a column of texts: texts as they are, JSON of
                the rest
    datetime    msgpack, a list of ISO 8601 texts and None: timestamps, in UTC where all have an offset; texts, if only
                some have
    date        msgpack, the same: dates
    media       msgpack, a list of None, {type, file, caption} and lists of those: structs, or lists of structs where
                one cell is a list; `file`: relative to the run's folder, None where there is none; a `type` "text" has
                its text as the caption

What Parquet cannot hold, such as an Arrow type of its own, becomes such a column of texts as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from itertools import chain
from types import NoneType
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgpack
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from runid.store import files

Head = dict[str, Any]
Column: TypeAlias = Any
"""An array of Arrow, in one piece or several."""

_DTYPE = re.compile(r"[<>|=]?([buif][0-9]{1,2}|[mM]8(\[[0-9]*[a-zA-Zμ]+\])?)")
_CELL = pa.struct([("type", pa.string()), ("file", pa.string()), ("caption", pa.string())])
_EXACT = 1 << 53


def column(head: Head, data: bytes) -> Column:
    """The column as Arrow, of a type that Parquet can hold. Raises ValueError, pyarrow's ArrowInvalid."""
    found = _KINDS[head["kind"]](head, data)
    return found if _fits(found.type) else _texts(found.to_pylist())


def _array(head: Head, data: bytes) -> Column:
    if not _DTYPE.fullmatch(head["dtype"]):
        raise ValueError(f"A column cannot be made of {head['dtype']!r}.")
    dtype, shape = np.dtype(head["dtype"]), head["shape"]
    flat = _native(np.frombuffer(data, dtype, math.prod(shape)))
    nulls = np.frombuffer(data, np.bool_, offset=flat.size * dtype.itemsize) if head["nulls"] else None
    if "categories" in head:
        indices = pa.array(flat, mask=flat < 0)
        return pa.DictionaryArray.from_arrays(indices, _typed(head["categories"]))
    made = pa.array(flat, mask=nulls, from_pandas=False)
    if "zone" in head:
        made = made.cast(pa.timestamp(made.type.unit, _zone(head["zone"])))
    for count, size in reversed(list(zip(np.cumprod(shape), shape[1:], strict=False))):
        made = pa.LargeListArray.from_arrays(pa.array(np.arange(count + 1) * size), made)
    return made


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """The array in a type that Arrow and Parquet have."""
    kind = array.dtype.newbyteorder("=")
    if kind.kind in "mM":
        kind = np.dtype(f"{kind.kind}8[{_unit(kind.kind, np.datetime_data(kind)[0])}]")
    return array.astype(np.float32 if kind == np.float16 else kind, copy=False)


def _unit(kind: str, unit: str) -> str:
    """A unit of time that Arrow has, for any of NumPy's."""
    if unit in ("s", "ms", "us", "ns"):
        return unit
    return "ns" if unit in ("ps", "fs", "as") else "D" if kind == "M" and unit in "YMWD" else "s"


def _zone(name: str) -> str:
    """A time zone by a name that Arrow knows; UTC where it has none."""
    offset = re.fullmatch(r"(?:UTC)?([+-][0-9]{2}:[0-9]{2})", name)
    if offset:
        return offset[1]
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "UTC"
    return name


def _arrow(head: Head, data: bytes) -> Column:  # noqa: ARG001  the stream says all of it
    return pa.ipc.open_stream(data).read_all().column(0)


def _values(head: Head, data: bytes) -> Column:  # noqa: ARG001
    return _typed(msgpack.unpackb(data, strict_map_key=False))


def _typed(values: list[Any]) -> Column:
    """A column of the type that all values have, or of texts."""
    if not set(map(type, values)) <= {int, float, NoneType}:
        values = [None if isinstance(value, float) and math.isnan(value) else value for value in values]
    found = _type(values)
    return _texts(values) if found is None or not _fits(found) else pa.array(values, found)


def _type(values: list[Any]) -> pa.DataType | None:
    """The type that all these values have; None where there is none."""
    kinds = set(map(type, values)) - {NoneType}
    some = [value for value in values if value is not None]
    if not kinds:
        return pa.null()
    if kinds <= {int, float}:
        return _number(some, kinds)
    if kinds == {list}:
        inner = _type(list(chain.from_iterable(some)))
        return inner and pa.list_(inner)
    if kinds == {dict}:
        names = some[0].keys()
        inners = {name: _type([value.get(name) for value in some]) for name in names}
        same = all(value.keys() == names for value in some)
        return pa.struct(list(inners.items())) if same and None not in inners.values() else None
    return {frozenset((bool,)): pa.bool_(), frozenset((str,)): pa.string()}.get(frozenset(kinds))


def _number(values: list[Any], kinds: set[type]) -> pa.DataType | None:
    whole = [value for value in values if type(value) is int]
    low, high = min(whole, default=0), max(whole, default=0)
    if float in kinds:
        return pa.float64() if low >= -_EXACT and high <= _EXACT else None
    return pa.int64() if high < 1 << 63 else pa.uint64() if low >= 0 else None


def _texts(values: list[Any]) -> Column:
    said = [value if value is None or isinstance(value, str) else files.dumps(value) for value in values]
    return pa.array(said, pa.string())


def _moments(head: Head, data: bytes) -> Column:  # noqa: ARG001
    said = msgpack.unpackb(data)
    found = [None if text is None else datetime.fromisoformat(text) for text in said]
    aware = {one.tzinfo is not None for one in found if one is not None}
    return _texts(said) if len(aware) > 1 else pa.array(found, pa.timestamp("us", "UTC" if True in aware else None))


def _days(head: Head, data: bytes) -> Column:  # noqa: ARG001
    found = [None if text is None else date.fromisoformat(text) for text in msgpack.unpackb(data)]
    return pa.array(found, pa.date32())


def _media(head: Head, data: bytes) -> Column:  # noqa: ARG001
    cells = msgpack.unpackb(data)
    if not any(isinstance(cell, list) for cell in cells):
        return pa.array(cells, _CELL)
    return pa.array([[cell] if isinstance(cell, dict) else cell for cell in cells], pa.list_(_CELL))


_KINDS: dict[str, Callable[[Head, bytes], Column]] = {
    "array": _array,
    "arrow": _arrow,
    "values": _values,
    "datetime": _moments,
    "date": _days,
    "media": _media,
}


def _fits(kind: pa.DataType) -> bool:
    """Whether Parquet has this type, and can be read again: what is too deep it writes all the same."""
    empty = BytesIO()
    try:
        pq.ParquetWriter(empty, pa.schema([("column", kind)])).close()
        pq.read_schema(empty)
    except (pa.ArrowException, OSError):
        return False
    return True
