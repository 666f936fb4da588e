"""A run's points table by table, for runs that are larger than memory. It loads NumPy and pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runid.store import rows
from runid.store.columns import Columns
from runid.store.reader import Reader, View
from runid.store.series import Ask, series
from runid.store.verified import tell

MOST = 1 << 22
"""Points that are in memory at once, at most: more only where so many have one metric, rank and step."""

_TABLE = 1 << 17
_STRETCH = 1 << 18  # points read at once, about
_BINS = 1 << 12

Steps = tuple[int | None, int | None]


def tables(reader: Reader, metrics: Iterable[str], ranks: Iterable[int], steps: Steps) -> Iterator[pa.Table]:
    """The points of these metrics, ranks and steps (first and last, or None), as `StoredRun.history` orders them.

    Raises OSError and FormatError.
    """
    wanted = sorted(ranks)
    waiting: list[pa.Table] = []
    for metric, rank in product(sorted(metrics), wanted):
        for stretch in _stretches(reader, Ask(metric, _BINS, rank, lo=steps[0], hi=steps[1])):
            waiting.append(reader.read(partial(_points, metric, rank, stretch)))
            if sum(map(len, waiting)) >= _TABLE:
                yield pa.concat_tables(waiting).unify_dictionaries()
                waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()


def _stretches(reader: Reader, ask: Ask) -> Iterator[tuple[int, int]]:
    """First and last steps between which a metric has no more points than a table may hold."""
    bins = reader.read(lambda view: series(view, ask))
    stretch = np.cumsum(np.array(bins["count"])) // _STRETCH
    for number in np.unique(stretch):
        places = np.flatnonzero(stretch == number)
        yield bins["x0"][places[0]].as_py(), bins["x1"][places[-1]].as_py()


def _points(metric: str, rank: int, stretch: tuple[int, int], view: View) -> pa.Table:
    columns = Columns()
    for segment in view.sealed:
        tell(rows.load(columns, segment.path, metric, stretch, rank), view.problems)
    for tail in view.tails:
        columns.take(tail, metric)
    tables = [rows.POINTS.empty_table(), *rows.tables(columns.drain(), columns.stages)]
    found = pa.concat_tables(tables).unify_dictionaries()
    first, last = stretch
    at = pc.and_(pc.greater_equal(found["step"], first), pc.less_equal(found["step"], last))
    return found.filter(pc.and_(at, pc.equal(found["rank"], rank)))
