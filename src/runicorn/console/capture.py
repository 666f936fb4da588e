"""Capture: what the training process does so that its descriptors 1 and 2 lead through the copier.

One capture serves all runs of the process that want it: the first begins it, the last one to end takes it off. Where a
descriptor was a terminal it becomes a pseudo-terminal, so that progress bars, colours and `input()` stay as they were,
else a pipe. A thread waits on the copier: should that die, or nobody read the terminal any more, the descriptors are at
once what they were before, and what was on its way is written to them.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import itertools
import json
import os
import socket
import sys
import threading
from typing import Any, NamedTuple, Protocol

from runicorn import settings
from runicorn.console import copier, streams, terminal
from runicorn.console.lines import Lines
from runicorn.notices import warn_once
from runid import detach

_PIPE_BYTES = 256 * 1024
_MOST_READS = 64
_LEVELS = {1: "stdout", 2: "stderr"}


class Captured(Protocol):
    """What a capture needs of a run."""

    id: str

    def _console(self) -> dict[str, Any]: ...
    def _text(self, level: str, text: str) -> None: ...


class _Way(NamedTuple):
    """One captured descriptor: what it was, and the two ends of what it is now."""

    number: int
    before: int
    reader: int
    writer: int


class _Capture:
    """The capture of one process."""

    def __init__(self) -> None:
        """Raises OSError where descriptors or the copier cannot be had; then all is as before."""
        self._numbers = itertools.count()
        self._runs: dict[int, tuple[Captured, dict[str, Lines]]] = {}
        self._ended: dict[int, threading.Event] = {}
        self._replaced: list[streams.Marked | streams.Tee] = []
        self._lock = threading.RLock()
        self._ways: list[_Way] = []
        self._marked: dict[bytes, str] = {}
        self._on = False
        _flush()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._ways += [way for number in _LEVELS if (way := _way(number))]
            self._copier = self._start(theirs) if self._ways else 0
        except OSError:
            self._control.close()
            self._close()
            raise
        finally:
            theirs.close()
        self._switch_on()
        if self._copier:
            threading.Thread(target=self._listen, name="runicorn console", daemon=True).start()

    def begin(self, run: Captured, mode: str) -> int:
        """What is printed from here on is the run's text too; gives the number to end it by."""
        number = next(self._numbers)
        _flush()
        with self._lock:
            self._runs[number] = run, {level: Lines(mode) for level in _LEVELS.values()}
            self._ended[number] = threading.Event()
        self._say({"begin": number, "mode": mode} | run._console())
        return number

    def end(self, number: int, timeout: float) -> bool:
        """What was printed so far is all of the run's text; whether all is on disk within `timeout` seconds."""
        _flush()
        with self._lock:
            run, lines = self._runs.pop(number)
            for level, one in lines.items():
                self._tell(run, level, one.rest())
            if not self._runs:
                self._switch_off()
        if not self._copier:
            return True
        self._say({"end": number, "timeout": timeout})
        in_time = self._ended[number].wait(timeout)
        if not self._runs:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
        return in_time

    @property
    def over(self) -> bool:
        """Whether it serves no run any more, or is broken."""
        return not self._on

    def forget(self) -> None:
        """In a forked child: its prints go on through the channels, which stay the parent's."""
        self._lock = threading.RLock()  # it may have been taken by a thread that is not here
        self._runs.clear()
        self._control.close()
        self._on = False
        self._close(keep=True)

    def release(self) -> None:
        """Python's streams write as they did; for a forked child that captures by itself, too."""
        for replaced in self._replaced:
            replaced.restore()

    # -- on and off ---------------------------------------------------------------------------------------------------

    def _start(self, theirs: socket.socket) -> int:
        """The copier's process id. Raises OSError."""
        import subprocess

        self._marked = self._marks()
        asked = {
            "control": theirs.fileno(),
            "parent": os.getpid(),
            "marks": {mark.decode(): level for mark, level in self._marked.items()},
            "channels": [[_LEVELS[way.number], way.reader, way.before] for way in self._ways],
        }
        passed = [theirs.fileno(), *(descriptor for way in self._ways for descriptor in (way.reader, way.before))]
        process = subprocess.Popen(
            [sys.executable, "-P", copier.__file__, json.dumps(asked)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=detach.environment(), pass_fds=passed, start_new_session=True,
        )  # fmt: skip
        process.returncode = 0  # the thread waits for it; Popen would warn of a process that runs on
        return process.pid

    def _marks(self) -> dict[bytes, str]:
        """Marks, by the level they begin, where sys.stderr goes through stdout's channel to stay in order with it."""
        if len(self._ways) < 2 or not os.path.samestat(*(os.fstat(way.before) for way in self._ways)):
            return {}
        token = os.urandom(4).hex()
        # Application program commands: a terminal that sees one shows nothing.
        return {f"\x1b_runicorn {token} {level}\x1b\\".encode(): level for level in ("stderr", "stdout")}

    def _switch_on(self) -> None:
        self._on = True
        for way in self._ways:
            os.dup2(way.writer, way.number)
        if self._marked and isinstance(sys.stderr, io.TextIOWrapper) and streams.descriptor(sys.stderr) == 2:
            self._replaced.append(streams.Marked(self._ways[0].writer, *self._marked))
        for level in _LEVELS.values():
            stream = getattr(sys, level)
            if stream is not None and streams.descriptor(stream) not in _LEVELS:
                self._replaced.append(streams.Tee(level, self._printed))

    def _switch_off(self) -> None:
        """All is as before, but for what somebody else changed since."""
        with self._lock:
            if not self._on:
                return
            self._on = False
            self.release()
            for way in self._ways:
                with contextlib.suppress(OSError):
                    if os.path.samestat(os.fstat(way.number), os.fstat(way.writer)):
                        os.dup2(way.before, way.number)
            self._close()

    def _close(self, keep: bool = False) -> None:
        """Closes what is ours; `keep`: the writing ends are still needed."""
        for way in self._ways:
            for descriptor in way[1:3] if keep else way[1:]:
                os.close(descriptor)
        self._ways = []

    # -- text that no descriptor carries ------------------------------------------------------------------------------

    def _printed(self, level: str, text: str) -> None:
        with self._lock:
            for run, lines in self._runs.values():
                self._tell(run, level, lines[level].feed(text))

    def _tell(self, run: Captured, level: str, lines: str) -> None:
        if lines:
            run._text(level, lines)

    # -- the copier ---------------------------------------------------------------------------------------------------

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it is gone, and the thread sees to it
            self._control.send(json.dumps(message).encode())

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                said = json.loads(self._control.recv(1 << 16))
                if "ended" in said:
                    self._ended[said["ended"]].set()
                elif "broken" in said:
                    self._switch_off()
                    self._say({"let_go": True})
        if self._on:
            self._rescue()
        for ended in tuple(self._ended.values()):
            ended.set()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._copier, 0)
        self._control.close()

    def _rescue(self) -> None:
        """The copier died: writes what it left, and sets the descriptors to what they were."""
        left = [(os.dup(way.reader), os.dup(way.before)) for way in self._ways]
        for way in left:
            self._empty(*way)
        self._switch_off()
        for way in left:
            self._empty(*way)
            for descriptor in way:
                os.close(descriptor)
        warn_once("console", "The process that captures the console has died; what is printed is no text of the run.")

    def _empty(self, reader: int, target: int) -> None:
        os.set_blocking(reader, False)
        with contextlib.suppress(OSError):
            for _ in range(_MOST_READS):  # somebody may print all the time
                data = os.read(reader, _PIPE_BYTES)
                for mark in self._marked:
                    data = data.replace(mark, b"")
                while data:
                    data = data[os.write(target, data) :]


_capture: _Capture | None = None
_inherited: list[_Capture] = []
_begun: dict[str, tuple[_Capture, int]] = {}
_hooked = False


def begin(run: Captured, mode: str) -> None:
    """Captures the console for this run too; where that cannot be, one notice says so."""
    global _capture, _hooked
    if not _hooked:
        _hooked = True
        os.register_at_fork(after_in_child=_after_fork)
    while _inherited:
        _inherited.pop().release()
    try:
        if _capture is None or _capture.over:
            _capture = _Capture()
        _begun[run.id] = _capture, _capture.begin(run, mode)
    except (OSError, ImportError) as error:
        warn_once("console", f"The console cannot be captured: {error}. What is printed is no text of the run.")


def end(run: Captured) -> None:
    """Ends what `begin` began; nothing where it did not. Waits until the text is on disk, as `finish` does."""
    if run.id in _begun:
        capture, number = _begun.pop(run.id)
        capture.end(number, settings.finish_timeout())


def _after_fork() -> None:
    global _capture
    _begun.clear()
    if _capture is not None:
        _capture.forget()
        _inherited.append(_capture)
        _capture = None


def _flush() -> None:
    for level in _LEVELS.values():
        streams.flush(getattr(sys, level))


def _way(number: int) -> _Way | None:
    """A pseudo-terminal or pipe for a descriptor; None where it is closed. Raises OSError."""
    try:
        if not os.get_inheritable(number):  # it was closed, and is some file that Python opened since
            return None
        before = os.dup(number)
    except OSError:
        return None
    try:
        return _Way(number, before, *(terminal.stand_in(before) if os.isatty(before) else _pipe()))
    except OSError:
        os.close(before)
        raise


def _pipe() -> tuple[int, int]:
    reader, writer = os.pipe()
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reader, writer
