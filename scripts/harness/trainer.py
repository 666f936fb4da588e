"""A trainer of the harness: one rank that logs numbered events of every kind until it is told to stop.

    python -m harness.trainer COUNTERS PATH RATE

The n-th event of a kind says so: step n with the values n and n/2, the line "w<rank> t<n>", the object "w<rank> o<n>",
the summary key w<rank>_s<n>, the config key w<rank>_c<n>, the image w<rank>_i<n>, the video w<rank>_v<n>, the dataset
w<rank>_d<n>, and the output w<rank>_c<n>.ckpt, in a folder that is watched; what these hold, harness.contents tells.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import runicorn as rn
from harness import contents
from harness.counters import CONFIG, DATASETS, FINISH, IMAGES, OBJECTS, OUTPUTS, POINTS, SUMMARY, TEXT, VIDEOS, Counters

_LONGEST = 120.0
"""Seconds after which a trainer ends by itself: nobody is left to stop it."""


def main() -> int:
    """Runs one trainer."""
    counters = Counters(Path(sys.argv[1]))
    path, rate = sys.argv[2], float(sys.argv[3])
    counters.pid = os.getpid()
    if not counters.wait_for_go(_LONGEST):
        return 1
    run = rn.init(path)
    rank = int(os.environ["RANK"])
    folder = counters.path.parent / f"files{rank}"
    watch(run, folder / "outputs")
    deadline = time.monotonic() + _LONGEST
    while not counters.stopping and time.monotonic() < deadline:
        burst = random.randint(1, 100)
        began = time.monotonic()
        for _ in range(burst):
            step = log(run, rank, counters)
            keep(run, rank, counters, step, folder)
        time.sleep(max(0.0, began + burst / rate - time.monotonic()))
    with counters.counting(FINISH):
        run.finish()
    return 0


def log(run: rn.Run | rn.NoOpRun, rank: int, counters: Counters) -> int:
    """Logs one step, and every so often an event of each other kind; gives the step."""
    with counters.counting(POINTS) as step:
        run.log({"n": float(step), "half": step / 2}, step=step, stage="late" if step > 1000 else "early")
    if step % 10 == 0:
        with counters.counting(TEXT) as n:
            run.log_text(f"w{rank} t{n}")
    if step % 25 == 0:
        with counters.counting(OBJECTS) as n:
            run.log({"note": f"w{rank} o{n}"}, step=step)
    if step % 50 == 0:
        with counters.counting(SUMMARY) as n:
            run.summary({f"w{rank}_s{n}": n, f"w{rank}_last": n})
        with counters.counting(CONFIG) as n:
            run.config.update({f"w{rank}_c{n}": n})
    return step


def watch(run: rn.Run | rn.NoOpRun, folder: Path) -> None:
    """Has the outputs in a new folder archived, each once."""
    folder.mkdir(parents=True)
    run.watch_outputs(
        output_dirs=[folder], patterns=["*.ckpt"], mode="overwrite_versions", interval_sec=0.5, min_age_sec=0.0
    )


def keep(run: rn.Run | rn.NoOpRun, rank: int, counters: Counters, step: int, folder: Path) -> None:
    """Every so often logs an image, video or dataset, or writes an output; each is whole before its call or rename."""
    if step % 400 == 0:
        with counters.counting(IMAGES) as n:
            run.log_image(f"w{rank}_i{n}", contents.image(rank, n))
    if step % 1000 == 300:
        with counters.counting(VIDEOS) as n:
            run.log({f"w{rank}_v{n}": rn.Video(contents.video(rank, n))}, step=step)
    if step % 800 == 200:
        n = counters.attempted(OUTPUTS) + 1
        half = folder / "outputs" / f"w{rank}_c{n}.half"
        half.write_bytes(contents.output(rank, n))
        with counters.counting(OUTPUTS):
            half.rename(half.with_suffix(".ckpt"))
    if step % 2000 == 600:
        name = f"w{rank}_d{counters.attempted(DATASETS) + 1}"
        contents.write_dataset(folder / name, rank, counters.attempted(DATASETS) + 1)
        with counters.counting(DATASETS):
            run.log_dataset(name, folder / name, save=True)


if __name__ == "__main__":
    sys.exit(main())
