"""Charts against NumPy: whatever is asked for, bins hold exactly the points of their stretch of x."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runid import events
from runid.store import journal, pyramid, sealing, segments
from runid.store.reader import Reader
from runid.store.series import Ask, series

STAGES = (None, "train", "val")


class Truth(NamedTuple):
    """What was logged, a row a point."""

    rank: NDArray[np.int64]
    step: NDArray[np.int64]
    stage: NDArray[np.int64]  # a place in STAGES
    value: NDArray[np.float64]

    def of(self, ask: Ask) -> Truth:
        holds = np.ones(len(self.step), np.bool_)
        if ask.rank is not None:
            holds &= self.rank == ask.rank
        if ask.stage is not None:
            holds &= self.stage == STAGES.index(ask.stage)
        if ask.lo is not None:
            holds &= self.step >= ask.lo
        if ask.hi is not None:
            holds &= self.step <= ask.hi
        return Truth(self.rank[holds], self.step[holds], self.stage[holds], self.value[holds])


def logged(count: int, seed: int, ranks: int = 3) -> Truth:
    """Noise with spikes, NaN and infinities; steps that repeat, go back and leave gaps."""
    random = np.random.default_rng(seed)
    step = np.arange(count) // 2 + np.where(np.arange(count) % 97 == 0, -random.integers(0, 500, count), 0)
    step[count // 2 :] += random.integers(0, 10_000)
    value = random.normal(size=count)
    value[random.integers(0, count, 5)] = 1000 + np.arange(5)
    for odd in (math.nan, math.inf, -math.inf):
        value[random.integers(0, count, max(1, count // 5000))] = odd
    return Truth(np.arange(count) % ranks, step - 300, random.integers(0, 3, count), value)


def keep(folder: Path, truth: Truth, pieces: int, sealed: int, host: str = "here") -> None:
    """Writes the points into so many journals, each rank its own writer, and seals the first of them."""
    for name in ("journal", "metrics"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    number, offsets = 1, dict.fromkeys(range(9), 0)
    for piece, rows in enumerate(np.array_split(np.arange(len(truth.step)), min(pieces, len(truth.step)))):
        log = journal.Journal(folder / "journal", host, number)
        for rank in np.unique(truth.rank[rows]).tolist():
            writer = bytes([rank]) * 16
            who = msgpack.packb({"rank": rank, "number": rank + 1})
            log.append(journal.WRITER, writer, offsets[rank], who)
            for batch in np.array_split(rows[truth.rank[rows] == rank], 3):
                body = b"".join(
                    events.pack([1, 1e9 + row, int(truth.step[row]), STAGES[truth.stage[row]], {"m": truth.value[row]}])
                    for row in batch.tolist()
                )
                log.append(journal.BATCH, writer, offsets[rank], body)
                offsets[rank] += len(body)
        log.close()
        if piece < sealed:
            about = {"host": host, "lo": number, "hi": log.next - 1, "run_id": "r"}
            done = sealing.seal({"folder": str(folder / "metrics"), "journal": str(log.path), **about})
            segments.commit(Path(done["tmp"]), folder / "metrics", host, number, log.next - 1)
        number = log.next


def asked(folder: Path, ask: Ask) -> dict[str, NDArray[Any]]:
    table = Reader(folder).read(lambda view: series(view, ask))
    return {name: np.array(table[name]) for name in table.column_names}


def check(found: dict[str, NDArray[Any]], truth: Truth, ask: Ask) -> None:
    """Each bin against the points of its steps; together they hold all there are, and are no more than asked for."""
    truth = truth.of(ask)
    assert found["count"].sum() == len(truth.step)
    assert len(found["x0"]) <= ask.points
    assert (found["x0"][1:] > found["x1"][:-1]).all(), "bins overlap"
    order = np.argsort(truth.step, kind="stable")
    step, value = truth.step[order], truth.value[order]
    starts, stops = np.searchsorted(step, found["x0"]), np.searchsorted(step, found["x1"], side="right")
    assert (starts[1:] == stops[:-1]).all()
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        one = {name: column[place].item() for name, column in found.items()}
        inside = value[start:stop]
        numbers = inside[~np.isnan(inside)]
        assert one["count"] == stop - start
        assert one["nan"] == stop - start - len(numbers)
        assert (one["x0"], one["x1"]) == (step[start], step[stop - 1])
        if not len(numbers):
            assert all(math.isnan(one[name]) for name in ("min", "max", "mean"))
            continue
        assert (one["min"], one["max"]) == (numbers.min(), numbers.max())
        assert one["argmin"] == step[start:stop][inside == numbers.min()].min()
        assert one["argmax"] == step[start:stop][inside == numbers.max()].min()
        with np.errstate(invalid="ignore"):
            assert one["mean"] == pytest.approx(numbers.mean(), rel=1e-9, abs=1e-12, nan_ok=True)
        for name, at in (("first", step[start]), ("last", step[stop - 1])):
            ends = inside[step[start:stop] == at]
            assert np.isin(one[name], ends) or (math.isnan(one[name]) and np.isnan(ends).any())


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """60,000 points of three ranks and three stages, half of them in four segments, half in journals."""
    folder = tmp_path_factory.mktemp("big")
    truth = logged(60_000, 1)
    keep(folder, truth, pieces=8, sealed=4)
    return folder, truth


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 3000),
    st.none() | st.integers(0, 3),
    st.none() | st.sampled_from(["train", "val", "test"]),
    st.none() | st.integers(-1000, 45_000),
    st.none() | st.integers(-1000, 45_000),
)
def test_every_zoom_is_exact(
    big: tuple[Path, Truth], points: int, rank: int | None, stage: str | None, lo: int | None, hi: int | None
) -> None:
    folder, truth = big
    ask = Ask("m", points, rank, stage if stage != "test" else None, lo=lo, hi=hi)
    check(asked(folder, ask), truth, ask)


def test_it_comes_from_cells(big: tuple[Path, Truth], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cells will do, the points of a segment are not read."""

    def load(*_: object) -> None:
        raise AssertionError("points were read")

    monkeypatch.setattr(sealing, "load", load)
    folder, truth = big
    ask = Ask("m", 100)
    check(asked(folder, ask), truth, ask)


@settings(deadline=None, max_examples=20)
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
def test_a_smoothed_value_is_the_same_at_every_zoom(big: tuple[Path, Truth], smooth: str) -> None:
    folder, truth = big
    far = asked(folder, Ask("m", 200, 0, "val", smooth=smooth))
    for place in (3, 50, 100):
        lo, hi = int(far["x0"][place]), int(far["x1"][place])
        near = asked(folder, Ask("m", 5000, 0, "val", lo=lo, hi=hi, smooth=smooth))
        # NaN stays NaN wherever it is looked at from.
        assert near["min"][~np.isnan(near["min"])].min() == far["min"][place]
        assert near["max"][~np.isnan(near["max"])].max() == far["max"][place]
        assert np.array_equal(near["last"][-1:], far["last"][place : place + 1], equal_nan=True)
        assert near["count"].sum() == far["count"][place]
    assert far["count"].sum() == len(truth.of(Ask("m", 1, 0, "val")).step)


def test_time_as_x(big: tuple[Path, Truth]) -> None:
    folder, truth = big
    found = asked(folder, Ask("m", 500, x="time", lo=1e9 + 1000, hi=1e9 + 30_999))
    assert found["count"].sum() == 30_000
    bins = [truth.value[int(a - 1e9) : int(b - 1e9) + 1] for a, b in zip(found["x0"], found["x1"], strict=True)]
    assert [float(np.nanmax(one)) for one in bins] == found["max"].tolist()


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
