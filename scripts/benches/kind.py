"""Calls that log media, timed: the same ones for each tracker whose classes have Trackio's names.

    python -m benches.kind MODULE image|table|histogram|video      runicorn, runicorn.compat.trackio or trackio
    python -m benches.kind runicorn scalars MEDIA                  log() of five floats beside so many images

Prints JSON. Runs in the tracker's own environment, which has NumPy, and for tables pandas.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benches.clock import tight

CALLS = 5
_SCALARS = 50_000
PAUSE = 0.2

dice = np.random.default_rng(1)


def main() -> None:
    """Does one measurement."""
    module, what, *count = sys.argv[1:]
    tracker = importlib.import_module(module)
    run = tracker.init(project="kinds")
    tracker.log({"loss": 1.0})
    time.sleep(1.0)
    answer = _beside(tracker, run, int(count[0])) if count else {"calls": _calls(tracker, _KINDS[what])}
    tracker.finish()
    print("\n" + json.dumps(answer))


def _calls(tracker: Any, kind: Callable[[], Callable[[Any], Any]]) -> list[float]:
    """Milliseconds that calls took, the class' constructor included; the first one loads libraries, too."""
    make = kind()
    took = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        tracker.log({"kind": make(tracker)})
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(PAUSE)
    return took


def _beside(tracker: Any, run: Any, images: int) -> dict[str, Any]:
    """Times log() while so many images are encoded; `left`: how many were not, in the end."""
    image = dice.integers(0, 256, (1024, 1024, 3), np.uint8)
    folder = Path(run.media_dir)
    for number in range(images):
        tracker.log({"image": tracker.Image(image)}, step=number)
    while images and not any(folder.glob("*.png")):
        time.sleep(0.001)
    found = tight(lambda values, step: run.log(values, step=step), _SCALARS)
    return {"log": found.log, "empty": found.empty, "left": images - len(list(folder.glob("*.png")))}


def _image() -> Callable[[Any], Any]:
    array = dice.integers(0, 256, (1024, 1024, 3), np.uint8)
    return lambda tracker: tracker.Image(array)


def _table() -> Callable[[Any], Any]:
    import pandas as pd

    rows = 5_000
    names = [f"sample {number}" for number in range(rows)]
    numbers = {name: dice.random(rows) for name in ("loss", "score", "length")}
    frame = pd.DataFrame({"text": names, **numbers, "right": numbers["score"] > 0.5})
    return lambda tracker: tracker.Table(dataframe=frame)


def _histogram() -> Callable[[Any], Any]:
    values = dice.standard_normal(1_000_000)
    return lambda tracker: tracker.Histogram(values)


def _video() -> Callable[[Any], Any]:
    frames = dice.integers(0, 256, (10, 3, 64, 64), np.uint8)
    return lambda tracker: tracker.Video(frames, fps=24)


_KINDS = {"image": _image, "table": _table, "histogram": _histogram, "video": _video}

if __name__ == "__main__":
    main()
