"""A metric of many ranks against NumPy."""

from pathlib import Path

import numpy as np

from harness.truth import keep, logged
from runid.store.by_rank import ByRank, by_rank
from runid.store.reader import Reader


def test_each_bin_has_the_mean_of_its_points(tmp_path: Path) -> None:
    truth = logged(20_000, 1)
    keep(tmp_path, truth, pieces=4, sealed=2)
    found = Reader(tmp_path).read(lambda view: by_rank(view, "m", 50, lo=100, hi=3000))
    assert found.ranks.tolist() == np.unique(truth.rank).tolist()
    assert 10 < len(found.x0) <= 50
    finite = np.isfinite(truth.value) & (truth.step >= 100) & (truth.step <= 3000)
    for row, rank in enumerate(found.ranks):
        for column, (lo, hi) in enumerate(zip(found.x0, found.x1, strict=True)):
            meant = truth.value[finite & (truth.rank == rank) & (truth.step >= lo) & (truth.step <= hi)]
            expected = meant.mean() if len(meant) else np.nan
            np.testing.assert_allclose(found.values[row, column], expected, rtol=1e-9, atol=1e-12)


def test_a_metric_that_is_not_there(tmp_path: Path) -> None:
    keep(tmp_path, logged(10, 1), pieces=1, sealed=0)
    found: ByRank = Reader(tmp_path).read(lambda view: by_rank(view, "none"))
    assert (len(found.ranks), len(found.x0), found.values.shape) == (0, 0, (0, 0))


def test_few_ranks_are_told_step_by_step(tmp_path: Path) -> None:
    keep(tmp_path, logged(20_000, 1), pieces=1, sealed=0)
    found: ByRank = Reader(tmp_path).read(lambda view: by_rank(view, "m", lo=0, hi=1999))
    assert len(found.ranks) * len(found.x0) > 1000
    np.testing.assert_array_equal(found.x0, found.x1)
