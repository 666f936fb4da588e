"""`runicorn plot`: what is drawn of which run, what is told beside it, and what cannot be drawn."""

import json
import math
import re
from pathlib import Path

import pytest
from tests.cli.commands import call, on_terminal, refused, runicorn
from tests.programs import train

RUNS = """
import math
import runicorn as rn
for name in "one", "two":
    with rn.init("plots", run_id=name) as run:
        for step in range(3000):
            loss = 9.0 if (name, step) == ("one", 1777) else math.exp(-step / 1000)
            signed = float("nan") if step == 7 else step - 99.0
            run.log({"loss": loss, "signed": signed}, step=step, stage="train" if step < 2000 else "test")
        run.log({"only/" + name: 1.0, "single": 0.25, "none": float("nan"), "up": float("inf")}, step=3)
        run.log({"up": 1.0}, step=4)
        run.log({"diverged": float("inf")}, step=1)
        run.log({"diverged": float("nan")}, step=0)
"""
BRAILLE = re.compile(r"[\u2801-\u28ff]")


@pytest.fixture(scope="module", autouse=True)
def _runs(root: Path) -> None:  # noqa: ARG001  they lie there
    train(RUNS)


def test_a_spike_of_one_step_is_seen_and_told() -> None:
    out = runicorn("plot", "loss", "one", "two")
    title, *lines = out.splitlines()
    assert title == "loss"
    chart = lines[: lines.index(next(line for line in lines if line.startswith("**")))]
    assert ":" in chart[0]
    assert all(len(line) <= 80 for line in chart)
    assert out.isascii()
    assert "** one: 3000 values, min 0.0498369 at 2999, max 9 at 1777, last 0.0498369" in lines
    assert "++ two: 3000 values, min 0.0498369 at 2999, max 1 at 0, last 0.0498369" in lines


def test_a_terminal_gets_braille_in_colours_and_its_whole_width() -> None:
    out = on_terminal(120, "runicorn", "plot", "loss", "one", "two", "--height", "10")
    assert len(set(re.findall(r"\x1b\[9\dm━━", out))) == 2
    assert BRAILLE.search(out)
    plain = re.sub(r"\x1b\[[\d;]*m", "", out).splitlines()
    assert 100 < max(len(line) for line in plain if BRAILLE.search(line)) <= 120


def test_a_very_narrow_terminal_gets_a_chart_all_the_same() -> None:
    lines = re.sub(r"\x1b\[[\d;]*m", "", on_terminal(8, "runicorn", "plot", "loss", "one")).splitlines()
    assert 20 < max(len(line) for line in lines if BRAILLE.search(line)) <= 30


def test_size_is_as_wished() -> None:
    lines = runicorn("plot", "loss", "one", "--width", "40", "--height", "7").splitlines()
    assert len(lines) == 1 + 7 + 2 + 1
    assert max(map(len, lines[:-1])) <= 40


def test_nan_and_infinities_are_marked_and_counted() -> None:
    out = runicorn("plot", "signed", "one")
    assert re.search(r"\n +\+-*\+?N", out)
    assert "max 2900 at 2999, last 2900, 1 NaN\n" in out
    up = runicorn("plot", "up", "one")
    assert "^" in up.splitlines()[1]
    assert "max Infinity at 3" in up


def test_the_smallest_of_nan_and_infinity_is_infinity() -> None:
    assert "2 values, min Infinity at 1, max Infinity at 1, last Infinity, 1 NaN\n" in runicorn(
        "plot", "diverged", "one"
    )


def test_a_logarithmic_axis_counts_what_it_hides() -> None:
    assert "100 of 0 or less are hidden" not in runicorn("plot", "signed", "one")
    out = runicorn("plot", "signed", "one", "two", "--log")
    assert out.startswith("signed, logarithmic\n")
    assert len(re.findall(r"1 NaN, 99 of 0 or less are hidden\n", out)) == 2


def test_a_single_value_is_a_number() -> None:
    assert runicorn("plot", "single", "one", "two") == "single\none: 0.25 at 3\ntwo: 0.25 at 3\n"
    assert runicorn("plot", "none", "one") == "none\none: NaN at 3\n"


def test_other_axes_and_smoothing() -> None:
    out = runicorn("plot", "loss", "one", "--x", "signed", "--smooth", "median:3", "--stage", "train")
    assert out.startswith("loss, over signed, smoothed by median:3\n")
    assert "1999 values" in out  # one has no finite x
    assert ", max 0.9995 at -99," in out
    timed = json.loads(runicorn("plot", "loss", "one", "--x", "time", "--json"))[0]["series"]
    assert 0.0 <= timed["x0"][0] < timed["x1"][-1] < 60.0


def test_json_is_the_series_of_each_run() -> None:
    one, two = json.loads(runicorn("plot", "loss", "one", "two", "--points", "10", "--json"))
    assert (one["run_id"], one["path"], one["metric"]) == ("one", "plots", "loss")
    assert len(one["series"]["x0"]) <= 10
    assert max(one["series"]["max"]) == 9.0
    assert max(two["series"]["max"]) == 1.0
    assert sum(one["series"]["count"]) == 3000
    assert math.isclose(two["series"]["last"][-1], math.exp(-2.999))
    assert json.loads(runicorn("plot", "up", "one", "--json"))[0]["series"]["max"] == ["Infinity", 1.0]


def test_what_is_not_there_is_said() -> None:
    assert "Run one has no metric 'lss'. Did you mean loss?" in refused("plot", "lss", "one")
    assert "Run one has no metric 'lss'." in refused("plot", "loss", "one", "--x", "lss")
    assert "Run one has no points of 'loss' of rank 7." in refused("plot", "loss", "one", "--rank", "7")
    assert "Did you mean two" in refused("plot", "loss", "tow")
    assert "'sma:1' is no smoothing" in refused("plot", "loss", "one", "--smooth", "sma:1")
    out = runicorn("plot", "only/one", "one", "two")
    assert "one: 1 at 3\nRun two has no metric 'only/one'. Did you mean only/two" in out
    assert "Missing argument 'RUN...'" in call("runicorn", "plot", "loss", code=2)[1]
