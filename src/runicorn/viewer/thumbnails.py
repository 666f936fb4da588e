"""Small pictures of images, made when they are asked for and kept in memory: nothing is written into a root."""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections import OrderedDict
from pathlib import Path

from PIL import Image, ImageOps

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MOST_PIXELS = 100_000_000
_MOST_KEPT = 48 << 20
_AT_ONCE = max(1, (os.cpu_count() or 2) - 1)

Thumbnail = tuple[bytes, str]

_lock = threading.Lock()
_making = threading.BoundedSemaphore(_AT_ONCE)
_kept: OrderedDict[tuple[Path, int, int], Thumbnail] = OrderedDict()
_size = 0


def thumbnail(path: Path, width: int) -> Thumbnail | None:
    """An image's file, at most so many pixels wide and high, and its content type; None where its own file is as good.

    Raises OSError; ValueError for what is no image, or one of more than 100 million pixels.
    """
    key = path, path.stat().st_size, width
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    with _making:
        made = _made(path, width)
    if made is not None:
        _keep(key, made)
    return made


def _made(path: Path, width: int) -> Thumbnail | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"{path.name} has {image.width * image.height:,} pixels: too many for a thumbnail.")
            if max(image.size) <= width:
                return None
            image.draft("RGB", (width, width))
            small = ImageOps.exif_transpose(_common(image))
            small.thumbnail((width, width), reducing_gap=2.0)
            return _encoded(small)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path.name} is no image that can be read: {error}") from error


def _common(image: Image.Image) -> Image.Image:
    """The image in a mode that can be scaled and is drawn as browsers draw it."""
    if image.mode.startswith("I"):  # 16 bits
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _encoded(image: Image.Image) -> Thumbnail:
    file = io.BytesIO()
    if image.mode == "RGBA":
        image.save(file, "PNG", compress_level=3)
        return file.getvalue(), "image/png"
    image.save(file, "JPEG", quality=85)
    return file.getvalue(), "image/jpeg"


def _keep(key: tuple[Path, int, int], made: Thumbnail) -> None:
    global _size
    with _lock:
        _size += len(made[0]) - len(_kept.pop(key, (b"",))[0])
        _kept[key] = made
        while _size > _MOST_KEPT and _kept:
            _, (old, _) = _kept.popitem(last=False)
            _size -= len(old)
