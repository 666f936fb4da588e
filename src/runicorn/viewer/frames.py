"""Series as bytes, so that the browser parses nothing.

    frame    "RNB1", header length u32, header (JSON, padded with spaces to a multiple of 8), columns
    header   a list, for each series: {…what it is, n: rows, columns: {name: ["f4" | "f8", at] or steps}}

Each column holds n little-endian floats, `at` bytes behind the header, at a multiple of 8. One of whole numbers that
goes on by equal steps, as the ends of bins and the numbers of their points do, is told by them instead: [first,
[by, times], …].
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

MAGIC = b"RNB1"
MEDIA_TYPE = "application/x-runicorn-frame"
_WHOLE = float(1 << 53)  # whole numbers below it are exact
_MOST_STEPS = 3
_LOOK = 8  # values tell that most columns are no whole numbers
_FINE = 1e-4
_SMALL, _LARGE = 1e-30, float(1 << 24)  # beyond it float32 has no place for each whole number
_FEW = 128

Columns = Mapping[str, NDArray[Any]]


def pack(series: Iterable[tuple[dict[str, Any], Columns]]) -> bytes:
    """A frame of series, each with what it is. Columns are float64, or float32 where that draws the same."""
    header, body, at = [], list[bytes](), 0
    for told, columns in series:
        listed: dict[str, Any] = {}
        for name, column in columns.items():
            listed[name] = _steps(column)
            if listed[name] is None:
                data = column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()
                listed[name] = [f"f{column.dtype.itemsize}", at]
                data += bytes(-len(data) % 8)
                body.append(data)
                at += len(data)
        header.append(told | {"n": len(next(iter(columns.values()), ())), "columns": listed})
    text = orjson.dumps(header)
    text += b" " * (-len(text) % 8)
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *body])


def unpack(frame: bytes) -> list[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    """What `pack` put into a frame. Raises ValueError for what is none."""
    if frame[:4] != MAGIC:
        raise ValueError("That is no frame of series.")
    (length,) = struct.unpack_from("<I", frame, 4)
    found = []
    for told in orjson.loads(frame[8 : 8 + length]):
        columns, n = told.pop("columns"), told.pop("n")
        found.append((told, {name: _column(frame, 8 + length, one, n) for name, one in columns.items()}))
    return found


def _column(frame: bytes, start: int, told: list[Any], n: int) -> NDArray[Any]:
    if isinstance(told[0], str):
        return np.frombuffer(frame, "<" + told[0], n, start + told[1])
    steps = [np.full(times, by, np.float64) for by, times in told[1:]]
    return np.cumsum(np.concatenate([np.array([told[0]], np.float64), *steps]))


def _steps(column: NDArray[Any]) -> list[Any] | None:
    """A column as the steps that it goes on by; None where that is not exact, or no shorter."""
    for part in (column[:_LOOK], column):  # most that are not whole show it at once
        if not len(part) or not (np.abs(part) < _WHOLE).all() or (part % 1).any():
            return None
    by = np.diff(column.astype(np.float64))
    starts = np.concatenate(([0], np.flatnonzero(by[1:] != by[:-1]) + 1)) if len(by) else np.empty(0, np.int64)
    if len(starts) > _MOST_STEPS:
        return None
    times = np.diff(np.append(starts, len(by)))
    return [int(column[0]), *([int(by[start]), int(count)] for start, count in zip(starts, times, strict=True))]


def drawn(values: NDArray[np.float64]) -> NDArray[Any]:
    """The values as float32, where that shows no other numbers.

    It would where they are small, large, or differ by little, so that a line would turn into steps; and few are sent as
    they are, since they are looked at one by one.
    """
    if len(values) <= _FEW:
        return values
    finite = values[np.isfinite(values)]
    most = float(np.abs(finite).max(initial=0.0))
    if most and not _SMALL <= most < _LARGE:
        return values
    if most and 0 < float(np.ptp(finite)) < most * _FINE:
        return values
    with np.errstate(under="ignore"):
        return values.astype(np.float32)
