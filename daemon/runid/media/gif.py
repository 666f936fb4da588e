"""Videos as GIF, by Pillow. Each frame has a palette of its own: exact for 256 colours or fewer, the nearest for more.

The file is put together here because Pillow's own `save` drops a frame that equals the one before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, ImageSequence

from runid.media.frames import Frame

_SCREEN = struct.Struct("<6sHHBBB")
_FOR_EVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_SHORTEST = 2  # hundredths of a second: browsers show what is shorter for a tenth


def write(file: IO[bytes], frames: Iterable[Frame], fps: float) -> None:
    """Writes the frames, which repeat for ever. Up to 50 of them a second are shown. Raises OSError."""
    shown = 0
    for number, frame in enumerate(frames, 1):
        height, width, _ = frame.shape
        if number == 1:
            file.write(_SCREEN.pack(b"GIF89a", width, height, 0, 0, 0) + _FOR_EVER)
        duration = max(round(100 * number / fps) - shown, _SHORTEST)
        shown += duration
        file.writelines(GifImagePlugin.getdata(_paletted(frame), duration=10 * duration, include_color_table=True))
    file.write(b";")


def read(path: Path) -> NDArray[np.uint8]:
    """The frames, (frames, 3, height, width). Raises OSError, and what Pillow raises for what is no image."""
    with Image.open(path, formats=["GIF"]) as image:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    return np.moveaxis(np.stack(frames), -1, 1)


def facts(path: Path) -> dict[str, Any]:
    """Its frames, width, height and, where it says so, fps. Raises OSError, and what Pillow raises."""
    with Image.open(path, formats=["GIF"]) as image:
        durations = [frame.info.get("duration", 0) for frame in ImageSequence.Iterator(image)]
        found = {"frames": len(durations), "width": image.width, "height": image.height}
    seconds = sum(durations) / 1000
    return found | ({"fps": round(len(durations) / seconds, 3)} if seconds else {})


def _paletted(frame: Frame) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(frame))
    if image.getcolors(256) is None:
        return image.quantize(256, dither=Image.Dither.NONE)
    packed = frame.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, places = np.unique(packed, return_inverse=True)
    exact = Image.fromarray(places.reshape(packed.shape).astype(np.uint8))
    exact.putpalette(np.stack([colours >> 16, colours >> 8 & 255, colours & 255], -1).astype(np.uint8).tobytes())
    return exact
