"""A place of its own for the rounds of one row: a root, a runtime folder, an outbox, and the daemons there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.counters import Counters
from harness.job import RoundError, wait
from harness.points import DAEMON, Plan
from harness.processes import PLAN, alive, following, follows, parent, send
from runid import endpoint, wire
from runid.errors import DaemonError

TO_DO = ("orphans", "writers", "unsealed", "backlog", "runs")
"""Fields of the daemon's status that say what is still to be done."""

_SCRIPTS = Path(__file__).resolve().parents[1]


class World:
    """All that a row uses, in one temporary folder, and the outbox in shared memory beside."""

    def __init__(self, row: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"chaos-{row}-", dir="/tmp"))
        self.memory = Path(tempfile.mkdtemp(prefix=f"chaos-{row}-", dir="/dev/shm"))
        self.root = self.folder / "root"
        self.outbox = self.memory / "o"
        self.plan = self.folder / "plan.json"
        self.token = self.folder / "hit"
        self.environment = os.environ | {
            "PYTHONPATH": _python_path(),
            PLAN: str(self.plan),
            "RUNICORN_DIR": str(self.root),
            "RUNICORN_OUTBOX": str(self.outbox),
            "RUNICORN_QUIET": "1",
            "RUNICORN_SYSTEM": "0",
            "RUNICORN_FINISH_TIMEOUT": "40",
            "RUNID_JOURNAL_BYTES": "65536",
        }
        self._mounted = False
        self.runtime("r")

    def runtime(self, name: str) -> Path:
        """Makes the folder `name` the one that holds the daemon's runtime folder from now on."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.environment["XDG_RUNTIME_DIR"] = str(folder)
        return folder

    @property
    def endpoint(self) -> Path:
        """The file that names the daemon that serves."""
        return Path(self.environment["XDG_RUNTIME_DIR"], "runid", "endpoint.json")

    def daemon_pid(self) -> int:
        """The daemon that serves; 0 when there is none."""
        found = endpoint.find(self.endpoint.parent)
        return found.pid if found and follows(found.pid, str(self.plan)) else 0

    def start_daemon(self) -> None:
        """Sees to it that a daemon serves. Raises RoundError when none does; a plan may kill the first that tries."""
        if self.daemon_pid():
            return
        for _ in range(3):
            if self._runid("start").returncode == 0:
                return
        told = self._runid("start")
        raise RoundError(f"no daemon could be started: {told.stderr.strip() or told.stdout.strip()}")

    def kill_daemon(self, number: int = signal.SIGKILL) -> int:
        """Sends a signal to the daemon that serves, and gives its pid."""
        pid = self.daemon_pid()
        send(pid, str(self.plan), number)
        return pid

    def kill(self, victims: list[str | int]) -> None:
        """Kills what a plan would: counter files stand for trainers, "daemon" for the daemon, numbers for groups."""
        for victim in victims:
            if victim == DAEMON:
                self.kill_daemon()
            else:
                send(victim if isinstance(victim, int) else Counters(Path(victim)).pid, str(self.plan))

    def kill_worker(self) -> bool:
        """Kills one of the daemon's workers, and says whether it had one."""
        daemon = self.daemon_pid()
        workers = [pid for pid in self.processes() if daemon and parent(pid) == daemon]
        return bool(workers) and send(workers[0], str(self.plan))

    def stop_daemon(self) -> None:
        """Ends the daemon in order. Raises RoundError when it does not."""
        pid = self.daemon_pid()
        told = self._runid("stop")
        wait(lambda: not alive(pid), 15.0, f"`runid stop` did not end the daemon: {told.stdout}{told.stderr}")

    def status(self) -> dict[str, Any]:
        """What the daemon says of itself; empty when none answers."""
        found = endpoint.find(self.endpoint.parent)
        if found is None:
            return {}
        try:
            answer = endpoint.ask(found, wire.Status())
        except DaemonError:
            return {}
        return answer.status if isinstance(answer, wire.Report) else {}

    def settle(self, timeout: float = 60.0) -> None:
        """Waits until a daemon has done all there is to do. Raises RoundError when it does not come to rest."""
        last: dict[str, Any] = {}
        quiet = 0

        def at_rest() -> bool:
            nonlocal last, quiet
            self.start_daemon()
            last = self.status()
            done = bool(last) and not any(last[name] for name in TO_DO) and not self.outboxes()
            quiet = quiet + 1 if done else 0
            return quiet == 3  # a daemon that has only just begun may not know yet what there is to do

        try:
            wait(at_rest, timeout, "the daemon did not come to rest", every=0.1)
        except RoundError as error:
            to_do = {name: last.get(name) for name in TO_DO}
            raise RoundError(f"{error}: {to_do}, outboxes: {self.outboxes()}") from None

    def outboxes(self) -> list[str]:
        """What lies in the outbox: nothing once all is safe."""
        found = [*self.outbox.glob("*"), *self.outbox.glob("spill/*")]
        return [str(path.relative_to(self.outbox)) for path in found if path.name != "spill"]

    def processes(self) -> list[int]:
        """All processes that were started for this world and live."""
        return following(str(self.plan))

    def mount_root(self, size: str) -> None:
        """Mounts a small disk as the root; for a process in a mount namespace of its own."""
        self.root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "chaos", str(self.root)], check=True)
        self._mounted = True

    def close(self, keep: bool) -> None:
        """Ends all processes of this world; removes its files, or moves the outbox beside the rest to be looked at."""
        while pids := self.processes():
            for pid in pids:
                send(pid, str(self.plan))
        if self._mounted:
            # What was mounted here is gone with this process.
            kept = self.folder / "root.kept"
            shutil.copytree(self.root, kept, ignore=shutil.ignore_patterns("ballast"))
            subprocess.run(["umount", "--lazy", str(self.root)], check=True)
            self.root.rmdir()
            kept.rename(self.root)
        if keep:
            shutil.copytree(self.memory, self.folder / "memory", ignore=_sockets, dirs_exist_ok=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.memory, ignore_errors=True)

    def aim(self, plan: Plan | None) -> None:
        """Makes this the plan that all processes follow; none: nobody is killed at a point."""
        self.token.unlink(missing_ok=True)
        if plan is None:
            self.plan.unlink(missing_ok=True)
        else:
            plan.write(self.plan)

    def hit(self) -> str:
        """Where the plan's kill happened; empty until it did."""
        with suppress(FileNotFoundError):
            return self.token.read_text()
        return ""

    def _runid(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "runid", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def _python_path() -> str:
    """The harness, its killpoints, and whatever the product is imported from."""
    folders = [str(_SCRIPTS / "harness" / "killpoints"), str(_SCRIPTS)]
    return os.pathsep.join([*folders, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_socket()]
