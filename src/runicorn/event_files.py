"""Event files of TensorBoard, written and read without it: scalars only.

file      record*                                   events.out.tfevents.<start of the run>.<run id>.<rank>
record    u64 length, u32 masked CRC-32C of these 8 bytes, data, u32 masked CRC-32C of the data; little-endian
data      an Event, a protobuf message:
              1  double   wall_time                 seconds since the epoch
              2  int64    step
              3  string   file_version              "brain.Event:2", in the first one only
              5  Summary  1 Value (1 string tag, 2 float simple_value, 8 Tensor)
Tensor    1 type (1 float, 2 double), and 4 bytes, 5 floats or 6 doubles: so TensorFlow 2 has scalars; only read here
masked    the CRC rotated right by 15 bits, plus 0xA282EAD8
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runid.errors import FormatError

_VERSION = b"brain.Event:2"
_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
_MASK = 0xA282EAD8

# Keys of fields: number << 3 | wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
_TIME, _STEP, _FILE_VERSION, _SUMMARY = b"\x09", b"\x10", b"\x1a", b"\x2a"
_VALUE, _TAG, _SIMPLE_VALUE = b"\x0a", b"\x0a", b"\x15"
_TENSORS = {1: "<f", 2: "<d"}
_SIZES = {1: 8, 5: 4}


def name(started: float, run_id: str, rank: int) -> str:
    """A file's name, the same each time; TensorBoard looks for `tfevents` in it."""
    return f"events.out.tfevents.{int(started)}.{run_id}.{rank}"


def write(file: BinaryIO, points: pa.Table) -> None:
    """Writes points: their metric, step, time and value. About 100,000 a second."""
    file.write(record(_TIME + struct.pack("<d", time.time()) + _bytes(_FILE_VERSION, _VERSION)))
    for batch in points.select(["metric", "step", "time", "value"]).to_batches():
        metrics = batch["metric"].cast(pa.string()).to_pylist()
        times = np.asarray(pc.cast(batch["time"], pa.int64()), np.float64) / 1e6
        with np.errstate(over="ignore"):  # what is no float32 is infinite there
            values = np.asarray(batch["value"]).astype("<f4")
        steps = batch["step"].to_pylist()
        rows = zip(metrics, steps, times.tolist(), values, strict=True)
        file.writelines(record(scalar(metric, step, at, value.tobytes())) for metric, step, at, value in rows)


def read(file: BinaryIO) -> Iterator[tuple[str, int, float, float]]:
    """The scalars of a file: tag, step, time (seconds since the epoch), value. About 50,000 a second.

    A last record that is not whole is passed over: the file may be written to. Raises FormatError for what is none.
    """
    while len(head := file.read(12)) == 12:
        length, crc = struct.unpack("<QI", head)
        if _masked(head[:8]) != crc:
            raise FormatError(f"there is no record at byte {file.tell() - 12}")
        data = file.read(length + 4)
        if len(data) < length + 4:
            return
        if _masked(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
            raise FormatError(f"the record before byte {file.tell()} is damaged")
        try:
            yield from _scalars(data[:-4])
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise FormatError(f"the record before byte {file.tell()} is no event") from error


def _scalars(event: bytes) -> Iterator[tuple[str, int, float, float]]:
    when, step, summaries = 0.0, 0, []
    for number, held in _fields(event):
        if number == 1 and isinstance(held, bytes):
            (when,) = struct.unpack("<d", held)
        elif number == 2 and isinstance(held, int):
            step = held - (held >> 63 << 64)
        elif number == 5 and isinstance(held, bytes):
            summaries.append(held)
    for summary in summaries:
        for number, value in _fields(summary):
            if number == 1 and isinstance(value, bytes):
                found = dict(_fields(value))
                tag, told = found.get(1), _told(found)
                if isinstance(tag, bytes) and told is not None:
                    yield tag.decode(), step, when, told


def _told(value: dict[int, int | bytes]) -> float | None:
    """The number in a Value; None for an image, a histogram, a text."""
    simple, held = value.get(2), value.get(8)
    if isinstance(simple, bytes) and len(simple) == 4:
        return float(struct.unpack("<f", simple)[0])
    tensor = dict(_fields(held)) if isinstance(held, bytes) else {}
    kind = tensor.get(1)
    form = _TENSORS.get(kind) if isinstance(kind, int) else None
    content = next((tensor[field] for field in (4, 5, 6) if field in tensor), None)
    if form is None or not isinstance(content, bytes) or len(content) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, content)[0])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: number, and a varint or bytes. Raises IndexError, struct.error."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == 0:
            number, at = _read_varint(data, at)
            yield key >> 3, number
            continue
        size, at = _read_varint(data, at) if kind == 2 else (_SIZES.get(kind, len(data)), at)
        if at + size > len(data):
            raise struct.error("a field is longer than its message, or of a kind that is not known")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends."""
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, at


def scalar(tag: str, step: int, seconds: float, value: bytes) -> bytes:
    """An Event with one value, four bytes of a float32."""
    held = _bytes(_VALUE, _bytes(_TAG, tag.encode()) + _SIMPLE_VALUE + value)
    return _TIME + struct.pack("<d", seconds) + _STEP + _varint(step & 0xFFFFFFFFFFFFFFFF) + _bytes(_SUMMARY, held)


def record(data: bytes) -> bytes:
    """A record of this data."""
    return _head(len(data)) + data + struct.pack("<I", _masked(data))


@cache
def _head(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", _masked(packed))


def _bytes(key: bytes, data: bytes) -> bytes:
    return key + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC-32C of data."""
    crc, table = 0xFFFFFFFF, _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0) for crc in table]
    return table
