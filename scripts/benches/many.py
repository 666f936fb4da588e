"""The root that the viewer is measured on: made once, through runid.store, and kept in `.bench/` of the clone.

cv/… nlp/… rl/…    5,000 runs of ten metrics
long               ten runs of twelve metrics of 10 million points each; the runs' segments are one file
wide               one run of 10,000 metrics
text               one run that printed a million lines
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benches.listing import entry
from harness.filling import HOST, Process, Root
from runid import events
from runid.store import FORMAT, pyramid, rows, segments, verified
from runid.store.columns import Part

KEPT = Path(__file__).resolve().parents[2] / ".bench" / "root"
RUNS, LONG, METRICS, POINTS, WIDE, LINES = 5000, 10, 12, 10_000_000, 10_000, 1_000_000
SPIKE, SPIKE_AT = 40.0, 5_555_555
TEXT = "text_1"
_STEPS = 30
_VERSION = 1
"""Counts up when what is made here changes."""
_MADE = "made.json"
_BEGAN = 1_780_000_000.0


def made() -> Path:
    """The root, made where it is not there yet. Raises OSError."""
    told = json.dumps([RUNS, LONG, METRICS, POINTS, WIDE, LINES, _VERSION])
    note = KEPT.with_name(_MADE)
    if not note.exists() or note.read_text() != told:
        began = time.monotonic()
        print("Making the root that the viewer is measured on ...", flush=True)
        shutil.rmtree(KEPT.parent, ignore_errors=True)
        with ProcessPoolExecutor() as pool:
            parts = [pool.submit(_many, half) for half in range(2)]
            parts += [pool.submit(one) for one in (_long, _wide, _text)]
            for part in parts:
                part.result()
        note.write_text(told)
        print(f"It took {time.monotonic() - began:.0f} s.", flush=True)
    return KEPT


def _many(half: int) -> None:
    """Every second of the 5,000 runs, in a log of the catalog of its own."""
    root, chance = Root(KEPT, f"many_{half}"), random.Random(half)
    for number in range(half, RUNS, 2):
        about = entry(number, _BEGAN + 600.0 * number, chance)
        root.add(about["path"], about["run"], [Process(_logged(about, chance))])


def _logged(about: dict[str, object], chance: random.Random) -> Iterator[events.Event]:
    began, names = float(str(about["started_at"])), list(about["metrics"])  # type: ignore[call-overload]
    meta = {name: about[name] for name in ("alias", "tags", "group") if about[name]}
    yield [events.START, began, meta | {"created_at": began, "hostname": "vm", "pid": 1}]
    yield [events.CONFIG, began, about["config"]]
    yield [events.PRIMARY, began, "val/acc", "max"]
    for step in range(_STEPS):
        yield [events.POINTS, began + 20 * step, step, None, {name: chance.random() for name in names}]
    yield [events.FINISH, began + 20 * _STEPS, "failed" if chance.random() < 0.1 else "finished", None]


def _long() -> None:
    """Ten runs; the points of the first take the place of those that it logged, and the others link to them."""
    root, first = Root(KEPT, "long_1"), None
    names = [f"{part}/{name}" for part in ("train", "val") for name in ("loss", "acc", "norm", "lr", "speed", "aux")]
    for number in range(LONG):
        began = _BEGAN + 600.0 * (RUNS + number)
        logged: list[events.Event] = [
            [events.START, began, {"alias": f"long-{number}", "created_at": began}],
            [events.POINTS, began, POINTS - 1, None, dict.fromkeys(names, 0.1)],
            [events.FINISH, began + 600.0, "finished", None],
        ]
        folder = root.add("long", f"long_{number}", [Process(logged)])
        (segment,) = (folder / "metrics").iterdir()
        if first is None:
            first = segment
            _write(segment, names, began)
        else:
            segment.unlink()
            os.link(first, segment)
            segments.pyramid(segment).parent.mkdir()
            os.link(segments.pyramid(first), segments.pyramid(segment))


def _write(segment: Path, names: list[str], began: float) -> None:
    with verified.opened(segment) as old:
        about = json.loads(old.metadata.metadata[b"runicorn"])
    builder = pyramid.Builder([])
    groups = rows.tables(builder.through(_points(names, began)), [])
    temporary = segment.with_suffix(".made")
    with verified.File(temporary) as file:
        rows.write(file, segment.parent.parent.name, groups, about | {"format": FORMAT, "host": "long_1"})
        file.sign()
    temporary.rename(segment)
    builder.write(segments.pyramid(segment))


def _points(names: list[str], began: float) -> Iterator[tuple[str, Part]]:
    steps, chance = np.arange(POINTS, dtype=np.int64), np.random.default_rng(1)
    noise = chance.normal(0.1, 0.01, POINTS).astype(np.float32)
    same, order = np.zeros(POINTS, np.int32), steps
    when = np.int64(began * 1e6) + steps * 60
    for place, name in enumerate(sorted(names)):
        value = (1 + place / 4) * np.exp(-5 * steps / POINTS) + np.roll(noise, 1000 * place).astype(np.float64)
        if name == "train/loss":
            value[SPIKE_AT] = SPIKE
        yield name, Part(same, steps, same + 1, order, when, same - 1, value)


def _wide() -> None:
    began, chance = _BEGAN - 600.0, random.Random(3)
    names = [f"layer{number // 100}/w{number % 100}/norm" for number in range(WIDE)]

    def logged() -> Iterator[events.Event]:
        yield [events.START, began, {"alias": "wide", "created_at": began}]
        for step in range(100):
            for start in range(0, WIDE, 2000):
                values = {name: chance.random() for name in names[start : start + 2000]}
                yield [events.POINTS, began + step, step, None, values]
        yield [events.FINISH, began + 100, "finished", None]

    Root(KEPT, "wide_1").add("wide", "wide_1", [Process(logged())])


def _text() -> None:
    began = _BEGAN - 1200.0

    def logged() -> Iterator[events.Event]:
        yield [events.START, began, {"alias": "text", "created_at": began}]
        for first in range(0, LINES, 100):
            lines = [f"step {number} loss={1 / (number + 1):.6f} lr=0.0003" for number in range(first, first + 100)]
            if first == LINES * 3 // 4:
                lines[50] = "Traceback: CUDA out of memory"
            yield [events.TEXT, began + first / 1000, "stdout", "\n".join(lines)]
            yield [events.POINTS, began + first / 1000, first, None, {"loss": 1 / (first + 1)}]
        yield [events.FINISH, began + LINES / 1000, "finished", None]

    Root(KEPT, HOST).add("text", TEXT, [Process(logged())])
