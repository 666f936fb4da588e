"""What it costs to look at the machine, its processes and its GPUs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benches.home import BenchError, Home, cpu_seconds
from benches.rows import Row

_RUNS = 8


def rows(seconds: int) -> Iterator[Row]:
    """The row of the sampler, beside a daemon that does not sample."""
    with_it, without = _share(seconds, "1"), _share(seconds, "0")
    how = f"{_RUNS} open runs, a process each, for {seconds} s: processor time of the daemon and its workers with "
    how += f"system metrics ({100 * with_it:.2f}%) less that without ({100 * without:.2f}%), as a share of a core. "
    how += "The start of the worker and the first looks are in it."
    yield Row(f"system metrics, {_RUNS} runs", 1.0, 100 * (with_it - without), "% of a core", how)


def _share(seconds: int, system: str) -> float:
    """The daemon's share of a core while runs are open."""
    with Home(RUNICORN_SYSTEM=system) as home, ExitStack() as stack:
        daemon = home.daemon()
        before, began = cpu_seconds(daemon), time.monotonic()
        runs = [stack.enter_context(_run(home)) for _ in range(_RUNS)]
        time.sleep(seconds)
        share = (cpu_seconds(daemon) - before) / (time.monotonic() - began)
        for process in runs:
            process.communicate()
            if process.returncode:
                raise BenchError("A process with an open run failed.")
        home.settle()
        home.runid("stop")
    return share


def _run(home: Home) -> subprocess.Popen[str]:
    program = "import sys, runicorn as rn\nwith rn.init('system') as run:\n    run.log(loss=1.0); sys.stdin.read()"
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, env=home.environment, cwd="/", stdin=subprocess.PIPE, text=True)
