"""Event files of TensorBoard, written without it: scalars only.

file      record*                                   events.out.tfevents.<start of the run>.<run id>.<rank>
record    u64 length, u32 masked CRC-32C of these 8 bytes, data, u32 masked CRC-32C of the data; little-endian
data      an Event, a protobuf message:
              1  double   wall_time                 seconds since the epoch
              2  int64    step
              3  string   file_version              "brain.Event:2", in the first one only
              5  Summary  1 Value (1 string tag, 2 float simple_value)
masked    the CRC rotated right by 15 bits, plus 0xA282EAD8
"""

from __future__ import annotations

import struct
import time
from functools import cache
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_VERSION = b"brain.Event:2"
_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
_MASK = 0xA282EAD8

# Keys of fields: number << 3 | wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
_TIME, _STEP, _FILE_VERSION, _SUMMARY = b"\x09", b"\x10", b"\x1a", b"\x2a"
_VALUE, _TAG, _SIMPLE_VALUE = b"\x0a", b"\x0a", b"\x15"


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
