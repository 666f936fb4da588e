"""Charts of a series of 10 million points at random zooms, each bin checked against NumPy.

    scripts/long zooms [--points 10000000] [--zooms 50] [--seed N]

Three ranks, two stages and none; spikes of one step, NaN, infinities, steps that repeat and go back; half of the points
sealed, half in journals. Then smoothed values are compared between zooms.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.truth import STAGES, Truth, asked, check, keep, logged
from runid.store.reader import Reader
from runid.store.series import Ask

_SMOOTHINGS = ("ema:0.99", "twema:0.9", "mean:101", "gaussian:10")


def main() -> int:
    """Makes the series and looks at it. Raises AssertionError for a bin that is not right."""
    parser = argparse.ArgumentParser(prog="scripts/long zooms", description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--zooms", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    random = np.random.default_rng(chosen.seed)
    truth = logged(chosen.points, chosen.seed)
    with tempfile.TemporaryDirectory(prefix="rn-zooms-") as folder:
        keep(Path(folder), truth, pieces=24, sealed=12)
        reader = Reader(Path(folder))
        for _ in range(chosen.zooms):
            _zoom(reader, truth, random)
        for smooth in _SMOOTHINGS:
            _smoothed(reader, smooth, random)
    return 0


def _zoom(reader: Reader, truth: Truth, random: np.random.Generator) -> None:
    lo, hi = np.sort(random.integers(truth.step.min(), truth.step.max(), 2)).tolist()
    width = int(2 ** random.uniform(0, np.log2(hi - lo + 2)))
    ask = Ask(
        "m",
        int(random.integers(100, 4000)),
        rank=random.choice(np.array([None, 0, 1, 2], object)),
        stage=random.choice(np.array(STAGES, object)),
        lo=lo,
        hi=lo + width,
    )
    began = time.perf_counter()
    found = asked(reader, ask)
    took = time.perf_counter() - began
    check(found, truth, ask)
    largest = np.nanmax(found["max"]) if len(found["max"]) else np.nan
    print(
        f"{1000 * took:8.1f} ms  {len(found['x0']):5} bins of {found['count'].sum():9,} points, max {largest:g}  {ask}"
    )


def _smoothed(reader: Reader, smooth: str, random: np.random.Generator) -> None:
    """A smoothed value at a step is the same from far and from near."""
    began = time.perf_counter()
    far = asked(reader, Ask("m", 1000, 0, "val", smooth=smooth))
    took = time.perf_counter() - began
    for place in random.integers(0, len(far["x0"]), 5).tolist():
        lo, hi = int(far["x0"][place]), int(far["x1"][place])
        near = asked(reader, Ask("m", 10_000, 0, "val", lo=lo, hi=hi, smooth=smooth))
        assert np.nanmax(near["max"]) == far["max"][place]
        assert np.nanmin(near["min"]) == far["min"][place]
    print(f"{1000 * took:8.1f} ms  {smooth}: the same at 5 zooms")


if __name__ == "__main__":
    sys.exit(main())
