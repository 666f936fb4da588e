"""A group's centre, band and count are those of the runs' values, at whatever width of bins."""

import numpy as np
import pyarrow as pa
import pytest

from runicorn.viewer import groups
from runid.store.series import Ask


class Readers:
    """A run whose points are given, a step each."""

    def __init__(self, values: list[float], first: int = 0, apart: int = 1) -> None:
        """`first`: the first step; `apart`: how many steps there are from one to the next."""
        self.values, self.first, self.apart = np.array(values), first, apart

    def read(self, question: object) -> pa.Table:
        ask: Ask = question.__closure__[0].cell_contents  # type: ignore[attr-defined]
        width = 1
        while len(self.values) > ask.points * width:
            width *= 2
        parts = [self.values[start : start + width] for start in range(0, len(self.values), width)]
        x0 = np.arange(len(parts)) * width * self.apart
        counts = np.array([len(part) for part in parts])
        nan = np.array([int(np.isnan(part).sum()) for part in parts])
        mean = np.array([np.nan if np.isnan(part).all() else np.nanmean(part) for part in parts])
        least, most = (np.array([reduce(part) for part in parts]) for reduce in (np.fmin.reduce, np.fmax.reduce))
        ends = {"x0": x0 + self.first, "x1": x0 + self.first + (counts - 1) * self.apart}
        return pa.table(ends | {"min": least, "max": most, "mean": mean, "count": counts, "nan": nan})


def made(*runs: list[float], **asked: object) -> dict[str, list[float]]:
    found = groups.group([Readers(run) for run in runs], groups.Group("loss", **asked))  # type: ignore[arg-type, misc]
    return {name: column.tolist() for name, column in found.items()}


def test_centres_and_bands() -> None:
    runs = [1.0, 2.0], [3.0, 6.0], [8.0, 10.0]
    assert made(*runs)["centre"] == [4.0, 6.0]
    assert (made(*runs)["low"], made(*runs)["high"], made(*runs)["n"]) == ([1.0, 2.0], [8.0, 10.0], [3.0, 3.0])
    assert made(*runs, centre="median")["centre"] == [3.0, 6.0]
    mean, deviation = np.array([4.0, 6.0]), np.std([[1, 3, 8], [2, 6, 10]], 1, ddof=1)
    assert made(*runs, band="std")["high"] == pytest.approx(mean + deviation)
    assert made(*runs, band="sem")["low"] == pytest.approx(mean - deviation / np.sqrt(3))
    assert made(*runs, band="iqr")["low"] == pytest.approx(np.percentile([[1, 2], [3, 6], [8, 10]], 25, 0))


def test_a_run_that_ends_sooner_counts_no_more() -> None:
    found = made([1.0, 1.0], [3.0, 3.0, 3.0, 5.0])
    assert found["n"] == [2.0, 2.0, 1.0, 1.0]
    assert found["centre"] == [2.0, 2.0, 3.0, 5.0]


def test_nan_is_no_value() -> None:
    found = made([np.nan, 1.0], [2.0, 3.0])
    assert (found["n"], found["centre"]) == ([1.0, 2.0], [2.0, 2.0])


def test_bins_of_runs_of_different_lengths_are_the_same() -> None:
    short, long = list(np.arange(100.0)), list(np.arange(5000.0))
    found = made(short, long, points=128)
    assert len(found["x0"]) <= 128
    width = found["x1"][0] - found["x0"][0] + 1
    assert found["n"][:2] == [2.0, 2.0]
    assert found["centre"][0] == pytest.approx((width - 1) / 2)


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="centre"):
        made([1.0], centre="mode")
    assert made()["x0"] == []


def test_no_spike_of_a_single_run_is_hidden() -> None:
    calm, spiked = np.ones(5000), np.ones(5000)
    spiked[1234] = 40.0
    found = made(list(calm), list(spiked), points=100)
    assert (max(found["high"]), max(found["centre"]) < 2) == (40.0, True)
    assert max(made(list(calm), list(spiked), points=100, centre="max")["centre"]) == 40.0


def test_runs_that_were_logged_at_other_steps_share_wider_bins() -> None:
    runs = Readers([1.0] * 50, 0, 10), Readers([3.0] * 50, 5, 10)
    found = groups.group(runs, groups.Group("loss"))  # type: ignore[arg-type]
    assert set(found["n"][:-1].tolist()) == {2.0}
    assert set(found["centre"][:-1].tolist()) == {2.0}
    same = groups.group([Readers([1.0] * 50, 0, 10), Readers([3.0] * 50, 0, 10)], groups.Group("loss"))  # type: ignore[list-item]
    assert same["x0"].tolist() == same["x1"].tolist() == list(range(0, 500, 10))
