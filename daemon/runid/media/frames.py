"""Arrays as the frames of a video."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""Height, width, and red, green, blue."""


def of(array: NDArray[Any]) -> Iterator[Frame]:
    """The frames of (frames, channels, height, width), or of (batch, frames, channels, height, width), which is tiled.

    A channel is grey, three are red, green and blue, and a fourth, alpha, is left out. uint8 is taken as it is, and
    bool as black and white. Floats are 0 … 1 where none is larger than 2, else 0 … 255, as other integers are; what
    lies outside is clipped, NaN is 0.
    """
    videos = array if array.ndim == 5 else array[np.newaxis]
    scale = _scale(videos)
    for moment in np.moveaxis(videos, 1, 0):
        tiles = np.moveaxis(_bytes(moment, scale), 1, -1)[..., :3]
        yield _tiled(np.broadcast_to(tiles, (*tiles.shape[:3], 3)))


def _scale(videos: NDArray[Any]) -> int:
    """What white is divided by in these values."""
    if videos.dtype.kind != "f":
        return 255 if videos.dtype.kind == "b" else 1
    largest = (np.max(part, where=np.isfinite(part), initial=0) for video in videos for part in video)
    return 255 if max(largest) <= 2 else 1


def _bytes(values: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    scaled = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=np.inf, neginf=-np.inf) * scale
    made: NDArray[np.uint8] = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    return made


def _tiled(tiles: NDArray[np.uint8]) -> Frame:
    """The tiles in a near-square grid, in reading order; the rest of it is black."""
    count, height, width, _ = tiles.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.zeros((rows * columns, height, width, 3), np.uint8)
    grid[:count] = tiles
    return grid.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
