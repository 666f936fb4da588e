"""Histograms. Few values are counted at the call, many by a worker: see runid.media.histogram."""

from __future__ import annotations

import math
import sys
from array import array as doubles
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runicorn.media import arrays
from runicorn.media.medium import Inline, Keep, Medium, Taken
from runicorn.values import number
from runid.sides import Buffer

MOST_BINS = 512
_FEW = 10_000
"""Values that are counted at the call: that takes 0.1 ms longer than to hand them to a worker, which costs more."""


class Histogram(Medium):
    """How often values occur."""

    kind = "histogram"

    def __init__(self, sequence: Any = None, np_histogram: Any = None, num_bins: int = 64) -> None:
        """`sequence`: numbers in a list, array or tensor of any shape; what is not finite is left out, and counted.
        `num_bins`: how many bins of one width, 1 … 512. `np_histogram`, in place of both: counts and the edges of their
        bins, one more, as numpy.histogram gives them.
        """
        self.sequence, self.np_histogram, self.num_bins = sequence, np_histogram, num_bins

    def taken(self, keep: Keep) -> Taken | Inline:  # noqa: ARG002  there is nothing inside
        if self.np_histogram is not None:
            return Inline(_given(self.np_histogram))
        bins = min(max(int(self.num_bins), 1), MOST_BINS)
        data, source = _values(self.sequence)
        count = math.prod(source["shape"])
        if count == 0:
            return Inline({"counts": [0] * bins, "edges": [at / bins for at in range(bins + 1)], "nonfinite": 0})
        if count <= _FEW and "numpy" in sys.modules:
            from runid.media.histogram import counted  # it takes NumPy

            return Inline(counted(data, source, bins))
        return Taken([data], len(data), "", source, {"bins": bins})


def _given(histogram: Any) -> dict[str, Any]:
    counts, edges = (list(_flat(part)) for part in histogram)
    if len(edges) != len(counts) + 1:
        raise ValueError(f"{len(counts)} counts have {len(counts) + 1} edges, but it has {len(edges)}")
    whole = all(count.is_integer() for count in counts)  # else it is a density
    return {"counts": list(map(int, counts)) if whole else counts, "edges": edges, "nonfinite": 0}


def _values(sequence: Any) -> tuple[Buffer, dict[str, Any]]:
    """The bytes of the numbers, and what they are."""
    if hasattr(sequence, "__array__") or hasattr(sequence, "detach"):
        array = arrays.as_array(sequence)
        if array.dtype.kind == "O":
            array = array.astype("f8")
        if array.dtype.kind not in "buif":
            raise ValueError(f"an array of {array.dtype.name} has no numbers")
        return arrays.content(array), arrays.described(array)
    items = list(sequence) if _several(sequence) else [] if sequence is None else [sequence]
    try:
        quick = bool(items) and isinstance(items[0], int | float)
        found = doubles("d", items if quick else _flat(items))
    except (TypeError, OverflowError):  # they are not all like the first
        found = doubles("d", _flat(items))
    return memoryview(found).cast("B"), {"kind": "array", "dtype": "=f8", "shape": [len(found)]}


def _several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | memoryview | Mapping)


def _flat(value: Any) -> Iterator[float]:
    """All numbers in lists of any depth, arrays and tensors; None is NaN. Raises ValueError for anything else."""
    if value is None:
        yield math.nan
    elif (found := number(value)) is not None:
        yield found
    elif hasattr(value, "__array__") or hasattr(value, "detach"):
        yield from _flat(arrays.as_array(value).tolist())
    elif _several(value):
        for item in value:
            yield from _flat(item)
    else:
        raise ValueError(f"a {type(value).__name__} is no number")
