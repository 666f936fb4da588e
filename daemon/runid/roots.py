"""One thread per root: it alone writes there, so that a hung disk stalls the runs on it and nothing else.

The server posts what writers say; answers go back through `Session.say`. Between messages the thread ticks its keepers,
drains the dead writers' outboxes window by window, and buries those writers of whom nothing is left.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runid import __version__, evidence, wire
from runid.drains import Drain, Drains
from runid.editing import edit
from runid.errors import FormatError, ProtocolError
from runid.jobs.pool import Done, Told
from runid.keeper import Keeper, Place, TroubleError
from runid.openruns import OpenRuns
from runid.orphan import Owner
from runid.sampling import Process
from runid.store import files, runs, views
from runid.store.catalog import Catalog
from runid.store.seals import Seals

WINDOW = 8 << 20
ALL_WINDOWS = 256 << 20
_TICK = 0.1
_LINGER = 1.0
_LOST_AFTER = 5.0
_RECOVER_EVERY = 5.0


@dataclass(eq=False)
class Session:
    """One writer's conversation with this daemon; over when its number is no longer the server's for that client."""

    number: int
    writer: bytes
    say: Callable[[wire.Message], None]
    windows: Callable[[], int]
    exit: evidence.Exit
    root: str
    process: Process | None = None
    owner: Owner | None = None
    keeper: Keeper | None = None
    over: bool = False
    posted: int = 0
    handled: int = 0
    acked: tuple[int, int] = (-1, -1)


@dataclass(eq=False)
class _Open:
    """A run that is looked after."""

    keeper: Keeper
    sessions: list[Session] = field(default_factory=list)
    idle_since: float = field(default_factory=time.monotonic)
    trouble: str = ""


class Root(threading.Thread):
    """The thread that writes below one root."""

    def __init__(
        self,
        folder: Path,
        host: str,
        journal_bytes: int,
        submit: Callable[[dict[str, Any], Done, Told | None], None],
        open_runs: OpenRuns,
        log: Callable[[str], None],
    ) -> None:
        super().__init__(name=f"root {folder}", daemon=True)
        self.folder = folder
        self.host = host
        self.draining: set[bytes] = set()  # the server adds, before it posts `dead` or `orphan`
        self._journal_bytes = journal_bytes
        self._submit = submit
        self._open_runs = open_runs
        self._log = log
        self._queue: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = queue.SimpleQueue()
        self._open: dict[Path, _Open] = {}
        self._drains = Drains(self._keeper, log)
        self._swept: list[tuple[Path, Seals]] = []
        self._recoveries: list[tuple[Place, bool]] = []
        self._recover_at = 0.0
        self.refused = 0
        self.trouble = ""
        self.made = time.monotonic()
        self._catalog = Catalog(folder, host)
        self._seen: bool = False
        self._ending = False

    def post(self, step: Callable[..., None], *arguments: Any) -> None:
        """Has the root's thread call `step`, soon and in order."""
        self._queue.put((step, arguments))

    def run(self) -> None:
        """The thread's life."""
        due = 0.0
        while not self._ending:
            now = time.monotonic()
            if now >= due:
                self._call(self._tick, now)
                due = time.monotonic() + _TICK
            for writer in self._drains.turn(now):
                self.draining.discard(writer)
            wait = 0.0 if self._drains.due(now) else max(0.0, due - time.monotonic())
            with contextlib.suppress(queue.Empty):
                step, arguments = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
                self._call(step, *arguments)

    def end(self) -> None:
        """Posted last: makes all safe, writes it down and lets go."""
        for entry in self._open.values():
            with contextlib.suppress(TroubleError, OSError):
                line = entry.keeper.close()
                entry.keeper.seals.sweep(time.monotonic(), force=True)
                if line is not None:
                    self._catalog.add(line)
        self._sweep(time.monotonic(), force=True)
        self._drains.close()
        self._ending = True

    @property
    def busy(self) -> bool:
        """Whether a run has a live writer, an unsealed journal or an orphan."""
        return bool(self.draining) or bool(self._open)

    @property
    def rests(self) -> bool:
        """Whether there is nothing to look after, now or later."""
        return not (self.draining or self._open or self._swept or self._recoveries or self.waiting)

    @property
    def waiting(self) -> int:
        """How many steps wait for the thread, and runs to be recovered."""
        return self._queue.qsize() + len(self._recoveries)

    def status(self) -> list[dict[str, Any]]:
        """The open runs in short."""
        return [entry.keeper.status() for entry in list(self._open.values())]

    # -- what the server posts; each runs in this thread --------------------------------------------------------------

    def hello(self, session: Session, said: wire.Hello) -> None:
        """A writer asks to be served."""
        place = Place(self.folder, said.path, said.run_id, self.host)
        try:
            session.owner = self._owner(session.writer, Path(said.outbox))
            new = place.folder not in self._open
            entry = self._entry(place)
            self._open_runs.note(place.root, place.path, place.run_id, session.writer, Path(said.outbox))
            entry.keeper.asks.incoming.serve(session.owner)
            held = entry.keeper.hello(session.writer, said.info, said.oldest, said.known)
            if new:  # lists show a run as soon as any of it is safe; how it stands they read in its own files
                self._catalog.add(entry.keeper.save())
        except Exception as problem:  # whatever it is, the writer gets an answer
            self._refuse(session, str(problem) or repr(problem))
            return
        session.keeper = entry.keeper
        entry.sessions.append(session)
        window = min(WINDOW, ALL_WINDOWS // max(1, session.windows()))
        folder = str(place.folder)
        session.say(wire.Welcome(session.number, held, window, folder, version=__version__))

    def batch(self, session: Session, said: wire.Batch) -> None:
        """A writer sends events."""
        session.handled += len(said.body)
        if session.over or session.keeper is None:
            return
        try:
            if session.keeper.batch(session.writer, said.offset, said.body):
                self._ack(session)
            else:
                self._again(session, f"bytes are missing before offset {said.offset}")
        except ProtocolError as problem:
            self._malformed(session, said, str(problem))
        except TroubleError as problem:
            self._again(session, str(problem))

    def _malformed(self, session: Session, said: wire.Batch, trouble: str) -> None:
        """Keeps what is good of a batch, once: the writer has to say hello again, and no batch stands in its way."""
        self.refused += 1
        assert session.keeper is not None
        if session.keeper.told != trouble:
            self._log(f"Writer {session.writer.hex()} sent what is no event; that part is counted as lost: {trouble}")
            session.keeper.told = trouble
        try:
            session.keeper.salvage(session.writer, said.offset, said.body)
        except TroubleError as problem:
            trouble = str(problem)
        self._again(session, trouble)

    def where(self, session: Session, sync: bool) -> None:
        """A writer asks what is held, and perhaps to have it made safe first."""
        if session.over or session.keeper is None:
            return
        if sync:
            try:
                session.keeper.sync()
            except TroubleError as problem:
                self._again(session, str(problem))
                return
        session.acked = (-1, -1)
        self._ack(session)

    def asked(self, session: Session, name: str) -> None:
        """A writer wants to know what came of something it asked for; told as soon as it is done, for it asks again."""
        answer = session.keeper.fold.answers.get(name) if session.keeper is not None else None
        if answer is not None:
            session.say(wire.Answer(session.number, name, answer.get("result") or {}, answer.get("error")))

    def leave(self, session: Session) -> None:
        """The session is over; its writer may live on and come again."""
        session.over = True
        session.exit.close()
        if session.owner is not None:
            session.owner.close()
        for entry in self._open.values():
            if session in entry.sessions:
                entry.sessions.remove(session)
                entry.idle_since = time.monotonic()

    def dead(self, session: Session) -> None:
        """The session's writer is gone: what its outbox still holds is drained."""
        keeper, owner = session.keeper, session.owner
        if session.over or keeper is None or owner is None:
            self.draining.discard(session.writer)
            return
        ended, session.owner, session.exit = session.exit, None, evidence.Exit(0)
        self.leave(session)
        self._adopt(Drain(keeper.place, _as_it_is_now(owner), ended))

    def orphan(self, owner: Owner) -> None:
        """An outbox whose writer died while nobody served it."""
        info = owner.info
        self._adopt(Drain(Place(self.folder, info["path"], info["run_id"], self.host), owner, evidence.Exit.of(info)))

    def recover(self, path: str, run_id: str, settled: bool) -> None:
        """A run that the daemon before this one had open, or had settled and not swept yet."""
        self._recoveries.append((Place(self.folder, path, run_id, self.host), settled))
        self._recover_at = 0.0

    def sampled(self, folder: Path, found: dict[int, dict[str, float]]) -> None:
        """System metrics of a run, for each rank, unless it has ended meanwhile."""
        entry = self._open.get(folder)
        if entry is not None:
            with contextlib.suppress(TroubleError):  # what cannot be written now is left out: there is more to come
                entry.keeper.sampled(found)

    def sync_all(self) -> None:
        """Makes all that was received safe, now."""
        for entry in self._open.values():
            with contextlib.suppress(TroubleError):
                entry.keeper.sync()

    def find(self, say: Callable[[wire.Message], None], said: wire.Find) -> None:
        """What is known of a run, from the files."""
        try:
            say(runs.find(self.folder, said, self._named(said.path, said.alias)))
        except (OSError, FormatError) as problem:
            say(wire.Refused(str(problem)))

    def edit(self, say: Callable[[wire.Message], None], said: wire.Edit) -> None:
        """A person's changes of a run."""
        folder = runs.run_dir(self.folder, said.path, said.run_id)
        entry = self._open.get(folder)
        try:
            self._catalog.add(edit(folder, self.host, entry.keeper if entry else None, said))
            say(wire.Edited())
        except (OSError, FormatError, TroubleError) as problem:
            say(wire.Refused(str(problem), later=False))

    def save(self, say: Callable[[wire.Message], None], said: wire.Save) -> None:
        """A person's view of the runs."""
        try:
            views.write(self.folder, self.host, said.name, said.view, time.time())
            say(wire.Edited())
        except (OSError, FormatError) as problem:
            say(wire.Refused(str(problem), later=False))

    def _named(self, path: str, alias: str) -> set[str]:
        """The open runs of a path that have this alias: one may be younger than its line in the catalog tells."""
        keepers = [entry.keeper for entry in self._open.values()]
        return {one.place.run_id for one in keepers if one.place.path == path and one.fold.meta.get("alias") == alias}

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _call(self, step: Callable[..., None], *arguments: Any) -> None:
        try:
            step(*arguments)
        except Exception as error:  # one run's trouble must not end the thread that keeps the others
            self._log(f"{step.__name__} on {self.folder} failed: {error!r}")

    def _entry(self, place: Place) -> _Open:
        self._check_root()
        entry = self._open.get(place.folder)
        if entry is None:
            self._open_runs.note(place.root, place.path, place.run_id)
            entry = self._open[place.folder] = _Open(Keeper(place, self._journal_bytes, self._submit_here))
        return entry

    def _owner(self, writer: bytes, outbox: Path) -> Owner:
        """The outbox of a writer that says hello, ours to serve; an earlier session's, where that has not ended yet.

        A second one on the same files would take the locks with it when it is closed.
        """
        for session in [session for entry in self._open.values() for session in entry.sessions]:
            if session.writer == writer:
                owner, session.owner = session.owner, None
                self._again(session, "the writer says hello elsewhere")
                if owner is not None and owner.is_at(outbox):
                    return owner
                if owner is not None:
                    owner.close()
        owner = Owner(outbox)
        if owner.writer != writer or not owner.serve():
            owner.close()
            raise TroubleError("Another daemon still serves this writer.")
        return owner

    def _check_root(self) -> None:
        """Makes the root the first time; one that has gone since is not made again under the feet of its runs."""
        trouble = ""
        try:
            marker = self.folder / runs.MARKER
            if not marker.exists():
                if self._seen:
                    trouble = f"The root {self.folder} has vanished. Its runs wait in the outbox until it is back."
                else:
                    files.create_json(marker, {"format": 1, "made_by": __version__})
        except OSError as error:
            trouble = f"The root {self.folder} cannot be written: {error.strerror or error}."
        if trouble and trouble != self.trouble:
            self._log(trouble)
        self.trouble = trouble
        if trouble:
            raise TroubleError(trouble)
        self._seen = True

    def _submit_here(self, job: dict[str, Any], done: Done, told: Told | None = None) -> None:
        self._submit(
            job,
            lambda result, error: self.post(done, result, error),
            None if told is None else lambda progress: self.post(told, progress),
        )

    def _refuse(self, session: Session, reason: str) -> None:
        self.leave(session)
        session.say(wire.Refused(reason))

    def _again(self, session: Session, reason: str) -> None:
        self.leave(session)
        session.say(wire.Again(session.number, reason))

    def _ack(self, session: Session) -> None:
        assert session.keeper is not None
        key = session.writer.hex()
        now = (session.keeper.fold.offset(session.writer), session.keeper.safe.get(key, 0))
        if now != session.acked:
            session.acked = now
            session.say(wire.Ack(session.number, *now))

    def _tick(self, now: float) -> None:
        self._recover(now)
        for folder, entry in list(self._open.items()):
            try:
                self._check_root()
                line = entry.keeper.tick(now)
                if line is not None:
                    self._catalog.add(line)
                for session in list(entry.sessions):
                    self._ack(session)
                if not entry.sessions and now - entry.idle_since > _LINGER:
                    self._settle(folder, entry, now)
            except Exception as problem:  # one run's trouble is not the others'
                self._troubled(folder, entry, str(problem) or repr(problem))
        with contextlib.suppress(OSError):  # the log is whole as it is
            self._catalog.compact()
        self._sweep(now)

    def _troubled(self, folder: Path, entry: _Open, trouble: str) -> None:
        if trouble != entry.trouble:
            self._log(trouble)
        entry.trouble = trouble
        for session in list(entry.sessions):
            self._again(session, trouble)
        if not entry.keeper.opened and not self._drains.of(folder):
            del self._open[folder]
            if folder.exists():  # an earlier daemon had it open: it is tried again
                self._recoveries.append((entry.keeper.place, False))
            else:
                self._open_runs.forget(folder)

    def _recover(self, now: float) -> None:
        """Opens what an earlier daemon had open, as soon as its root is there; what was removed since is let go."""
        if now < self._recover_at:
            return
        self._recover_at = now + _RECOVER_EVERY
        for place, settled in list(self._recoveries):
            with contextlib.suppress(TroubleError, OSError):
                if not (self.folder / runs.MARKER).exists():
                    continue
                self._recoveries.remove((place, settled))
                if not place.folder.exists():
                    self._open_runs.forget(place.folder)
                elif settled:
                    seals = Seals(place.folder, self.host, self._submit_here)
                    seals.settled()
                    self._swept.append((place.folder, seals))
                else:
                    self._entry(place)

    def _settle(self, folder: Path, entry: _Open, now: float) -> None:
        """Nobody is connected: buries writers of whom nothing is left, and closes the run when none lives."""
        keeper = entry.keeper
        for writer in keeper.fold.live():
            key = bytes.fromhex(writer.writer)
            if key not in self.draining and now - entry.idle_since > _LOST_AFTER and self._vanished(folder, key):
                keeper.end(key, "crashed", "lost contact", writer.last_time or time.time())
        for key in map(bytes.fromhex, list(keeper.asks.incoming.waiting)):
            if key not in self.draining and now - entry.idle_since > _LOST_AFTER and self._vanished(folder, key):
                keeper.give_up(key.hex())
        if keeper.fold.live() or self._drains.of(folder):
            return
        if keeper.finish():
            self._catalog.add(keeper.save())
            keeper.close()
            del self._open[folder]
            self._open_runs.settled(folder)
            self._swept.append((folder, keeper.seals))

    def _sweep(self, now: float, force: bool = False) -> None:
        for entry in self._open.values():
            entry.keeper.seals.sweep(now)
        for folder, seals in list(self._swept):
            with contextlib.suppress(OSError):
                if seals.sweep(now, force):
                    self._swept.remove((folder, seals))
                    if folder not in self._open:
                        self._open_runs.forget(folder)

    def _vanished(self, folder: Path, writer: bytes) -> bool:
        outbox = self._open_runs.outbox(folder, writer)
        return outbox is None or not (outbox / "owner").exists()

    def _adopt(self, drain: Drain) -> None:
        """Drains a dead writer's outbox, if no other daemon does."""
        place, owner = drain.place, drain.owner
        try:
            ours = owner.serve()
            if ours:
                self._open_runs.note(place.root, place.path, place.run_id, owner.writer, owner.folder)
        except OSError:  # another daemon has drained and removed it by now
            ours = False
        if not ours:
            owner.close()
            drain.exit.close()
        if not ours or not self._drains.add(drain):
            self.draining.discard(owner.writer)

    def _keeper(self, place: Place) -> Keeper:
        return self._entry(place).keeper


def _as_it_is_now(owner: Owner) -> Owner:
    """A dead writer's outbox: opened again where the writer had to make it anew, and died before it could say so."""
    if owner.is_at(owner.folder):
        return owner
    try:
        anew = Owner(owner.folder)
    except (OSError, FormatError):  # nothing is there
        return owner
    owner.close()
    return anew
