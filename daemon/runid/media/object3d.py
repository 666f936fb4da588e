"""Three-dimensional objects: a file of a model as it came, or a cloud of points as a PLY file. The job "object3d".

    ask: {file: media/<name>.<glb | gltf | obj | stl | ply | splat>, source: {kind: "file"}} or
         {file: media/<name>.ply, source: {kind: "array", dtype: NumPy's, such as "<f4", shape: [n, 3 | 4 | 6]}}

The PLY file of n points:

    ply
    format binary_little_endian 1.0
    comment points of runicorn
    element vertex <n>
    property <number> x                     and y, z: float where that holds all values of the dtype, else double
    property <number> category              of (n, 4)
    property uchar red                      and green, blue, of (n, 6): rounded, clipped to 0 … 255, NaN is 0
    end_header
    <n times these, without gaps>

The line of a cloud has `points`, how many there are.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runid.errors import FormatError
from runid.media import making

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell

_HEAD = b"ply\nformat binary_little_endian 1.0\ncomment points of runicorn\n"
_WHOLE_HEAD = re.compile(re.escape(_HEAD) + rb"element vertex (\d{1,18})\n((?:property \w+ \w+\n){3,6})end_header\n")
_PLACE = ("x", "y", "z")
_COLOURS = ("red", "green", "blue")
_MORE = {3: (), 4: ("category",), 6: _COLOURS}
_TYPES = {"float": "<f4", "double": "<f8", "uchar": "|u1"}
_DTYPE = re.compile(r"[<>|=]?[buif][0-9]{1,2}")


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Makes the file. Raises OSError, FormatError; ValueError for what is no cloud of points."""
    source = job["ask"]["source"]
    if source["kind"] == "file":
        making.make(job, lambda kept: kept)
        return {}
    if not _DTYPE.fullmatch(source["dtype"]) or source["shape"][1] not in _MORE:
        raise ValueError(f"A cloud of points cannot be made of {source!r}.")
    making.make(job, lambda raw: making.written(raw, lambda file: _write(file, raw, source)))
    return {"points": source["shape"][0]}


def read(path: Path) -> NDArray[Any] | bytes:
    """The array of points that was logged, as float32 or float64; the bytes of a file that was logged.

    Raises OSError, FormatError.
    """
    data = path.read_bytes()
    if not data.startswith(_HEAD):
        return data
    head = _WHOLE_HEAD.match(data)
    fields = [line.split()[1:] for line in head[2].decode().splitlines()] if head else []
    if head is None or any(kind not in _TYPES for kind, _ in fields):
        raise FormatError(f"{path} is damaged: the head of its points cannot be read.")
    layout, count = np.dtype([(name, _TYPES[kind]) for kind, name in fields]), int(head[1])
    if len(data) != head.end() + count * layout.itemsize:
        raise FormatError(f"{path} is damaged: it does not have the {count} points that its head tells of.")
    points = np.frombuffer(data, layout, offset=head.end())
    return np.stack([points[name].astype(layout["x"]) for name in layout.names or ()], axis=1)


def _write(file: IO[bytes], raw: Path, source: dict[str, Any]) -> None:
    columns = np.fromfile(raw, source["dtype"]).reshape(source["shape"]).T
    number = "float" if np.can_cast(columns.dtype, np.float32) else "double"
    fields = [(name, "uchar" if name in _COLOURS else number) for name in (*_PLACE, *_MORE[len(columns)])]
    points = np.empty(columns.shape[1], [(name, _TYPES[kind]) for name, kind in fields])
    for (name, kind), column in zip(fields, columns, strict=True):
        points[name] = _colour(column) if kind == "uchar" else column
    lines = [f"element vertex {len(points)}", *(f"property {kind} {name}" for name, kind in fields), "end_header\n"]
    file.write(_HEAD + "\n".join(lines).encode())
    file.write(points.view(np.uint8).data)


def _colour(column: NDArray[Any]) -> NDArray[np.uint8]:
    values = np.nan_to_num(column.astype(np.float64), nan=0.0, posinf=math.inf, neginf=-math.inf)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
