"""What it costs to look: charts of a long series, of one metric among many, of many runs, each in a fresh process.

python -m benches.reading QUESTION FOLDER…      asks, and prints {first, median, all: ms, rss: MB} as JSON
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgpack
import psutil

from benches.home import Home
from benches.rows import Row
from runid import events
from runid.store import journal, sealing, segments

_JOURNAL = 16 << 20
_SPIKE = 40.0
_METRICS = 10_000
_RUNS = 100
_TRIES = 15


def rows(points: int) -> Iterator[Row]:
    """The rows of reading, for a series of so many points."""
    with tempfile.TemporaryDirectory(prefix="rn-bench-", dir="/tmp") as folder, Home() as home:
        root = Path(folder)
        _fill(root / "long", ({"loss": value} for value in _noise(points)))
        found = _asked(home, "long", [root / "long"])
        how = (
            f"{points:,} points with a spike of one step, sealed; at most 2,000 bins of all of them, then of random "
            f"thirds. From the question to the Arrow table, median of {_TRIES} in a process that has loaded what it "
            f"needs; the first took {found['first']:.1f} ms. Memory of the process {found['rss']:.0f} MB."
        )
        yield Row(f"chart of {points:,} points", 20.0, found["median"], "ms", how)
        how = f"The same from all points, without cells; {found['all_rss']:.0f} MB. Every chart had the spike."
        yield Row("the same by brute force", None, found["all"], "ms", how)
        names = [f"layer{number}/norm" for number in range(_METRICS)]
        _fill(root / "wide", (dict.fromkeys(names, value) for value in _noise(points // _METRICS)))
        found = _asked(home, "wide", [root / "wide"])
        how = f"{points // _METRICS:,} points each; the first took {found['first']:.1f} ms; {found['rss']:.0f} MB."
        yield Row(f"chart of one of {_METRICS:,} metrics", 20.0, found["median"], "ms", how)
        runs = [root / f"run{number}" for number in range(_RUNS)]
        for run in runs:
            _fill(run, ({"loss": value, "acc": value} for value in _noise(points // 1000)))
        found = _asked(home, "loss", runs)
        how = (
            f"One metric of {_RUNS} runs of {points // 1000:,} points each, one after the other; {found['rss']:.0f} MB."
        )
        yield Row(f"comparison of {_RUNS} runs", None, found["first"], "ms", how)


def _noise(count: int) -> Iterator[float]:
    chance = random.Random(1)
    for step in range(count):
        value = 2.3 * math.exp(-5 * step / count) + chance.gauss(0.1, 0.01)
        yield _SPIKE if step == count // 3 else value


def _fill(run: Path, steps: Iterable[dict[str, float]]) -> None:
    """A run as a daemon leaves it: journals of 16 MiB sealed, the segments merged where there are more than eight."""
    for name in ("journal", "metrics"):
        (run / name).mkdir(parents=True)
    about = {"folder": str(run / "metrics"), "host": "bench", "run_id": run.name}
    batches = _batches(steps)
    made, number, offset, body = [], 1, 0, next(batches, b"")
    while body:
        log = journal.Journal(run / "journal", "bench", number)
        log.append(journal.WRITER, bytes(16), offset, msgpack.packb({"rank": 0, "number": 1}))
        while body and log.size < _JOURNAL:
            log.append(journal.BATCH, bytes(16), offset, body)
            offset, body = offset + len(body), next(batches, b"")
        log.close()
        span = {"lo": number, "hi": log.next - 1}
        done = sealing.seal(about | span | {"journal": str(log.path)})
        segments.commit(Path(done["tmp"]), run / "metrics", "bench", **span)
        log.path.unlink()
        made.append(segments.final(run / "metrics", "bench", **span))
        number = log.next
    if len(made) > 8:
        done = sealing.merge(about | {"lo": 1, "hi": number - 1, "segments": [str(path) for path in made]})
        segments.commit_merge(Path(done["tmp"]), run / "metrics", "bench", 1, number - 1, made)
        for path in segments.covered(run / "metrics", "bench"):
            path.unlink()


def _batches(steps: Iterable[dict[str, float]]) -> Iterator[bytes]:
    body = b""
    for step, values in enumerate(steps):
        for start in range(0, len(values), 2000):
            part = values if len(values) <= 2000 else dict(list(values.items())[start : start + 2000])
            event = events.pack([events.POINTS, 1.7e9 + step / 100, step, None, part])
            if len(body) + len(event) > events.BATCH_BYTES:
                yield body
                body = b""
            body += event
    if body:
        yield body


def _asked(home: Home, question: str, folders: list[Path]) -> dict[str, float]:
    found: dict[str, float] = json.loads(home.python("-m", "benches.reading", question, *map(str, folders)))
    return found


def _main() -> None:
    from runid.store.reader import Reader
    from runid.store.series import Ask, series

    question, *folders = sys.argv[1:]
    metric = {"wide": "layer7777/norm"}.get(question, "loss")

    def ask(folder: str, asked: Ask) -> float:
        began = time.perf_counter()
        found = Reader(Path(folder)).read(lambda view: series(view, asked))
        took = 1000 * (time.perf_counter() - began)
        if asked.lo is None and max(found["max"].to_pylist()) != _SPIKE:
            sys.exit(f"{asked} does not show the spike")
        return took

    ask(folders[0], Ask(metric, 1, lo=0, hi=0))  # loads what there is to load
    first = sum(ask(folder, Ask(metric)) for folder in folders)
    told = {"first": first, "median": first, "rss": _rss()}
    if len(folders) == 1:
        chance = random.Random(2)
        length = 10_000_000 if question == "long" else 1000
        zooms = [chance.random() * length * 2 / 3 for _ in range(_TRIES)]
        asks = [Ask(metric), *(Ask(metric, lo=lo, hi=lo + length / 3) for lo in zooms)]
        told["median"] = statistics.median(ask(folders[0], one) for one in asks)
        told["rss"] = _rss()
    if question == "long":
        told["all"] = statistics.median(ask(folders[0], Ask(metric, x="time")) for _ in range(3))
        told["all_rss"] = _rss()
    print(json.dumps(told))


def _rss() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


if __name__ == "__main__":
    _main()
