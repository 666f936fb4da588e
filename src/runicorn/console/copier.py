"""The copier: a process that stands between a training process and its terminal.

It writes what it reads to where it would have gone, at once and in order, and makes text of it for each run that
captures. It lives as long as somebody holds the other end of a channel, so children that outlive the training process
still reach the terminal; runs end when the training process says so, or is gone.

A channel carries one descriptor's bytes. Where stdout and stderr are the same terminal or file, Python's sys.stderr
goes through stdout's channel, between two marks: two channels keep no order. Marks are taken out here.

On the socket, one JSON object a message:

    {begin: n, identity, start, mode}   to the copier: run n captures from here on
    {end: n, timeout}                   what was printed so far is all of run n's text: make it safe
    {let_go: true}                      the training process prints to the terminal itself again
    {ended: n, safe: bool}              from the copier: answers `end`
    {broken: true}                      nobody reads the terminal any more (`python train.py | head`)

`python -P copier.py '{"control": 3, "parent": pid, "marks": {mark: level}, "channels": [[level, from, to]]}'`

It is started as a file and imports the standard library alone: the rest takes a tenth of a second and is the second
thread's, so the terminal does not wait for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator
from typing import Any

_READ = 65_536
_SLICE = 4096  # a pipe that says it can be written to takes so much without blocking
_ESCAPE = 0x1B
_PATIENCE = 2.0  # seconds that what may be the start of a mark waits for its rest: a busy machine may take long
_LOOK_EVERY = 50  # ms, while it waits
_SIZE_EVERY = 1000  # ms
_MUCH = 4 << 20  # more than what a channel holds
_MOST_WAITING = 64 << 20  # bytes that may wait to become text


class Channel:
    """One descriptor's bytes on their way."""

    def __init__(self, level: str, reader: int, target: int, marks: dict[bytes, str]) -> None:
        self.reader, self.target = reader, target
        self.pending = memoryview(b"")
        self.broken = False
        self.tail = b""  # what may be the start of a mark
        self._tail_since = 0.0
        self._level = level
        self._marks = marks
        self.terminal = os.isatty(reader)

    def read(self) -> list[tuple[str, bytes]]:
        """What came, in order, by level; its bytes are pending for the terminal. Raises EOFError at the end."""
        try:
            data = os.read(self.reader, _READ)
        except OSError as error:  # so says a pty that nobody writes to any more
            raise EOFError from error
        if not data:
            raise EOFError
        return self._arrived(list(self._parts(self.tail + data)))

    def waited(self) -> bool:
        """Whether the rest of what looked like the start of a mark has not come."""
        return bool(self.tail) and time.monotonic() - self._tail_since >= _PATIENCE

    def give_up_tail(self) -> list[tuple[str, bytes]]:
        """What was no mark after all."""
        tail, self.tail = self.tail, b""
        return self._arrived([(self._level, tail)] if tail else [])

    def write(self) -> None:
        """Writes some of what is pending. Raises OSError where nobody reads it."""
        with contextlib.suppress(BlockingIOError):
            self.pending = self.pending[os.write(self.target, self.pending[:_SLICE]) :]

    def _arrived(self, parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        if not self.broken:
            self.pending = memoryview(bytes(self.pending) + b"".join(data for _, data in parts))
        return parts

    def _parts(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        self.tail = b""
        while self._marks:
            found = [(at, mark) for mark in self._marks if (at := data.find(mark)) >= 0]
            if not found:
                break
            at, mark = min(found)
            if at:
                yield self._level, data[:at]
            self._level, data = self._marks[mark], data[at + len(mark) :]
        longest = max(map(len, self._marks), default=0)
        for at in range(max(0, len(data) - longest), len(data)):
            if data[at] == _ESCAPE and any(mark.startswith(data[at:]) for mark in self._marks):
                data, self.tail, self._tail_since = data[:at], data[at:], time.monotonic()
                break
        if data:
            yield self._level, data


class Copier:
    """The process' life: `run()` returns when nobody can print any more."""

    def __init__(self, asked: dict[str, Any]) -> None:
        marks = {mark.encode(): level for mark, level in asked["marks"].items()}
        self._channels = [
            Channel(level, reader, target, marks if level == "stdout" else {})
            for level, reader, target in asked["channels"]
        ]
        self._control: socket.socket | None = socket.socket(fileno=asked["control"])
        self._parent = -1
        with contextlib.suppress(OSError, AttributeError):
            self._parent = os.pidfd_open(asked["parent"])
        self._items: queue.SimpleQueue[tuple[float, str, bytes] | dict[str, Any] | None] = queue.SimpleQueue()
        self._queued = self._taken = self._left_out = 0  # bytes
        self._message: dict[str, Any] | None = None
        self._idle = True  # nothing is on its way
        self._since = 0  # bytes that were read behind a message
        self._sized = 0.0

    def run(self) -> None:
        """Copies until all channels have ended."""
        texts = threading.Thread(target=self._make_texts, name="runicorn text")
        texts.start()
        self._hear(wait=True)  # nothing was printed before the first message
        while self._channels or self._control is not None:
            self._turn()
            if self._message is not None and (self._idle or self._since > _MUCH):
                self._obey(self._message)
        texts.join()

    def _make_texts(self) -> None:
        try:
            from runicorn.console import text
        except ImportError:
            os._exit(1)  # the training process goes on without
        text.make(self._take(), self._say)

    def _take(self) -> Iterator[tuple[float, str, bytes] | dict[str, Any]]:
        while (item := self._items.get()) is not None:
            yield item
            if isinstance(item, tuple):
                self._taken += len(item[2])

    def _turn(self) -> None:
        """Moves what can be moved."""
        poller = select.poll()
        for channel in self._channels:
            if channel.pending:
                poller.register(channel.target, select.POLLOUT)
            else:
                poller.register(channel.reader, select.POLLIN)
        if self._control is not None and self._message is None:
            poller.register(self._control, select.POLLIN)
            if self._parent >= 0:
                poller.register(self._parent, select.POLLIN)
        ready = {descriptor for descriptor, _ in poller.poll(self._timeout())}
        self._resize()
        if self._control is not None and self._message is None and ready & {self._control.fileno(), self._parent}:
            self._hear()
        self._idle = True
        for channel in tuple(self._channels):
            if channel.pending and channel.target in ready:
                self._write(channel)
            elif channel.reader in ready:
                self._read(channel)
            elif channel.waited():
                self._feed(channel.give_up_tail())
            else:
                self._idle &= not (channel.pending or channel.tail)
                continue
            self._idle = False

    def _timeout(self) -> int | None:
        if any(channel.tail for channel in self._channels):
            return _LOOK_EVERY
        if self._message is not None and not any(channel.pending for channel in self._channels):
            return 0
        return _SIZE_EVERY if any(channel.terminal for channel in self._channels) else None

    def _read(self, channel: Channel) -> None:
        try:
            self._feed(channel.read())
        except EOFError:
            self._feed(channel.give_up_tail())
            while channel.pending:
                self._write(channel)
            self._close(channel)

    def _feed(self, parts: list[tuple[str, bytes]]) -> None:
        for level, data in parts:
            self._since += len(data)
            if self._control is not None:
                self._keep(level, data)

    def _keep(self, level: str, data: bytes) -> None:
        """Has text made of it, unless more waits for that than may."""
        if self._queued - self._taken > _MOST_WAITING:
            self._left_out += len(data)
            return
        self._tell_left_out()
        self._queued += len(data)
        self._items.put((time.time(), level, data))

    def _tell_left_out(self) -> None:
        if self._left_out:
            told = b"\n[runicorn: %d bytes came faster than they could be kept]\n" % self._left_out
            self._left_out = 0
            self._items.put((time.time(), "stderr", told))

    def _write(self, channel: Channel) -> None:
        try:
            channel.write()
        except OSError:
            channel.broken, channel.pending = True, memoryview(b"")
            if self._control is None:
                self._close(channel)
            else:
                self._say({"broken": True})

    def _close(self, channel: Channel) -> None:
        if channel in self._channels:
            self._channels.remove(channel)
            os.close(channel.reader)
            os.close(channel.target)

    # -- what the training process says -------------------------------------------------------------------------------

    def _hear(self, wait: bool = False) -> None:
        """Takes a message. A run begins at once; all else waits until what was printed before it is read."""
        assert self._control is not None
        said: dict[str, Any] = {}  # the training process is gone
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(self._control.recv(1 << 20, 0 if wait else socket.MSG_DONTWAIT))
        if "begin" in said:
            self._items.put(said)
        else:
            self._message, self._since = said, 0

    def _obey(self, said: dict[str, Any]) -> None:
        """Acts on a message, now that what was printed before it has been read."""
        self._message = None
        self._tell_left_out()
        if "end" in said:
            self._items.put(said)
        elif "let_go" in said:
            self._let_go()
        else:
            assert self._control is not None
            self._control.close()
            self._control = None
            self._items.put(None)
            self._let_go()

    def _let_go(self) -> None:
        for channel in [channel for channel in self._channels if channel.broken]:
            self._close(channel)

    def _say(self, message: dict[str, Any]) -> None:
        control = self._control
        if control is not None:
            with contextlib.suppress(OSError):
                control.send(json.dumps(message).encode())

    def _resize(self) -> None:
        """Terminals of ours have the size of the real one."""
        if time.monotonic() - self._sized < _SIZE_EVERY / 1000:
            return
        self._sized = time.monotonic()
        for channel in self._channels:
            if channel.terminal:
                with contextlib.suppress(OSError):
                    copy_size(channel.target, channel.reader)


def copy_size(real: int, ours: int) -> None:
    """Gives our terminal the size of the real one, where that is another. Raises OSError."""
    size, known = (fcntl.ioctl(one, termios.TIOCGWINSZ, struct.pack("4H", 0, 0, 0, 0)) for one in (real, ours))
    if size != known:
        fcntl.ioctl(ours, termios.TIOCSWINSZ, size)


def main() -> None:
    """Runs until nobody can print any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)  # not SIG_IGN: a daemon that is started here would inherit that
    os.chdir("/")
    Copier(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    main()
