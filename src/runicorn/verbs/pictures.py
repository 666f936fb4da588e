"""What a picture is given as, taken apart at the call: its bytes as they are, and what they are.

Nothing is decoded, scaled or encoded here (see runid.jobs.image). NumPy, Pillow and frameworks are used only where the
user's program has loaded them: an image of theirs cannot come from a program that has not.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runid.sides import Buffer

COPIED = 4 << 20
"""Bytes of the largest file that is read within the call; larger ones are read by a thread."""

_BLOCK = 1 << 20
_ALIKE = ("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB")
_NUMBERS = {"I": "=i4", "F": "=f4", "I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}


@dataclass(frozen=True)
class Taken:
    """A picture taken apart: `source` says what the bytes are; `later`: they are still to be read from a file."""

    source: dict[str, Any]
    parts: Iterable[Buffer]
    size: int
    later: bool = False


def taken(image: Any) -> Taken:
    """What an image is given as. Raises ValueError, with the reason, or OSError for what cannot be taken."""
    if isinstance(image, bytes | bytearray | memoryview):
        return _whole({"kind": "file"}, bytes(image))
    if isinstance(image, str | os.PathLike):
        return _file(image)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(image, pillow.Image):
        return _pixels(image)
    return _array(image)


class _Read:
    """A file's first `size` bytes, read from a descriptor that is closed with it; may be gone through twice."""

    def __init__(self, path: Any, descriptor: int, size: int) -> None:
        self._path, self._descriptor, self._size = path, descriptor, size

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while at < self._size:
            try:
                data = os.pread(self._descriptor, min(_BLOCK, self._size - at), at)
            except OSError as error:
                raise ValueError(f"{self._path} cannot be read: {error.strerror}.") from error
            if not data:
                return
            at += len(data)
            yield data

    def __del__(self) -> None:
        os.close(self._descriptor)


def _file(path: str | os.PathLike[str]) -> Taken:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    read = _Read(path, descriptor, found.st_size)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{os.fspath(path)!r} is no plain file.")
    if found.st_size > COPIED:
        return Taken({"kind": "file"}, read, found.st_size, later=True)
    return _whole({"kind": "file"}, b"".join(read))


def _pixels(image: Any) -> Taken:
    if image.mode in _NUMBERS:
        width, height = image.size
        source = {"kind": "array", "dtype": _NUMBERS[image.mode], "layout": "HW", "shape": [height, width]}
        return _whole(source, image.tobytes())
    if image.mode not in _ALIKE:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return _whole({"kind": "pixels", "mode": image.mode, "size": list(image.size)}, image.tobytes())


def as_array(image: Any) -> Any:
    """An array or tensor as an array of NumPy, copied where it lies elsewhere. Raises ValueError for anything else."""
    numpy = sys.modules.get("numpy")
    if callable(getattr(image, "detach", None)):  # a tensor of torch, which gives no array of what needs a gradient
        image = image.detach().cpu()
        if str(image.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
            image = image.float()
        image = image.numpy()
    if numpy is None or not (isinstance(image, numpy.ndarray) or hasattr(image, "__array__")):
        raise ValueError(f"a {type(image).__name__} is no image, array, tensor, bytes or path")
    array = numpy.asarray(image)
    if array.dtype.name in ("bfloat16", "longdouble", "float128"):  # the first is none of NumPy's own
        return array.astype(numpy.float32)
    return array


def _array(image: Any) -> Taken:
    array = as_array(image)
    numpy = sys.modules["numpy"]
    if array.dtype.kind not in "buif":
        raise ValueError(f"an array of {array.dtype.name} is no image")
    source = {"kind": "array", "dtype": array.dtype.str, "layout": _layout(array.shape), "shape": list(array.shape)}
    flat = numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8)
    return Taken(source, [memoryview(flat)], flat.nbytes)


def _layout(shape: tuple[int, ...]) -> str:
    if len(shape) in (2, 3) and all(shape):
        if len(shape) == 2:
            return "HW"
        if shape[2] in (1, 3, 4):
            return "HWC"
        if shape[0] in (1, 3, 4):
            return "CHW"
    raise ValueError(f"an array of shape {shape} is no image: it must be HW, HWC or CHW, with 1, 3 or 4 channels")


def _whole(source: dict[str, Any], data: bytes) -> Taken:
    if not data:
        raise ValueError("it is empty")
    return Taken(source, [data], len(data))
