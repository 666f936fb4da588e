"""`scripts/waits`: shows that log() never waits, whatever the daemon does.

In each state a process calls log() in a loop, twice: once under `strace -f`, where the calling thread may make no
system call between two markers (futex, which it may, is not traced: that would slow all threads down); once without,
where the 99.9th percentile of log() may be at most 50 µs above that of an empty function called in the same loop.

The second is done several times and the median counts. A busy machine spoils it all the same: a call of log() is as
likely to be interrupted as anything that takes as long. So the same percentile of a plain `for` loop of that length, in
the same process, is shown beside. Exits 1 on a miss.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benches import strace
from benches.clock import Times
from benches.home import Home, end_in_order
from benches.table import table
from benches.waiting import MARKER, STATES, small_disk

ALLOWED = {"futex"}
ABOVE = 50.0
"""Microseconds that the 99.9th percentile of log() may be above that of an empty call."""

_SETTINGS = {"outbox full": {"RUNICORN_OUTBOX_MB": "2", "RUNICORN_SPILL_MB": "0"}}
_STARTED = '"$0" -P -m runid start >&2 && exec "$@"'


class Timed(NamedTuple):
    """What log(), an empty function beside it, and a plain loop that takes as long as log() took."""

    log: Times
    empty: Times
    plain: Times


@dataclass(slots=True, frozen=True)
class Found:
    """What was seen in one state."""

    state: str
    calls: Counter[str]
    timed: list[Timed]

    @property
    def above(self) -> float:
        """Microseconds by which log() is above the empty call at the 99.9th percentile; the median of the tries."""
        return statistics.median(one.log.p999 - one.empty.p999 for one in self.timed)

    @property
    def good(self) -> bool:
        """Whether log() did not wait."""
        return not set(self.calls) - ALLOWED and self.above <= ABOVE


def look(state: str, calls: int, tries: int) -> Found:
    """Traces and times log() in one state. Raises BenchError."""
    return Found(state, traced(state, calls), [timed(state, calls) for _ in range(tries)])


def traced(state: str, calls: int) -> Counter[str]:
    """The system calls that the calling thread makes during `calls` calls of log()."""
    with Home(**_SETTINGS.get(state, {})) as home:
        output = home.folder / "strace"
        _run(home, state, "traced", calls, strace.command(str(output), "!futex"))
        with open(output, errors="replace") as lines:
            return between_markers(list(strace.calls(lines)))


def timed(state: str, calls: int) -> Timed:
    """How long `calls` calls of log() take, and of what it is compared with."""
    with Home(**_SETTINGS.get(state, {})) as home:
        return Timed(*(Times(*found) for found in json.loads(_run(home, state, "timed", calls))))


def between_markers(found: Sequence[strace.Call]) -> Counter[str]:
    """Calls by name that the thread of the markers makes between them. Raises ValueError unless there are two."""
    first, last = (place for place, call in enumerate(found) if call.name == MARKER)
    thread = found[first].thread
    return Counter(call.name for call in found[first + 1 : last] if call.thread == thread)


def _run(home: Home, state: str, how: str, calls: int, tracer: Sequence[str] = ()) -> str:
    disk = small_disk(str(home.root)) if state == "disk full" else ()
    waiting = [sys.executable, "-m", "benches.waiting", state, how, str(calls)]
    return home.command(*disk, "sh", "-c", _STARTED, sys.executable, *tracer, *waiting)


def main() -> int:
    """Looks at all states and prints what was seen."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/waits", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=100_000, help="calls of log() in each state (100000)")
    parser.add_argument("--tries", type=int, default=3, help="how often each is timed; the median counts (3)")
    parser.add_argument("--only", choices=list(STATES), help="one state only")
    chosen = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors", file=sys.stderr)
    found = [look(state, chosen.calls, chosen.tries) for state in ([chosen.only] if chosen.only else STATES)]
    print(table(_HEAD, [_row(one, chosen.calls) for one in found]))
    return 0 if all(one.good for one in found) else 1


_HEAD = ("state", "calls", "system calls but futex", "p99.9 of log", "empty call", "above", "plain loop", "")


def _row(found: Found, calls: int) -> tuple[str, ...]:
    made = ", ".join(f"{name} {count}" for name, count in sorted(found.calls.items())) or "none"
    log, empty, plain = (f"{statistics.median(one[which].p999 for one in found.timed):.1f} µs" for which in range(3))
    verdict = "ok" if found.good else "MISS"
    return found.state, f"{calls:,}", made, log, empty, f"{found.above:.1f} µs", plain, verdict


if __name__ == "__main__":
    sys.exit(main())
