"""Finding the daemon, and starting it.

<runtime dir>/endpoint.json     {endpoint, lock, pid, protocol, version, host}; 0600, replaced whole
<runtime dir>/lock              held for the daemon's life: the lock, not the socket, decides who serves
<runtime dir>/lineage.json      {host, boot}: continued by whoever gets the lock in the same boot
<runtime dir>/starting          held by whoever is starting the daemon, so that 64 ranks start one
<runtime dir>/stopped           `runid stop` was said: only `runid start` or a new init() starts a daemon again
<runtime dir>/runid.log         what the daemon has to say
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from runid import detach, locks, wire
from runid.errors import DaemonError
from runid.store import files

_PATIENCE = 10.0
_COMES_UP = 3.0
_STEP = 0.02


class Endpoint(NamedTuple):
    """A daemon that serves: where, and the lock that proves it lives."""

    endpoint: str
    lock: str
    pid: int
    protocol: int
    version: str

    def serves(self) -> bool:
        """Whether that daemon lives, hung or not."""
        try:
            descriptor = locks.open_lockable(Path(self.lock))
        except OSError:
            return False
        try:
            return locks.held(descriptor)
        finally:
            os.close(descriptor)


def find(runtime: Path) -> Endpoint | None:
    """The daemon that serves this runtime folder; None where none does."""
    said = files.read_json(runtime / "endpoint.json") or {}
    try:
        found = Endpoint(*(said[name] for name in ("endpoint", "lock", "pid", "protocol", "version")))
    except KeyError:
        return None
    return found if found.serves() else None


def names(runtime: Path, address: str) -> bool:
    """Whether endpoint.json names this address. Raises OSError."""
    return (files.read_json(runtime / "endpoint.json") or {}).get("endpoint") == address


def publish(runtime: Path, said: dict[str, Any]) -> None:
    """Writes endpoint.json. Raises OSError."""
    files.replace_json(runtime / "endpoint.json", said, mode=0o600)


def start(runtime: Path, idle_exit: bool = True) -> Endpoint:
    """The daemon of this runtime folder, started if there is none; many may ask at once.

    Raises DaemonError, saying where its log is, if none serves within 10 s.
    """
    descriptor = locks.open_lockable(runtime / "starting", create=True)
    deadline = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < deadline:
            found = find(runtime)
            if found is not None:
                return found
            if locks.take(descriptor):
                return _start(runtime, idle_exit, deadline)
            time.sleep(_STEP)
    finally:
        os.close(descriptor)
    raise DaemonError(f"No daemon serves {runtime} after {_PATIENCE:.0f} s. See {runtime / 'runid.log'}.")


def _start(runtime: Path, idle_exit: bool, deadline: float) -> Endpoint:
    import subprocess

    found = find(runtime)
    if found is None:
        arguments = [] if idle_exit else ["--stay"]
        command = [sys.executable, "-P", "-m", "runid", "start", "--detached", *arguments]
        environment = detach.environment()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False)
        if done.returncode:
            raise DaemonError(f"runid could not be started: {done.stderr.decode(errors='replace').strip()}")
    deadline = min(deadline, time.monotonic() + _COMES_UP)  # it may have been killed since: then another one is started
    while found is None and time.monotonic() < deadline:
        found = find(runtime)
        time.sleep(0 if found else _STEP)
    if found is None:
        raise DaemonError(f"runid was started and does not answer. See {runtime / 'runid.log'}.")
    return found


def stopped(runtime: Path) -> bool:
    """Whether `runid stop` was said since the last start."""
    return (runtime / "stopped").exists()


def forget_stop(runtime: Path) -> None:
    """The daemon may be started again. Raises OSError."""
    (runtime / "stopped").unlink(missing_ok=True)


def ask(found: Endpoint, message: wire.Message, timeout: float = 5.0) -> wire.Message:
    """The daemon's answer to one message. Raises DaemonError when none comes within `timeout` seconds."""
    import zmq

    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    try:
        socket.connect(found.endpoint)
        socket.send_multipart(wire.encode(message))
        if not socket.poll(int(timeout * 1000)):
            raise DaemonError(f"runid (pid {found.pid}) does not answer. It may be stopped; `runid doctor` tells more.")
        return wire.decode(socket.recv_multipart())
    finally:
        socket.close()
        context.term()
