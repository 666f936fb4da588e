"""Audio. Nothing is encoded here: see runid.media.audio."""

from __future__ import annotations

import operator
import os
from dataclasses import replace
from typing import Any

from runicorn.media import arrays, paths
from runicorn.media.medium import Keep, Medium, Taken
from runid.media import signatures

_FORMATS = ("wav", "mp3", "flac", "ogg")
_DTYPES = ("uint8", "int16", "int32", "float16", "float32", "float64")
_CHANNELS = 8


class Audio(Medium):
    """Audio."""

    kind = "audio"

    def __init__(self, value: Any, caption: str | None = None, sample_rate: int | None = None) -> None:
        """`value`: an array or tensor of samples, (n,) or (n, channels) with 1 … 8 channels, of floats (-1 … 1), int16,
        int32 or uint8, which becomes a WAV file; the bytes of a wav, mp3, flac or ogg file, or its path, which is kept
        as it is. `sample_rate`: samples a second of an array, which needs it; a file has its own.
        """
        self.value, self.caption, self.sample_rate = value, caption, sample_rate

    def taken(self, keep: Keep) -> Taken:  # noqa: ARG002  there is nothing inside
        if isinstance(self.value, bytes | bytearray | memoryview):
            return _file(paths.whole(bytes(self.value), ""))
        if isinstance(self.value, str | os.PathLike):
            return _file(paths.file(self.value, ""))
        return replace(_array(self.value), options={"sample_rate": _rate(self.sample_rate)})


def _file(taken: Taken) -> Taken:
    found = signatures.container(paths.head(taken, signatures.HEAD))
    if found not in _FORMATS:
        raise ValueError(f"its file is none of {', '.join(_FORMATS)}")
    return replace(taken, format=found)


def _array(audio: Any) -> Taken:
    try:
        array = arrays.as_array(audio)
    except ValueError:
        raise ValueError(f"a {type(audio).__name__} is no audio, array, tensor, bytes or path") from None
    if array.dtype.name not in _DTYPES:
        raise ValueError(f"an array of {array.dtype.name} is no audio: it must be one of {', '.join(_DTYPES)}")
    if array.ndim not in (1, 2) or not all(array.shape) or array.shape[1:] > (_CHANNELS,):
        raise ValueError(
            f"an array of shape {array.shape} is no audio: it must be (n,) or (n, channels), with 1 … 8 channels"
        )
    return Taken([arrays.content(array)], array.nbytes, "wav", arrays.described(array))


def _rate(given: Any) -> int:
    if given is None:
        raise ValueError("an array needs a sample_rate, such as 16000")
    rate = operator.index(given)
    if rate < 1:
        raise ValueError(f"its sample_rate must be 1 or more, got {rate}")
    return rate
