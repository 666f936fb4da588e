"""Timing single calls: one way for all, so that what is compared was measured alike."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

METRICS = {"loss": 0.31, "accuracy": 0.87, "lr": 0.0003, "grad_norm": 1.7, "throughput": 1234.5}
"""What each call logs: five floats."""

_MANY = 100_000

Log = Callable[[dict[str, float], int], Any]


class Times(NamedTuple):
    """Microseconds that calls took."""

    p50: float
    p99: float
    p999: float
    longest: float


class Pair(NamedTuple):
    """Calls of a tracker, and calls of an empty function made beside them."""

    log: Times
    empty: Times


def empty(_: dict[str, float], __: int) -> None:
    """What a call costs that does nothing."""


def times(nanoseconds: Iterable[int]) -> Times:
    """The percentiles of some measured times."""
    found = sorted(nanoseconds)
    p50, p99, p999 = (found[int(len(found) * part)] / 1000 for part in (0.5, 0.99, 0.999))
    return Times(p50, p99, p999, found[-1] / 1000)


def tight(log: Log, calls: int) -> Pair:
    """Times `calls` calls, one after the other, and as many empty ones in the same loop: what disturbs one, does both.

    The clock's own 0.05 to 0.1 µs are in both.
    """
    logged, beside = array("Q", bytes(8 * calls)), array("Q", bytes(8 * calls))
    now = time.perf_counter_ns
    for step in range(calls):
        start = now()
        log(METRICS, step)
        end = now()
        logged[step] = end - start
        start = now()
        empty(METRICS, step)
        end = now()
        beside[step] = end - start
    return Pair(times(logged), times(beside))


def plain(duration: float, calls: int) -> Times:
    """Times `calls` runs of a plain `for` that takes `duration` µs: what it has above that is the machine's doing."""
    took = array("Q", bytes(8 * calls))
    now = time.perf_counter_ns
    turns = range(_turns(duration))
    for step in range(calls):
        start = now()
        for _ in turns:
            pass
        took[step] = now() - start
    return times(took)


def paced(log: Log, calls: int, rate: float = 100.0) -> Pair:
    """Times `calls` calls at `rate` per second, with cold caches; an empty call half-way between any two."""
    logged, beside = array("Q", bytes(8 * calls)), array("Q", bytes(8 * calls))
    for step in range(calls):
        beside[step] = _after_pause(empty, step, 0.5 / rate)
        logged[step] = _after_pause(log, step, 0.5 / rate)
    return Pair(times(logged), times(beside))


def _turns(duration: float) -> int:
    began = time.perf_counter_ns()
    for _ in range(_MANY):
        pass
    return max(1, int(1000 * duration * _MANY / (time.perf_counter_ns() - began)))


def _after_pause(call: Log, step: int, pause: float) -> int:
    time.sleep(pause)
    start = time.perf_counter_ns()
    call(METRICS, step)
    return time.perf_counter_ns() - start
