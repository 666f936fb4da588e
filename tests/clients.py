"""Clients that speak the wire by hand, and writers without an SDK: as a sender would, or as none should."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import zmq
from tests.conftest import Home

from runid import endpoint, events, places, wire
from runid.outbox import Outbox
from runid.store import runs

PATIENCE = 50.0
NOW = 1_700_000_000.0

M = TypeVar("M", bound=wire.Message)


class Client:
    """One connection to the daemon."""

    def __init__(self, address: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.connect(address)

    def say(self, *messages: wire.Message) -> None:
        for message in messages:
            self.send(*wire.encode(message))

    def send(self, *frames: bytes) -> None:
        self._socket.send_multipart(frames)

    def hear(self, kind: type[M]) -> M:
        """The next message of this kind; others before it are passed over."""
        deadline = time.monotonic() + PATIENCE
        while self._socket.poll(max(0, int(1000 * (deadline - time.monotonic())))):
            said = wire.decode(self._socket.recv_multipart())
            if isinstance(said, kind):
                return said
        raise AssertionError(f"no {kind.say} has come")

    def ask(self, message: wire.Message, kind: type[M]) -> M:
        """The daemon's answer."""
        self.say(message)
        return self.hear(kind)

    def close(self) -> None:
        self._socket.close(linger=1000)
        self._context.term()


@contextlib.contextmanager
def client(runtime: Path | None = None) -> Iterator[Client]:
    """A connection to the daemon of a runtime folder; of the test's own if none is named."""
    found = endpoint.find(runtime or places.runtime_dir())
    assert found is not None, "no daemon serves"
    made = Client(found.endpoint)
    try:
        yield made
    finally:
        made.close()


class Writer:
    """A writer whose stream is in a real outbox, under a real lock, and that sends nothing by itself."""

    def __init__(self, root: Path, path: str = "by/hand", run_id: str = "run", **info: Any) -> None:
        self.id = os.urandom(16)
        self.info = {"writer": self.id, "root": str(root), "path": path, "run_id": run_id, "rank": 0, **info}
        self.outbox = Outbox(self.info)

    def put(self, *found: events.Event) -> bytes:
        """Puts events into the outbox, and gives their bytes."""
        start = self.outbox.head
        for event in found:
            self.outbox.put(event)
        return self.outbox.read(start)

    def points(self, count: int, first: int = 1) -> bytes:
        """Puts `count` points of the metric "loss" into the outbox, and gives their bytes."""
        return self.put(*(point(step) for step in range(first, first + count)))

    def hello(self, **other: Any) -> wire.Hello:
        """What a sender would say first, except for the fields named."""
        info = self.info
        said = {"writer": self.id, "root": info["root"], "path": info["path"], "run_id": info["run_id"]}
        return wire.Hello(**(said | {"outbox": str(self.outbox.folder), "info": info} | other))


@contextlib.contextmanager
def writer(root: Path, path: str = "by/hand", run_id: str = "run", **info: Any) -> Iterator[Writer]:
    """A writer that says nothing by itself; at the end its outbox is removed."""
    made = Writer(root, path, run_id, **info)
    try:
        yield made
    finally:
        made.outbox.close()


_TRAINS = """
import sys
import runicorn as rn
run = rn.init(sys.argv[1], run_id="r1", config={"who": "me"})
for line in sys.stdin:
    print(repr(eval(line)), flush=True)
"""


class Trainer:
    """A process with the run "r1" of a path, that does what it is told until it is let go or killed."""

    def __init__(self, home: Home, path: str) -> None:
        self.folder = runs.run_dir(home.root, path, "r1")
        self._said = home.folder / f"{path}.stderr"
        with open(self._said, "w") as said:
            command = [sys.executable, "-c", _TRAINS, path]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
            )

    def do(self, expression: str) -> str:
        """What the expression comes to, as text; `run` is the run."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def log(self, first: int, last: int) -> None:
        """Logs the steps from first to last, and one line of text."""
        self.do(f"[run.log({{'loss': float(step)}}, step=step) for step in range({first}, {last})]")
        self.do(f"run.log_text('until {last}')")

    def flush(self, timeout: float = PATIENCE) -> bool:
        return self.do(f"run.flush({timeout})") == "True"

    def said(self) -> str:
        """What its user has read so far."""
        return self._said.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def trainer(home: Home, path: str) -> Iterator[Trainer]:
    """A process that trains; killed at the end if it has not ended before."""
    made = Trainer(home, path)
    with made.process:
        try:
            yield made
        finally:
            made.process.kill()


def ended(folder: Path) -> runs.Run:
    """The run in a folder, as soon as none of its writers lives."""

    def over() -> runs.Run | None:
        run = runs.read_run(folder) if (folder / "meta.json").exists() else None
        return run if run is not None and run.writers and run.status != "running" else None

    found: runs.Run = until(over, f"the run in {folder} does not end")
    return found


def lines(run: runs.Run) -> list[str]:
    """The lines of a run's text, without time and level."""
    return [line.rpartition(" | ")[2] for line in run.text().splitlines()]


def values(run: runs.Run) -> list[float]:
    """The values of a run's points, by metric, rank and step."""
    found: list[float] = run.points()["value"].to_pylist()
    return found


def point(step: int, value: float = 1.0, metric: str = "loss") -> events.Event:
    return [events.POINTS, NOW + step, step, None, {metric: value}]


def daemons(home: Home) -> list[psutil.Process]:
    """The daemons of a home; not their workers."""
    found = []
    for process in home.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [process] if "start" in process.cmdline() else []
    return found


def gone(pid: int) -> bool:
    """Whether the process has ended; it may wait for its parent to notice."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(condition: Callable[[], Any], what: str) -> Any:
    """What `condition` gives once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found
