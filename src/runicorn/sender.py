"""The sender: one thread per run and process that hands the outbox to the daemon, and finds or starts one.

It never holds what `log()` needs, except to link a chunk that is ready. It sends from the offset the daemon holds, at
most a window ahead of what is received, and frees what is safe. A session ends by the daemon's word, or when the lock
of that daemon is free; a daemon that is silent but lives is waited for, never doubled.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import zmq

from runicorn.notices import Notices
from runid import __version__, endpoint, locks, places, wire
from runid.errors import RunicornError
from runid.outbox import Outbox

_TURN = 0.02
_STEADY = 0.04
_GATHER = 0.01
_IDLE = 1.0
_SILENT = 0.25
_ASK_EVERY = 0.1
_ASK_AGAIN = 2.0
_LONGEST_WAIT = 60.0


class _OverError(Exception):
    """The session is over; say hello again after `wait` seconds."""

    def __init__(self, wait: float = 0.05) -> None:
        super().__init__()
        self.wait = wait


class _Question:
    """What somebody waits to be told."""

    def __init__(self) -> None:
        self.asked = 0.0
        self.answered = threading.Event()
        self.answer: wire.Answer | None = None


class Sender(threading.Thread):
    """Hands one outbox to the daemon until it is finished and safe."""

    def __init__(self, outbox: Outbox, info: dict[str, Any], notices: Notices) -> None:
        super().__init__(name="runicorn sender", daemon=True)
        self.run_dir: str | None = None
        self.welcomed = threading.Event()
        self._outbox = outbox
        self._info = info
        self._notices = notices
        self._finishing = False
        self._waiting: deque[tuple[int, threading.Event]] = deque()
        self._questions: dict[str, _Question] = {}
        self._socket: zmq.Socket[bytes] | None = None
        self._daemon_lock = -1
        self._daemon: int | None = None
        self._session: int | None = None
        self._sent = self._received = self._window = 0
        self._known = False
        self._new = True
        self._heard = self._asked = self._checked = self._active = self._tended = 0.0
        self._failures = 0
        self._next_start = 0.0
        self._starter: threading.Thread | None = None
        self._last_head = 0

    def flush(self, timeout: float) -> bool:
        """Waits until all that was put so far is safe; False if that took longer than `timeout` seconds."""
        target = self._outbox.head
        if self._outbox.safe >= target:
            return True
        safe = threading.Event()
        self._waiting.append((target, safe))
        self._outbox.rouse()
        return safe.wait(timeout) or self._outbox.safe >= target

    def answer(self, name: str, timeout: float) -> wire.Answer | None:
        """Waits for what came of something that was asked for; None if that took longer than `timeout` seconds."""
        question = self._questions[name] = _Question()
        self._outbox.rouse()
        question.answered.wait(timeout)
        del self._questions[name]
        return question.answer

    def finish(self) -> None:
        """Nothing will be put any more: when all is safe, the outbox is removed and the thread ends."""
        self._finishing = True
        self._outbox.rouse()

    def run(self) -> None:
        """The thread's life."""
        context = zmq.Context()
        wait = 0.0
        try:
            while not self._over():
                try:
                    self._turn(context, wait)
                    wait = 0.0
                except _OverError as over:
                    self._hang_up()
                    wait = over.wait
                except (OSError, RunicornError, zmq.ZMQError) as error:
                    self._hang_up()
                    self._notices.once(("sender", type(error).__name__), f"The daemon is not reached: {error}")
                    wait = 1.0
            self._leave()
        finally:
            context.destroy(linger=100)

    # -- one turn -----------------------------------------------------------------------------------------------------

    def _turn(self, context: zmq.Context[zmq.Socket[bytes]], wait: float) -> None:
        self._tend()
        if wait:
            self._pause(wait)
        elif self._socket is None:
            self._connect(context)
        else:
            self._hear()
            self._send()
            self._check()
            self._rest()

    def _rest(self) -> None:
        """Waits for something to do: soon while there is traffic, else until `put` rouses the thread."""
        outbox, now = self._outbox, time.monotonic()
        if outbox.head != self._last_head:
            self._last_head, self._active = outbox.head, now
        assert self._socket is not None
        if self._waiting or self._finishing or self._questions:
            self._socket.poll(int(1000 * _TURN))
        elif self._session is None or self._sent > self._received or now - self._active < _IDLE:
            outbox.wake.acquire(timeout=_TURN if self._session is None else _STEADY)
        else:
            outbox.asleep = True
            if outbox.head == self._last_head and outbox.wake.acquire(timeout=_IDLE):
                outbox.wake.acquire(timeout=_GATHER)
            outbox.asleep = False

    def _pause(self, wait: float) -> None:
        """Waits before the next hello; the outbox is tended meanwhile."""
        until = time.monotonic() + wait
        while time.monotonic() < until and not self._over():
            self._outbox.wake.acquire(timeout=min(_TURN, wait))
            self._tend()

    def _tend(self) -> None:
        """Keeps the outbox ready for `put`; once a second looks after its files."""
        outbox = self._outbox
        outbox.prepare()
        try:
            outbox.house()
            outbox.spill()
            if outbox.astray or time.monotonic() - self._tended >= 1.0:
                self._tended = time.monotonic()
                if not outbox.named():
                    outbox.rehome()
                    self._notices.once("rehome", "The outbox was removed by somebody; it goes on in a new folder.")
                    raise _OverError
                self._tell_dropped()
        except (OSError, RunicornError) as error:
            self._notices.once(("outbox", str(error)), f"The outbox cannot be moved: {error}. It stays in memory.")

    def _tell_dropped(self) -> None:
        if self._outbox.note_dropped():
            self._notices.once(
                "dropped",
                f"The outbox is full: {self._outbox.dropped} events were dropped so far. The run shows the count. "
                "Look at `runid status`, or give it more room with RUNICORN_OUTBOX_MB and RUNICORN_SPILL_MB.",
            )

    # -- the session --------------------------------------------------------------------------------------------------

    def _connect(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        runtime = places.runtime_dir()
        if self._new:  # a new run starts the daemon even where `runid stop` was said before
            endpoint.forget_stop(runtime)
            self._new = False
        found = endpoint.find(runtime)
        if found is None:
            self._start_daemon(runtime)
            raise _OverError(_TURN)
        self._daemon_lock = locks.open_lockable(Path(found.lock))
        self._daemon = locks.holder(self._daemon_lock)
        if self._daemon is None:
            raise _OverError
        self._socket = context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 0), (zmq.RECONNECT_IVL, -1), (zmq.SNDHWM, 0), (zmq.RCVHWM, 0)):
            self._socket.setsockopt(option, value)
        self._socket.connect(found.endpoint)
        info, outbox = self._info, self._outbox
        hello = wire.Hello(
            outbox.writer, info["root"], info["path"], info["run_id"], str(outbox.folder), outbox.oldest,
            self._known, info, version=__version__,
        )  # fmt: skip
        self._known = True
        self._say(hello)
        self._heard = self._asked = time.monotonic()

    def _start_daemon(self, runtime: Path) -> None:
        """Starts the daemon in a thread of its own, for the outbox needs this one; with back-off, jittered."""
        now = time.monotonic()
        if (self._starter is not None and self._starter.is_alive()) or now < self._next_start:
            return
        if endpoint.stopped(runtime):
            return
        self._failures += 1
        self._next_start = now + min(_LONGEST_WAIT, 2.0 ** min(self._failures - 1, 6)) * (0.5 + os.urandom(1)[0] / 512)
        self._starter = threading.Thread(target=self._start, args=(runtime,), name="runicorn starter", daemon=True)
        self._starter.start()

    def _start(self, runtime: Path) -> None:
        try:
            endpoint.start(runtime)
        except (OSError, RunicornError) as error:
            self._notices.once("start", f"{error} What is logged waits in the outbox, and it is tried again.")

    def _hear(self) -> None:
        assert self._socket is not None
        while self._socket.poll(0):
            said = wire.decode(self._socket.recv_multipart(zmq.NOBLOCK))
            self._heard = self._asked = time.monotonic()
            if isinstance(said, wire.Ack) and said.session == self._session:
                self._received = max(self._received, said.received)
                self._freed(said.safe)
            elif isinstance(said, wire.Answer):
                self._answered(said)
            elif isinstance(said, wire.Welcome) and self._session is None:
                self._welcome(said)
            elif isinstance(said, wire.Refused):
                self._notices.once(("refused", said.reason), said.reason)
                raise _OverError(1.0 if said.later else _LONGEST_WAIT)
            elif (isinstance(said, wire.Again) and said.session == self._session) or isinstance(said, wire.Goodbye):
                raise _OverError

    def _welcome(self, said: wire.Welcome) -> None:
        self._session = said.session
        self._sent = self._received = said.held
        self._window = said.window
        self._failures = 0
        self.run_dir = said.run_dir
        self.welcomed.set()

    def _freed(self, safe: int) -> None:
        self._outbox.release(safe)
        while self._waiting and self._waiting[0][0] <= safe:
            self._waiting.popleft()[1].set()

    def _answered(self, said: wire.Answer) -> None:
        question = self._questions.get(said.id)
        if question is not None:
            question.answer = said
            question.answered.set()

    def _send(self) -> None:
        if self._session is None:
            return
        outbox = self._outbox
        while self._sent < outbox.head and self._sent - self._received < self._window:
            body = outbox.read(self._sent)
            if not body:
                raise _OverError
            self._say(wire.Batch(self._session, self._sent, body))
            self._sent += len(body)
            outbox.prepare()
        now = time.monotonic()
        for name, question in list(self._questions.items()):
            if now - question.asked >= _ASK_EVERY:
                question.asked = now
                self._say(wire.Asked(self._session, name))
        wanted = self._waiting or self._finishing
        if wanted and self._sent >= outbox.head > outbox.safe and self._asked <= self._heard:
            self._say(wire.Where(self._session, sync=True))
            self._asked = time.monotonic()

    def _check(self) -> None:
        """Whether the daemon still lives, when it owes an answer; a silent one that lives is asked again."""
        now = time.monotonic()
        owes = self._session is None or self._outbox.head > self._outbox.safe
        if now - self._heard < (_SILENT if owes else 1.0) or now - self._checked < _SILENT:
            return
        self._checked = now
        if locks.holder(self._daemon_lock) != self._daemon:
            raise _OverError(0.0)
        if owes and now - max(self._heard, self._asked) > _ASK_AGAIN:
            self._asked = now
            if self._session is None:
                raise _OverError
            self._say(wire.Where(self._session))

    def _say(self, message: wire.Message) -> None:
        assert self._socket is not None
        try:
            self._socket.send_multipart(wire.encode(message), zmq.NOBLOCK)
        except zmq.Again as gone:  # nobody is connected: the usual sign of a daemon that died
            raise _OverError from gone

    def _over(self) -> bool:
        return self._finishing and self._outbox.safe >= self._outbox.head

    def _leave(self) -> None:
        if self._socket is not None and self._session is not None:
            with contextlib.suppress(zmq.ZMQError):
                self._say(wire.Bye(self._session))
                self._socket.close(linger=100)
        self._hang_up()
        self._outbox.close()

    def _hang_up(self) -> None:
        self._session = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._daemon_lock >= 0:
            os.close(self._daemon_lock)
            self._daemon_lock = -1
