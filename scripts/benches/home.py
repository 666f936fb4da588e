"""A home of a bench's own: a root, a runtime folder, an outbox, and the daemon there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil

from runid import endpoint, wire
from runid.errors import DaemonError

_SCRIPTS = Path(__file__).resolve().parents[1]
_FOREIGN = ("RUNICORN_", "RUNID_", "SLURM_", "OMPI_", "PMI", "TORCHELASTIC_", "MASTER_")
_FOREIGN_NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "PYTHONDONTWRITEBYTECODE")

T = TypeVar("T")


class BenchError(Exception):
    """A bench cannot go on: a sentence."""


class Home:
    """Folders that processes are led to by their environment; all of it is ended and removed at exit."""

    def __init__(self, **settings: str) -> None:
        """`settings` are environment variables for all processes started here."""
        self.folder = Path(tempfile.mkdtemp(prefix="rn-bench-", dir="/tmp"))
        self.outbox = Path(tempfile.mkdtemp(prefix="rn-bench-", dir="/dev/shm"))
        self.root = self.folder / "root"
        self.runtime = self.folder / "run" / "runid"
        self.runtime.parent.mkdir(mode=0o700)
        own = {name: value for name, value in os.environ.items() if not _foreign(name)}
        self.environment = own | {
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.runtime.parent),
            "RUNICORN_OUTBOX": str(self.outbox),
            "RUNICORN_DIR": str(self.root),
            "RUNICORN_QUIET": "1",
            "RUNICORN_SYSTEM": "0",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_SCRIPTS), os.environ.get("PYTHONPATH")))),
            # As installed: compiled once, not at each start.
            "PYTHONPYCACHEPREFIX": str(self.folder / "compiled"),
            **settings,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self.processes(), timeout=10.0)
        for folder in (self.folder, self.outbox):
            shutil.rmtree(folder, ignore_errors=True)

    def command(self, *command: str, timeout: float = 600.0) -> str:
        """What a program of this home prints. Raises BenchError when it fails."""
        done = subprocess.run(
            command, env=self.environment, cwd="/", capture_output=True, text=True, timeout=timeout, check=False
        )
        if done.returncode:
            raise BenchError(f"{' '.join(command)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def python(self, *arguments: str) -> str:
        """What a Python process of this home prints. Raises BenchError when it fails."""
        return self.command(sys.executable, *arguments)

    def runid(self, *arguments: str) -> str:
        """What the daemon's command line prints."""
        return self.python("-P", "-m", "runid", *arguments)

    def answer(self) -> dict[str, Any]:
        """What the daemon says of itself; empty when none answers."""
        found = endpoint.find(self.runtime) if self.runtime.is_dir() else None
        if found is None:
            return {}
        try:
            answer = endpoint.ask(found, wire.Status())
        except DaemonError:
            return {}
        return answer.status if isinstance(answer, wire.Report) else {}

    def daemon(self) -> psutil.Process:
        """The daemon, started if there is none."""
        self.runid("start")
        return psutil.Process(self.answer()["pid"])

    def waited(self, condition: Callable[[], T], timeout: float, otherwise: str) -> T:
        """The first answer of the condition that is true. Raises BenchError, with `otherwise`, after `timeout` s."""
        deadline = time.monotonic() + timeout
        while not (answer := condition()):
            if time.monotonic() > deadline:
                raise BenchError(f"{otherwise} within {timeout:.0f} s.")
            time.sleep(0.05)
        return answer

    def settle(self) -> None:
        """Waits until the daemon has no run open any more, so that all is sealed and merged."""

        def done() -> bool:
            status = self.answer()
            return bool(status) and not status["runs"] and not status["backlog"]

        self.waited(done, 120.0, "The daemon did not come to rest")

    def processes(self) -> list[psutil.Process]:
        """The processes that were started in this home, and live."""
        mark = str(self.folder)
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("HOME") == mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def files_left(self) -> list[Path]:
        """Sockets that still have a name, and pieces of outboxes."""
        sockets = [path for path in self.runtime.rglob("*") if path.is_socket()]
        return sockets + [path for path in self.outbox.rglob("*") if path.is_file()]


def end_in_order() -> None:
    """Has SIGTERM end this process as an exception would, so that homes are cleaned up."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def cpu_seconds(daemon: psutil.Process) -> float:
    """Processor time of a daemon and of its workers, those that have ended too."""
    spent = daemon.cpu_times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for worker in daemon.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            its = worker.cpu_times()
            total += its.user + its.system
    return float(total)


def _foreign(name: str) -> bool:
    return name.startswith(_FOREIGN) or name in _FOREIGN_NAMES
