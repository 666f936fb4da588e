"""Smoothing against the plain definitions, one point after the other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runid.store.smoothing import smoother

SERIES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=900)
GAPS = st.integers(0, 50)


def debiased(y: list[float], weights: list[float]) -> list[float]:
    """The exponential moving average with the weight of the past given point by point."""
    total = norm = 0.0
    found = []
    for value, weight in zip(y, weights, strict=True):
        total = weight * total + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        found.append(total / norm)
    return found


def smooth(text: str, y: list[float], x: list[float] | None = None) -> list[float]:
    found = smoother(text)(np.array(range(len(y)) if x is None else x), np.array(y))
    return [float(value) for value in found]


@settings(deadline=None, max_examples=40)
@given(SERIES, st.sampled_from([0.1, 0.6, 0.9, 0.999]))
def test_ema_is_the_debiased_one(y: list[float], weight: float) -> None:
    assert smooth(f"ema:{weight}", y) == pytest.approx(debiased(y, [weight] * len(y)), rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), GAPS), min_size=2, max_size=600))
def test_time_weighted_ema_weighs_by_distance(points: list[tuple[float, int]]) -> None:
    y = [value for value, _ in points]
    x = np.cumsum([gap for _, gap in points]).tolist()
    gaps = np.diff(x)
    mean = gaps.mean()
    weights = [0.9, *(0.9 ** (gap / mean if mean else 1.0) for gap in gaps)]
    assert smooth("twema:0.9", y, x) == pytest.approx(debiased(y, weights), rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(SERIES, st.sampled_from([1, 3, 51, 1001]))
def test_mean_and_median_of_the_points_around(y: list[float], size: int) -> None:
    around = [y[max(0, place - size // 2) : place + size // 2 + 1] for place in range(len(y))]
    assert smooth(f"mean:{size}", y) == pytest.approx([math.fsum(one) / len(one) for one in around], abs=1e-6)
    assert smooth(f"median:{size}", y) == pytest.approx([float(np.median(one)) for one in around])


@settings(deadline=None, max_examples=40)
@given(SERIES, st.sampled_from([0.5, 3.0, 40.0]))
def test_gaussian(y: list[float], sigma: float) -> None:
    reach = math.ceil(4 * sigma)
    found = []
    for place in range(len(y)):
        near = range(max(0, place - reach), min(len(y), place + reach + 1))
        weights = [math.exp(-0.5 * ((other - place) / sigma) ** 2) for other in near]
        found.append(sum(w * y[other] for w, other in zip(weights, near, strict=True)) / sum(weights))
    assert smooth(f"gaussian:{sigma}", y) == pytest.approx(found, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("text", ["ema:0.9", "twema:0.5", "mean:3", "median:3", "gaussian:2"])
def test_what_is_no_number_stays_and_does_not_spread(text: str) -> None:
    plain = smooth(text, [1.0, 2.0, 3.0, 4.0])
    found = smooth(text, [1.0, math.nan, 2.0, math.inf, 3.0, 4.0], [0, 0.5, 1, 1.5, 2, 3])
    assert [found[place] for place in (0, 2, 4, 5)] == plain
    assert math.isnan(found[1])
    assert found[3] == math.inf
    assert np.isnan(smooth(text, [math.nan])).all()


def test_a_spike_leaves_no_trace_behind_its_window() -> None:
    y = [0.1] * 100
    y[10] = 1e300
    assert smooth("mean:5", y)[20:] == pytest.approx([0.1] * 80, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "ema", "ema:1", "ema:0", "ema:x", "mean:4", "median:0", "gaussian:-1", "mean:nan"]
)
def test_what_is_no_smoothing_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no smoothing"):
        smoother(text)
