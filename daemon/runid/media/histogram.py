"""Histograms: a value in the run's objects, without a file. The job "histogram" counts what was copied at the call.

    {id, run_dir, host, ask: {bins: 1 … 512, source: {kind: "array", dtype: NumPy's, such as "<f4", shape: [int]}}}
    →  {value: {counts: [number], edges: [float], nonfinite: int}}

There is one edge more than counts. A value belongs to the bin whose lower edge it is, in the last one both edges lie;
bins are of one width, from the smallest value to the largest. `nonfinite`: how many values are NaN or infinite, and so
not counted. Of no values the edges go from 0 to 1, of equal ones from 0.5 below to 0.5 above. Counts are whole numbers,
unless the program gave others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runid.media import making

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell

_MOST_BINS = 512

_DTYPE = re.compile(r"[<>|=]?[buif][0-9]{1,2}")
_MOST = float(np.finfo(np.float64).max)


def count(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Counts. Raises OSError; ValueError for what are no numbers."""
    ask = job["ask"]
    if type(ask["bins"]) is not int or not 1 <= ask["bins"] <= _MOST_BINS:
        raise ValueError(f"A histogram cannot have {ask['bins']!r} bins.")
    return {"value": counted(making.source(job).read_bytes(), ask["source"], ask["bins"])}


def counted(data: bytes | bytearray | memoryview, source: dict[str, Any], bins: int) -> dict[str, Any]:
    """The histogram of an array's bytes, as it is described above. Raises ValueError for what are no numbers."""
    if not _DTYPE.fullmatch(source["dtype"]):
        raise ValueError(f"A histogram cannot be made of {source['dtype']!r}.")
    values = np.frombuffer(data, source["dtype"]).astype(np.float64)
    finite = values[np.isfinite(values)]
    # Near the largest float, widths and sums would be infinite.
    scale = 1.0 if not finite.size or np.abs(finite).max() < _MOST / 16 else 1 / 16
    scaled = finite * scale
    counts, edges = np.histogram(scaled, bins, _range(scaled, bins, _MOST * scale))
    return {"counts": counts.tolist(), "edges": (edges / scale).tolist(), "nonfinite": values.size - finite.size}


def _range(values: NDArray[np.float64], bins: int, most: float) -> tuple[float, float] | None:
    """A range that has room for so many bins, where that of the values has not; None where it has."""
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())
    least = 2 * bins * float(np.spacing(max(abs(low), abs(high))))
    if high - low >= least or (low == high and least <= 1.0):
        return None
    return max(low - least, -most), min(high + least, most)
