"""What a writer of TensorBoard is given besides numbers, as arrays: images, batches of them, figures; histograms."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from runicorn.media.arrays import as_array
from runicorn.media.figure import drawn
from runicorn.media.histogram import Histogram

Array = npt.NDArray[Any]


def image(value: Any, axes: str) -> Array:
    """An image whose axes have these letters, as HWC or HW. Raises ValueError where they do not fit."""
    return _ordered(value, axes, "HWC")


def grid(value: Any, axes: str) -> Array:
    """A batch of images as one: row by row, as many columns as rows or one more. Raises ValueError."""
    batch = _ordered(value, axes, "NHWC")
    columns = math.ceil(math.sqrt(len(batch)))
    rows = math.ceil(len(batch) / columns)
    tiles = np.zeros((rows * columns, *batch.shape[1:]), batch.dtype)
    tiles[: len(batch)] = batch
    height, width, *channels = batch.shape[1:]
    by_row = tiles.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return by_row.reshape(rows * height, columns * width, *channels)


def figures(figure: Any) -> Array:
    """A figure of Matplotlib as it looks, or several of one size as a grid."""
    if isinstance(figure, list | tuple):
        return grid(np.stack([drawn(one) for one in figure]), "NHWC")
    whole: Array = drawn(figure)
    return whole


def close(figure: Any) -> None:
    """Closes figures, where pyplot has them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        for one in figure if isinstance(figure, list | tuple) else [figure]:
            pyplot.close(one)


def histogram(values: Any, bins: Any) -> Histogram:
    """How often the finite values occur, in bins as numpy.histogram takes them, or "tensorflow"."""
    if isinstance(bins, str) and bins == "tensorflow":
        return Histogram(values)
    found = _array(values).astype(np.float64).reshape(-1)
    return Histogram(np_histogram=np.histogram(found[np.isfinite(found)], bins))


def _ordered(value: Any, axes: str, wanted: str) -> Array:
    array, axes = _array(value), axes.upper()
    if array.ndim != len(axes) or not set(axes) <= set(wanted) or len(set(axes)) < len(axes):
        raise ValueError(f"an array of shape {array.shape} has no axes {axes!r}, made of the letters of {wanted}")
    return array.transpose([axes.index(letter) for letter in wanted if letter in axes])


def _array(value: Any) -> Array:
    found: Array = np.asarray(value) if isinstance(value, list | tuple) else as_array(value)
    return found
