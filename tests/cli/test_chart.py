"""Charts of characters: where dots, bands, marks and ticks are. What `runicorn plot` draws is in test_plot.py."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn.cli import axes, chart
from runicorn.cli.chart import Curve, Look

ASCII = Look(60, 10, braille=False)
ANSI = re.compile(r"\x1b\[[\d;]*m")


def curve(y: list[float], *, low: list[float] | None = None, high: list[float] | None = None) -> Curve:
    """Values at 0, 1, 2 …, and what their bins reach to."""
    x = np.arange(len(y), dtype=np.float64)
    values = np.array(y, np.float64)
    nan = np.isnan(values).astype(np.int64)
    return Curve(x, x, np.array(low or y, np.float64), np.array(high or y, np.float64), values, nan)


def body(lines: list[str]) -> list[str]:
    """What is drawn right of the y axis."""
    return [re.split(r"[|+]", ANSI.sub("", line), maxsplit=1)[1].ljust(60) for line in lines[:-2]]


def test_a_line_goes_from_corner_to_corner() -> None:
    drawn = body(chart.draw([curve([0, 10])], ASCII))
    assert drawn[-1][0] == drawn[0][59] == "*"
    assert all(any(row[column] == "*" for row in drawn) for column in range(60))


def test_a_spike_among_many_points_reaches_its_exact_height() -> None:
    flat = [0.0] * 60
    high = [*flat[:30], 9.0, *flat[31:]]
    drawn = body(chart.draw([curve(flat, high=high)], ASCII))
    assert [row.strip() for row in drawn[:-1]] == [":"] * 9
    assert drawn[-1] == "*" * 60


def test_nan_breaks_the_line_and_is_marked() -> None:
    lines = chart.draw([curve([1.0, 1.0, math.nan, 1.0, 2.0])], ASCII)
    assert "N" in lines[-2]
    at = lines[-2].index("N")
    assert all(line[at : at + 1] in ("", " ") for line in lines[:-2])


def test_infinities_stand_at_the_edges() -> None:
    drawn = body(chart.draw([curve([1.0, math.inf, 2.0, -math.inf, 1.5])], ASCII))
    assert "^" in drawn[0]
    assert "v" in drawn[-1]


def test_several_curves_are_told_apart_with_and_without_colours() -> None:
    curves = [curve([0.0, 1.0]), curve([1.0, 0.0])]
    drawn = "".join(body(chart.draw(curves, ASCII)))
    assert "*" in drawn
    assert "+" in drawn
    coloured = "\n".join(chart.draw(curves, Look(60, 10)))
    assert len(set(ANSI.findall(coloured)) - {"\x1b[0m"}) == 2
    assert not any(ord(mark) > 126 for line in chart.draw(curves, ASCII) for mark in ANSI.sub("", line))


def test_braille_has_eight_dots_in_a_character() -> None:
    (line,) = {ANSI.sub("", line)[3:] for line in chart.draw([curve([5.0, 5.0])], Look(60, 1))[:-2]}
    dots = {mark for mark in line if mark != " "}
    assert len(dots) == 1
    assert (ord(dots.pop()) - 0x2800).bit_count() == 2


def test_a_logarithmic_axis_has_equal_decades() -> None:
    look = Look(60, 31, log=True, braille=False)
    lines = chart.draw([curve([1e-3, 1e-2, 1e-1, 1.0])], look)
    labels = [line.partition("+")[0].strip() for line in lines[:-2] if re.match(r" *\S+ \+", line)]
    assert labels == ["1", "0.1", "0.01", "0.001"]
    places = [index for index, line in enumerate(lines[:-2]) if re.match(r" *\S+ \+", line)]
    assert places == [0, 10, 20, 30]


@pytest.mark.parametrize(
    ("lo", "hi", "labels"),
    [
        (0, 20_000, ["0", "5k", "10k", "15k", "20k"]),
        (0, 1500, ["0", "500", "1000", "1500"]),
        (0, 3e6, ["0", "1M", "2M", "3M"]),
        (0.0, 1.0, ["0", "0.5", "1.0"]),
        (0, 3e-5, ["0", "1e-5", "2e-5", "3e-5"]),
        (100_000, 100_004, ["100.000k", "100.001k", "100.002k", "100.003k", "100.004k"]),
    ],
)
def test_ticks_are_round_and_short(lo: float, hi: float, labels: list[str]) -> None:
    assert [label for _, label in axes.linear(lo, hi, 4)] == labels


def test_ticks_of_times_are_those_of_a_clock() -> None:
    assert [label for _, label in axes.times(0, 3700, 4)] == ["0.0 s", "30 min 0 s", "1 h 0 min"]
    assert [label for _, label in axes.times(0, 0.2, 4)] == ["0 s", "0.05 s", "0.10 s", "0.15 s", "0.20 s"]


@given(st.lists(st.floats(), min_size=1, max_size=30), st.booleans(), st.booleans(), st.booleans())
def test_anything_can_be_drawn(values: list[float], log: bool, times: bool, braille: bool) -> None:
    look = Look(40, 6, log, times, braille)
    for one in (curve(values), curve(values)._replace(x0=np.sort(values), x1=np.sort(values))):
        if np.isfinite(one.x0).all():
            lines = [ANSI.sub("", line) for line in chart.draw([one, one], look)]
            assert len(lines) == 8
            assert len(lines[-2]) - len(lines[-2].lstrip()) <= 14
