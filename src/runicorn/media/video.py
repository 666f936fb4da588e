"""Videos. Nothing is decoded, tiled or encoded here: see runid.media.video."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from functools import cache
from typing import Any

from runicorn.media import arrays, paths
from runicorn.media.medium import Keep, Medium, Taken
from runicorn.notices import warn_once
from runid.media import signatures

_FORMATS = ("gif", "mp4", "webm")
_READ = (*_FORMATS, "mov", "mkv", "avi")
_LONGEST_GIF = 50
_SLOWEST, _FASTEST = 0.01, 1000.0


class Video(Medium):
    """A video."""

    kind = "video"

    def __init__(self, value: Any, caption: str | None = None, fps: float = 24, format: str | None = None) -> None:
        """`value`: an array or tensor of shape (frames, channels, height, width) with 1, 3 or 4 channels, or (batch,
        frames, channels, height, width), whose videos become tiles of one; of uint8, or of bool, other integers
        (0 … 255) or floats (0 … 1 or 0 … 255, as the largest tells). Or the bytes of a video file, or its path.

        `format`: gif, mp4 or webm; by default gif for arrays of up to 50 frames, else mp4, and files stay what they
        are. `fps`: frames a second of an array, 0.01 … 1000. mp4 and webm take PyAV, `pip install 'runicorn[video]'`.
        """
        self.value, self.caption, self.fps, self.format = value, caption, fps, format

    def taken(self, keep: Keep) -> Taken:  # noqa: ARG002  there is nothing inside
        form = None if self.format is None else str(self.format).lower()
        if form not in (None, *_FORMATS):
            raise ValueError(f"its format must be one of {', '.join(_FORMATS)}, got {form!r}")
        fps = float(self.fps)
        if not _SLOWEST <= fps <= _FASTEST:
            raise ValueError(f"its fps must be {_SLOWEST} … {_FASTEST:g}, got {self.fps!r}")
        if isinstance(self.value, bytes | bytearray | memoryview):
            taken = _file(paths.whole(bytes(self.value), ""), form)
        elif isinstance(self.value, str | os.PathLike):
            taken = _file(paths.file(self.value, ""), form)
        else:
            taken = _array(self.value, form)
        return replace(taken, options={"fps": fps})


def _file(taken: Taken, form: str | None) -> Taken:
    found = signatures.container(paths.head(taken, signatures.HEAD))
    if found not in _READ:
        raise ValueError(f"its file is none of {', '.join(_READ)}")
    kept = found if found in _FORMATS else None
    wanted = form or kept or "mp4"
    if wanted != kept and not _has_av():
        if kept is None:
            raise ValueError(f"a video of {found} takes PyAV, which is not installed: pip install 'runicorn[video]'")
        _tell_of_av("stay what they are")
        wanted = kept
    return replace(taken, format=wanted)


def _array(video: Any, form: str | None) -> Taken:
    try:
        array = arrays.as_array(video)
    except ValueError:
        raise ValueError(f"a {type(video).__name__} is no video, array, tensor, bytes or path") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"an array of {array.dtype.name} is no video")
    if array.ndim not in (4, 5) or not all(array.shape) or array.shape[-3] not in (1, 3, 4):
        raise ValueError(
            f"an array of shape {array.shape} is no video: it must be (frames, channels, height, width) or (batch, "
            "frames, channels, height, width), with 1, 3 or 4 channels"
        )
    wanted = form or ("gif" if array.shape[-4] <= _LONGEST_GIF else "mp4")
    if wanted != "gif" and not _has_av():
        _tell_of_av("become GIFs")
        wanted = "gif"
    return Taken([arrays.content(array)], array.nbytes, wanted, arrays.described(array))


@cache
def _has_av() -> bool:
    return importlib.util.find_spec("av") is not None


def _tell_of_av(what: str) -> None:
    told = f"PyAV, which encodes videos, is not installed, so they {what}: pip install 'runicorn[video]'."
    warn_once(("video", what), told)
