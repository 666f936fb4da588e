"""DuckDB on the plain glob `metrics/*.parquet` of runs that are being sealed and merged: a count is right or an error.

    scripts/long globs [--runs 20] [--steps 15000]

Each run is logged in bursts to a daemon with journals of 16 KiB, finished, sealed and merged, while DuckDB counts and
sums its points in a loop. Segments hold a prefix of what was logged, so n points must sum to 0 + 1 + … + (n - 1), and
none that was counted once may be missing later. An error is what a foreign reader gets inside of a merge: it lists
again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

from benches.home import Home, end_in_order
from runid.store import segments

_LOGGER = """
import sys, time
import runicorn as rn
run = rn.init("globs", run_id=sys.argv[1])
for step in range(int(sys.argv[2])):
    run.log({"x": float(step)}, step=step)
    if step % 500 == 499:
        run.flush(30.0)
        time.sleep(0.05)
run.finish()
"""


def main() -> int:
    """Counts, and prints what was seen; 1 when a count was wrong."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/long globs", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=15_000)
    chosen = parser.parse_args()
    seen: Counter[str] = Counter()
    with Home(RUNID_JOURNAL_BYTES="16384") as home:
        home.daemon()
        for number in range(chosen.runs):
            seen += _run(home, f"run{number}", chosen.steps)
    print(", ".join(f"{name} {count}" for name, count in sorted(seen.items())))
    return 1 if seen["wrong"] else 0


def _run(home: Home, run_id: str, steps: int) -> Counter[str]:
    folder = home.root / "runs" / "globs" / run_id
    seen: Counter[str] = Counter()
    logger = subprocess.Popen([sys.executable, "-c", _LOGGER, run_id, str(steps)], env=home.environment, cwd="/")
    most, deadline = 0, time.monotonic() + 120
    while logger.poll() is None or most < steps or len(segments.segments(folder / "metrics")) > 1:
        if time.monotonic() > deadline:
            print(f"{run_id}: {most} of {steps} points after two minutes")
            seen["wrong"] += 1
            break
        most = _count(folder, most, seen)
    logger.wait()
    seen["runs"] += 1
    seen["merged"] += len(segments.segments(folder / "metrics")) == 1
    return seen


def _count(folder: Path, most: int, seen: Counter[str]) -> int:
    query = f"select count(*), sum(value) from '{folder}/metrics/*.parquet'"
    try:
        rows: list[tuple[int, float | None]] = duckdb.execute(query).fetchall()
    except duckdb.Error:
        seen["errors (list again)"] += 1
        return most
    ((count, total),) = rows
    good = count >= most and (total or 0) == count * (count - 1) / 2
    seen["right" if good else "wrong"] += 1
    if not good:
        print(f"{folder.name}: {count} points with the sum {total}, after {most} were counted")
    return max(most, count)


if __name__ == "__main__":
    sys.exit(main())
