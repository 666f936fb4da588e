"""Ten thousand SIGKILLs of a process in a tight loop of log(), and its outbox read back by the daemon's own code.

    scripts/long kills [--kills 10000] [--seed N]

A warm parent forks a child that logs numbered events as fast as it can, kills it at a random moment of the first 10 ms,
takes the dead writer's lock and reads the stream. Every other child calls log() beside the real sender; the others put
into a bare outbox beside a thread that prepares chunks and moves old ones to disk all the time. No daemon runs.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import runicorn as rn
from harness.counters import POINTS, Counters
from harness.counting import NOTHING, Verdict, judge
from runid import endpoint, events
from runid.errors import DaemonError
from runid.orphan import Orphan, Owner, outboxes
from runid.outbox import Outbox

_LATEST_KILL = 0.010
_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
_METRICS = ("train/loss", "train/accuracy", "lr", "grad/norm", "throughput")


@dataclass(slots=True)
class _Totals:
    kills: int = 0
    returned: int = 0
    spilled: int = 0
    verdict: Verdict = NOTHING


def main() -> int:
    """Runs the kills and prints what was found; 1 when an event was lost or doubled."""
    parser = argparse.ArgumentParser(prog="scripts/long kills", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-", dir="/dev/shm"))
    os.environ["RUNICORN_OUTBOX"] = str(folder / "o")
    os.environ["RUNICORN_OUTBOX_MB"] = "1"
    os.environ["RUNICORN_DIR"] = os.environ["XDG_RUNTIME_DIR"] = str(folder)
    os.environ["RUNICORN_QUIET"] = "1"
    endpoint.start = _no_daemon
    logging.disable()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"{arguments.kills} kills, seed {arguments.seed}", flush=True)
    good = False
    try:
        good = _run(folder, arguments.kills, random.Random(arguments.seed))
    except (KeyboardInterrupt, SystemExit):
        good = True
        raise
    finally:
        if good:
            shutil.rmtree(folder)
        else:
            print(f"What the killed process left is kept in {folder}.")
    return 0 if good else 1


def _run(folder: Path, kills: int, rng: random.Random) -> bool:
    totals = _Totals()
    began = time.monotonic()
    counters = Counters(folder / "counters")
    for number in range(1, kills + 1):
        counters.reset()
        _kill_one(counters, _logging if number % 2 else _putting, rng.uniform(0, _LATEST_KILL))
        totals.spilled += any((folder / "o" / "spill").glob("*/*"))
        verdict = _read_back(folder / "o", counters)
        totals.kills += 1
        totals.returned += counters.returned(POINTS)
        totals.verdict += verdict
        if not verdict.good:
            break
        if number % 1000 == 0 or number == kills:
            seconds = time.monotonic() - began
            print(
                f"{number:6} kills  {totals.spilled:5} with part of the stream on disk  "
                f"{totals.returned:10} events returned  {totals.verdict}  {seconds:6.1f} s",
                flush=True,
            )
    if not totals.verdict.good:
        print(f"Kill {totals.kills}: {totals.verdict}, of {counters.returned(POINTS)} that returned.")
    return totals.verdict.good


def _kill_one(counters: Counters, child: Callable[[Counters], None], delay: float) -> None:
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        try:
            child(counters)
        finally:
            os._exit(1)
    try:
        while not counters.returned(POINTS) and os.waitid(os.P_PID, pid, _ENDED) is None:
            time.sleep(0.0002)
        time.sleep(delay)
    finally:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError("The child ended before it was killed.")


def _logging(counters: Counters) -> None:
    """Calls log() until it is killed, beside the real sender, which finds no daemon and can start none.

    An event that the outbox had no room for was dropped, as is told and counted elsewhere; it does not count here.
    """
    run = rn.init("kills")
    assert isinstance(run, rn.Run)
    cells, number = counters.cells, 0
    while True:
        cells[2 * POINTS] = number = number + 1
        run.log(dict.fromkeys(_METRICS, float(number)), step=number)
        if run._outbox.dropped:
            signal.pause()
        cells[2 * POINTS + 1] = number


def _putting(counters: Counters) -> None:
    """Puts events into a bare outbox until it is killed, beside a thread that tidies it more often than a sender."""
    outbox = Outbox({"writer": os.urandom(16), "root": "/", "path": "kills", "run_id": "kills"})
    threading.Thread(target=_tidy_for_ever, args=(outbox,), daemon=True).start()
    cells, number = counters.cells, 0
    while True:
        cells[2 * POINTS] = number = number + 1
        outbox.put([events.POINTS, time.time(), number, None, dict.fromkeys(_METRICS, number)])
        if outbox.dropped:
            signal.pause()
        cells[2 * POINTS + 1] = number


def _no_daemon(*_: object, **__: object) -> NoReturn:
    raise DaemonError("No daemon runs here.")


def _tidy_for_ever(outbox: Outbox) -> None:
    while True:
        outbox.prepare()
        with suppress(OSError):
            outbox.spill()
        time.sleep(0.0005)


def _read_back(parent: Path, counters: Counters) -> Verdict:
    """Drains the one dead outbox as the daemon does, removes it, and compares."""
    (folder,) = outboxes(parent)
    owner = Owner(folder)
    try:
        if owner.alive() or not owner.take():
            raise RuntimeError(f"The lock of the dead writer in {folder} is held.")
        orphan = Orphan(owner)
        found: list[int] = []
        offset, holes = 0, 0
        while True:
            at, data = orphan.next(offset)
            holes += at != offset
            if not data:
                break
            found += [event[2] for event in events.unpack(data) if event[0] == events.POINTS]
            offset = at + len(data)
        verdict = judge(found, counters.attempted(POINTS), counters.returned(POINTS))
        if found != sorted(found) or holes:
            verdict += Verdict(0, 0, 0, foreign=1)
        if verdict.good:
            orphan.remove()
        return verdict
    finally:
        owner.close()


if __name__ == "__main__":
    sys.exit(main())
