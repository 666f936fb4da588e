"""The same work for each tracker: five floats a call, in a tight loop and paced; its start; what it leaves on disk.

    python -m benches.workload TRACKER startup             runicorn-env: with capture_env=True
    python -m benches.workload TRACKER tight CALLS
    python -m benches.workload TRACKER paced CALLS
    python -m benches.workload TRACKER disk CALLS

Prints JSON. Runs in the tracker's own environment, so it needs nothing but the standard library.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benches.clock import METRICS, Log, Times, paced, tight
from benches.series import series

_PAUSE = 1.0

Tracker = tuple[Log, Callable[[], Any]]
"""How to log a step, and how to finish."""


def main() -> None:
    """Does one measurement."""
    tracker, what, *calls = sys.argv[1:]
    if what == "startup":
        answer: object = _startup(tracker)
    else:
        log, finish = _STARTS[tracker](importlib.import_module(tracker))
        log(METRICS, 0)
        time.sleep(_PAUSE)
        answer = _MEASURES[what](log, int(calls[0]))
        finish()
    print("\n" + json.dumps(answer))


def answer_of(output: str) -> Any:
    """What a measurement printed, among what the tracker has to say."""
    return json.loads([line for line in output.splitlines() if line.startswith("{")][-1])


def _startup(tracker: str) -> dict[str, float]:
    began = time.perf_counter()
    module = importlib.import_module(tracker.partition("-")[0])
    imported = time.perf_counter()
    _, finish = _STARTS[tracker](module)
    started = time.perf_counter()
    finish()
    return {"import": 1000 * (imported - began), "init": 1000 * (started - imported)}


def _tight(log: Log, calls: int) -> dict[str, Times]:
    tight(log, calls // 5)  # until buffers have the size they keep
    return tight(log, calls)._asdict()


def _paced(log: Log, calls: int) -> dict[str, Times]:
    return paced(log, calls)._asdict()


def _disk(log: Log, calls: int) -> dict[str, Times]:
    for step, values in enumerate(series(calls), 1):
        log(values, step)
    return {}


def _runicorn(rn: Any) -> Tracker:
    run = rn.init("bench")
    return lambda values, step: run.log(values, step=step), run.finish


def _runicorn_env(rn: Any) -> Tracker:
    run = rn.init("bench", capture_env=True)
    return lambda values, step: run.log(values, step=step), run.finish


def _msgpack(msgpack: Any) -> Tracker:
    pack = msgpack.Packer(autoreset=True).pack
    return lambda values, step: pack([1, time.time(), step, None, values]), lambda: None


def _trackio(trackio: Any) -> Tracker:
    run = trackio.init(project="bench")
    return lambda values, step: run.log(values, step=step), run.finish


def _expt_logger(expt_logger: Any) -> Tracker:
    run = expt_logger.init(name="bench")
    return lambda values, step: run.log(values, step=step), run.end


def _wandb(wandb: Any) -> Tracker:
    run = wandb.init(project="bench", mode="offline")
    return lambda values, step: run.log(values, step=step), run.finish


_MEASURES = {"tight": _tight, "paced": _paced, "disk": _disk}
_STARTS: dict[str, Callable[[Any], Tracker]] = {
    "runicorn": _runicorn,
    "runicorn-env": _runicorn_env,
    "msgpack": _msgpack,
    "runicorn.compat.trackio": _trackio,
    "runicorn.compat.expt_logger": _expt_logger,
    "trackio": _trackio,
    "wandb": _wandb,
}

if __name__ == "__main__":
    main()
