"""`scripts/soak`: many short runs for a long time; the daemon may not grow, and nothing may stay behind.

Exits 1 when the daemon's memory grew by 10 MB or more since the warm-up (a third of the time, for covered files keep
their runs in mind for ten minutes), when a point is missing, or when a process, a descriptor, a socket or a piece of an
outbox stays behind.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benches.clock import METRICS
from benches.home import BenchError, Home, end_in_order
from benches.table import table
from runid.store.runs import find_runs, read_run

MOST_GROWTH = 10.0
"""Megabytes that the daemon may grow by."""

_KEPT = 2
"""Descriptors that a daemon which has worked may hold beyond those of a fresh one."""

_RATE = 200
_EVERY = 1.0
_MB = 1 << 20


@dataclass(slots=True, frozen=True)
class Sample:
    """The daemon at one moment: seconds since the start, memory in MB, descriptors, threads, worker processes, runs."""

    at: float
    rss: float
    descriptors: int
    threads: int
    workers: int
    ended: int


class Soak:
    """One soak: `runs` runs of equal length, `writers` of them at a time."""

    def __init__(self, home: Home, minutes: float, writers: int, runs: int) -> None:
        self._home = home
        self._daemon = home.daemon()
        self._steps = max(100, int(60 * minutes * writers / runs * _RATE))
        self._waiting = [f"run{number}" for number in range(runs)]
        self._most = writers
        self._live: list[subprocess.Popen[bytes]] = []
        self._ended = 0
        self._began = time.monotonic()

    def run(self) -> Iterator[Sample]:
        """Keeps the writers going until the last has ended. Raises BenchError when one fails."""
        while self._waiting or self._live:
            self._reap()
            while self._waiting and len(self._live) < self._most:
                self._live.append(self._start(self._waiting.pop(0)))
            yield self.sample()
            time.sleep(_EVERY)

    def sample(self) -> Sample:
        """The daemon now."""
        daemon = self._daemon
        with daemon.oneshot():
            rss, descriptors, threads = daemon.memory_info().rss / _MB, daemon.num_fds(), daemon.num_threads()
        workers = len(daemon.children(recursive=True))
        return Sample(time.monotonic() - self._began, rss, descriptors, threads, workers, self._ended)

    def lost(self) -> int:
        """Points that were logged and are in no file."""
        kept = sum(len(read_run(folder).points()) for folder in find_runs(self._home.root))
        return self._ended * self._steps * len(METRICS) - kept

    def _start(self, run_id: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benches.writing", run_id, str(self._steps), str(_RATE)]
        return subprocess.Popen(
            command, env=self._home.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def _reap(self) -> None:
        for process in list(self._live):
            if process.poll() is not None:
                self._live.remove(process)
                self._ended += 1
                if process.returncode:
                    raise BenchError(f"A training process exited {process.returncode}.")


def main() -> int:
    """Soaks, and prints what became of the daemon."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (30)")
    parser.add_argument("--writers", type=int, default=8, help="writers at a time (8)")
    parser.add_argument("--runs", type=int, default=200, help="runs in all (200)")
    chosen = parser.parse_args()
    with Home() as home:
        soak = Soak(home, chosen.minutes, chosen.writers, chosen.runs)
        fresh = soak.sample()
        samples = _told(soak.run(), chosen.minutes)
        home.settle()
        home.waited(lambda: not soak.sample().workers, 120.0, "The last worker did not end")
        rested, lost, left = soak.sample(), soak.lost(), _left(home)
        home.runid("stop")
        left += [f"process {process.pid}" for process in home.processes()] + [str(path) for path in home.files_left()]
    return _verdict(fresh, samples, rested, lost, left)


def _told(samples: Iterator[Sample], minutes: float) -> list[Sample]:
    """All samples; twenty of them are printed as they come."""
    found: list[Sample] = []
    due = 0.0
    for sample in samples:
        found.append(sample)
        if sample.at >= due:
            print(
                f"{sample.at:6.0f} s  {sample.rss:6.1f} MB  {sample.descriptors:4} descriptors  "
                f"{sample.threads:3} threads  {sample.workers} workers  {sample.ended:4} runs ended",
                flush=True,
            )
            due = sample.at + 3 * minutes
    return found


def _left(home: Home) -> list[str]:
    """Training processes and pieces of outboxes that are still there while the daemon lives on."""
    daemon = home.daemon().pid
    others = [f"process {process.pid}" for process in home.processes() if process.pid != daemon]
    return others + [str(path) for path in home.outbox.rglob("*") if path.is_file()]


def _verdict(fresh: Sample, samples: list[Sample], rested: Sample, lost: int, left: list[str]) -> int:
    end = samples[-1].at
    warm = statistics.median(one.rss for one in samples if end / 3 <= one.at <= end / 3 + end / 10)
    late = statistics.median(one.rss for one in samples if one.at >= end - end / 10)
    growth = max(late, rested.rss) - warm
    rows = [
        ("memory, MB", f"{fresh.rss:.1f}", f"{warm:.1f}", f"{late:.1f}", f"{rested.rss:.1f}"),
        ("descriptors", str(fresh.descriptors), "", str(samples[-1].descriptors), str(rested.descriptors)),
        ("threads", str(fresh.threads), "", str(samples[-1].threads), str(rested.threads)),
    ]
    print(table(("the daemon", "fresh", "warm", "last tenth", "at rest"), rows))
    print(
        f"Grew by {growth:.1f} MB since it was warm; {lost} points lost; left behind: {', '.join(left) or 'nothing'}."
    )
    kept = rested.descriptors - fresh.descriptors
    if kept > _KEPT:
        print(f"{kept} descriptors stay open in the daemon.")
    return 1 if growth >= MOST_GROWTH or lost or left or kept > _KEPT else 0


if __name__ == "__main__":
    sys.exit(main())
