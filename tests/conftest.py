"""What all tests stand on: a home of their own, and a real daemon in it."""

import json
import os
import select
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings
from tests import forks

# No test depends on how fast the machine is.
settings.register_profile("house", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# Started in the background or by nohup, the tests inherit signals that are ignored; the programs they start must not.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

# A developer may run the tests inside a job: neither its ranks nor their own settings may leak in.
FOREIGN = ("RUNICORN_", "RUNID_", "SLURM_", "OMPI_", "PMI", "TORCHELASTIC_", "MASTER_", "XDG_")
FOREIGN_NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="those that are marked as long, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is marked as long: it looks at more of what others look at too, and is for the hand."""
    if config.getoption("--all"):
        return
    left = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


@dataclass(frozen=True)
class Home:
    """Folders that belong to one test; environment variables lead every process it starts to them."""

    folder: Path  # HOME
    runtime: Path  # XDG_RUNTIME_DIR; its path is short, because a socket's may have 107 bytes
    outbox: Path  # RUNICORN_OUTBOX
    root: Path  # RUNICORN_DIR, not made yet

    def processes(self) -> list[psutil.Process]:
        """The processes that were started with this home, and live."""
        mine = {str(self.folder), str(self.runtime), str(self.outbox)}
        found = psutil.process_iter(["environ"])
        return [process for process in found if mine & set((process.info["environ"] or {}).values())]

    def files_left(self) -> list[Path]:
        """Sockets that still have a name, and pieces of outboxes."""
        sockets = [path for path in self.runtime.rglob("*") if path.is_socket()]
        return sockets + [path for path in self.outbox.rglob("*") if path.is_file()]


class Daemon:
    """A real `runid`, spoken to as its users do."""

    pid = 0

    def start(self) -> None:
        runid("start")
        self.pid = self.status()["pid"]

    def stop(self) -> None:
        runid("stop")

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        process = os.pidfd_open(self.pid)
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            assert select.select([process], [], [], 10.0)[0], f"runid {self.pid} survived SIGKILL"
        finally:
            os.close(process)

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(runid("status", "--json"))
        return status


def runid(*arguments: str) -> str:
    """What the command line of the daemon prints; fails the test when the command fails."""
    code, out, err = forks.run("runid", arguments)
    assert code == 0, f"runid {' '.join(arguments)} exited {code}: {out}{err}"
    return out


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of the test's own. Fails a test that leaves a process, a socket or an outbox behind.

    A test that leaves an outbox on purpose lets a daemon drain it, or removes it.
    """
    base = Path(tempfile.mkdtemp(prefix="rn-", dir="/tmp"))
    shared = Path("/dev/shm")
    outbox = Path(tempfile.mkdtemp(prefix="rn-", dir=shared if shared.is_dir() else None))
    home = Home(folder=base / "home", runtime=base / "run", outbox=outbox, root=base / "root")
    home.folder.mkdir()
    home.runtime.mkdir(mode=0o700)
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name in FOREIGN_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home.folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home.runtime))
    monkeypatch.setenv("RUNICORN_OUTBOX", str(home.outbox))
    monkeypatch.setenv("RUNICORN_DIR", str(home.root))
    monkeypatch.setenv("RUNICORN_QUIET", "1")
    # A run holds what its test logs, and nothing that depends on time and machine.
    monkeypatch.setenv("RUNICORN_SYSTEM", "0")
    # Nor does it depend on whether a daemon of a busy machine answers in the second that `init()` waits for it.
    monkeypatch.setattr("runicorn.start._PATIENCE", 50.0)
    try:
        yield home
        if any(path.name != "secret.json" for path in home.runtime.glob("*/*")):  # more than a viewer's
            runid("stop")
        _, alive = psutil.wait_procs(home.processes(), timeout=5.0)
        assert not alive, f"left behind: {[' '.join(process.cmdline()) for process in alive]}"
        assert not home.files_left(), f"left behind: {[str(path) for path in home.files_left()]}"
    finally:
        for process in home.processes():
            process.kill()
        shutil.rmtree(base)
        shutil.rmtree(outbox)


@pytest.fixture
def daemon(home: Home) -> Daemon:  # noqa: ARG001  the daemon lives in the test's home
    """A daemon that runs; `home` stops it."""
    started = Daemon()
    started.start()
    return started


@pytest.fixture
def strace() -> str:
    """The path of strace."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is missing, so which system calls are made was NOT tested; apt-get install strace")
    return found
