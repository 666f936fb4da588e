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
_WORTH, _FENCE, _RARE = 4, 3, 0.05  # of what is cropped: see `_ends`


def places(steps: int, most: int) -> list[int]:
    """Which of so many steps are drawn, where `most` of them have room: evenly, the first and the last among them."""
    most = min(max(2, most), _MOST)
    if steps <= most:
        return list(range(steps))
    return np.unique(np.linspace(0, steps - 1, most).round().astype(int)).tolist()  # type: ignore[no-any-return]


def heatmap(histograms: Sequence[tuple[int, Any]]) -> dict[str, Any]:
    """{step: [int], lo, hi: the ends of the common bins, least, most: those of all values, bins: how many, share: for
    each step the part of its values in each bin, as base64 of little-endian u16, 65,535 is all, total: [number],
    nonfinite: [int], below, above: [bool], whether a step has values outside of the common bins}.

    `histograms`: steps and values as they were logged; what is no histogram is left out. Values are taken to lie evenly
    in their bins.
    """
    found = [(step, *parsed) for step, value in histograms if (parsed := _parsed(value)) is not None]
    firsts, lasts = (np.array([edges[at] for _, _, edges, _ in found], np.float64) for at in (0, -1))
    lo, hi = _ends(np.concatenate((firsts, lasts))) if found else (0.0, 1.0)
    common = np.linspace(lo, hi, _BINS + 1) if hi > lo else np.linspace(lo - 0.5, lo + 0.5, _BINS + 1)
    return {
        "step": [step for step, *_ in found],
        "lo": float(common[0]),
        "hi": float(common[-1]),
        "least": float(min(firsts, default=lo)),
        "most": float(max(lasts, default=hi)),
        "bins": _BINS,
        "share": [_packed(_shared(counts, edges, common)) for _, counts, edges, _ in found],
        "total": [float(counts.sum()) for _, counts, _, _ in found],
        "nonfinite": [nonfinite for *_, nonfinite in found],
        "below": (firsts < lo).tolist(),
        "above": (lasts > hi).tolist(),
    }


def _ends(ends: NDArray[np.float64]) -> tuple[float, float]:
    """The least and the greatest end of histograms, without the few far outliers: one step of them would leave all
    others in one bin. Outliers are as in charts, but of fewer steps there are more."""
    lower, upper = np.quantile(ends, (0.1, 0.9), method="nearest")
    width = upper - lower
    usual = ends[(ends >= lower - _FENCE * width) & (ends <= upper + _FENCE * width)]
    few = len(ends) - len(usual) <= _RARE * len(ends)
    worth = np.ptp(ends) > _WORTH * np.ptp(usual) > 0
    return (float(usual.min()), float(usual.max())) if few and worth else (float(ends.min()), float(ends.max()))


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
