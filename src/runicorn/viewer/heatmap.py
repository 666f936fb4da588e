"""Histograms over steps, put into common bins so that they can be drawn beside each other."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 96
_MOST = 1000
_WHOLE = 65535


def places(steps: int, most: int) -> list[int]:
    """Which of so many steps are drawn, where `most` of them have room: evenly, the first and the last among them."""
    most = min(max(2, most), _MOST)
    if steps <= most:
        return list(range(steps))
    return np.unique(np.linspace(0, steps - 1, most).round().astype(int)).tolist()  # type: ignore[no-any-return]


def heatmap(histograms: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """{step: [int], lo, hi: the ends of the common bins, bins: how many, share: for each step the part of its values in
    each bin, as base64 of little-endian u16, 65,535 is all, total: [number], nonfinite: [int]}.

    `histograms`: steps and values as they were logged; what is no histogram is left out. Values are taken to lie evenly
    in their bins.
    """
    found = [(step, *parsed) for step, value in histograms if (parsed := _parsed(value)) is not None]
    ends = [edge for _, _, edges, _ in found for edge in (edges[0], edges[-1])]
    lo, hi = (min(ends), max(ends)) if ends else (0.0, 1.0)
    common = np.linspace(lo, hi, _BINS + 1) if hi > lo else np.linspace(lo - 0.5, lo + 0.5, _BINS + 1)
    return {
        "step": [step for step, *_ in found],
        "lo": float(common[0]),
        "hi": float(common[-1]),
        "bins": _BINS,
        "share": [_packed(_shared(counts, edges, common)) for _, counts, edges, _ in found],
        "total": [float(counts.sum()) for _, counts, _, _ in found],
        "nonfinite": [nonfinite for *_, nonfinite in found],
    }


def _parsed(value: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], int] | None:
    try:
        counts, edges = (np.array(value[name], np.float64) for name in ("counts", "edges"))
        nonfinite = int(value.get("nonfinite", 0))
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
    fits = counts.ndim == 1 and len(edges) == len(counts) + 1 > 1 and bool(np.isfinite(edges[[0, -1]]).all())
    return (counts, edges, nonfinite) if fits else None


def _packed(share: NDArray[np.float64]) -> str:
    """What is rare stays more than nothing."""
    whole = np.where(share > 0, np.maximum(1, np.rint(share * _WHOLE)), 0)
    return base64.b64encode(whole.astype("<u2").tobytes()).decode()


def _shared(counts: NDArray[np.float64], edges: NDArray[np.float64], common: NDArray[np.float64]) -> NDArray[Any]:
    """The part of the values in each common bin."""
    total = counts.sum()
    if not total:
        return np.zeros(len(common) - 1)
    below = np.concatenate(([0.0], np.cumsum(counts))) / total
    return np.diff(np.interp(common, edges, below))
