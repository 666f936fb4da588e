"""Many writers at once: what the daemon costs then, and how long an event is on its way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import runicorn as rn
from benches.clock import METRICS, times
from benches.home import BenchError, Home, cpu_seconds
from benches.rows import Row
from runid.store.runs import find_runs, read_run

WRITERS, RATE = 64, 100
_PROCESSES = 4


def rows(seconds: int) -> Iterator[Row]:
    """The rows of 64 writers in one run, and in a run each, for so many seconds."""
    for runs, name in ((1, "one run"), (WRITERS, "a run each")):
        goals = (30.0, 100.0, 0.0) if runs == 1 else (None, None, None)
        share, lag, lost, longest = crowd(runs, seconds)
        how = (
            f"{WRITERS} writers, outbox and sender each, in {_PROCESSES} processes, log five floats {RATE} times a "
            f"second for {seconds} s, {name}. Processor time of the daemon and of its workers while they do."
        )
        yield Row(f"64 writers, {name}: daemon", goals[0], 100 * share, "% of a core", how)
        how = f"The same: from log() to the daemon's acknowledgement of receipt, longest {longest:.0f} ms."
        yield Row(f"64 writers, {name}: lag, p99", goals[1], lag, "ms", how)
        how = "The same: points logged less points read back from the files."
        yield Row(f"64 writers, {name}: lost", goals[2], lost, "points", how)


def crowd(runs: int, seconds: int) -> tuple[float, float, int, float]:
    """The daemon's share of a core, the 99th percentile of the lag in ms, points lost, and the longest lag in ms."""
    with Home() as home:
        daemon = home.daemon()
        members = [_Member(home, runs, number, seconds) for number in range(_PROCESSES)]
        for member in members:
            member.ready()
        began, before = time.perf_counter(), cpu_seconds(daemon)
        for member in members:
            member.go()
        for member in members:
            member.logged()
        share = (cpu_seconds(daemon) - before) / (time.perf_counter() - began)
        lags = times(lag for member in members for lag in member.lags())
        home.settle()
        kept = sum(len(read_run(folder).points()) for folder in find_runs(home.root))
        home.runid("stop")
    return share, lags.p99 / 1000, WRITERS * RATE * seconds * len(METRICS) - kept, lags.longest / 1000


class _Member:
    """One process of the crowd, told by its stdin what to do."""

    def __init__(self, home: Home, runs: int, number: int, seconds: int) -> None:
        command = [sys.executable, "-m", "benches.crowd", str(runs), str(number), str(seconds)]
        self._process = subprocess.Popen(
            command, env=home.environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ready(self) -> None:
        self._line()

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def logged(self) -> None:
        self._line()

    def lags(self) -> list[int]:
        """Nanoseconds from log() to the acknowledgement, of each event; the process ends."""
        lags: list[int] = self._line()
        self._process.communicate()
        return lags

    def _line(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("A process of the crowd ended early.")
        return json.loads(line)


class _Writer:
    """One writer, and when each of its events was logged."""

    def __init__(self, run_id: str) -> None:
        run = rn.init("crowd", run_id=run_id)
        assert isinstance(run, rn.Run)
        self.run = run
        self.lags: list[int] = []
        self._waiting: deque[tuple[int, int]] = deque()
        self._freed = run._sender._freed
        run._sender._freed = self._acknowledged  # type: ignore[method-assign]

    def log(self, step: int) -> None:
        now = time.perf_counter_ns()
        self.run.log(METRICS, step=step)
        self._waiting.append((self.run._outbox.head, now))

    def _acknowledged(self, safe: int) -> None:
        self._freed(safe)
        now, received = time.perf_counter_ns(), self.run._sender._received
        while self._waiting and self._waiting[0][0] <= received:
            self.lags.append(now - self._waiting.popleft()[1])


def _main() -> None:
    runs, number, seconds = map(int, sys.argv[1:])
    mine = range(number, WRITERS, _PROCESSES)
    writers = [_Writer(f"run{writer if runs > 1 else 0}") for writer in mine]
    print("true", flush=True)
    sys.stdin.readline()
    _log(writers, seconds)
    print("true", flush=True)
    for writer in writers:
        writer.run.finish()
    print(json.dumps([lag for writer in writers for lag in writer.lags]), flush=True)


def _log(writers: list[_Writer], seconds: int) -> None:
    """Each writer in its own part of each turn, as processes of their own would."""
    began = time.perf_counter()
    for turn in range(seconds * RATE * len(writers)):
        due = began + turn / RATE / len(writers)
        pause = due - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        writers[turn % len(writers)].log(turn // len(writers))


if __name__ == "__main__":
    _main()
