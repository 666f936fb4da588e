"""Small pictures of images, made when they are asked for and kept in memory: nothing is written into a root."""

from __future__ import annotations

import io
import os
import threading
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from runid.store.kept import Kept

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MOST_PIXELS = 100_000_000
_SMALL = 4096
_AT_ONCE = max(1, (os.cpu_count() or 2) - 1)

Thumbnail = tuple[bytes, str]

_making = threading.BoundedSemaphore(_AT_ONCE)
_kept = Kept[Thumbnail](lambda thumbnail: len(thumbnail[0]))


def thumbnail(path: Path, width: int) -> Thumbnail | None:
    """An image's file, at most so many pixels wide and high, and its content type; None where its own file is as good.

    Raises OSError; ValueError for what is no image, or one of more than 100 million pixels.
    """
    key = path, path.stat().st_size, width
    found = _kept.get(key)
    if found is None:
        with _making:
            found = _made(path, width)
        if found is not None:
            _kept.put(key, found)
    return found


def _made(path: Path, width: int) -> Thumbnail | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"{path.name} has {image.width * image.height:,} pixels: too many for a thumbnail.")
            if max(image.size) <= width and not _is_heavy(image, path):
                return None
            image.draft("RGB", (width, width))
            small = ImageOps.exif_transpose(_common(image))
            small.thumbnail((width, width), reducing_gap=2.0)
            return _encoded(small)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path.name} is no image that can be read: {error}") from error


def _is_heavy(image: Image.Image, path: Path) -> bool:
    """Whether a PNG has more than a byte for each pixel, as photos have, and is much smaller as a JPEG."""
    plain = image.format == "PNG" and image.mode in ("L", "RGB") and not image.has_transparency_data
    return plain and path.stat().st_size > max(_SMALL, image.width * image.height)


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
