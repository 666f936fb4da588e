"""The daemon's life: startup, serve, shutdown. One loop receives and answers; what touches a root is its thread's.

The loop never waits for a disk that is not local, nor for a lock. Whatever a client says, only that client is closed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket as sockets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq

from runid import __version__, endpoint, events, evidence, health, lineage, locks, orphan, places, wire
from runid.errors import FolderError, FormatError, ProtocolError
from runid.jobs.lanes import Lanes
from runid.openruns import OpenRuns
from runid.roots import WINDOW, Root, Session
from runid.sampling import Process, Sampler
from runid.store import runs

IDLE_EXIT = 600.0
_TICK = 0.25
_LAST_WORDS = 0.1  # seconds: libzmq, closed at once, was seen to lose what it had just been given, whatever its linger
_ROUND = 0.005  # seconds between two rounds, at least: many small messages are taken together, at half the price
_SCAN_EVERY = 2.0
_COLLECT_EVERY = 10.0
_TERM_PATIENCE = 60.0
_JOURNAL_BYTES = 16 << 20
_MOST_ROOTS = 256
_ROOT_RESTS = 10.0
_UNREAD = 64  # messages of one client that libzmq holds; a window is about half of that


class Server:
    """One daemon of one runtime folder. `run` returns when it ended; False if another one serves already."""

    def __init__(self, runtime: Path, log: Callable[[str], None], idle_exit: bool = True) -> None:
        self.runtime = runtime
        self._log = log
        self._idle_exit = idle_exit
        self._roots: dict[str, Root] = {}
        self._sessions: dict[int, tuple[bytes, Session]] = {}
        self._outgoing: deque[tuple[bytes, wire.Message]] = deque()
        self._refused = 0
        self._number = int.from_bytes(os.urandom(4)) << 16
        self._stopping = self._woken = False
        self._term_at: float | None = None
        self._accepts = True
        self._busy_at = time.monotonic()
        self._scan_at = self._collect_at = 0.0
        self._started = time.time()

    def run(self) -> bool:
        """The daemon's life."""
        if not self.startup():
            return False
        try:
            self.serve()
        finally:
            self.shutdown()
        return True

    def startup(self) -> bool:
        """Takes the lock, takes over what an earlier daemon left, and opens the socket; False without the lock."""
        self._lock = locks.open_lockable(self.runtime / "lock", create=True)
        if not locks.take(self._lock):
            return False
        # A dead daemon's would be believed, now that the lock is held.
        (self.runtime / "endpoint.json").unlink(missing_ok=True)
        health.raise_descriptor_limit()
        self.host = lineage.take(self.runtime)
        self._lanes = Lanes(self._log)
        self._sampler = Sampler(self._lanes.submit, self._sampled, self._log)
        self._open_runs = OpenRuns(self.runtime)
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        for option, value in ((zmq.LINGER, 0), (zmq.MAXMSGSIZE, wire.MESSAGE_BYTES), (zmq.RCVHWM, _UNREAD)):
            self._router.setsockopt(option, value)
        for left in (*self.runtime.glob("d-*.sock"), *self.runtime.glob("d-*.away")):
            left.unlink(missing_ok=True)
        self._address = f"ipc://{self.runtime}/d-{os.urandom(4).hex()}.sock"
        self._router.bind(self._address)
        self._wake, self._waker = sockets.socketpair()
        for end in (self._wake, self._waker):
            end.setblocking(False)
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._on_signal)
        for note in self._open_runs.all():
            with contextlib.suppress(FormatError):
                root = self._root(note["root"])
                root.post(root.recover, note["path"], note["run_id"], bool(note.get("settled")))
        self._scan()
        self._publish()
        self._log(f"runid {__version__} serves {self.runtime} as {self.host}, pid {os.getpid()}")
        self._stopping = endpoint.stopped(self.runtime)  # it was said while this one came up, and found nobody
        return True

    def serve(self) -> None:
        """Receives and answers until it is told to stop, or has been idle long enough."""
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._wake.fileno(), zmq.POLLIN)
        tick_at = began = 0.0
        while not self._stopping:
            ready = dict(poller.poll(max(0, int(1000 * (tick_at - time.monotonic())))))
            time.sleep(max(0.0, began + _ROUND - time.monotonic()))
            began = time.monotonic()
            if self._wake.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
            self._woken = False  # before what is outgoing is looked at: what comes behind that wakes again
            self._send()
            if self._router in ready:
                self._receive()
            if time.monotonic() >= tick_at:
                self._tick()
                tick_at = time.monotonic() + _TICK

    def shutdown(self) -> None:
        """Stops accepting, has all roots written down, says goodbye, and gives the lock back last."""
        self._accept(False)
        self._receive()
        for root in self._roots.values():
            root.post(root.end)
        for root in self._roots.values():
            root.join(timeout=10.0)
        self._lanes.stop()
        self._send()
        for client, _ in self._sessions.values():
            self._outgoing.append((client, wire.Goodbye("runid stops")))
        self._send()
        if self._sessions:
            time.sleep(_LAST_WORDS)
        self._remove_endpoint()
        self._router.close(linger=500)
        self._context.term()
        for end in (self._wake, self._waker):
            end.close()
        self._log("runid has ended")
        os.close(self._lock)

    def status(self) -> dict[str, Any]:
        """How the daemon is: what `runid status --json` prints."""
        open_runs = [status for root in self._roots.values() for status in root.status()]
        return {
            "pid": os.getpid(),
            "version": __version__,
            "protocol": wire.PROTOCOL,
            "host": self.host,
            "runtime": str(self.runtime),
            "started": self._started,
            "writers": len(self._sessions),
            "orphans": sum(len(root.draining) for root in self._roots.values()),
            "unsealed": sum(status["unsealed"] for status in open_runs),
            "backlog": self._lanes.backlog + sum(root.waiting for root in self._roots.values()),
            "bytes": sum(status["bytes"] for status in open_runs),
            "lag_ms": max((status["lag_ms"] for status in open_runs), default=0.0),
            "refused": self._refused + sum(root.refused for root in self._roots.values()),
            "dropped": sum(status["dropped"] for status in open_runs),
            "lost_bytes": sum(status["lost_bytes"] for status in open_runs),
            "runs": open_runs,
            "roots": [
                {"root": name, "free_bytes": health.free_bytes(name), "trouble": root.trouble}
                for name, root in self._roots.items()
            ],
            **health.measured(),
        }

    # -- messages -----------------------------------------------------------------------------------------------------

    def _receive(self) -> None:
        """All messages that have come, but not so many that a tick waits long."""
        for _ in range(1000):
            try:
                client, *frames = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.ZMQError:
                return
            try:
                self._hear(client, wire.decode(frames))
            except (ProtocolError, FormatError) as problem:
                self._refused += 1
                self._log(f"A client was closed: {problem}")
                self._close(client, str(problem))
            except Exception as error:  # whatever it was, it is that client's
                self._log(f"A client was closed, its message could not be handled: {error!r}")
                self._close(client, "The message could not be handled.")

    def _hear(self, client: bytes, said: wire.Message) -> None:
        if isinstance(said, wire.Batch | wire.Where | wire.Asked | wire.Bye):
            session = self._session(client, said.session)
            if session is None:
                self._outgoing.append((client, wire.Again(said.session, "the session is over")))
            else:
                self._hear_writer(session, said)
        elif isinstance(said, wire.Hello):
            self._hello(client, said)
        elif isinstance(said, wire.Find):
            runs.check(said.root, said.path, said.run_id or "any")
            root = self._root(said.root)
            root.post(root.find, lambda answer: self.say(client, answer), said)
        elif isinstance(said, wire.Edit):
            runs.check(said.root, said.path, said.run_id)
            root = self._root(said.root)
            root.post(root.edit, lambda answer: self.say(client, answer), said)
        elif isinstance(said, wire.Save):
            runs.check(said.root, "", "any")
            root = self._root(said.root)
            root.post(root.save, lambda answer: self.say(client, answer), said)
        elif isinstance(said, wire.Status):
            self._outgoing.append((client, wire.Report(self.status())))
        elif isinstance(said, wire.Stop):
            self._stopping = True
        else:
            raise ProtocolError(f"A {said.say} message is the daemon's to send.")
        self._send()

    def _hear_writer(self, session: Session, said: wire.Batch | wire.Where | wire.Asked | wire.Bye) -> None:
        if isinstance(said, wire.Batch):
            self._batch(session, said)
        elif isinstance(said, wire.Where):
            self._posted(session, "where", session, said.sync)
        elif isinstance(said, wire.Asked):
            self._posted(session, "asked", session, said.id)
        else:
            self._posted(session, "leave", session)
            del self._sessions[said.session]

    def _batch(self, session: Session, said: wire.Batch) -> None:
        session.posted += len(said.body)
        if said.offset < 0 or len(said.body) > events.BATCH_BYTES or session.posted - session.handled > 2 * WINDOW:
            raise ProtocolError("A batch does not keep to the offsets, sizes and window of this protocol.")
        self._posted(session, "batch", session, said)

    def _hello(self, client: bytes, said: wire.Hello) -> None:
        wrong = wire.too_old_or_new(said.protocol)
        if wrong:
            self._outgoing.append((client, wire.Refused(wrong, later=False)))
            return
        runs.check(said.root, said.path, said.run_id)
        if len(said.writer) != 16 or not 0 <= said.oldest < 1 << 53:
            raise ProtocolError("A hello names no writer.")
        self._number += 1
        session = Session(
            number=self._number,
            writer=said.writer,
            say=lambda message: self.say(client, message),
            windows=lambda: len(self._sessions),
            exit=evidence.Exit.of(said.info),
            root=said.root,
            process=Process.of(Path(said.root), runs.run_dir(Path(said.root), said.path, said.run_id), said.info),
        )
        self._sessions[session.number] = (client, session)
        self._posted(session, "hello", session, said)

    def _session(self, client: bytes, number: int) -> Session | None:
        """The session, if it is that client's and not over: what comes late for another is dropped."""
        known, session = self._sessions.get(number, (b"", None))
        return session if known == client and session is not None and not session.over else None

    def _posted(self, session: Session, name: str, *arguments: Any) -> None:
        root = self._root(session.root)
        root.post(getattr(root, name), *arguments)

    def _root(self, name: str) -> Root:
        root = self._roots.get(name)
        if root is None:
            if len(self._roots) >= _MOST_ROOTS:
                raise FormatError(f"The daemon looks after {_MOST_ROOTS} roots already, and takes no more.")
            limit = int(os.environ.get("RUNID_JOURNAL_BYTES", _JOURNAL_BYTES))
            root = Root(Path(name), self.host, limit, self._lanes.submit, self._open_runs, self._log)
            self._roots[name] = root
            root.start()
        return root

    def say(self, client: bytes, message: wire.Message) -> None:
        """Sends a message to a client, from any thread."""
        self._outgoing.append((client, message))
        if not self._woken:
            self._woken = True
            with contextlib.suppress(OSError):
                self._waker.send(b"\0")

    def _send(self) -> None:
        while self._outgoing:
            client, message = self._outgoing.popleft()
            try:
                self._router.send_multipart([client, *wire.encode(message)], zmq.NOBLOCK)
            except zmq.ZMQError:
                continue  # it is gone, or does not read
            except Exception as error:
                self._log(f"A {message.say} message could not be sent: {error!r}")

    def _close(self, client: bytes, reason: str) -> None:
        for number, (known, session) in list(self._sessions.items()):
            if known == client:
                self._posted(session, "leave", session)
                del self._sessions[number]
        self._outgoing.append((client, wire.Refused(reason, later=False)))
        self._send()

    # -- what time brings -------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        try:
            self._look_after(time.monotonic())
        except Exception as error:  # what goes wrong here must not end the daemon for all
            self._log(f"The daemon's round failed: {error!r}")

    def _look_after(self, now: float) -> None:
        for number, (_, session) in list(self._sessions.items()):
            if session.over:
                del self._sessions[number]
            elif session.keeper is not None and session.owner is not None and not session.owner.alive():
                root = self._root(session.root)
                root.draining.add(session.writer)
                root.post(root.dead, session)
                del self._sessions[number]
        for name, root in list(self._roots.items()):
            if (
                root.rests
                and now - root.made >= _ROOT_RESTS
                and not any(s.root == name for _, s in self._sessions.values())
            ):
                root.post(root.end)
                del self._roots[name]
        self._sampler.tick(now, {s.process for _, s in self._sessions.values() if s.process and s.keeper})
        if now >= self._collect_at:
            gc.collect(1)  # JSON with an indent leaves cycles, and the collector is set to come rarely
            self._collect_at = now + _COLLECT_EVERY
        if now >= self._scan_at:
            self._scan()
            self._scan_at = now + _SCAN_EVERY
        if not (self.runtime / "endpoint.json").exists():
            self._publish()
        self._guard_descriptors()
        busy = bool(self._sessions) or any(root.busy for root in self._roots.values()) or self._lanes.backlog > 0
        if busy:
            self._busy_at = now
        if self._idle_exit and now - self._busy_at > IDLE_EXIT:
            self._log("runid ends: nobody has needed it for a while")
            self._stopping = True
        if self._term_at is not None and (not self._sessions or now - self._term_at > _TERM_PATIENCE):
            self._stopping = True

    def _sampled(self, root: Path, folder: Path, values: dict[int, dict[str, float]]) -> None:
        """Hands a run its system metrics; called from a pool's thread."""
        found = self._roots.get(str(root))
        if found is not None:
            found.post(found.sampled, folder, values)

    def _scan(self) -> None:
        """Finds the outboxes of writers that died while nobody served them."""
        taken = {session.writer for _, session in self._sessions.values()}.union(
            *(root.draining.copy() for root in self._roots.values())
        )
        parents = self._open_runs.parents()
        with contextlib.suppress(FolderError):
            parents.add(places.outbox_dir())
        for parent in parents:
            orphan.clear_unfinished(parent)
        for folder in [folder for parent in parents for folder in orphan.outboxes(parent)]:
            if bytes.fromhex(folder.name) in taken:
                continue
            with contextlib.suppress(OSError, FormatError):
                owner = orphan.Owner(folder)
                root = None if owner.alive() else self._root_of(owner)
                if root is None:
                    owner.close()
                else:
                    root.draining.add(owner.writer)
                    root.post(root.orphan, owner)

    def _root_of(self, owner: orphan.Owner) -> Root | None:
        try:
            runs.check(owner.info["root"], owner.info["path"], owner.info["run_id"])
        except FormatError:
            return None
        return self._root(owner.info["root"])

    def _guard_descriptors(self) -> None:
        """Near the limit of descriptors nobody new is accepted: libzmq would abort the process at the limit itself."""
        crowded = health.crowded()
        if crowded == self._accepts:
            self._accept(not crowded)
            self._log(
                "runid accepts no new writers: 80% of its descriptors are in use" if crowded else "and again does"
            )

    def _accept(self, accepts: bool) -> None:
        """Accepts connections or not, by the socket's name: to unbind it would end those that there are."""
        socket = Path(self._address.removeprefix("ipc://"))
        away = socket.with_suffix(".away")
        with contextlib.suppress(FileNotFoundError):
            if accepts:
                away.rename(socket)
            else:
                socket.rename(away)
        self._accepts = accepts

    def _publish(self) -> None:
        said = {
            "endpoint": self._address,
            "lock": str(self.runtime / "lock"),
            "pid": os.getpid(),
            "protocol": wire.PROTOCOL,
            "version": __version__,
            "host": self.host,
        }
        with contextlib.suppress(OSError):
            endpoint.publish(self.runtime, said)

    def _remove_endpoint(self) -> None:
        with contextlib.suppress(OSError):
            if endpoint.names(self.runtime, self._address):
                (self.runtime / "endpoint.json").unlink()
        with contextlib.suppress(OSError):
            Path(self._address.removeprefix("ipc://")).with_suffix(".away").unlink()

    def _on_signal(self, number: int, _: Any) -> None:
        """Serves on until the writers are gone, at most 60 s: on a cancelled job they write their last events now."""
        if self._term_at is None:
            self._term_at = time.monotonic()
            self._log(f"runid got {signal.Signals(number).name} and ends when its writers have")
            for root in self._roots.values():
                root.post(root.sync_all)
