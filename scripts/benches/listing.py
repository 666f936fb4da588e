"""Listing many runs: a new process that lists and filters, filters in a process that stays, and memory of both."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benches.home import BenchError, Home
from benches.rows import Row, median
from runid.store import catalog, query
from runid.store.catalog import Catalog
from runid.store.runs import run_dir

QUERIES = (
    "val/acc>=.9",
    "lr<1e-3 optimizer=adam",
    "path:cv/** status!=failed val/acc>=.9",
    "tag:baseline since:365d",
    "resnet",
    "~^2026.*vit",
    "not (seed=7 or model.depth>50)",
)
_NEWEST = ("--limit", "20")
_BEST = ("val/acc>=.9 status:finished", "--order", "-val/acc", *_NEWEST)
_TRIES = 5


def rows(runs: int) -> Iterator[Row]:
    """The rows of a catalog of so many runs."""
    with Home() as home:
        began = time.monotonic()
        make(home.root, runs)
        took = time.monotonic() - began
        how = f"20 config keys, 10 metrics and 0 to 2 tags each; made through runid.store in {took:.0f} s."
        listed, memory = command(home, *_NEWEST)
        many = f"{runs:,} runs"
        yield Row(f"list {many}", 1000.0, listed, "ms", f"`runicorn ls --limit 20`, a new process. {how}")
        yield Row(f"list {many}, memory", None, memory, "MiB", "Of that process, at most.")
        found, memory = command(home, *_BEST)
        how = f"`runicorn ls {' '.join(_BEST)}`, a new process, {memory:.0f} MiB."
        yield Row(f"list the best of {many}", None, found, "ms", how)
        stays = json.loads(home.python("-m", "benches.listing", str(home.root)))
        worst = max(QUERIES, key=lambda text: stays["again"][text])
        each = ", ".join(f"{text}: {took:.0f}" for text, took in stays["again"].items())
        how = f"The slowest of {len(QUERIES)} queries, in a process that has the catalog and the keys' columns. {each}."
        yield Row(f"filter {many}", 50.0, stays["again"][worst], "ms", how)
        how = "The slowest of them when it names keys for the first time: their columns are made."
        yield Row(f"filter {many}, new keys", None, max(stays["first"].values()), "ms", how)
        yield Row(f"filter {many}, memory", None, stays["memory"], "MiB", "Of the process that stays.")
        yield _compaction(home, min(runs, 10_000))


def make(root: Path, runs: int) -> None:
    """Writes the catalog, and a folder for each run, since only what has one is listed."""
    root.mkdir(parents=True, exist_ok=True)
    log, chance = Catalog(root, "bench_1"), random.Random(1)
    now = time.time()
    for number in range(runs):
        made = entry(number, now - 60.0 * (runs - number), chance)
        run_dir(root, made["path"], made["run"]).mkdir(parents=True, exist_ok=True)
        log.add(made)


def entry(number: int, began: float, chance: random.Random) -> dict[str, Any]:
    """A run's entry, as training leaves it."""
    metrics = (
        "train/loss",
        "train/acc",
        "val/loss",
        "val/acc",
        "lr",
        "grad_norm",
        "throughput",
        "epoch",
        "mem",
        "time",
    )
    config: dict[str, Any] = {f"model.option{index}": chance.randrange(100) for index in range(8)}
    config |= {f"data.option{index}": round(chance.random(), 3) for index in range(7)}
    path = chance.choice(["cv/resnet50", "cv/vit", "nlp/bert", "nlp/gpt", "rl/ppo"])
    return {
        "run": f"20260131_{number:06d}_{chance.getrandbits(24):06x}",
        "path": f"{path}/sweep{number % 40}",
        "revision": 1000 + number % 1000,
        "time": began + 3600.0,
        "status": chance.choice(["finished"] * 8 + ["failed", "crashed"]),
        "exit_reason": None,
        "started_at": began,
        "ended_at": began + 3600.0,
        "alias": chance.choice([None, "base", "wide"]),
        "tags": chance.sample(["baseline", "paper", "debug"], number % 3),
        "group": f"group{number % 50}",
        "notes": None,
        "created_at": began,
        "project": None,
        "host": "bench_1",
        "writers": 1,
        "ranks": 1,
        "dropped": 0,
        "lost_bytes": 0,
        "config": config
        | {"lr": 10 ** chance.uniform(-5, -1), "batch_size": 64, "optimizer": chance.choice(["adam", "sgd"])}
        | {"seed": number % 100, "model.depth": chance.choice([18, 50, 101])},
        "summary": {"best_metric_value": chance.random(), "best_metric_name": "val/acc", "best_metric_step": 900},
        "metrics": {
            name: {"count": 1000, "last": chance.random(), "min": chance.random(), "max": chance.random()}
            for name in metrics
        },
        "primary": ["val/acc", "max"],
    }


def command(home: Home, *arguments: str) -> tuple[float, float]:
    """Milliseconds that `runicorn ls` takes as a new process, median, and MiB it needs at most."""
    program = [str(Path(sys.executable).with_name("runicorn")), "ls", *arguments]
    times, most = [], 0.0
    for _ in range(_TRIES + 1):  # the first one compiles
        began = time.perf_counter()
        process = subprocess.Popen(program, env=home.environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        times.append(1000 * (time.perf_counter() - began))
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise BenchError(f"{' '.join(program)} exited {process.returncode}.")
        most = max(most, used.ru_maxrss / 1024)
    return median(times[1:]), most


def stay(root: Path) -> dict[str, Any]:
    """What a process measures that reads the catalog once and filters again and again; milliseconds and MiB."""
    runs = catalog.Runs(root)
    runs.refresh()
    runs.table()
    told: dict[str, Any] = {"first": {}, "again": {}}
    for text in QUERIES:
        took = [_timed(runs, text) for _ in range(_TRIES + 1)]
        told["first"][text], told["again"][text] = took[0], median(took[1:])
    return told | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _timed(runs: catalog.Runs, text: str) -> float:
    """Milliseconds of a query that is parsed anew, as when somebody types."""
    began = time.perf_counter()
    runs.refresh()
    query.parse(text).holds(runs.table()[0])
    return 1000 * (time.perf_counter() - began)


def _compaction(home: Home, runs: int) -> Row:
    """A host's log of so many runs, five lines of each, made anew."""
    root = home.folder / "superseded"
    for _ in range(5):
        make(root, runs)
    log = Catalog(root, "bench_1")
    log.add(entry(0, time.time(), random.Random(1)))
    size = (root / "catalog" / "bench_1.log").stat().st_size
    began = time.perf_counter()
    if not log.compact():
        raise BenchError("The log was not made anew.")
    took = 1000 * (time.perf_counter() - began)
    how = f"{runs:,} runs, {size >> 20} MiB, in the thread of the root: at most once while so much is appended."
    return Row("make a log anew", None, took, "ms", how)


if __name__ == "__main__":
    print(json.dumps(stay(Path(sys.argv[1]))))
