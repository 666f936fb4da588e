"""Charts against NumPy: whatever is asked for, bins hold exactly the points of their stretch of x."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.truth import Truth, asked, check, keep, logged
from runid import events
from runid.store import journal, pyramid, rows
from runid.store.reader import Reader
from runid.store.series import Ask, series


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """60,000 points of three ranks and three stages, half of them in four segments, half in journals."""
    folder = tmp_path_factory.mktemp("big")
    truth = logged(60_000, 1)
    keep(folder, truth, pieces=8, sealed=4)
    return folder, truth


@pytest.fixture(scope="module")
def reader(big: tuple[Path, Truth]) -> Reader:
    """One for all questions, as whoever shows a run has it: to decode the journals is most of the first."""
    return Reader(big[0])


@settings(deadline=None, max_examples=15)
@given(
    st.integers(1, 3000),
    st.none() | st.integers(0, 3) | st.sampled_from([(0, 2), (1, 3)]),
    st.none() | st.sampled_from(["train", "val", "test"]),
    st.none() | st.integers(-1000, 45_000),
    st.none() | st.integers(-1000, 45_000),
)
def test_every_zoom_is_exact(
    big: tuple[Path, Truth],
    reader: Reader,
    points: int,
    rank: int | tuple[int, ...] | None,
    stage: str | None,
    lo: int | None,
    hi: int | None,
) -> None:
    ask = Ask("m", points, rank, stage if stage != "test" else None, lo=lo, hi=hi)
    check(asked(reader, ask), big[1], ask)


def test_it_comes_from_cells(big: tuple[Path, Truth], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cells will do, the points of a segment are not read."""

    def load(*_: object) -> None:
        raise AssertionError("points were read")

    monkeypatch.setattr(rows, "load", load)
    folder, truth = big
    ask = Ask("m", 100)
    check(asked(folder, ask), truth, ask)


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 4000), st.integers(1, 6), st.integers(0, 6), st.integers(0, 1 << 30), st.integers(1, 300))
def test_runs_of_any_size_and_state(
    tmp_path_factory: pytest.TempPathFactory, count: int, pieces: int, sealed: int, seed: int, points: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    truth = logged(count, seed)
    keep(folder, truth, pieces, sealed)
    ask = Ask("m", points)
    check(asked(folder, ask), truth, ask)


def test_steps_at_the_ends_of_int64(tmp_path: Path) -> None:
    edges = [-(1 << 63), -(1 << 63) + 1, -1, 0, 1, (1 << 63) - 1]
    step = np.array(edges * 400, np.int64)
    truth = Truth(np.zeros(len(step), np.int64), step, np.zeros(len(step), np.int64), np.arange(len(step)) / 7)
    keep(tmp_path, truth, 2, 1)
    for points in (1, 2, 3, 6, 100):
        for lo, hi in ((None, None), (-1, 1), (-(1 << 63), -1), (2, (1 << 63) - 1)):
            ask = Ask("m", points, lo=lo, hi=hi)
            found = asked(tmp_path, ask)
            assert found["count"].sum() == len(truth.of(ask).step)
            assert len(found["x0"]) <= points


@pytest.mark.parametrize("smooth", ["ema:0.95", "twema:0.9", "mean:21", "median:9", "gaussian:4"])
def test_a_smoothed_value_is_the_same_at_every_zoom(big: tuple[Path, Truth], reader: Reader, smooth: str) -> None:
    far = asked(reader, Ask("m", 200, 0, "val", smooth=smooth))
    for place in (3, 50, 100):
        lo, hi = int(far["x0"][place]), int(far["x1"][place])
        near = asked(reader, Ask("m", 5000, 0, "val", lo=lo, hi=hi, smooth=smooth))
        # NaN stays NaN wherever it is looked at from.
        assert near["min"][~np.isnan(near["min"])].min() == far["min"][place]
        assert near["max"][~np.isnan(near["max"])].max() == far["max"][place]
        assert np.array_equal(near["last"][-1:], far["last"][place : place + 1], equal_nan=True)
        assert near["count"].sum() == far["count"][place]
    assert far["count"].sum() == len(big[1].of(Ask("m", 1, 0, "val")).step)


def test_time_as_x(big: tuple[Path, Truth]) -> None:
    folder, truth = big
    found = asked(folder, Ask("m", 500, x="time", lo=1e9 + 1000, hi=1e9 + 30_999))
    assert found["count"].sum() == 30_000
    bins = [truth.value[int(a - 1e9) : int(b - 1e9) + 1] for a, b in zip(found["x0"], found["x1"], strict=True)]
    assert [float(np.nanmax(one)) for one in bins] == found["max"].tolist()


def test_a_rank_that_logged_nothing_is_empty_on_every_axis(big: tuple[Path, Truth]) -> None:
    for x in ("step", "time", "other"):
        assert len(asked(big[0], Ask("m", 500, rank=7, x=x))["x0"]) == 0


def test_another_metric_as_x(tmp_path: Path) -> None:
    log_of = [(1, {"epoch": 0.0, "m": 5.0}), (2, {"m": 6.0}), (3, {"epoch": -1.5, "m": 7.0}), (4, {"epoch": 1.0})]
    (tmp_path / "journal").mkdir()
    log = journal.Journal(tmp_path / "journal", "here", 1)
    log.append(journal.WRITER, bytes(16), 0, msgpack.packb({"rank": 0, "number": 1}))
    body = b"".join(events.pack([1, 1e9, step, None, values]) for step, values in log_of)
    log.append(journal.BATCH, bytes(16), 0, body)
    log.close()
    found = asked(tmp_path, Ask("m", x="epoch"))
    assert (found["x0"].tolist(), found["mean"].tolist()) == ([-1.5, 0.0], [7.0, 5.0])
    assert len(asked(tmp_path, Ask("m", x="none"))["x0"]) == 0


def test_a_look_costs_what_has_come_since(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    log = journal.Journal(tmp_path / "journal", "here", 1)
    log.append(journal.WRITER, bytes(16), 0, msgpack.packb({"rank": 0, "number": 1}))
    reader = Reader(tmp_path)
    offset = 0
    revisions = set()
    for step in range(5):
        body = events.pack([1, 1e9, step, None, {"m": 1.0}])
        log.append(journal.BATCH, bytes(16), offset, body)
        offset += len(body)
        counted = reader.read(lambda view: (view.revision, series(view, Ask("m"))))
        revisions.add(counted[0])
        assert counted[1]["count"].to_pylist() == [1] * (step + 1)
    assert len(revisions) == 5
    log.close()


def test_without_its_cells_a_segment_is_read(tmp_path: Path) -> None:
    truth = logged(20_000, 3)
    keep(tmp_path, truth, 2, 2)
    ask = Ask("m", 300)
    with_cells = asked(tmp_path, ask)
    for path in (tmp_path / "pyramid").iterdir():
        path.unlink()
    without = asked(tmp_path, ask)
    assert all(np.array_equal(with_cells[name], without[name], equal_nan=True) for name in ("x0", "x1", "min", "max"))


def test_rare_metrics_have_no_cells(tmp_path: Path) -> None:
    keep(tmp_path, logged(pyramid.LEAST - 1, 3), 1, 1)
    assert not (tmp_path / "pyramid").exists()


@pytest.mark.parametrize("points", [0, -1])
def test_a_series_without_room_is_told(tmp_path: Path, points: int) -> None:
    with pytest.raises(ValueError, match="at least one point"):
        asked(tmp_path, Ask("m", points))


def test_a_metric_that_is_not_there_is_empty(big: tuple[Path, Truth], tmp_path: Path) -> None:
    for folder in (big[0], tmp_path):
        for ask in (Ask("no"), Ask("no", x="time"), Ask("no", smooth="ema:0.9"), Ask("m", lo=1 << 60)):
            assert len(asked(folder, ask)["x0"]) == 0


def test_the_last_value_is_the_one_logged_last_at_that_step(tmp_path: Path) -> None:
    """A run that went back to a checkpoint: sealed or not, merged or not."""
    step = np.concatenate((np.arange(1, 4001), np.arange(3001, 4001)))
    value = np.concatenate((np.arange(1.0, 4001.0), -np.arange(3001.0, 4001.0)))
    zeros = np.zeros(len(step), np.int64)
    for sealed in range(6):
        folder = tmp_path / str(sealed)
        keep(folder, Truth(zeros, step, zeros, value), pieces=5, sealed=sealed)
        for points in (1, 7, 100, 5000):
            assert asked(folder, Ask("m", points))["last"][-1] == -4000.0
            assert asked(folder, Ask("m", points, x="time"))["last"][-1] == -4000.0


def test_a_reader_may_be_asked_by_many_threads(tmp_path: Path) -> None:
    truth = logged(30_000, 5)
    keep(tmp_path, truth, pieces=6, sealed=2)
    reader = Reader(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: asked(reader, Ask("m", 1))["count"][0], range(40)))
    assert found == [30_000] * 40


@pytest.mark.parametrize(("lo", "hi", "count"), [(-math.inf, math.inf, 100), (math.inf, None, 0), (None, -math.inf, 0)])
def test_a_range_may_be_without_end(tmp_path: Path, lo: float | None, hi: float | None, count: int) -> None:
    keep(tmp_path, logged(100, 1), 1, 1)
    for x in ("step", "time"):
        assert asked(tmp_path, Ask("m", 10, x=x, lo=lo, hi=hi))["count"].sum() == count
    with pytest.raises(ValueError, match="NaN"):
        asked(tmp_path, Ask("m", lo=math.nan))


def test_an_axis_may_be_as_wide_as_floats_are(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    log = journal.Journal(tmp_path / "journal", "here", 1)
    log.append(journal.WRITER, bytes(16), 0, msgpack.packb({"rank": 0, "number": 1}))
    xs = [-1.7e308, 1.7e308, *(n * 1e300 for n in range(100))]
    body = b"".join(events.pack([1, 1e9, step, None, {"x": x, "m": 1.0}]) for step, x in enumerate(xs))
    log.append(journal.BATCH, bytes(16), 0, body)
    log.close()
    for points in (1, 2, 10, 1000):
        assert asked(tmp_path, Ask("m", points, x="x"))["count"].sum() == 102


def test_points_without_an_x_do_not_change_the_smoothing(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    log = journal.Journal(tmp_path / "journal", "here", 1)
    log.append(journal.WRITER, bytes(16), 0, msgpack.packb({"rank": 0, "number": 1}))
    random = np.random.default_rng(1)
    epochs = np.cumsum(random.random(40)).tolist()
    for step, epoch in enumerate(epochs):
        values = {"m": random.random()} | ({"epoch": epoch} if step != 20 else {})
        log.append(journal.BATCH, bytes(16), step * 1000, events.pack([1, 1e9, step, None, values]))
    log.close()
    plain, weighted = (asked(tmp_path, Ask("m", x="epoch", smooth=f"{kind}:0.9"))["mean"] for kind in ("ema", "twema"))
    assert len(plain) == len(weighted) == 39
    assert abs(plain - weighted).max() > 0.001
