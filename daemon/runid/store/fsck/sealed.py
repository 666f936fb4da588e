"""Segments: their checksums, and what they say of themselves against their names and their rows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from runid.errors import DamagedError, FormatError
from runid.store import journal, rows, sealing, segments, verified
from runid.store.columns import Columns
from runid.store.fsck.finding import Finding, Look
from runid.store.segments import Segment

_SCHEMA = rows.POINTS.insert(0, pa.field("run_id", pa.string()))


def check(look: Look) -> Iterator[Finding]:
    """Every segment, and what lies beside them."""
    metrics = look.folder / "metrics"
    look.whole.clear()
    look.rows.clear()
    found = segments.segments(metrics)
    for segment in found:
        try:
            rows = _verified(segment)
        except FileNotFoundError:  # merged since it was listed
            continue
        except DamagedError as error:
            yield _damaged(look, segment, str(error))
        else:
            look.whole[segment] = max(rows.values())
            look.rows.setdefault(segment.host, Counter()).update(rows)
            look.seen(segment.path.stat().st_size)
    if not look.busy:
        yield from _beside(look, found)


def _verified(segment: Segment) -> Counter[str]:
    """How many points of each metric a whole segment holds. Raises DamagedError."""
    path = segment.path
    about = verified.about(path)
    verified.check(path)
    with verified.opened(path) as opened:
        told = [about[name] for name in ("host", "lo", "hi")]
        if told != [segment.host, segment.lo, segment.hi]:
            raise ValueError(f"its footer is that of records {told[1]} to {told[2]} of {told[0]}")
        if not opened.schema_arrow.equals(_SCHEMA):
            raise ValueError("its columns are not those of a segment")
        rows = _Rows(about["run_id"])
        for group in range(opened.num_row_groups):
            rows.take(opened.metadata.row_group(group), opened.read_row_group(group, use_threads=False))
        if rows.counts.total() != about["rows"]:
            raise ValueError(f"it holds {rows.counts.total()} points instead of {about['rows']}")
    return rows.counts


class _Rows:
    """The rows of a segment, row group by row group: counted, and checked for their order."""

    def __init__(self, run_id: str) -> None:
        self.counts: Counter[str] = Counter()
        self._run_id = run_id
        self._last: tuple[Any, ...] | None = None

    def take(self, about: pq.RowGroupMetaData, found: pa.Table) -> None:
        """Raises ValueError for what no segment has."""
        if found["run_id"].unique().to_pylist() != [self._run_id]:
            raise ValueError("it holds points of another run")
        found = found.unify_dictionaries().combine_chunks()
        metric = found["metric"].chunk(0)
        which = np.array(metric.indices)
        edges = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
        names = [metric.dictionary[which[start]].as_py() for start in edges[:-1]]
        for name, (start, stop) in zip(names, pairwise(edges), strict=True):
            self.counts[name] += stop - start
        statistics = about.column(1).statistics
        if statistics is None or (statistics.min, statistics.max) != (names[0], names[-1]):
            raise ValueError("its statistics are not those of its metrics")
        self._in_order(found, names, edges)

    def _in_order(self, found: pa.Table, names: list[str], edges: list[int]) -> None:
        columns = [np.array(found[name]) for name in ("rank", "step", "writer")]
        falls = np.zeros(max(0, len(found) - 1), np.bool_)
        for column in reversed(columns):
            before, behind = column[:-1], column[1:]  # no differences: two steps may be 2^64 apart
            falls = (behind < before) | ((behind == before) & falls)
        falls[np.array(edges[1:-1], np.int64) - 1] = False  # from one metric to the next
        first = (names[0], *(column[0] for column in columns))
        follows = self._last is None or self._last <= first
        if falls.any() or not follows or any(one >= other for one, other in pairwise(names)):
            raise ValueError("its rows are not in their order")
        self._last = (names[-1], *(column[-1] for column in columns))


def _damaged(look: Look, segment: Segment, what: str) -> Finding:
    lost = rows.load(Columns(), segment.path)
    what = lost[0] if lost else f"{what} All its points could be read, but they may be wrong."
    what = what.replace(f"{segment.path} is damaged: ", "The segment is damaged: ", 1)
    name = look.name(segment.path)
    if _originals(segment):
        return Finding(
            name, what, "what it was merged from takes its place again", partial(segments.replace, segment, [])
        )
    pieces = _journaled(look.folder, segment)
    if pieces:
        mend = partial(_seal_again, look.folder, segment, pieces)
        return Finding(name, what, "it is made again from the journal, which still has its records", mend)
    return Finding(name, what, "nothing else holds its points: bring the file back from a copy")


def _originals(segment: Segment) -> list[Segment]:
    """What a damaged segment was merged from, if all of that is whole."""
    found = segments.originals(segment.path.parent, segment)
    if segment in found or not found or (found[0].lo, found[-1].hi) != (segment.lo, segment.hi):
        return []
    try:
        held = sum(_verified(old).total() for old in found)
    except (DamagedError, FileNotFoundError):
        return []
    try:
        told = verified.about(segment.path)["rows"]
    except (DamagedError, KeyError):
        return found
    return found if told == held else []


def _journaled(folder: Path, segment: Segment) -> list[tuple[Path, int, int]]:
    """(journal, lo, hi) of the journals that hold all records of a segment; nothing if one is missing."""
    found = journal.journals(folder / "journal").get(segment.host, [])
    pieces: list[tuple[Path, int, int]] = []
    at = segment.lo
    for index, (lo, path) in enumerate(found):
        hi = min([segment.hi, *(following - 1 for following, _ in found[index + 1 : index + 2])])
        if lo <= at <= hi:
            last = max((record.number for record in journal.read(path, at, hi + 1)), default=0)
            if last != hi:
                return []
            pieces.append((path, at, hi))
            at = hi + 1
    return pieces if at > segment.hi else []


def _seal_again(folder: Path, segment: Segment, pieces: list[tuple[Path, int, int]]) -> None:
    metrics = folder / "metrics"
    made: list[tuple[Path, Path]] = []
    for path, lo, hi in pieces:
        job = {"folder": str(metrics), "run_id": folder.name, "host": segment.host, "lo": lo, "hi": hi}
        result = sealing.seal(job | {"journal": str(path)})
        if result["tmp"] is not None:
            made.append((Path(result["tmp"]), segments.final(metrics, segment.host, lo, hi)))
    if not made:
        raise FormatError(f"{segment.path} holds points, but the journals it was made from hold none.")
    segments.replace(segment, made)


def _beside(look: Look, found: list[Segment]) -> Iterator[Finding]:
    metrics = look.folder / "metrics"
    for one, other in pairwise(found):
        if one.host == other.host and other.lo <= one.hi:
            what = f"It and {one.path.name} share records {other.lo} to {one.hi}: those points are counted twice."
            yield Finding(look.name(other.path), what, "remove the one that was copied here")
    merging = {left.host for left in segments.unsettled(metrics)}
    for segment in found:
        if segment.path.name.endswith(".covered") and segment.host not in merging:
            name = segments.final(metrics, segment.host, segment.lo, segment.hi)
            what = "The segment that it was merged into is gone. This one holds points that no other has."
            yield Finding(
                look.name(segment.path), what, "it gets its name back", partial(os.rename, segment.path, name)
            )
    damaged = {segment.host for segment in found if segment not in look.whole}
    for host in sorted({segment.host for segment in found} - damaged - merging):
        for path in segments.covered(metrics, host):
            what = "It was merged into a segment that is whole, and never removed."
            yield Finding(look.name(path), what, "it is removed", partial(path.unlink, missing_ok=True))
