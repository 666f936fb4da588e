"""Runs as a daemon leaves them, written through runid.store: thousands in seconds, with any times, ends and ranks.

Nothing is logged here, and no daemon needed: for what is about looking at runs, and not about how they came to be.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import msgpack

from runid import __version__, events
from runid.store import FORMAT, files, journal, publishing, runs, sealing, segments
from runid.store.catalog import Catalog
from runid.store.fold import LOGS, OBJECTS, Fold

HOST = "filled_1"
_JOURNAL = 16 << 20


@dataclass(frozen=True)
class Process:
    """A process of a run: what it logged, in order, and how it ended where it did not say so itself."""

    events: Iterable[events.Event]
    rank: int = 0
    about: dict[str, object] = field(default_factory=dict)
    crashed: tuple[float, str] | None = None
    """When, and a sentence."""


class Root:
    """A root that is being filled."""

    def __init__(self, folder: Path, host: str = HOST) -> None:
        self.folder, self._host = folder, host
        folder.mkdir(parents=True, exist_ok=True)
        files.replace_json(folder / runs.MARKER, {"format": FORMAT, "made_by": __version__})
        self._catalog = Catalog(folder, host)

    def add(self, path: str, run_id: str, processes: Sequence[Process], sealed: bool = True) -> Path:
        """Writes a run; gives its folder. Those of running ones are not to be `sealed`. Raises OSError."""
        folder = runs.run_dir(self.folder, path, run_id)
        for name in ("writers", "journal", "metrics", "objects"):
            (folder / name).mkdir(parents=True)
        files.replace_json(folder / "meta.json", {"id": run_id, "path": path, "host": self._host})
        with _unsynced():
            logs = self._write(folder, processes)
            run = runs.read_run(folder)
            _make(folder, run.folds[0])
            if sealed:
                self._seal(folder, logs)
            publishing.publish(run)
            self._catalog.add(publishing.catalog_entry(run, run.folds[0]))
        return folder

    def _write(self, folder: Path, processes: Sequence[Process]) -> list[tuple[int, int, Path]]:
        """The run's journals: the numbers of their first and last record, and where they are."""
        written, number, left = list[tuple[int, int, Path]](), 1, _records(processes)
        for first in left:
            log = journal.Journal(folder / "journal", self._host, number)
            known = set[bytes]()
            for kind, writer, offset, body in itertools.chain([first], left):
                if writer not in known and kind != journal.WORK:
                    process = processes[writer[0]]
                    told = {"rank": process.rank, "number": writer[0] + 1, **process.about}
                    log.append(journal.WRITER, writer, offset, msgpack.packb(told))
                    known.add(writer)
                log.append(kind, writer, offset, body)
                if log.size > _JOURNAL:
                    break
            log.close()
            written.append((number, log.next - 1, log.path))
            number = log.next
        return written

    def _seal(self, folder: Path, logs: list[tuple[int, int, Path]]) -> None:
        about = {"folder": str(folder / "metrics"), "host": self._host, "run_id": folder.name}
        made = []
        for lo, hi, path in logs:
            done = sealing.seal(about | {"lo": lo, "hi": hi, "journal": str(path)})
            if done["tmp"] is not None:
                segments.commit(Path(done["tmp"]), folder / "metrics", self._host, lo, hi)
                made.append(segments.final(folder / "metrics", self._host, lo, hi))
            os.unlink(path)
        if len(made) > 1:
            span = {"lo": logs[0][0], "hi": logs[-1][1]}
            done = sealing.merge(about | span | {"segments": [str(path) for path in made]})
            segments.commit_merge(Path(done["tmp"]), folder / "metrics", self._host, **span, merged=made)
            for path in segments.covered(folder / "metrics", self._host):
                path.unlink()


def _records(processes: Sequence[Process]) -> Iterator[tuple[int, bytes, int, bytes]]:
    """Kind, writer, offset and body of all records: the first byte of a writer is its place in the list."""
    for place, process in enumerate(processes):
        writer, offset, asked = bytes([place] * 16), 0, list[str]()
        for body in _batches(process.events, asked):
            yield journal.BATCH, writer, offset, body
            offset += len(body)
        for one in asked:
            yield journal.WORK, writer, 0, msgpack.packb({"id": one, "result": {"delivered": 0, "problem": None}})
        if process.crashed:
            when, reason = process.crashed
            yield journal.END, writer, offset, msgpack.packb({"status": "crashed", "reason": reason, "time": when})


def _batches(logged: Iterable[events.Event], asked: list[str]) -> Iterator[bytes]:
    parts, size = list[bytes](), 0
    for event in logged:
        if event[0] == events.ASK:
            asked.append(event[2])
        one = events.pack(event)
        if size + len(one) > events.BATCH_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
        parts.append(one)
        size += len(one)
    if parts:
        yield b"".join(parts)


@contextlib.contextmanager
def _unsynced() -> Iterator[None]:
    """Nothing here must outlive a power cut, and a disk needs longer for that than for all else."""
    with mock.patch.object(os, "fsync"), mock.patch.object(os, "fdatasync"):
        yield


def _make(folder: Path, fold: Fold) -> None:
    """The files of text and objects, and the fold that says how much of them counts."""
    for what, path in (
        (LOGS, runs.text_path(folder, fold.host, True)),
        (OBJECTS, runs.objects_path(folder, fold.host)),
    ):
        data = "".join(fold.pending[what]).encode()
        if data:
            path.write_bytes(data)
        fold.lengths[what], fold.sums[what] = len(data), zlib.crc32(data)
        fold.pending[what].clear()
    files.replace_json(folder / "writers" / f"{fold.host}.json", fold.saved())
