"""Series as bytes, so that the browser parses nothing.

    frame    "RNB1", header length u32, header (JSON, padded with spaces to a multiple of 8), columns
    header   a list, for each series: {…what it is, n: rows, columns: [{name, type: "f4" | "f8", at}]}

Each column holds n little-endian floats, `at` bytes behind the header, at a multiple of 8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from runicorn.viewer.answers import as_json

MAGIC = b"RNB1"
MEDIA_TYPE = "application/x-runicorn-frame"
_FINE = 1e-4
_SMALL, _LARGE = 1e-30, 1e30

Columns = Mapping[str, NDArray[Any]]


def pack(series: Iterable[tuple[dict[str, Any], Columns]]) -> bytes:
    """A frame of series, each with what it is. Columns are float64, or float32 where that draws the same."""
    header, body, at = [], list[bytes](), 0
    for told, columns in series:
        listed = []
        for name, column in columns.items():
            data = column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()
            listed.append({"name": name, "type": f"f{column.dtype.itemsize}", "at": at})
            data += bytes(-len(data) % 8)
            body.append(data)
            at += len(data)
        header.append(told | {"n": len(next(iter(columns.values()), ())), "columns": listed})
    text = as_json(header)
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
        arrays = {c["name"]: np.frombuffer(frame, "<" + c["type"], n, 8 + length + c["at"]) for c in columns}
        found.append((told, arrays))
    return found


def drawn(values: NDArray[np.float64]) -> NDArray[Any]:
    """The values as float32, unless they differ too little for that: then a line would turn into steps."""
    finite = values[np.isfinite(values)]
    most = float(np.abs(finite).max(initial=0.0))
    if most and not _SMALL <= most < _LARGE:
        return values
    if most and 0 < float(np.ptp(finite)) < most * _FINE:
        return values
    with np.errstate(under="ignore"):
        return values.astype(np.float32)
