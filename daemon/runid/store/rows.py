"""What stands in a segment. For names and commits see runid.store.segments, for the work runid.store.sealing.

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
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runid.errors import DamagedError
from runid.store import files, verified
from runid.store.columns import Columns, Part

Points = Iterable[tuple[str, Part]]

_ROW_GROUP = 131_072
_FILES = 256  # whose metrics are kept
_KEPT = 4  # row groups of about 5 MB

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
                            add(columns, _picked(_recent.of(path, segment, group), metric, steps))
                    except DamagedError as error:
                        lost, told = lost + about.num_rows, str(error)
            rows = segment.metadata.num_rows
    except DamagedError as error:
        return [f"{error} All its points are missing: {_records(path)}."]
    return [f"{told} {lost} of its {rows} points are missing: {_records(path)}."] if told else []


class _Recent:
    """The row groups that were read last. Of a run with thousands of metrics one holds hundreds of them, and whoever
    looks at them asks for one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, int, int, int], pa.Table] = OrderedDict()

    def of(self, path: Path, segment: pq.ParquetFile, group: int) -> pa.Table:
        """A row group of a segment, which is read where it is not there, or the file is another one by now."""
        about = path.stat()
        key = path, group, about.st_mtime_ns, about.st_ino
        with self._lock:
            found = self._kept.pop(key, None)
        if found is None:
            found = segment.read_row_group(group, POINTS.names, use_threads=False)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


_recent = _Recent()


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


def metrics(path: Path) -> frozenset[str]:
    """The metrics of a segment. Raises OSError; DamagedError."""
    return _metrics(path, files.state(path))


@lru_cache(_FILES)
def _metrics(path: Path, _: tuple[int, int, int]) -> frozenset[str]:
    with verified.opened(path) as segment:
        found, several = set[str](), []
        for group in range(segment.num_row_groups):
            # Points are sorted by metric: of a long series most row groups hold nothing else.
            about = segment.metadata.row_group(group).column(_SCHEMA.get_field_index("metric")).statistics
            if about is not None and about.has_min_max and about.min == about.max:
                found.add(about.min)
            else:
                several.append(group)
        names = segment.read_row_groups(several, ["metric"], use_threads=False)["metric"]
        return frozenset(found.union(*(chunk.dictionary.to_pylist() for chunk in names.chunks)))


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


def write(file: verified.File, run_id: str, groups: Iterable[pa.Table], about: dict[str, Any]) -> int:
    """Writes the row groups of a segment, and tells the file what it is; gives the number of points."""
    rows = 0
    with verified.writer(file, _SCHEMA, _DICTIONARIES, _ENCODINGS) as writer:
        for group in groups:
            runs = pa.DictionaryArray.from_arrays(np.zeros(len(group), np.int32), [run_id])
            writer.write_table(group.add_column(0, _SCHEMA.field(0), runs))
            rows += len(group)
        file.tell_about(writer, about | {"rows": rows})
    return rows


def _may_hold(group: Any, metric: str | None, steps: tuple[int, int] | None, rank: int | None) -> bool:
    return (
        (metric is None or _meets(group, "metric", metric, metric))
        and (steps is None or _meets(group, "step", *steps))
        and (rank is None or _meets(group, "rank", rank, rank))
    )


def place(column: str) -> int:
    """The number of a column in the file."""
    return int(_SCHEMA.get_field_index(column))


def _meets(group: Any, column: str, low: Any, high: Any) -> bool:
    statistics = group.column(place(column)).statistics
    return statistics is None or not statistics.has_min_max or (statistics.min <= high and statistics.max >= low)


def add(columns: Columns, found: pa.Table) -> None:
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
