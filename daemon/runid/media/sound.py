"""Audio files of any kind, read by PyAV, which is an extra: whoever imports this says what is to be done without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray


def read(path: Path, container: str) -> tuple[NDArray[Any], int]:
    """The samples as they are decoded, (n,) of one channel or (n, channels), and how many there are a second.

    Raises ValueError, OSError, av's errors.
    """
    with av.open(str(path), format=container) as opened:
        stream = _audio(opened.streams.audio)
        samples = np.concatenate([_samples(frame) for frame in opened.decode(stream)])
        return samples[:, 0] if samples.shape[1] == 1 else samples, stream.rate


def facts(path: Path, container: str) -> dict[str, Any]:
    """Its sample_rate and, where it says so, its seconds. Raises ValueError, OSError, av's errors."""
    with av.open(str(path), format=container) as opened:
        stream = _audio(opened.streams.audio)
        length = {} if opened.duration is None else {"seconds": opened.duration / av.time_base}
        return length | {"sample_rate": stream.rate}


def _samples(frame: av.AudioFrame) -> NDArray[Any]:
    samples = frame.to_ndarray()
    return samples.T if frame.format.is_planar else samples.reshape(-1, len(frame.layout.channels))


def _audio(streams: tuple[AudioStream, ...]) -> AudioStream:
    if not streams:
        raise ValueError("There is no audio in it.")
    return streams[0]
