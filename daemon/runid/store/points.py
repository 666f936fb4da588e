"""Reading a run's points from its files, with or without a daemon, while it is being written or not.

Every acknowledged point is there once: those of the segments, and those of each host's journal records that none of
its segments holds.
"""

from __future__ import annotations

import errno
from pathlib import Path

import pyarrow as pa

from runid.errors import FormatError
from runid.store import journal, sealing
from runid.store.columns import Columns, Decoder
from runid.store.segments import Segment, segments

_TRIES = 20
_MOVED = (errno.ENOENT, errno.ESTALE)

Journals = dict[str, list[tuple[int, Path]]]


def points(run_dir: Path, metric: str | None = None) -> pa.Table:
    """The run's points, of one metric or of all, by metric, rank, step, writer and order of logging.

    Columns: metric, stage (dictionary-encoded string, stage may be null), rank, writer (int32), step (int64),
    time (timestamp[us, UTC]), value (float64). A folder without points gives an empty table.

    Raises OSError; FormatError if the run's files change faster than they can be read.
    """
    gone = ""
    for _ in range(_TRIES):
        # journal/ before metrics/: what is sealed meanwhile is seen twice, not missed. And again after it: a journal
        # that ends where an unseen next one begins would be read too far.
        journals = journal.journals(run_dir / "journal")
        sealed = segments(run_dir / "metrics")
        if journal.journals(run_dir / "journal") != journals:
            continue
        try:
            return _read(journals, sealed, metric)
        except OSError as error:
            if error.errno not in _MOVED:
                raise
            gone = f"; {error.filename} was gone"
    raise FormatError(f"The points of {run_dir} changed {_TRIES} times while they were read{gone}. Try again.")


def _read(journals: Journals, sealed: list[Segment], metric: str | None) -> pa.Table:
    columns = Columns(only=metric)
    for segment in sealed:
        sealing.load(columns, segment.path, metric)
    for host, files in sorted(journals.items()):
        _load_journals(columns, files, [segment for segment in sealed if segment.host == host])
    tables = list(sealing.tables(columns.drain(), columns.stages))
    return pa.concat_tables(tables).unify_dictionaries() if tables else sealing.POINTS.empty_table()


def _load_journals(columns: Columns, files: list[tuple[int, Path]], sealed: list[Segment]) -> None:
    # A journal is left out as a whole if it can be; the first that is not must be read from its start, where the
    # WRITER records are.
    while len(files) > 1 and any(one.lo <= files[0][0] and files[1][0] - 1 <= one.hi for one in sealed):
        files = files[1:]
    decoder = Decoder(columns)
    for record in journal.read_host(files):
        if record.kind == journal.WRITER or not any(one.lo <= record.number <= one.hi for one in sealed):
            decoder.take(record)
    decoder.flush()
