"""Images. Nothing is decoded, scaled or encoded here: see runid.media.image."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

from runicorn.media import arrays, paths
from runicorn.media.medium import Keep, Medium, Taken

_FORMATS = ("png", "jpg", "jpeg", "webp")
_ALIKE = ("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB")
_NUMBERS = {"I": "=i4", "F": "=f4", "I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}


class Image(Medium):
    """An image."""

    kind = "image"

    def __init__(self, value: Any, caption: str | None = None, *, format: str = "png", quality: int = 90) -> None:
        """`value`: of Pillow; an array or tensor, HW, HWC or CHW with 1, 3 or 4 channels, of bool, integers (0 … 255,
        or stretched to that) or floats (0 … 1 or 0 … 255, as the largest tells); the bytes of an image file, or its
        path. `format`: png, jpg, jpeg or webp; a file that is of that format already is kept as it is. `quality`,
        1 … 100, is for jpg and webp.
        """
        self.value, self.caption, self.format, self.quality = value, caption, str(format).lower(), quality

    @classmethod
    def of(cls, value: Any) -> Image:
        """Of an image of Pillow."""
        return cls(value)

    def taken(self, keep: Keep) -> Taken:  # noqa: ARG002  there is nothing inside
        if self.format not in _FORMATS:
            raise ValueError(f"its format must be one of {', '.join(_FORMATS)}, got {self.format!r}")
        quality = min(max(int(self.quality), 1), 100)
        return replace(_taken(self.value, self.format), options={"quality": quality})


def _taken(image: Any, form: str) -> Taken:
    if isinstance(image, bytes | bytearray | memoryview):
        return paths.whole(bytes(image), form)
    if isinstance(image, str | os.PathLike):
        return paths.file(image, form)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(image, pillow.Image):
        return _pixels(image, form)
    return _array(image, form)


def _pixels(image: Any, form: str) -> Taken:
    if image.mode in _NUMBERS:
        width, height = image.size
        source = {"kind": "array", "dtype": _NUMBERS[image.mode], "layout": "HW", "shape": [height, width]}
        return replace(paths.whole(image.tobytes(), form), source=source)
    if image.mode not in _ALIKE:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    source = {"kind": "pixels", "mode": image.mode, "size": list(image.size)}
    return replace(paths.whole(image.tobytes(), form), source=source)


def _array(image: Any, form: str) -> Taken:
    try:
        array = arrays.as_array(image)
    except ValueError:
        raise ValueError(f"a {type(image).__name__} is no image, array, tensor, bytes or path") from None
    if array.dtype.kind not in "buif":
        raise ValueError(f"an array of {array.dtype.name} is no image")
    source = arrays.described(array) | {"layout": _layout(array.shape)}
    return Taken([arrays.content(array)], array.nbytes, form, source)


def _layout(shape: tuple[int, ...]) -> str:
    if len(shape) in (2, 3) and all(shape):
        if len(shape) == 2:
            return "HW"
        if shape[2] in (1, 3, 4):
            return "HWC"
        if shape[0] in (1, 3, 4):
            return "CHW"
    raise ValueError(f"an array of shape {shape} is no image: it must be HW, HWC or CHW, with 1, 3 or 4 channels")
