"""Which step was logged at a time, when a step was, and which is next to it: from the points of whatever metric it is.

A segment's row groups say which steps and times they hold, so of each segment a few are read, and mostly one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from runid.errors import DamagedError
from runid.store import rows, verified
from runid.store.reader import View
from runid.store.verified import tell

_MOST = 8

Arrays = tuple[NDArray[np.int64], NDArray[np.int64]]


def step_at(view: View, time: float) -> int | None:
    """The step of the point that was logged nearest to a time; None without points. Raises OSError."""
    found = _nearest(view, "time", round(time * 1e6))
    return None if found is None else found[0]


def time_of(view: View, step: int, rank: int | None = None) -> float | None:
    """When the point was logged whose step is nearest, the first such, in seconds since the epoch; None without any.

    With `rank`, its own point is meant, if it has any.
    """
    found = None if rank is None else _nearest(view, "step", step, rank)
    found = found or _nearest(view, "step", step)
    return None if found is None else found[1] / 1e6


def beside(view: View, step: int, by: int) -> int | None:
    """The next step with points behind `step`, or with `by` -1 before it; None where there is none. Raises OSError."""
    wanted, best = step + by, None
    for steps in _steps(view, wanted, by):
        there = steps[steps >= wanted] if by > 0 else steps[steps <= wanted]
        if len(there):
            found = int(there.min() if by > 0 else there.max())
            best = found if best is None or abs(found - wanted) < abs(best - wanted) else best
    return best


def _steps(view: View, wanted: int, by: int) -> Iterator[NDArray[np.int64]]:
    """Those of the points that may be next: of each segment its nearest row groups."""
    for tail in view.tails:
        for metric in tail.metrics:
            yield from (part.step for part in tail.parts(metric))
    for segment in view.sealed:
        try:
            with verified.opened(segment.path) as file:
                ends = [_ends(file, group, "step") for group in range(file.num_row_groups)]
                far = [max(0, low - wanted if by > 0 else wanted - high) for low, high in ends]
                ahead = [at for at, (low, high) in enumerate(ends) if (high >= wanted if by > 0 else low <= wanted)]
                for group in sorted(ahead, key=lambda at: far[at])[:_MOST]:
                    yield np.array(file.read_row_group(group, ["step"], use_threads=False)["step"])
        except DamagedError as error:
            tell([str(error)], view.problems)


def _nearest(view: View, column: str, value: int, rank: int | None = None) -> tuple[int, int] | None:
    """Step and time, in µs, of the point whose `column` is nearest to a value, of all ranks or of one."""
    best: tuple[int, int, int] | None = None
    for step, time in _points(view, column, value, rank):
        if not len(step):
            continue
        apart = np.abs((time if column == "time" else step) - value)
        least = np.flatnonzero(apart == apart.min())
        at = least[np.argmin(time[least])]
        found = int(apart[at]), int(time[at]), int(step[at])
        best = found if best is None else min(best, found)
    return None if best is None else (best[2], best[1])


def _points(view: View, column: str, value: int, rank: int | None) -> Iterator[Arrays]:
    for tail in view.tails:
        for metric in tail.metrics:
            for part in tail.parts(metric):
                mine = slice(None) if rank is None else part.rank == rank
                yield part.step[mine], part.time[mine]
    for segment in view.sealed:
        try:
            with verified.opened(segment.path) as file:
                yield from _sealed(file, column, value, rank)
        except DamagedError as error:
            tell([str(error)], view.problems)


def _sealed(file: Any, column: str, value: int, rank: int | None) -> Iterator[Arrays]:
    """Those of a segment's row groups, the nearest first, until the next one lies further off than what is found."""
    of_rank = [at for at in range(file.num_row_groups) if rank is None or not _distance(file, at, "rank", rank)]
    far = {group: _distance(file, group, column, value) for group in of_rank}
    least: float = math.inf
    for group in sorted(far, key=far.__getitem__)[:_MOST]:
        if far[group] > least:
            break
        found = file.read_row_group(group, ["rank", "step", "time"], use_threads=False)
        mine = slice(None) if rank is None else np.array(found["rank"]) == rank
        step, time = np.array(found["step"])[mine], np.array(found["time"].cast(pa.int64()))[mine]
        least = min(least, np.abs((time if column == "time" else step) - value).min(initial=np.iinfo(np.int64).max))
        yield step, time


def _distance(file: Any, group: int, column: str, value: int) -> int:
    """How far a row group's steps or times are from a value; 0 where they lie around it."""
    low, high = _ends(file, group, column)
    return max(0, low - value, value - high)


def _ends(file: Any, group: int, column: str) -> tuple[int, int]:
    """The least and the greatest of a row group's steps or times; as far as can be where it does not say."""
    statistics = file.metadata.row_group(group).column(rows.place(column)).statistics
    if statistics is None or not statistics.has_min_max:
        return -(1 << 63), (1 << 63) - 1
    low, high = statistics.min, statistics.max
    if column == "time":
        low, high = (round(end.timestamp() * 1e6) for end in (low, high))
    return int(low), int(high)
