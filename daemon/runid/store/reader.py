"""Reading a run's points again and again, with or without a daemon, while it is being written or not.

Every acknowledged point is there once: those of the segments, and those of each host's journal records that none of
its segments holds. What was decoded of a journal is kept, so that the next look costs what has come since.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from runid.errors import DamagedError, FormatError
from runid.store import files, journal, rows, runs
from runid.store.columns import Columns, Decoder, Part
from runid.store.fold import Fold
from runid.store.segments import Segment, segments
from runid.store.verified import tell

_TRIES = 20
MOVED = (errno.ENOENT, errno.ESTALE)

_Ranges = tuple[tuple[int, int], ...]

T = TypeVar("T")


class _Tail:
    """The records of one journal that no segment holds."""

    def __init__(self, path: Path, sealed: _Ranges, saved: Fold) -> None:
        """`sealed`: the records in these ranges are in a segment; `saved`: what the host has put down."""
        self.columns = Columns()
        self.cursor = journal.Cursor(path)
        self.sealed = sealed
        self._decoder = Decoder(self.columns)
        self._gaps: list[journal.Gap] = []
        for key, writer in saved.writers.items():
            self._decoder.know(bytes.fromhex(key), writer.number, writer.rank)

    def read(self, end: int | None) -> None:
        """Reads on. Raises OSError."""
        for record in self.cursor.records(end, self._gaps):
            if record.kind == journal.WRITER or not any(lo <= record.number <= hi for lo, hi in self.sealed):
                self._decoder.take(record)
        self._decoder.flush()
        self.columns.compact()

    def problems(self, end: int | None) -> list[str]:
        """What is damaged; the journal holds all records before `end`, where that is known."""
        gaps = [*self._gaps, *self.cursor.missing(end)]
        found = [str(gap) for gap in gaps if not any(lo <= gap.lo and gap.hi <= hi for lo, hi in self.sealed)]
        if self._decoder.bad:
            found.append(f"{self.cursor.path} is damaged: {self._decoder.bad} of its batches cannot be read.")
        return found


_Tails = dict[tuple[Path, _Ranges], _Tail]


@dataclass(frozen=True)
class View:
    """A run's points as they stood at one moment: the segments' and the journals'."""

    sealed: list[Segment]
    tails: list[Columns]
    revision: tuple[object, ...]
    """Another one when points have come since, and for each run."""
    problems: list[str]
    """What is damaged of what was looked at so far, a sentence each."""

    def metrics(self) -> set[str]:
        """The names of all metrics with points. Raises OSError."""
        found = set().union(*(tail.metrics for tail in self.tails))
        for segment in self.sealed:
            try:
                found |= rows.metrics(segment.path)
            except DamagedError as error:
                tell([str(error)], self.problems)
        return found

    def count(self) -> int:
        """How many points there are. Raises OSError."""
        count = sum(map(len, self.tails))
        for segment in self.sealed:
            try:
                count += rows.count(segment.path)
            except DamagedError as error:
                tell([str(error)], self.problems)
        return count

    def points(self, metric: str | None = None) -> pa.Table:
        """The points as a table of the schema `rows.POINTS`, in the order of a segment."""
        columns = self.columns(metric)
        tables = list(rows.tables(columns.drain(), columns.stages))
        return pa.concat_tables(tables).unify_dictionaries() if tables else rows.POINTS.empty_table()

    def part(self, metric: str) -> tuple[Part | None, list[str]]:
        """One metric's points, by rank, step, writer and order of logging, and the stages that their codes mean."""
        columns = self.columns(metric)
        return next((part for _, part in columns.drain()), None), columns.stages

    def columns(self, metric: str | None = None) -> Columns:
        """The points of one metric or of all."""
        columns = Columns()
        for segment in self.sealed:
            tell(rows.load(columns, segment.path, metric), self.problems)
        for tail in self.tails:
            for name in tail.metrics if metric is None else [metric]:
                columns.take(tail, name)
        return columns


class Reader:
    """Looks at one run's points, as often as one likes, in any thread; one at a time."""

    def __init__(self, folder: Path, host: str | None = None, problems: list[str] | None = None) -> None:
        """`host`: of the points that one host kept only. `problems` gets a sentence for what is damaged; without that
        list a DamageWarning says it.
        """
        self.folder = folder
        self._host, self._problems = host, problems
        self._tails: _Tails = {}
        self._lock = threading.Lock()

    def read(self, question: Callable[[View], T]) -> T:
        """What the question finds in the points as they stand now.

        Raises OSError; FormatError if the files change faster than they can be read.
        """
        gone = ""
        for _ in range(_TRIES):
            try:
                with self._lock:
                    view = self._look()
                    if view is not None:
                        answer = question(view)
                        tell(view.problems, self._problems)
                        return answer
            except OSError as error:
                if error.errno not in MOVED:
                    raise
                gone = f"; {error.filename} was gone"
        raise FormatError(f"The points of {self.folder} changed {_TRIES} times while they were read{gone}. Try again.")

    def _look(self) -> View | None:
        """None where the journals changed meanwhile."""
        # journal/ before metrics/: what is sealed meanwhile is seen twice, not missed. And again after it: a journal
        # that ends where an unseen next one begins would be read too far.
        found = journal.journals(self.folder / "journal")
        # What a host says that it had is in its journals when they are read now, or damaged.
        saved = {host: self._saved(host) for host in found}
        sealed = segments(self.folder / "metrics")
        if journal.journals(self.folder / "journal") != found:
            return None
        if self._host is not None:
            found = {host: files for host, files in found.items() if host == self._host}
            sealed = [segment for segment in sealed if segment.host == self._host]
        problems: list[str] = []
        known, self._tails = self._tails, {}  # what fails in the middle is read anew
        tails = [
            tail for host in sorted(found) for tail in _tails_of(known, saved[host], found[host], sealed, problems)
        ]
        self._tails = {(tail.cursor.path, tail.sealed): tail for tail in tails}
        states = tuple((segment.path, files.state(segment.path)) for segment in sealed)
        numbers = tuple((tail.cursor.path, tail.cursor.number) for tail in tails)
        return View(sealed, [tail.columns for tail in tails], (*states, *numbers), problems)

    def _saved(self, host: str) -> Fold:
        try:
            return runs.saved_fold(self.folder, host)
        except DamagedError:  # whoever reads the run's other files says so
            return Fold(host)


def _tails_of(
    known: _Tails, saved: Fold, found: list[tuple[int, Path]], sealed: list[Segment], problems: list[str]
) -> Iterator[_Tail]:
    mine = [(segment.lo, segment.hi) for segment in sealed if segment.host == saved.host]
    for index, (lo, path) in enumerate(found):
        end = found[index + 1][0] if index + 1 < len(found) else None
        held = tuple((low, high) for low, high in mine if high >= lo and (end is None or low < end))
        if end is not None and any(low <= lo and end - 1 <= high for low, high in held):
            continue
        tail = known.get((path, held))
        if tail is None or (end is not None and tail.cursor.number > end):
            tail = _Tail(path, held, saved)
        tail.read(end)
        problems += tail.problems(end or (saved.through + 1 if saved.through >= lo else None))
        yield tail
