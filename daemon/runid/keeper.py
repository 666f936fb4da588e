"""The keeper: looks after one run on behalf of its host. All of it happens in the root's thread.

What a writer sends goes into the journal, one write() a batch, and is *received*; the fsync that follows within a
second makes it *safe*. Everything else in the run's folder is made from the journal's records, in order, by the fold.

A write or fsync that fails ends the journal: the keeper forgets what it knows, and opens the run again from what was
safe, as after a crash, as soon as the disk lets it. Until then writers are told to come back later; their outboxes
hold what is not safe.
"""

from __future__ import annotations

import errno
import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgpack

from runid import events, sampling
from runid.alerts import Alerts
from runid.asks import Asks, Submit, Work
from runid.errors import FormatError, RunicornError
from runid.store import files, journal, outputs, publishing, runs
from runid.store.fold import CONSOLE, LOGS, OBJECTS, SYSTEM, Fold
from runid.store.journal import Journal
from runid.store.seals import Seals
from runid.watches import Watches

SYNC_EVERY = 1.0
SAVE_EVERY = 2.0
SAVE_SHARE = 0.1
"""Of a core, at most, is what saving takes: with ten thousand outputs, or asks that wait, it takes most of a second."""
HEARTBEAT_EVERY = 10.0
_OLD = 3600.0
_SMALL = 1 << 20
_MUCH = 4 << 20
_NOBODY = bytes(16)

T = TypeVar("T")


class TroubleError(RunicornError):
    """The run's folder cannot be written now; a sentence for the user."""


@dataclass(frozen=True)
class Place:
    """Where a run is kept and by whom."""

    root: Path
    path: str
    run_id: str
    host: str

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return runs.run_dir(self.root, self.path, self.run_id)


class Keeper:
    """One open run. Its methods raise TroubleError while the run's folder cannot be written."""

    def __init__(self, place: Place, journal_bytes: int, submit: Submit) -> None:
        self.place = place
        self.folder = place.folder
        self.fold = Fold(place.host)
        self.safe: dict[str, int] = {}
        self.trouble = self.told = ""
        self._journal_bytes = journal_bytes
        self._journal: Journal | None = None
        self.seals = Seals(self.folder, place.host, submit)
        self.asks = Asks(place.root, self.folder, place.host, submit)
        self.alerts = Alerts(place.path, place.run_id, submit)
        self.watches = Watches(place.root, self.folder, place.host, submit)
        self._creator = False
        self._published = ""
        self._named: set[bytes] = set()
        self._others: dict[str, int] = {}
        self._next = 1
        self._safe_record: int | None = None
        self._bytes = self._unsafe = 0
        self._lag = 0.0
        self._used: sampling.Ranks = {}
        self._dirty = self._changed = False
        self._began = self._synced = self._saved = self._beat = 0.0
        self._save_every = SAVE_EVERY
        self._open_at: float | None = 0.0

    # -- what writers say -------------------------------------------------------------------------------------------

    def hello(self, writer: bytes, info: dict[str, Any], oldest: int, known: bool) -> int:
        """Takes a writer, new or come back, and gives the offset its stream is held up to."""
        self._ready()
        self.alerts.meet(writer, info)
        held = self.held(writer, known)
        mine = self.fold.writers.get(writer.hex())
        if mine is None or mine.status == "crashed" or mine.offset < held:
            number = mine.number if mine else self._next_number()
            self._record(journal.WRITER, writer, held, msgpack.packb(_described(info) | {"number": number}))
        if oldest > held:
            self._record(journal.HOLE, writer, held, msgpack.packb({"to": oldest}))
        return max(held, oldest)

    def held(self, writer: bytes, known: bool) -> int:
        """Up to where the writer's stream is held, by any host; `known`: another daemon may have served it since."""
        self._ready()
        if known:
            self._guard(self._read_others)
        return max(self.fold.offset(writer), self._others.get(writer.hex(), 0))

    def batch(self, writer: bytes, offset: int, body: bytes) -> bool:
        """Keeps what of a batch is not held yet; False where bytes are missing before it.

        Raises ProtocolError for a body that is no sequence of whole events, and then keeps nothing of it.
        """
        self._ready()
        held = self.fold.offset(writer)
        if offset > held:
            return False
        fresh = body[held - offset :]
        if fresh:
            unpacked = events.unpack(fresh)
            self._name(writer)
            self._record(journal.BATCH, writer, held, fresh, unpacked)
            self._bytes += len(fresh)
            self._unsafe += len(fresh)
            if self._unsafe >= _MUCH:  # the outbox gets its chunks back, and need not make new ones
                self.sync()
            self._lag = max(0.0, time.time() - unpacked[0][1])
        return True

    def salvage(self, writer: bytes, offset: int, body: bytes) -> None:
        """Keeps the good events of a batch that holds bad ones too; those are counted as holes."""
        for start, end, good in events.stretches(body):
            held = self.fold.offset(writer)
            if good:
                self.batch(writer, offset + start, body[start:end])
            elif offset + start <= held < offset + end:
                self._record(journal.HOLE, writer, held, msgpack.packb({"to": offset + end}))

    def end(self, writer: bytes, status: str, reason: str, when: float) -> None:
        """The daemon's word on a writer that is gone without one of its own."""
        mine = self.fold.writers.get(writer.hex())
        if mine is not None and mine.status == "running":
            self._record(journal.END, writer, 0, msgpack.packb({"status": status, "reason": reason, "time": when}))

    def brought(self, writer: bytes) -> bool:
        """Brings what the writer holds beside its stream; False while there is more of it."""
        self._ready()
        self._guard(lambda: self.asks.bring(self.fold, self._work))
        return writer.hex() not in self.asks.incoming.unfinished

    def give_up(self, writer: str) -> None:
        """Nothing is left of the writer's outbox, and what it holds beside its stream was not brought yet."""
        self.asks.give_up(self.fold, writer, self._work)
        self.sync()

    def sampled(self, found: dict[int, dict[str, float]]) -> None:
        """System metrics of this machine: points at the rank's last step, in a stream of the daemon's own per rank."""
        self._used = found
        for rank in found.keys() & {writer.rank for writer in self.fold.live() if not writer.role}:
            writer, step = system_writer(self.place, rank), self.fold.last_step(rank)
            if writer.hex() not in self.fold.writers:
                told = {"number": self._next_number(), "rank": rank, "role": SYSTEM, "started": time.time()}
                self._record(journal.WRITER, writer, 0, msgpack.packb(told))
            event: events.Event = [events.POINTS, time.time(), step, None, found[rank]]
            self._name(writer)
            self._record(journal.BATCH, writer, self.fold.offset(writer), events.pack(event), [event])

    def sync(self) -> None:
        """Makes all that was received safe, but of writers whose side files cannot be brought yet."""
        self._ready()
        self._guard(lambda: self.asks.bring(self.fold, self._work))
        if self._journal is not None and self._dirty:
            self._guard(self._journal.sync)
        self._dirty, self._unsafe = False, 0
        self._synced = time.monotonic()
        self._safe_record = self._next - 1
        waiting = self.asks.incoming.waiting
        self.safe |= {key: writer.offset for key, writer in self.fold.writers.items() if key not in waiting}

    # -- what time brings -------------------------------------------------------------------------------------------

    def tick(self, now: float) -> dict[str, Any] | None:
        """What is due: heartbeat, fsync, sealing, the files made from the records; a catalog entry when it changed."""
        self._ready()
        if self.fold.live() and now - self._beat >= HEARTBEAT_EVERY:
            self._beat = now
            self._record(journal.HEARTBEAT, _NOBODY, 0, msgpack.packb(time.time()))
        waits = self._dirty or self.asks.incoming.waiting
        if (waits and now - self._synced >= SYNC_EVERY) or self.asks.incoming.unfinished:
            self.sync()
        self.asks.tick(self.fold, self._work, now)
        self.alerts.tick(self.fold, self._work, now)
        self.watches.tick(self.fold, self._work, now)
        self.rotate(now)
        self.seals.tick(now)
        if self._changed and now - self._saved >= self._save_every:
            return self.save()
        self._guard(self._make)
        return None

    def rotate(self, now: float) -> None:
        """Ends the journal when it is large, or old and not small."""
        if self._journal is None:
            return
        size = self._journal.size
        if size >= self._journal_bytes or (size >= _SMALL and now - self._began >= _OLD):
            self._seal()

    def save(self) -> dict[str, Any]:
        """Writes the fold and the files made from it down, all at one record; gives the catalog entry."""
        began = time.thread_time()
        self.sync()
        self._guard(self._make)
        entry: dict[str, Any] = self._guard(self._save)
        self._changed = False
        self._saved = time.monotonic()
        self._save_every = max(SAVE_EVERY, (time.thread_time() - began) / SAVE_SHARE)
        self.seals.saved(self.fold.through)
        return entry

    def finish(self) -> bool:
        """With no writer left: does what was asked for, seals all and merges once; True when nothing is left to do."""
        self._ready()
        if self.fold.asked:
            return False
        if self._journal is not None:
            self._seal()
        return bool(self._guard(self.seals.settle))

    def close(self) -> dict[str, Any] | None:
        """Lets go of the run in order: what can be is safe and written down; a catalog entry when it changed."""
        try:
            self.watches.close()
            self.seals.close()
            return self.save() if self._open_at is None and self._changed else None
        finally:
            self.asks.incoming.close()
            self._drop_journal()

    @property
    def opened(self) -> bool:
        """Whether the run could be opened since the daemon began."""
        return self._safe_record is not None

    def status(self) -> dict[str, Any]:
        """The run in short, for `runid status`. From any thread."""
        writers = list(self.fold.writers.values())
        live = sum(not writer.role for writer in self.fold.live())
        return {
            "run": self.place.run_id,
            "path": self.place.path,
            "root": str(self.place.root),
            "records": self.fold.through,
            "writers": live,
            "used": sampling.together(self._used) if live else {},
            "bytes": self._bytes,
            "lag_ms": 1000 * self._lag,
            "dropped": sum(writer.dropped for writer in writers),
            "lost_bytes": sum(writer.lost_bytes for writer in writers),
            "unsealed": self.seals.open + (self._journal is not None),
            "work": self.asks.status(self.fold),
            "pending": len(self.fold.asked),
            "trouble": self.trouble or self.seals.trouble or self.asks.trouble or self.watches.trouble,
        }

    # -- records ----------------------------------------------------------------------------------------------------

    def _record(
        self, kind: int, writer: bytes, offset: int, body: bytes, batch: list[events.Event] | None = None
    ) -> None:
        self._ready()
        if self._journal is None:
            self._guard(self._begin)
        assert self._journal is not None
        try:
            number = self._journal.append(kind, writer, offset, body)
        except OSError as error:
            self._fail(error)
        self._next = number + 1
        self._dirty = self._changed = True
        self.fold.apply(journal.Record(number, offset, writer, kind, body), batch)

    def _work(self, work: Work) -> None:
        self._record(journal.WORK, _NOBODY, 0, msgpack.packb(work))

    def _begin(self) -> None:
        self._journal = Journal(self.folder / "journal", self.place.host, self._next)
        files.sync_folder(self.folder / "journal")
        self._began = time.monotonic()
        self._named.clear()

    def _name(self, writer: bytes) -> None:
        """Says in each journal who the writer is, so that it can be read alone."""
        self._ready()
        if self._journal is None:
            self._guard(self._begin)
        mine = self.fold.writers[writer.hex()]
        if writer not in self._named:
            told = {"rank": mine.rank, "number": mine.number} | ({"role": mine.role} if mine.role else {})
            self._record(journal.WRITER, writer, mine.offset, msgpack.packb(told))
            self._named.add(writer)

    def _seal(self) -> None:
        """Ends the journal and has a worker make a segment of it."""
        if self._journal is None:
            return
        self.sync()
        ended = self._journal
        self._drop_journal()
        if ended.next > ended.lo:
            self.seals.add(ended.lo, ended.next - 1, ended.path)

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # -- opening and failing ----------------------------------------------------------------------------------------

    def _ready(self) -> None:
        """Opens the run if it is not open: for the first time, or again after a failure."""
        if self._open_at is None:
            return
        if time.monotonic() < self._open_at:
            raise TroubleError(self.trouble)
        self._open_at = None
        self._guard(self._open)
        self.trouble = ""

    def _open(self) -> None:
        folder, host = self.folder, self.place.host
        self.watches.forget()
        if self._safe_record is not None and not folder.is_dir():
            raise OSError(errno.ENOENT, "the folder was removed")
        for name in ("writers", "journal", "metrics", "objects", "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.fold = runs.saved_fold(folder, host)
        self._creator = self._created()
        for what, path in self._made():
            kept = files.cut(path, self.fold.lengths[what])
            if kept < self.fold.lengths[what]:
                self.fold.lengths[what], self.fold.sums[what] = kept, files.checksum(path, kept)
        found = journal.journals(folder / "journal").get(host, [])
        self._replay(found)
        self._next = self.seals.recover(found, self.fold.through + 1)
        self._read_others()
        self._changed = bool(found)
        self._make()
        self.sync()

    def _replay(self, found: list[tuple[int, Path]]) -> None:
        """Folds what the journals hold; after a failure only what was safe before it."""
        for record in journal.read_host(found, self.fold.through + 1):
            if self._safe_record is not None and record.number > self._safe_record:
                break
            self.fold.apply(record)
        for _, path in found:
            files.sync_file(path)
        files.sync_folder(self.folder / "journal")

    def _fail(self, error: OSError | FormatError) -> NoReturn:
        """Gives the journal up: what is not safe is held by the outboxes, and will come again."""
        self._drop_journal()
        self.trouble = (
            f"Run {self.place.run_id} cannot be written to {self.folder}: {getattr(error, 'strerror', None) or error}. "
            "What is logged waits in the outbox until it can."
        )
        self._open_at = time.monotonic() + 1.0
        raise TroubleError(self.trouble) from error

    def _guard(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except (OSError, FormatError) as error:
            self._fail(error)

    # -- files made from the records --------------------------------------------------------------------------------

    def _made(self) -> list[tuple[str, Path]]:
        return [
            (LOGS, runs.text_path(self.folder, self.place.host, self._creator)),
            (OBJECTS, runs.objects_path(self.folder, self.place.host)),
        ]

    def _make(self) -> None:
        """Appends what is pending to the files made from the records."""
        for what, path in self._made():
            lines = self.fold.pending[what]
            if lines:
                data = "".join(lines).encode(errors="replace")
                self.fold.lengths[what] = files.append(path, data, self.fold.lengths[what])
                self.fold.sums[what] = zlib.crc32(data, self.fold.sums[what])
                lines.clear()

    def _save(self) -> dict[str, Any]:
        for _, path in self._made():
            if path.exists():
                files.sync_file(path)
        outputs.save(self.folder, self.fold)
        files.replace_json(self.folder / "writers" / f"{self.place.host}.json", self.fold.saved())
        others = [runs.read_fold(self.folder, host) for host in runs.hosts(self.folder) if host != self.place.host]
        run = runs.Run(self.folder, [self.fold, *others])
        # Who created the run makes its common files, others only while it has no writer: all make them from all hosts'
        # files and replace them whole, so two at once do no harm.
        if self._creator or not any(fold.live() for fold in others if fold.host == run.meta.get("host")):
            self._published = publishing.publish(run, self._published)
        return publishing.catalog_entry(run, self.fold)

    def _created(self) -> bool:
        """Whether this host created the run, and so writes logs.txt for ever; the others have logs/<host>.txt."""
        path = self.folder / "meta.json"
        meta = {"id": self.place.run_id, "path": self.place.path, "host": self.place.host}
        return files.create_json(path, meta) or (files.read_json(path) or meta).get("host") == self.place.host

    def _read_others(self) -> None:
        for host in runs.hosts(self.folder):
            if host != self.place.host:
                for key, writer in runs.read_fold(self.folder, host).writers.items():
                    self._others[key] = max(self._others.get(key, 0), writer.offset)

    def _next_number(self) -> int:
        return 1 + max((writer.number for writer in self.fold.writers.values()), default=0)


def system_writer(place: Place, rank: int) -> bytes:
    """The id under which this host writes system metrics of a rank: always the same one, and no other host's."""
    told = "\n".join(("system", place.host, place.path, place.run_id, str(rank)))
    return hashlib.sha256(told.encode()).digest()[:16]


def _described(info: dict[str, Any]) -> dict[str, Any]:
    """What a WRITER record says of a writer; what makes no sense is left out."""
    numbers = {name: info.get(name) for name in ("rank", "world", "pid")}
    told: dict[str, Any] = {name: n for name, n in numbers.items() if type(n) is int and 0 <= n < 1 << 31}
    if isinstance(info.get("hostname"), str):
        told["hostname"] = info["hostname"][:255]
    if isinstance(info.get("started"), float):
        told["started"] = info["started"]
    if info.get("forked") is True:
        told["forked"] = True
    if info.get("role") == CONSOLE:
        told["role"] = CONSOLE
    return told
