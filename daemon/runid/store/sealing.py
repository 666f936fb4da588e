"""What stands in a segment, and the slow work of making one. For names and commits see runid.store.segments.

A segment is a Parquet file of points, sorted by metric, rank, step, writer and order of logging:

    run_id   string
    metric   string
    stage    string or null
    rank     int32
    writer   int32                  the writer's number in the run
    step     int64
    time     timestamp[us, UTC]
    value    float64

run_id, metric, stage, rank and writer are dictionary-encoded, step and time DELTA_BINARY_PACKED, value
BYTE_STREAM_SPLIT; zstd, level 1; row groups of 131,072. The footer's key `runicorn` holds JSON:

    {format, run_id, host, lo, hi, writers: {writer: {number, rank, offset}}, rows, bytes, crc, footer}

writer: hex; offset: where its stream is held up to by records lo … hi; writers without batches there are left out.
rows: how many points; bytes, crc, footer: checksums, see runid.store.verified.

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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runid.errors import DamagedError, FormatError
from runid.store import FORMAT, journal, pyramid, segments, verified
from runid.store.columns import Columns, Decoder, Part

Job = dict[str, Any]
Points = Iterable[tuple[str, Part]]

_ROW_GROUP = 131_072
_MERGE_ROWS = 1 << 20  # held in memory at once; a single metric may have more

_NAME = pa.dictionary(pa.int32(), pa.string())
POINTS = pa.schema(
    {
        "metric": _NAME,
        "stage": _NAME,
        "rank": pa.int32(),
        "writer": pa.int32(),
        "step": pa.int64(),
        "time": pa.timestamp("us", "UTC"),
        "value": pa.float64(),
    }
)
"""A segment's columns as they are read, without run_id."""

_SCHEMA = POINTS.insert(0, pa.field("run_id", _NAME))
_DICTIONARIES = ["run_id", "metric", "stage", "rank", "writer"]
_ENCODINGS = {"step": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT"}


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


def load(
    columns: Columns,
    path: Path,
    metric: str | None = None,
    steps: tuple[int, int] | None = None,
    rank: int | None = None,
) -> list[str]:
    """Adds a segment's points, of one metric or of all, to the columns; of these steps, both included, or of all.

    With `rank`, row groups that hold no points of it are passed over.
    Gives a sentence for what is damaged: in a row group that costs its points, in the footer those of the segment.
    Raises OSError.
    """
    lost, told = 0, ""
    try:
        with verified.opened(path) as segment:
            for group in range(segment.num_row_groups):
                about = segment.metadata.row_group(group)
                if _may_hold(about, metric, steps, rank):
                    try:
                        with verified.damage(path):
                            found = segment.read_row_group(group, POINTS.names, use_threads=False)
                            _add(columns, _picked(found, metric, steps))
                    except DamagedError as error:
                        lost, told = lost + about.num_rows, str(error)
            rows = segment.metadata.num_rows
    except DamagedError as error:
        return [f"{error} All its points are missing: {_records(path)}."]
    return [f"{told} {lost} of its {rows} points are missing: {_records(path)}."] if told else []


def _records(path: Path) -> str:
    host, lo, hi = path.name.removesuffix(".covered").removesuffix(".parquet").rsplit("-", 2)
    return f"of records {int(lo)} to {int(hi)} of {host}"


def _picked(found: pa.Table, metric: str | None, steps: tuple[int, int] | None) -> pa.Table:
    """The rows of a row group that are asked for."""
    if metric is not None:
        names = found["metric"].combine_chunks()
        places = np.flatnonzero(np.array(names.indices) == names.dictionary.index(metric).as_py())
        found = found.slice(places[0], len(places)) if len(places) else found.slice(0, 0)
    if steps is not None:
        step = np.array(found["step"])
        found = found.filter(pa.array((step >= steps[0]) & (step <= steps[1])))
    return found


def metrics(path: Path) -> set[str]:
    """The metrics of a segment. Raises OSError; DamagedError."""
    with verified.opened(path) as segment:
        names = segment.read(["metric"], use_threads=False)["metric"]
        return {name for chunk in names.chunks for name in chunk.dictionary.to_pylist()}


def count(path: Path) -> int:
    """How many points a segment holds. Raises OSError; DamagedError."""
    with verified.opened(path) as segment:
        return int(segment.metadata.num_rows)


def tables(points: Points, stages: list[str]) -> Iterator[pa.Table]:
    """The points as Arrow tables of the schema POINTS, in the order they come in, one for each row group."""
    for group in _row_groups(points):
        lengths = [len(part.value) for _, part in group]
        part = Part(*map(np.concatenate, zip(*(part for _, part in group), strict=True)))
        # A dictionary of this row group's metrics only: Parquet stores it whole in each.
        metrics = pa.array([metric for metric, _ in group], pa.string())
        metric = np.repeat(np.arange(len(group), dtype=np.int32), lengths)
        stage = pa.array(part.stage, mask=part.stage < 0)
        columns = {
            "metric": pa.DictionaryArray.from_arrays(metric, metrics),
            "stage": pa.DictionaryArray.from_arrays(stage, pa.array(stages, pa.string())),
            "rank": part.rank,
            "writer": part.writer,
            "step": part.step,
            "time": pa.array(part.time).view(POINTS.field("time").type),
            "value": part.value,
        }
        yield pa.table(columns, POINTS)


def _row_groups(points: Points) -> Iterator[list[tuple[str, Part]]]:
    group: list[tuple[str, Part]] = []
    room = _ROW_GROUP
    for metric, whole in points:
        part = whole
        while len(part.value) >= room:
            yield [*group, (metric, part.at(slice(room)))]
            part, group, room = part.at(slice(room, None)), [], _ROW_GROUP
        if len(part.value):
            group.append((metric, part))
            room -= len(part.value)
    if group:
        yield group


def _write(job: Job, run_id: str, points: Points, stages: list[str], writers: dict[str, Any]) -> Job:
    host, lo, hi = job["host"], job["lo"], job["hi"]
    tmp = segments.temporary(Path(job["folder"]), host, lo, hi)
    tmp.unlink(missing_ok=True)
    builder = pyramid.Builder(stages)
    groups = tables(builder.through(points), stages)
    about = {"format": FORMAT, "run_id": run_id, "host": host, "lo": lo, "hi": hi, "writers": writers}
    try:
        with verified.File(tmp) as file:
            rows = _write_parquet(file, run_id, groups, about)
            file.sign()
            os.fsync(file.fileno())
            size = file.tell()
        cells = segments.pyramid(tmp)
        has_cells = builder.write(cells)
    except BaseException:
        tmp.unlink(missing_ok=True)
        raise
    if not rows:
        tmp.unlink()
    return {
        "rows": rows,
        "bytes": size if rows else 0,
        "tmp": str(tmp) if rows else None,
        "pyramid": str(cells) if has_cells else None,
    }


def _write_parquet(file: verified.File, run_id: str, groups: Iterable[pa.Table], about: dict[str, Any]) -> int:
    rows = 0
    with pq.ParquetWriter(
        file,
        _SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=_DICTIONARIES,
        column_encoding=_ENCODINGS,
        write_page_checksum=True,
        store_schema=False,  # for others metric and stage are plain strings
    ) as writer:
        for group in groups:
            runs = pa.DictionaryArray.from_arrays(np.zeros(len(group), np.int32), [run_id])
            writer.write_table(group.add_column(0, _SCHEMA.field(0), runs))
            rows += len(group)
        file.tell_about(writer, about | {"rows": rows})
    return rows


class _Source:
    """A segment that is being merged: which of its rows hold which metrics."""

    def __init__(self, file: BinaryIO) -> None:
        self._segment = verified.open_file(file)
        about = json.loads(self._segment.metadata.metadata[b"runicorn"])
        self.run_id: str = about["run_id"]
        self.lo: int = about["lo"]
        self.writers: dict[str, dict[str, int]] = about["writers"]
        self.rows: Counter[str] = Counter()
        for group in range(self._segment.num_row_groups):
            self._count(self._segment.read_row_group(group, ["metric"], use_threads=False)["metric"])
        self._metrics = sorted(self.rows)
        self._starts = list(accumulate((self.rows[metric] for metric in self._metrics), initial=0))
        sizes = (self._segment.metadata.row_group(group).num_rows for group in range(self._segment.num_row_groups))
        self._groups = list(accumulate(sizes, initial=0))

    def read(self, first: str, last: str) -> pa.Table:
        """The points of the metrics from `first` to `last`."""
        start = self._starts[bisect_left(self._metrics, first)]
        stop = self._starts[bisect_right(self._metrics, last)]
        groups = range(bisect_right(self._groups, start) - 1, bisect_left(self._groups, stop))
        if start == stop:
            return POINTS.empty_table()
        found = self._segment.read_row_groups(groups, POINTS.names, use_threads=False)
        return found.slice(start - self._groups[groups.start], stop - start)

    def _count(self, metrics: pa.ChunkedArray) -> None:
        for chunk in metrics.chunks:
            counts = np.bincount(chunk.indices, minlength=len(chunk.dictionary))
            self.rows.update(dict(zip(chunk.dictionary.to_pylist(), counts.tolist(), strict=True)))


def _merged(sources: list[_Source], columns: Columns) -> Iterator[tuple[str, Part]]:
    rows: Counter[str] = Counter()
    for source in sources:
        rows.update(source.rows)
    for first, last in _ranges(rows):
        for source in sources:
            _add(columns, source.read(first, last))
        yield from columns.drain()


def _ranges(rows: Counter[str]) -> list[tuple[str, str]]:
    """First and last of each group of consecutive metrics that is in memory at once."""
    found: list[tuple[str, str]] = []
    held = 0
    for metric in sorted(rows):
        held += rows[metric]
        if not found or held > _MERGE_ROWS:
            found.append((metric, metric))
            held = rows[metric]
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


def _may_hold(group: Any, metric: str | None, steps: tuple[int, int] | None, rank: int | None) -> bool:
    return (
        (metric is None or _meets(group, "metric", metric, metric))
        and (steps is None or _meets(group, "step", *steps))
        and (rank is None or _meets(group, "rank", rank, rank))
    )


def _meets(group: Any, column: str, low: Any, high: Any) -> bool:
    statistics = group.column(_SCHEMA.get_field_index(column)).statistics
    return statistics is None or not statistics.has_min_max or (statistics.min <= high and statistics.max >= low)


def _add(columns: Columns, found: pa.Table) -> None:
    if not len(found):
        return
    found = found.unify_dictionaries().combine_chunks()
    metric, stage = found["metric"].chunk(0), found["stage"].chunk(0)
    codes = np.array([*map(columns.code, stage.dictionary.to_pylist()), -1], np.int32)
    order = columns.number(len(found))
    part = Part(
        rank=np.array(found["rank"]),
        step=np.array(found["step"]),
        writer=np.array(found["writer"]),
        order=np.arange(order.start, order.stop),
        time=np.array(found["time"].cast(pa.int64())),
        stage=codes[stage.indices.fill_null(-1)],
        value=np.array(found["value"]),
    )
    which = np.array(metric.indices)
    edges = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
    for start, stop in pairwise(edges):
        columns.add(metric.dictionary[which[start]].as_py(), part.at(slice(start, stop)))
