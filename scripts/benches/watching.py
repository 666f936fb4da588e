"""What it costs to watch folders in which nothing changes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benches.home import Home, cpu_seconds
from benches.rows import Row
from runid.store import runs

_FILES, _FOLDERS, _INTERVAL = 10_000, 100, 10


def rows(seconds: float) -> Iterator[Row]:
    """The row of the daemon's and its workers' processor time, for one watch over that many seconds."""
    with Home() as home:
        daemon = home.daemon()
        out = home.folder / "out"
        _write(out)
        command = [sys.executable, "-c", _WATCHES, str(out)]
        with subprocess.Popen(command, env=home.environment, cwd="/", stdin=subprocess.PIPE) as trainer:
            assert trainer.stdin is not None
            folder = home.root / "runs" / "watched" / "r1"
            home.waited(folder.exists, 30.0, "The run did not begin")
            without = _spent(daemon, seconds)
            trainer.stdin.write(b"watch\n")
            trainer.stdin.flush()
            home.waited(lambda: _archived(folder) == _FILES, 600.0, "The files were not archived")
            time.sleep(_INTERVAL)
            spent = _spent(daemon, seconds)
            trainer.communicate()
    how = (
        f"{_FILES:,} archived files in {_FOLDERS} folders, looked at every {_INTERVAL} s for {seconds:g} s: the daemon "
        f"and its workers take {1000 * spent:.0f} ms, and {1000 * without:.0f} ms without the watch. The run logs a "
        "step each second."
    )
    yield Row("watching unchanged files", 1.0, 100 * (spent - without) / seconds, "% of a core", how)


def _spent(daemon: psutil.Process, seconds: float) -> float:
    began = cpu_seconds(daemon)
    time.sleep(seconds)
    return cpu_seconds(daemon) - began


def _write(out: Path) -> None:
    for number in range(_FILES):
        path = out / str(number % _FOLDERS) / f"{number}.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)


def _archived(folder: Path) -> int:
    return len(runs.read_run(folder).outputs) if folder.exists() else 0


_WATCHES = f"""
import select, sys
import runicorn as rn

run = rn.init("watched", run_id="r1")
line = None
while line != "":
    run.log({{"loss": 0.5}})
    if select.select([sys.stdin], [], [], 1.0)[0]:
        line = sys.stdin.readline()
        if line:
            run.watch_outputs(output_dirs=[sys.argv[1]], interval_sec={_INTERVAL})
run.finish()
"""
