"""One job of the harness: a launcher and its trainers, all in one process group."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.counters import FINISH, POINTS, Counters
from harness.processes import PLAN, follows, send

RANKS = 4


class RoundError(Exception):
    """Something a round expected did not happen: a sentence."""


class Job:
    """Four trainers that log into one run of path `path`."""

    def __init__(
        self,
        folder: Path,
        path: str,
        environment: dict[str, str],
        rate: float = 5000.0,
        ranks: Sequence[dict[str, str]] = ({},) * RANKS,
        prefix: Sequence[str] = (),
    ) -> None:
        """Starts the processes; none calls init() before `go`.

        `folder` takes the counters, `ranks` holds what each rank's environment has beside, `prefix` a command that
        runs the launcher.
        """
        self.path = path
        folder.mkdir()
        self.counters = [Counters(folder / f"rank{rank}") for rank in range(len(ranks))]
        described = [
            {"counters": str(counters.path), "environment": extra}
            for counters, extra in zip(self.counters, ranks, strict=True)
        ]
        self._output = open(folder / "output", "w+")  # noqa: SIM115 - the trainers write to it until they end
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "harness.launcher", path, str(rate), json.dumps(described)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._output,
            process_group=0,
        )
        self._plan = environment[PLAN]
        self.exits: list[int | None] = [None] * len(ranks)

    @property
    def group(self) -> int:
        """The process group, negative as kill() wants it."""
        return -self.process.pid

    def go(self, ranks: Sequence[int] | None = None) -> None:
        """Lets the trainers, or some of them, begin."""
        for rank in range(len(self.counters)) if ranks is None else ranks:
            self.counters[rank].go()

    def stop(self) -> None:
        """Lets all trainers come to their end."""
        for counters in self.counters:
            counters.stop()

    def wait_for_steps(self, rank: int, steps: int, timeout: float = 20.0) -> None:
        """Waits until a trainer has logged as many steps. Raises RoundError when it does not."""
        counters = self.counters[rank]
        wait(lambda: counters.returned(POINTS) >= steps, timeout, f"rank {rank} did not log {steps} steps")

    def kill_rank(self, rank: int, number: int = signal.SIGKILL) -> None:
        """Sends a signal to one trainer, if it lives."""
        send(self.counters[rank].pid, self._plan, number)

    def join(self, timeout: float = 60.0) -> None:
        """Waits until all processes are gone. Raises RoundError when they stay, or one that was not killed failed."""
        try:
            told, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise RoundError(f"trainers still ran {timeout:.0f} s after they were to stop") from None
        finally:
            self._output.close()
        if told:
            self.exits = json.loads(told)
        pids = [counters.pid for counters in self.counters]
        wait(lambda: not any(follows(pid, self._plan) for pid in pids), 5.0, "trainers outlived their launcher")
        for rank, code in enumerate(self.exits):
            if code not in {None, 0, -signal.SIGKILL, -signal.SIGTERM} or (code == 0 and not self.finished(rank)):
                raise RoundError(f"rank {rank} ended with status {code}; see {self._output.name}")

    def finished(self, rank: int) -> bool:
        """Whether the trainer's finish() returned."""
        return self.counters[rank].returned(FINISH) > 0


def wait(condition: Callable[[], bool], timeout: float, otherwise: str, every: float = 0.005) -> None:
    """Returns when the condition holds. Raises RoundError, with the sentence `otherwise`, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise RoundError(f"{otherwise} within {timeout:.0f} s")
        time.sleep(every)
