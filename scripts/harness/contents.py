"""What a trainer keeps besides events: made from its rank and a number alone, so whoever counts knows what it was."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SHAPE = (12, 16, 3)
_MOVING = (8, 3, 12, 16)
_LARGEST = 60_000


def image(rank: int, number: int) -> NDArray[np.uint8]:
    """The pixels of a rank's n-th image, HWC."""
    return np.frombuffer(_bytes("image", rank, number, math.prod(_SHAPE)), np.uint8).reshape(_SHAPE)


def video(rank: int, number: int) -> NDArray[np.uint8]:
    """The frames of a rank's n-th video, (frames, channels, height, width): of so few colours that a GIF is exact."""
    return np.frombuffer(_bytes("video", rank, number, math.prod(_MOVING)), np.uint8).reshape(_MOVING)


def dataset(rank: int, number: int) -> dict[str, bytes]:
    """The files of a rank's n-th dataset: path in its folder → content; one of them is in all datasets."""
    own = {name: _bytes(name, rank, number, 500) for name in ("deep/own.bin", "own.bin")}
    return own | {"same.bin": b"the same in all of them"}


def output(rank: int, number: int) -> bytes:
    """The content of a rank's n-th output; their sizes differ."""
    return _bytes("output", rank, number, 1 + 7919 * number % _LARGEST)


def write_dataset(folder: Path, rank: int, number: int) -> None:
    """Writes the n-th dataset into a new folder."""
    for name, content in dataset(rank, number).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _bytes(what: str, rank: int, number: int, size: int) -> bytes:
    return random.Random(f"{what} {rank} {number}").randbytes(size)
