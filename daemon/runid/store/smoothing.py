"""Smoothing: over all points of a series, before any thinning, so that a value does not depend on the zoom.

    ema:W        exponential moving average, weight W of the past, 0 < W < 1, debiased by 1 - W^n (Kingma and Ba,
                 "Adam", 2015, section 3)
    twema:W      the same with W^(Δx / mean Δx) for W: points far apart count as many
    mean:N       mean of the N points around, fewer at the ends; N odd
    median:N     median of these
    gaussian:S   mean with weights exp(-d²/2S²), d: distance in points, up to 4 S

What is no finite number keeps its place and its value, and counts for nothing in its neighbours' values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 256
_CHUNK = 1 << 16
_WIDEST = 100_001
_WIDEST_MEDIAN = 1001  # it costs that much for each point


def smoother(text: str) -> Callable[[NDArray[Any], Floats], Floats]:
    """The function (x, y) → smoothed y for a text such as "ema:0.9". Raises ValueError for any other text."""
    kind, _, amount = text.partition(":")
    try:
        found, (least, most) = _KINDS[kind], _LIMITS[kind]
        value = float(amount)
        good = least <= value <= most and (kind not in ("mean", "median") or value % 2 == 1)
    except (KeyError, ValueError):
        good = False
    if not good:
        raise ValueError(
            f"{text!r} is no smoothing. It is ema:W or twema:W with 0 < W < 1, mean:N or median:N with an odd N up to "
            f"{_WIDEST} and {_WIDEST_MEDIAN}, or gaussian:S with up to 100 points."
        )

    def smooth(x: NDArray[Any], y: Floats) -> Floats:
        good = np.isfinite(y)
        if good.all():
            return found(x, y, value)
        result = y.copy()
        if good.any():
            result[good] = found(x[good], y[good], value)
        return result

    return smooth


def _ema(_: NDArray[Any], y: Floats, weight: float) -> Floats:
    decay = np.full(len(y), weight)
    return _debiased(decay, y)


def _twema(x: NDArray[Any], y: Floats, weight: float) -> Floats:
    gaps = np.abs(np.diff(x.astype(np.float64)))
    mean = gaps.mean() if len(gaps) else 0.0
    apart = np.ones(len(x))
    if mean > 0:
        apart[1:] = gaps / mean
    return _debiased(np.full(len(x), weight) ** apart, y)


def _debiased(decay: Floats, y: Floats) -> Floats:
    """s[i] = decay[i] s[i-1] + (1 - decay[i]) y[i], divided by the same of ones: the weights then sum to one."""
    return _recurrence(decay, (1.0 - decay) * y) / _recurrence(decay, 1.0 - decay)


def _recurrence(a: Floats, b: Floats) -> Floats:
    """s[i] = a[i] s[i-1] + b[i] from s[-1] = 0, in blocks: within all of them at once, then from block to block."""
    count = len(b)
    if count <= _BLOCK:
        short, _ = _block(a[None, :], b[None, :])
        return short.reshape(-1)
    rows = -(-count // _BLOCK)
    padded = np.zeros((2, rows * _BLOCK))
    padded[:, :count] = a, b
    local, product = _block(*padded.reshape(2, rows, _BLOCK))
    carry = _recurrence(product[:, -1], local[:, -1])
    local[1:] += product[1:] * carry[:-1, None]
    result: Floats = local.reshape(-1)[:count]
    return result


def _block(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The recurrence along each row, and the products of a up to there."""
    a, b = a.T.copy(), b.T.copy()
    for column in range(1, len(b)):
        b[column] += a[column] * b[column - 1]
        a[column] *= a[column - 1]
    return np.ascontiguousarray(b.T), np.ascontiguousarray(a.T)


def _mean(_: NDArray[Any], y: Floats, window: float) -> Floats:
    """Sums of windows from the sums within blocks of the window's length: nothing is subtracted, so nothing drifts."""
    size = int(window)
    half = size // 2
    return _window_sums(y, size, half) / _window_sums(np.ones(len(y)), size, half)


def _window_sums(y: Floats, size: int, half: int) -> Floats:
    blocks = -(-(len(y) + size) // size) + 1
    padded = np.zeros(blocks * size)
    padded[half : half + len(y)] = y
    table = padded.reshape(blocks, size)
    before = np.cumsum(table, axis=1).reshape(-1)
    behind = np.cumsum(table[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    starts = np.arange(len(y))
    inside = before[starts + size - 1]
    return np.where(starts % size == 0, inside, behind[starts] + inside)


def _median(_: NDArray[Any], y: Floats, window: float) -> Floats:
    size = int(window)
    half = size // 2
    padded = np.concatenate((np.full(half, np.nan), y, np.full(half, np.nan)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)
    result = np.empty(len(y))
    step = max(1, _CHUNK * 16 // size)
    for start in range(half, len(y) - half, step):
        stop = min(start + step, len(y) - half)
        result[start:stop] = np.median(windows[start:stop], axis=1)
    ends = [*range(min(half, len(y))), *range(max(half, len(y) - half), len(y))]
    for place in ends:
        result[place] = np.nanmedian(windows[place])
    return result


def _gaussian(_: NDArray[Any], y: Floats, sigma: float) -> Floats:
    reach = math.ceil(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return _convolved(y, weights) / _convolved(np.ones(len(y)), weights)


def _convolved(y: Floats, weights: Floats) -> Floats:
    """In chunks whose borders do not show: each sees the points around it."""
    reach = len(weights) // 2
    padded = np.concatenate((np.zeros(reach), y, np.zeros(reach)))
    parts = [
        np.convolve(padded[start : min(start + _CHUNK, len(y)) + 2 * reach], weights, "valid")
        for start in range(0, len(y), _CHUNK)
    ]
    return np.concatenate(parts)


_KINDS: dict[str, Callable[[NDArray[Any], Floats, float], Floats]] = {
    "ema": _ema,
    "twema": _twema,
    "mean": _mean,
    "median": _median,
    "gaussian": _gaussian,
}
_SMALL = 1e-9
_LIMITS = {
    "ema": (_SMALL, 1 - _SMALL),
    "twema": (_SMALL, 1 - _SMALL),
    "mean": (1, _WIDEST),
    "median": (1, _WIDEST_MEDIAN),
    "gaussian": (_SMALL, 100.0),
}
