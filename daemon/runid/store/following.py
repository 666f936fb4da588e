"""Following a run: every acknowledged point once, in the order in which it was kept.

What was given is remembered as an offset in each writer's stream, so it does not matter which file holds it by now.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from runid.errors import FormatError
from runid.store import journal, rows, verified
from runid.store.columns import Columns, Decoder
from runid.store.segments import Segment, segments


class Follower:
    """Reads one run's points as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns = Columns()
        self._given: dict[bytes, int] = {}
        """Of each writer's stream, up to where it was given."""
        self._through: dict[str, int] = {}
        """Of each host's records, the last that was given."""
        self._open: dict[Path, tuple[journal.Cursor, Decoder]] = {}

    def news(self) -> pa.Table:
        """The points that were not given yet, as a table of the schema `rows.POINTS`; perhaps none.

        Raises OSError, FileNotFoundError where files moved meanwhile: ask again; FormatError when it was not called for
        so long that the files it needs are gone.
        """
        found = journal.journals(self._folder / "journal")
        sealed = segments(self._folder / "metrics")
        for host in sorted({*found, *(segment.host for segment in sealed)}):
            files = found.get(host, [])
            for segment in sealed:
                if segment.host == host and (not files or files[0][0] > self._through.get(host, 0) + 1):
                    self._take(segment)
            for index, (_, path) in enumerate(files):
                self._read(host, path, files[index + 1][0] if index + 1 < len(files) else None)
        tables = list(rows.tables(self._columns.drain(), self._columns.stages))
        return pa.concat_tables(tables).unify_dictionaries() if tables else rows.POINTS.empty_table()

    def _take(self, segment: Segment) -> None:
        """Gives a segment whose journals are gone."""
        through = self._through.get(segment.host, 0)
        if segment.hi <= through:
            return
        if segment.lo <= through:
            raise FormatError(
                f"{segment.path.name} holds points that were given and others that were not, and its journals are "
                "gone: the run was not followed for more than ten minutes. Read its history, and follow it anew."
            )
        verified.tell(rows.load(self._columns, segment.path))
        for writer, held in verified.writers(segment.path).items():
            key = bytes.fromhex(writer)
            self._given[key] = max(self._given.get(key, 0), held["offset"])
        self._through[segment.host] = segment.hi

    def _read(self, host: str, path: Path, end: int | None) -> None:
        if path not in self._open:
            self._open[path] = journal.Cursor(path), Decoder(self._columns)
        cursor, decoder = self._open[path]
        gaps: list[journal.Gap] = []
        for record in cursor.records(end, gaps):
            if record.kind == journal.BATCH:
                given = self._given.get(record.writer, 0)
                self._given[record.writer] = max(given, record.offset + len(record.body))
                record = replace(record, body=record.body[max(0, given - record.offset) :])  # noqa: PLW2901
            if record.kind == journal.WRITER or record.body:
                decoder.take(record)
        decoder.flush()
        verified.tell([str(gap) for gap in gaps])
        self._through[host] = max(self._through.get(host, 0), cursor.number - 1)
