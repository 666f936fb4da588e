"""Conversations summed up: by step, by prompt at one step, and one prompt over steps; and their order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runid.store.rollouts import Numbers, Places, Rollouts

BINS = 12
"""Of a histogram of rewards."""
ORDERS = ("-reward", "reward", "-len", "len", "-advantage", "advantage", "")
"""How samples are sorted: "-" in front is the largest first, "" as they were logged."""

_OF = {"reward": "total", "len": "length", "advantage": "advantage"}
_MOST_POINTS = 300
_EDGES = (1, 99)  # percentiles that are the ends of the histograms: what is beyond them is in the outer bins


class Parts(NamedTuple):
    """Places in order, cut into parts: the first is order[starts[0]:starts[1]]."""

    order: Places
    starts: Places

    def __len__(self) -> int:
        return len(self.starts) - 1

    def part(self, number: int) -> Places:
        """The places of one."""
        return np.asarray(self.order[self.starts[number] : self.starts[number + 1]])


def by(values: NDArray[Any], places: Places) -> Parts:
    """Places by the values that they have in a column, the smallest first; within a part as they were."""
    keys = values[places]
    order = np.argsort(keys, kind="stable")
    starts = np.concatenate(([0], np.flatnonzero(np.diff(keys[order].astype(values.dtype)) != 0) + 1, [len(places)]))
    return Parts(places[order], starts if len(places) else np.zeros(1, np.int64))


def worth(of: Rollouts, places: Places) -> dict[str, Any]:
    """{count, mean, std, lo, hi: of the rewards, null without any, truncated: which share, null where not known}."""
    totals = _finite(of["total"][places])
    told = of["truncated"][places]
    known = told[told >= 0]
    empty = {"mean": None, "std": None, "lo": None, "hi": None}
    found = empty if not len(totals) else dict(zip(empty, _moments(totals), strict=True))
    return {"count": len(places), **found, "truncated": float(known.mean()) if len(known) else None}


def ends(of: Rollouts, places: Places) -> tuple[float, float] | None:
    """From where to where histograms go; None where there is nothing to be counted."""
    totals = _finite(of["total"][places])
    if not len(totals):
        return None
    lo, hi = (float(end) for end in np.percentile(totals, _EDGES))
    return (lo, hi) if lo < hi else (float(totals.min()), float(totals.max()))


def counts(of: Rollouts, places: Places, lo: float, hi: float) -> list[int]:
    """How many rewards lie in each of the bins."""
    totals = np.clip(_finite(of["total"][places]), lo, hi)
    found, _ = np.histogram(totals, BINS, (lo, hi) if lo < hi else (lo - 0.5, lo + 0.5))
    return [int(one) for one in found]


def ordered(of: Rollouts, places: Places, order: str) -> Places:
    """The places as ORDERS says; those that have no such number are last. Raises ValueError for another order."""
    if order not in ORDERS:
        raise ValueError(f"Samples are sorted by one of {', '.join(filter(None, ORDERS))}, not {order[:100]!r}.")
    if not order:
        return places
    values = of[_OF[order.removeprefix("-")]][places].astype(np.float64)
    values = -values if order[0] == "-" else values
    return np.asarray(places[np.argsort(values, kind="stable")])  # NaN is last


def deviations(of: Rollouts, parts: Parts) -> Numbers:
    """By how much the rewards of each part differ: standard deviations, 0 of less than two."""
    totals = of["total"][parts.order]
    known = np.isfinite(totals)
    number = np.cumsum(np.concatenate(([0], known)))[parts.starts]
    many = np.maximum(np.diff(number), 1)
    of_part = np.repeat(np.arange(len(parts)), np.diff(parts.starts))
    values = np.where(known, totals, 0.0)
    mean = np.bincount(of_part, values, len(parts)) / many
    off = np.where(known, (values - mean[of_part]) ** 2, 0.0)
    return np.asarray(np.sqrt(np.bincount(of_part, off, len(parts)) / many))


def over_steps(of: Rollouts, places: Places) -> dict[str, list[Any]]:
    """{step, mean, lo, hi, count} of samples over steps, of many steps each how many together."""
    parts = by(of["step"], places)
    each = -(-len(parts) // _MOST_POINTS) if len(parts) else 1
    found: dict[str, list[Any]] = {"step": [], "mean": [], "lo": [], "hi": [], "count": []}
    for first in range(0, len(parts), each):
        some = parts.order[parts.starts[first] : parts.starts[min(first + each, len(parts))]]
        told = worth(of, some)
        for name, values in found.items():
            values.append(int(of["step"][some[0]]) if name == "step" else told[name])
    return found


def _finite(totals: Numbers) -> Numbers:
    return np.asarray(totals[np.isfinite(totals)])


def _moments(totals: Numbers) -> tuple[float, float, float, float]:
    with np.errstate(over="ignore"):
        return float(totals.mean()), float(totals.std()), float(totals.min()), float(totals.max())
