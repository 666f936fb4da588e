"""In what two runs differ: config, environment, summary, and metrics at equal steps and after equal time."""

from __future__ import annotations

import json
import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runicorn.api import StoredRun
from runicorn.cli.progress import progress
from runicorn.tables import MOST
from runid.store import files, runs
from runid.store.fold import SYSTEM_METRICS

Row = dict[str, Any]


class Points(NamedTuple):
    """Points of a metric: arrays of one length."""

    step: NDArray[np.int64]
    time: NDArray[np.int64]  # µs since the epoch
    value: NDArray[np.float64]

    def at(self, places: slice | NDArray[np.intp]) -> Points:
        """The points at these places."""
        return Points(self.step[places], self.time[places], self.value[places])


_IDENTITY = {"id", "path", "alias", "host", "created_at", "pid", "storage_dir"}
"""What says which run it is; the rest of its meta is the environment, and so is what was captured of it."""
_MOMENT = {"captured_at", "rank", "hostname", "platform", "python_version"}
"""What was captured and is another thing in each run, or stands in its meta, too."""

_WRITTEN = re.compile(r"-?(0|[1-9]\d*)(\.(0|\d*[1-9]))?([eE][+-]?\d{1,3})?", re.ASCII)
"""A number as one writes it: "1.10" is rather a version, and "007" a name."""


def compare(a: StoredRun, b: StoredRun) -> dict[str, Any]:
    """What `runicorn diff --json --all` prints; each row says whether the two are the `same`.

    A row of config, environment and summary has name, a and b; without a or b where a run has no such value.
    """
    told = [runs.read_run(run.run_dir) for run in (a, b)]
    return {
        "a": _identity(told[0]),
        "b": _identity(told[1]),
        "config": _rows(told[0].config, told[1].config),
        "environment": _rows(*map(_environment, told)),
        "summary": _rows(told[0].summary, told[1].summary),
        "seconds": (seconds := min(map(_elapsed, told))),
        "metrics": _metrics(a, b, seconds),
    }


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal but for how they are written: 1 and 1.0, 0.001 and "1e-3", 0.1 as float32.

    Two texts are equal only as texts: "1.10" and "1.1" may be versions, "7e12345" and "3e99999" hashes.
    """
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    a, b = _finite(a), _finite(b)
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b) or _tells(a, b) or _tells(b, a)
    if not _is_number(a) or not _is_number(b):
        return type(a) is type(b) and bool(a == b)
    return bool(a == b) or _float32(a) == b or a == _float32(b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> Any:
    """The value; NaN and infinities as the texts that a run's files have for them: a live run still has the numbers."""
    return json.loads(files.dumps(value)) if isinstance(value, float) else value


def _tells(text: Any, number: Any) -> bool:
    """Whether a text is how one writes this number; YAML reads 1e-3 as a text."""
    if not isinstance(text, str) or not _is_number(number) or not _WRITTEN.fullmatch(text):
        return False
    return Decimal(text) == Decimal(number if isinstance(number, int) else repr(number))


def _float32(value: float) -> float | None:
    """What is left of a fraction in single precision; None of what is no fraction: all digits of a seed count."""
    if isinstance(value, int) or value.is_integer():
        return None
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return None


def _identity(run: runs.Run) -> Row:
    identity = {"run_id": run.id, "path": run.meta.get("path", ""), "alias": run.meta.get("alias")}
    return identity | {"status": run.status, "started_at": run.meta.get("created_at")}


def _environment(run: runs.Run) -> Row:
    found = {name: value for name, value in run.meta.items() if name not in _IDENTITY}
    return found | {name: value for name, value in run.environment.items() if name not in _MOMENT}


def _elapsed(run: runs.Run) -> float:
    """Seconds from the start to the last sign of life."""
    started = run.meta.get("created_at") or 0.0
    return max((writer["last_time"] or started for writer in run.writers), default=started) - started


def _rows(a: dict[str, Any], b: dict[str, Any]) -> list[Row]:
    leaves = [list(_leaves(values)) for values in (a, b)]
    # {"a.b": 1, "a": {"b": 2}} has two leaves of one dotted name: there each key is told apart.
    doubled = {
        name for side in leaves for name, count in Counter(_dotted(keys) for keys, _ in side).items() if count > 1
    }
    ours, theirs = ({_name(keys, doubled): value for keys, value in side} for side in leaves)
    rows = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        sides = {side: values[name] for side, values in (("a", ours), ("b", theirs)) if name in values}
        rows.append({"name": name, **sides, "same": len(sides) == 2 and same(sides["a"], sides["b"])})
    return rows


def _leaves(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a nested dict holds, each with the keys that lead to it."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, str(key)))
        else:
            yield (*above, str(key)), value


def _dotted(keys: tuple[str, ...]) -> str:
    return ".".join(keys)


def _name(keys: tuple[str, ...], doubled: set[str]) -> str:
    """The keys with dots between them; where that would mean two things, keys with dots in them stand in quotes."""
    if _dotted(keys) not in doubled:
        return _dotted(keys)
    return _dotted(tuple(json.dumps(key, ensure_ascii=False) if "." in key else key for key in keys))


def _metrics(a: StoredRun, b: StoredRun, seconds: float) -> list[Row]:
    names = sorted(name for name in {*a.metrics, *b.metrics} if not name.startswith(SYSTEM_METRICS))
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
            row["differs_from"] = _first_difference(found["a"], found["b"])
            rows.append(row | {"same": row["differs_from"] is None})
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
        return {"step": None, "a": None, "b": None, "difference": None}
    one, other = (_mean(points.value[points.step == common[-1]]) for points in (a, b))
    return {"step": int(common[-1]), "a": one, "b": other, "difference": other - one}


def _first_difference(a: Points, b: Points) -> int | None:
    """The first step at which the two have other points, of whatever number; None where all are the same."""
    a, b = (points.at(np.lexsort((points.value, points.step))) for points in (a, b))
    both = min(len(a.step), len(b.step))
    equal = (a.step[:both] == b.step[:both]) & _equal(a.value[:both], b.value[:both])
    place = both if equal.all() else int(equal.argmin())
    return min((int(points.step[place]) for points in (a, b) if place < len(points.step)), default=None)


def _equal(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What `same` says of numbers, for arrays."""
    single_a, single_b = (_single(values) for values in (a, b))
    equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b)) | (single_a == b) | (a == single_b)
    return equal


def _single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `_float32` says of each; NaN for None."""
    with np.errstate(over="ignore"):
        return np.where(values == np.trunc(values), np.nan, values.astype(np.float32).astype(np.float64))


def _mean(values: NDArray[np.float64]) -> float:
    """Of the values that are numbers; NaN without any."""
    numbers = values[~np.isnan(values)]
    with np.errstate(invalid="ignore"):
        return float(numbers.mean()) if len(numbers) else math.nan


def _until(points: Points, end: float) -> float | None:
    """The value logged last, up to a time in microseconds; None where there is none."""
    places = np.flatnonzero(points.time <= end)[::-1]
    return float(points.value[places[points.time[places].argmax()]]) if len(places) else None
