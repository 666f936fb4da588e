"""Images: a file of Pillow's. The job "image" makes it from the bytes that were copied when it was logged.

    {id, run_dir, host, ask: {file: media/<name>.<format>, format: png | jpg | jpeg | webp, quality: 1 … 100, source}}

`source` says what the bytes are:

    {kind: "array", dtype: NumPy's, such as "<f4", layout: "HW" | "HWC" | "CHW", shape: [int]}     the items, C order
    {kind: "pixels", mode: Pillow's, size: [width, height]}                                        Pillow's raw bytes
    {kind: "file"}                                                                                 an image file

A file that is of this format already is kept byte for byte. Of an array uint8 is taken as it is, and bool as black and
white. Other integers are taken as they are where all lie in 0 … 255; else they are stretched, the smallest black and
the largest white. Floats are 0 … 1 where none is larger than 2 (interpolation overshoots), else 0 … 255; what lies
outside is clipped, NaN is 0.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from runid.media import making

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell

_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
_MODES = {"PNG": ("1", "L", "LA", "RGB", "RGBA"), "JPEG": ("L", "RGB", "CMYK"), "WEBP": ("RGB", "RGBA")}
_DTYPE = re.compile(r"[<>|=]?[buif][0-9]{1,2}")


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Makes the file.

    Raises OSError; FormatError or ValueError for what is no image, Pillow's errors for what it cannot read or write.
    """
    ask = job["ask"]
    Image.MAX_IMAGE_PIXELS = None  # large ones are images, too; what a worker may take is bounded otherwise
    with warnings.catch_warnings(action="ignore"):  # such as Pillow's on large images
        making.make(job, lambda source: source if _is(source, ask) else _encoded(source, ask))
    return {}


def read(path: Path) -> Image.Image:
    """The image in a file, loaded. Raises OSError, and what Pillow raises for what is none."""
    with Image.open(path) as image:
        image.load()
        return image


def _is(source: Path, ask: dict[str, Any]) -> bool:
    """Whether the source is a file of the format that is asked for."""
    if ask["source"]["kind"] != "file":
        return False
    with Image.open(source) as image:
        return image.format == _FORMATS[ask["format"]]


def _encoded(source: Path, ask: dict[str, Any]) -> Path:
    wanted = _FORMATS[ask["format"]]
    with open(source, "rb") as data, _image(data, ask["source"]) as image:
        fitting = _fitting(image, wanted)
        return making.written(source, lambda file: fitting.save(file, wanted, quality=ask["quality"]))


def _image(data: IO[bytes], source: dict[str, Any]) -> Image.Image:
    if source["kind"] == "file":
        return ImageOps.exif_transpose(Image.open(data))
    if source["kind"] == "pixels":
        width, height = source["size"]
        return Image.frombytes(source["mode"], (width, height), data.read())
    if source["kind"] != "array" or not _DTYPE.fullmatch(source["dtype"]):
        raise ValueError(f"An image cannot be made of {source!r}.")
    array = np.frombuffer(data.read(), source["dtype"]).reshape(source["shape"])
    if source["layout"] == "CHW":
        array = np.moveaxis(array, 0, -1)
    return Image.fromarray(np.ascontiguousarray(_bytes(array[..., 0] if array.shape[2:] == (1,) else array)))


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The array as uint8, see above."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f":
        wide = np.float32 if array.dtype.itemsize <= 4 else np.float64
        values = np.nan_to_num(array.astype(wide), nan=0.0, posinf=np.inf, neginf=-np.inf)
        most = np.max(values, where=np.isfinite(values), initial=-np.inf)
        with np.errstate(over="ignore"):
            scaled: NDArray[Any] = np.rint(np.clip(values * (255 if most <= 2 else 1), 0, 255))
        return scaled.astype(np.uint8)
    low, high = int(array.min()), int(array.max())
    if low >= 0 and high <= 255:
        return array.astype(np.uint8)
    return np.rint((array.astype(np.float64) - low) * (255 / (high - low or 1))).astype(np.uint8)


def _fitting(image: Image.Image, wanted: str) -> Image.Image:
    """The image in a mode that the format can hold; in a JPEG, what is transparent becomes white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(_bytes(np.asarray(image)))
    if image.mode in _MODES[wanted]:
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    if wanted != "JPEG":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
