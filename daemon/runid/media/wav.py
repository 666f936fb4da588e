"""Samples as WAV, in the formats that all browsers play.

uint8             8 bits, exact; 128 is silence
int16             16 bits, exact
int32             32 bits, exact
floats, -1 … 1    24 bits: to within 2^-23; what lies outside is clipped, NaN is 0. Read again as float32.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_WHOLE = {1: "|u1", 2: "<i2", 4: "<i4"}
_STEPS = 1 << 23
_BLOCK = 1 << 20


def write(file: IO[bytes], samples: NDArray[Any], rate: int) -> None:
    """Writes samples, (n,) or (n, channels), at `rate` of them a second. Raises OSError, wave.Error, ValueError."""
    width = 3 if samples.dtype.kind == "f" else samples.dtype.itemsize
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.setnframes(len(samples))
        for start in range(0, len(samples), _BLOCK):
            part = samples[start : start + _BLOCK]
            writer.writeframesraw(_three_bytes(part) if width == 3 else part.astype(_WHOLE[width]).tobytes())


def read(path: Path) -> tuple[NDArray[Any], int]:
    """The samples, (n,) of one channel or (n, channels), and how many there are a second.

    Raises OSError, EOFError; wave.Error for what `wave` does not read, such as floats.
    """
    with wave.open(str(path), "rb") as reader:
        channels, width, rate = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
        data = reader.readframes(reader.getnframes())
    samples = _floats(data) if width == 3 else np.frombuffer(data, _WHOLE[width]).copy()
    return samples if channels == 1 else samples.reshape(-1, channels), rate


def facts(path: Path) -> dict[str, Any]:
    """Its seconds and sample_rate. Raises as `read` does."""
    with wave.open(str(path), "rb") as reader:
        rate = reader.getframerate()
        return {"seconds": reader.getnframes() / rate, "sample_rate": rate}


def _three_bytes(values: NDArray[Any]) -> bytes:
    scaled = np.nan_to_num(np.clip(values.astype(np.float64), -1, 1)) * _STEPS
    whole = np.minimum(np.rint(scaled), _STEPS - 1).astype("<i4")
    return whole.reshape(-1, 1).view(np.uint8)[:, :3].tobytes()


def _floats(data: bytes) -> NDArray[np.float32]:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return (wide.view("<i4").reshape(-1) >> 8).astype(np.float32) / np.float32(_STEPS)
