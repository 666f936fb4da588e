"""A training process that is in one of the states in which log() must not wait.

    python -m benches.waiting STATE traced|timed CALLS

`traced` makes the system call of MARKER right before and right after the loop, for strace; `timed` prints the times as
JSON: of log(), of an empty function beside it, and of a plain loop that takes as long as log().
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import runicorn as rn
from benches.clock import METRICS, plain, tight
from runid import endpoint, places

MARKER = "getppid"

STATES = {
    "up": "the daemon serves",
    "stopped": "the daemon is stopped (SIGSTOP)",
    "dead": "the daemon was killed and none may be started",
    "disk full": "no byte can be written below the root",
    "archiving": "this run and one beside it snapshot code and archive a dataset that a run before them did",
    "outbox full": "the daemon is stopped and outbox and spill are full: events are dropped",
}

_BALLAST = 1 << 16
_PAUSE = 0.3


def main() -> None:
    """Gets into the state, logs, and ends without waiting for the daemon."""
    state, how, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    home = Path(os.environ["HOME"])
    code, data = home / "code", home / "data"
    if state == "archiving":
        _fill_folder(code, 500, 4096)
        _fill_folder(data, 16, 4 << 20)
        os.chdir(code)
    run = rn.init("waits", snapshot_code=state == "archiving")
    run.log(METRICS)
    if not run.flush(30.0):
        sys.exit("The daemon did not make the first event safe within 30 s.")
    daemon = _into(state, Path(run.storage_root))

    def log(values: dict[str, float], step: int) -> None:
        run.log(values, step=step)

    _warm_up(log, calls)
    if state == "archiving":
        _archive(run, code, data)
    if how == "timed":
        log_times, empty_times = tight(log, calls)
        print(json.dumps([log_times, empty_times, plain(log_times.p50, calls)]))
    else:
        _loop(log, calls)
    if state != "dead":
        os.kill(daemon, signal.SIGCONT)
    sys.stdout.flush()
    os._exit(0)


def _archive(run: rn.Run, code: Path, data: Path) -> None:
    """Has three runs ask for the same: one that has ended, one beside this one, and this one."""
    for other in (rn.init("before", snapshot_code=True, workspace_root=code), rn.init("beside", snapshot_code=True)):
        other.log_dataset("data", data, save=True)
        if other.path == "before":
            other.finish()
    run.log_dataset("data", data, save=True)


def _fill_folder(folder: Path, files: int, size: int) -> None:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number}.py").write_bytes(os.urandom(size))


def _loop(log: Callable[[dict[str, float], int], None], calls: int) -> None:
    os.getppid()
    for step in range(calls):
        log(METRICS, step)
    os.getppid()


def _warm_up(log: Callable[[dict[str, float], int], None], calls: int) -> None:
    """Until chunks have their full size, and what is to be full is; then a moment for the sender to catch up."""
    for _ in range(3):
        for step in range(calls):
            log(METRICS, step)
        time.sleep(_PAUSE)


def _into(state: str, root: Path) -> int:
    """Brings the state about; gives the daemon's pid."""
    found = endpoint.find(places.runtime_dir())
    if found is None:
        sys.exit("No daemon serves.")
    if state in ("stopped", "outbox full"):
        os.kill(found.pid, signal.SIGSTOP)
    elif state == "dead":
        (places.runtime_dir() / "stopped").touch()
        os.kill(found.pid, signal.SIGKILL)
    elif state == "disk full":
        _fill(root)
    return found.pid


def _fill(root: Path) -> None:
    with open(root / "ballast", "wb", buffering=0) as ballast:
        for size in (_BALLAST, 1):
            try:
                while True:
                    ballast.write(bytes(size))
            except OSError:
                continue


def small_disk(root: str) -> tuple[str, ...]:
    """A command that runs another one with a root of 8 MB of its own."""
    script = f'mkdir -p {root} && mount -t tmpfs -o size=8m bench {root} && exec "$@"'
    return ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")


if __name__ == "__main__":
    main()
