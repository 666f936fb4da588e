"""Charts and what they are checked against: the same points in NumPy, and every bin beside the points of its steps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from runid import events
from runid.store import journal, sealing, segments
from runid.store.reader import Reader
from runid.store.series import Ask, series

_BATCH = 2000
STAGES = (None, "train", "val")


class Truth(NamedTuple):
    """What was logged, a row a point."""

    rank: NDArray[np.int64]
    step: NDArray[np.int64]
    stage: NDArray[np.int64]  # a place in STAGES
    value: NDArray[np.float64]

    def of(self, ask: Ask) -> Truth:
        """The points that are asked for."""
        holds = np.ones(len(self.step), np.bool_)
        if ask.rank is not None:
            holds &= np.isin(self.rank, ask.rank)
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
            mine = rows[truth.rank[rows] == rank]
            for batch in np.array_split(mine, max(3, len(mine) // _BATCH)):
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


def asked(run: Path | Reader, ask: Ask) -> dict[str, NDArray[Any]]:
    """The columns of a series."""
    reader = run if isinstance(run, Reader) else Reader(run)
    table = reader.read(lambda view: series(view, ask))
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
            mean = float(numbers.mean())
        assert math.isclose(one["mean"], mean, rel_tol=1e-9, abs_tol=1e-9) or math.isnan(one["mean"]) == math.isnan(
            mean
        )
        for name, at in (("first", step[start]), ("last", step[stop - 1])):
            ends = inside[step[start:stop] == at]
            assert np.isin(one[name], ends) or (math.isnan(one[name]) and np.isnan(ends).any())
