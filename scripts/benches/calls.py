"""What log() costs its caller: in a tight loop, paced, and while the daemon cannot keep up."""

from __future__ import annotations

from collections.abc import Iterator

from benches import waits
from benches.clock import Pair, Times
from benches.home import Home
from benches.rows import Row, median
from benches.waiting import STATES
from benches.workload import answer_of

_TRIES = 3


def rows(calls: int) -> Iterator[Row]:
    """The rows of log(), with `calls` calls in each tight loop."""
    yield from _tight(calls)
    yield from _paced()
    yield from _states(calls)


def measured(home: Home, tracker: str, how: str, calls: int) -> Pair:
    """One loop of benches.workload in a process of its own."""
    answer = answer_of(home.python("-m", "benches.workload", tracker, how, str(calls)))
    return Pair(Times(*answer["log"]), Times(*answer["empty"]))


def _tight(calls: int) -> Iterator[Row]:
    with Home() as home:
        home.daemon()
        found = [measured(home, "runicorn", "tight", calls) for _ in range(_TRIES)]
    how = f"{calls:,} calls of five floats, one after the other, after a warm-up; median of {_TRIES} processes; "
    how += f"an empty call in the same loop: {_beside(found)}"
    yield Row("log(), tight loop, p50", 1.8, median(pair.log.p50 for pair in found), "µs", how)
    yield Row("log(), tight loop, p99", 6.0, median(pair.log.p99 for pair in found), "µs", "The same loops.")
    yield Row("log(), tight loop, p99.9", None, median(pair.log.p999 for pair in found), "µs", "The same loops.")


def _paced() -> Iterator[Row]:
    with Home() as home:
        home.daemon()
        pack, log = ([measured(home, name, "paced", 500) for _ in range(_TRIES)] for name in ("msgpack", "runicorn"))
    how = f"500 calls of five floats at 100 Hz, the process asleep in between; median of {_TRIES} processes; "
    how += f"an empty call half-way between two: {_beside(log)}"
    yield Row("log() at 100 Hz, p50", 15.0, median(pair.log.p50 for pair in log), "µs", how)
    yield Row("log() at 100 Hz, p99", 60.0, median(pair.log.p99 for pair in log), "µs", "The same loops.")
    how = "The limit: msgpack alone packs the same event into nothing, at the same pace: caches are cold after a sleep."
    yield Row("packing at 100 Hz, p50", None, median(pair.log.p50 for pair in pack), "µs", how)


def _states(calls: int) -> Iterator[Row]:
    for state, means in STATES.items():
        found = [waits.timed(state, calls) for _ in range(_TRIES)]
        above, plain = median(one.log.p999 - one.empty.p999 for one in found), median(one.plain.p999 for one in found)
        how = f"{means[0].upper()}{means[1:]}: p99.9 of {calls:,} calls less that of an empty call in the same loop; "
        how += f"median of {_TRIES} processes. A plain loop as long as log() has {plain:.1f} µs."
        yield Row(f"log() above an empty call, {state}, p99.9", waits.ABOVE, above, "µs", how)


def _beside(found: list[Pair]) -> str:
    p50, p99, p999 = (median(pair.empty[which] for pair in found) for which in range(3))
    return f"p50 {p50:.2f}, p99 {p99:.2f}, p99.9 {p999:.2f} µs."
