"""The slow work of making segments. What stands in one: runid.store.rows; names and commits: runid.store.segments.

A job writes `segments.temporary(folder, host, lo, hi)`, fsynced, and the cells of its points as `pyramid`, and gives
{rows, bytes, tmp, pyramid}: without any points or cells it leaves no file, and that path is None. A seal also gives
`bad`: how many batches could not be read.

    seal     {name, folder, host, lo, hi, journal: path, run_id}    records lo … hi of one journal
    merge    {name, folder, host, lo, hi, segments: [path]}         segments that lie in lo … hi
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from runid.errors import FormatError
from runid.store import FORMAT, journal, pyramid, rows, segments, verified
from runid.store.columns import Columns, Decoder, Part

Job = dict[str, Any]
_MERGE_ROWS = 1 << 20  # held in memory at once; a single metric may have more


def seal(job: Job) -> Job:
    """Makes a segment of records lo … hi of one journal.

    Raises OSError; FormatError if the journal ends before hi, so that no segment claims what it does not hold.
    """
    path, lo, hi = Path(job["journal"]), job["lo"], job["hi"]
    columns = Columns()
    decoder = Decoder(columns)
    last = 0
    # From the start of the journal: a writer's WRITER record may stand before lo.
    for record in journal.read(path, 0, hi + 1):
        last = record.number
        if last >= lo or record.kind == journal.WRITER:
            decoder.take(record)
    if last != hi:
        raise FormatError(f"{path} ends at record {last}, not at {hi}. It was not sealed and is kept as it is.")
    decoder.flush()
    return _write(job, job["run_id"], columns.drain(), columns.stages, decoder.writers) | {"bad": decoder.bad}


def merge(job: Job) -> Job:
    """Makes one segment of several of one host. Raises OSError; pyarrow's errors if one of them is damaged."""
    with ExitStack() as stack:
        sources = [_Source(stack.enter_context(open(path, "rb"))) for path in job["segments"]]
        sources.sort(key=lambda source: source.lo)
        columns = Columns()
        return _write(job, sources[0].run_id, _merged(sources, columns), columns.stages, _held(sources))


def _write(job: Job, run_id: str, points: rows.Points, stages: list[str], writers: dict[str, Any]) -> Job:
    host, lo, hi = job["host"], job["lo"], job["hi"]
    tmp = segments.temporary(Path(job["folder"]), host, lo, hi)
    tmp.unlink(missing_ok=True)
    builder = pyramid.Builder(stages)
    groups = rows.tables(builder.through(points), stages)
    about = {"format": FORMAT, "run_id": run_id, "host": host, "lo": lo, "hi": hi, "writers": writers}
    try:
        with verified.File(tmp) as file:
            count = rows.write(file, run_id, groups, about)
            file.sign()
            os.fsync(file.fileno())
            size = file.tell()
        cells = segments.pyramid(tmp)
        has_cells = builder.write(cells)
    except BaseException:
        tmp.unlink(missing_ok=True)
        raise
    if not count:
        tmp.unlink()
    return {
        "rows": count,
        "bytes": size if count else 0,
        "tmp": str(tmp) if count else None,
        "pyramid": str(cells) if has_cells else None,
    }


class _Source:
    """A segment that is being merged: which of its rows hold which metrics."""

    def __init__(self, file: BinaryIO) -> None:
        self._segment = verified.open_file(file)
        about = json.loads(self._segment.metadata.metadata[b"runicorn"])
        self.run_id: str = about["run_id"]
        self.lo: int = about["lo"]
        self.writers: dict[str, dict[str, int]] = about["writers"]
        self.counts: Counter[str] = Counter()
        for group in range(self._segment.num_row_groups):
            self._count(self._segment.read_row_group(group, ["metric"], use_threads=False)["metric"])
        self._metrics = sorted(self.counts)
        self._starts = list(accumulate((self.counts[metric] for metric in self._metrics), initial=0))
        sizes = (self._segment.metadata.row_group(group).num_rows for group in range(self._segment.num_row_groups))
        self._groups = list(accumulate(sizes, initial=0))

    def read(self, first: str, last: str) -> pa.Table:
        """The points of the metrics from `first` to `last`."""
        start = self._starts[bisect_left(self._metrics, first)]
        stop = self._starts[bisect_right(self._metrics, last)]
        groups = range(bisect_right(self._groups, start) - 1, bisect_left(self._groups, stop))
        if start == stop:
            return rows.POINTS.empty_table()
        found = self._segment.read_row_groups(groups, rows.POINTS.names, use_threads=False)
        return found.slice(start - self._groups[groups.start], stop - start)

    def _count(self, metrics: pa.ChunkedArray) -> None:
        for chunk in metrics.chunks:
            counts = np.bincount(chunk.indices, minlength=len(chunk.dictionary))
            self.counts.update(dict(zip(chunk.dictionary.to_pylist(), counts.tolist(), strict=True)))


def _merged(sources: list[_Source], columns: Columns) -> Iterator[tuple[str, Part]]:
    counts: Counter[str] = Counter()
    for source in sources:
        counts.update(source.counts)
    for first, last in _ranges(counts):
        for source in sources:
            rows.add(columns, source.read(first, last))
        yield from columns.drain()


def _ranges(counts: Counter[str]) -> list[tuple[str, str]]:
    """First and last of each group of consecutive metrics that is in memory at once."""
    found: list[tuple[str, str]] = []
    held = 0
    for metric in sorted(counts):
        held += counts[metric]
        if not found or held > _MERGE_ROWS:
            found.append((metric, metric))
            held = counts[metric]
        else:
            found[-1] = found[-1][0], metric
    return found


def _held(sources: list[_Source]) -> dict[str, dict[str, int]]:
    writers: dict[str, dict[str, int]] = {}
    for source in sources:
        for writer, one in source.writers.items():
            if writer not in writers or one["offset"] > writers[writer]["offset"]:
                writers[writer] = one
    return writers
