"""Which step was logged at a time, when a step was, and which is the next."""

from pathlib import Path

import numpy as np
import pytest

from harness.truth import keep, logged
from runid.store import moments, rows
from runid.store.reader import Reader, View

BEGAN = 1e9  # the first point's time; each next one is a second later


@pytest.mark.parametrize("sealed", [0, 2, 4])
def test_any_step_and_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: int) -> None:
    monkeypatch.setattr(rows, "_ROW_GROUP", 100)
    truth = logged(2000, 1)
    keep(tmp_path, truth, 4, sealed)

    def check(view: View) -> None:
        for row in (0, 1, 700, 999, 1500, 1999):
            assert moments.step_at(view, BEGAN + row + 0.3) == truth.step[row]
            first = int(np.flatnonzero(truth.step == truth.step[row])[0])
            assert moments.time_of(view, int(truth.step[row])) == BEGAN + first
            for rank in range(3):
                mine = np.flatnonzero(truth.rank == rank)
                near = np.abs(truth.step[mine] - truth.step[row])
                assert moments.time_of(view, int(truth.step[row]), rank) == BEGAN + mine[near.argmin()]
            assert moments.time_of(view, int(truth.step[row]), 7) == BEGAN + first  # which has no points
        assert moments.step_at(view, 0.0) == truth.step[0]
        assert moments.step_at(view, 2e9) == truth.step[-1]
        assert moments.time_of(view, 10**9) == BEGAN + int(np.flatnonzero(truth.step == truth.step.max())[0])

        steps = np.unique(truth.step)
        for step in (int(steps[0]) - 7, *map(int, steps[[0, 1, len(steps) // 2, -2, -1]]), int(steps[-1]) + 7):
            later, sooner = steps[steps > step], steps[steps < step]
            assert moments.beside(view, step, 1) == (later.min() if len(later) else None)
            assert moments.beside(view, step, -1) == (sooner.max() if len(sooner) else None)

    Reader(tmp_path).read(check)


def test_a_run_without_points(tmp_path: Path) -> None:
    assert Reader(tmp_path).read(lambda view: (moments.step_at(view, 1.0), moments.time_of(view, 1))) == (None, None)
