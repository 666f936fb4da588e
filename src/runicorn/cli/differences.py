"""In what two runs differ: config, environment, summary, and metrics at equal steps and after equal time."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runicorn.api import StoredRun
from runicorn.cli.progress import progress
from runicorn.tables import MOST
from runid.store import catalog, runs

Row = dict[str, Any]


class Points(NamedTuple):
    """Points of a metric: arrays of one length."""

    step: NDArray[np.int64]
    time: NDArray[np.int64]  # µs since the epoch
    value: NDArray[np.float64]

    def at(self, places: slice) -> Points:
        """The points at these places."""
        return Points(self.step[places], self.time[places], self.value[places])


_IDENTITY = {"id", "path", "alias", "host", "created_at", "pid", "storage_dir"}
"""What says which run it is; the rest of its meta is the environment."""


def compare(a: StoredRun, b: StoredRun) -> dict[str, Any]:
    """What `runicorn diff --json --all` prints; each row says whether the two are the `same`.

    A row of config, environment and summary has name, a and b; without a or b where a run has no such value.
    """
    told = [runs.read_run(run.run_dir) for run in (a, b)]
    metas = [{name: value for name, value in run.meta.items() if name not in _IDENTITY} for run in told]
    return {
        "a": _identity(told[0]),
        "b": _identity(told[1]),
        "config": _rows(told[0].config, told[1].config),
        "environment": _rows(*metas),
        "summary": _rows(told[0].summary, told[1].summary),
        "seconds": (seconds := min(map(_elapsed, told))),
        "metrics": _metrics(a, b, seconds),
    }


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal but for how they are written: 1 and 1.0, "1e-3" and 0.001, 0.1 as float32."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    one, other = _number(a), _number(b)
    if one is None or other is None:
        return type(a) is type(b) and bool(a == b)
    both_nan = one != one and other != other  # noqa: PLR0124  math.isnan takes no large integers
    return both_nan or one == other or _float32(one) == other or one == _float32(other)


def _number(value: Any) -> float | int | None:
    """The number that is meant; YAML reads 1e-3 as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return float(value) if "_" not in value else None
        except ValueError:
            return None
    return value if isinstance(value, int | float) else None


def _float32(value: float) -> float | None:
    """What is left of a fraction in single precision; None of what is no fraction: all digits of a seed count."""
    if isinstance(value, int) or value == int(value if math.isfinite(value) else 0):
        return None
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return None


def _identity(run: runs.Run) -> Row:
    identity = {"run_id": run.id, "path": run.meta.get("path", ""), "alias": run.meta.get("alias")}
    return identity | {"status": run.status, "started_at": run.meta.get("created_at")}


def _elapsed(run: runs.Run) -> float:
    """Seconds from the start to the last sign of life."""
    started = run.meta.get("created_at") or 0.0
    return max((writer["last_time"] or started for writer in run.writers), default=started) - started


def _rows(a: dict[str, Any], b: dict[str, Any]) -> list[Row]:
    ours, theirs = catalog.flat(a, math.inf), catalog.flat(b, math.inf)
    rows = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        sides = {side: values[name] for side, values in (("a", ours), ("b", theirs)) if name in values}
        rows.append({"name": name, **sides, "same": len(sides) == 2 and same(sides["a"], sides["b"])})
    return rows


def _metrics(a: StoredRun, b: StoredRun, seconds: float) -> list[Row]:
    names = sorted({*a.metrics, *b.metrics})
    starts = {"a": a.meta.get("created_at"), "b": b.meta.get("created_at")}
    # Points have times in whole microseconds: the last one must not lie behind its own time.
    ends = {side: 1e6 * ((start or 0.0) + seconds) + 1 for side, start in starts.items()}
    readers = {"a": _reader(a), "b": _reader(b)}
    rows = []
    with progress("Comparing", len(names)) as advance:
        for name in names:
            found = {side: points(name) for side, points in readers.items()}
            row: Row = {"name": name} | _at_common_step(found["a"], found["b"])
            row |= {f"{side}_then": _until(found[side], end) for side, end in ends.items()}
            rows.append(row)
            advance(1)
    return rows


def _reader(run: StoredRun) -> Callable[[str], Points]:
    """What gives the points of a metric: from memory, or of a large run from its files, one metric at a time."""
    if run.count() > MOST:
        return lambda name: _columns(run.history(name))
    table = run.history().unify_dictionaries().combine_chunks()
    if not len(table):
        return lambda _: _columns(table)
    metric = table["metric"].chunk(0)
    edges = [0, *(np.flatnonzero(np.diff(metric.indices)) + 1).tolist(), len(table)]
    places = {metric.dictionary[metric.indices[lo].as_py()].as_py(): slice(lo, hi) for lo, hi in pairwise(edges)}
    every = _columns(table)
    return lambda name: every.at(places.get(name, slice(0, 0)))


def _columns(table: pa.Table) -> Points:
    return Points(np.array(table["step"]), np.array(table["time"].cast(pa.int64())), np.array(table["value"]))


def _at_common_step(a: Points, b: Points) -> Row:
    """The last step that both have, the mean of the values there, and the difference."""
    common = np.intersect1d(a.step, b.step)
    if not len(common):
        return {"step": None, "a": None, "b": None, "difference": None, "same": False}
    one, other = (_mean(points.value[points.step == common[-1]]) for points in (a, b))
    return {"step": int(common[-1]), "a": one, "b": other, "difference": other - one, "same": same(one, other)}


def _mean(values: NDArray[np.float64]) -> float:
    """Of the values that are numbers; NaN without any."""
    numbers = values[~np.isnan(values)]
    with np.errstate(invalid="ignore"):
        return float(numbers.mean()) if len(numbers) else math.nan


def _until(points: Points, end: float) -> float | None:
    """The value logged last, up to a time in microseconds; None where there is none."""
    places = np.flatnonzero(points.time <= end)[::-1]
    return float(points.value[places[points.time[places].argmax()]]) if len(places) else None
