"""A series for a logarithmic x axis: bins as wide everywhere would leave a single one for the first tenth of it.

So x is cut at powers of a number, and each piece has as many bins. What lies at or below 0 is one piece more: it has no
place on such an axis, but is to be counted.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from runid.store.reader import View
from runid.store.series import Ask, series

_FACTOR = 4.0
_MOST = 16  # pieces above 0
_LEAST = 4  # bins of a piece


def over_octaves(view: View, ask: Ask) -> pa.Table:
    """As `series`; a bin or two more than were asked for may come. Raises as it does."""
    least = 1.0 if ask.x == "step" else 5e-324
    whole = series(view, replace(ask, points=1, lo=max(least, ask.lo if ask.lo is not None else least)))
    if not len(whole):
        return series(view, replace(ask, points=1))
    lo, hi = float(whole["x0"][0].as_py()), float(whole["x1"][-1].as_py())
    edges = list(_edges(max(lo, least), hi))
    points = max(_LEAST, ask.points // len(edges))
    pieces = [series(view, replace(ask, points=1, hi=_before(ask, least)))] if ask.lo is None or ask.lo < least else []
    for first, next_one in zip(edges, [*edges[1:], math.inf], strict=True):
        last = hi if next_one == math.inf else _before(ask, next_one)
        if first <= last:
            pieces.append(series(view, replace(ask, points=points, lo=first, hi=last)))
    return pa.concat_tables(pieces)


def _edges(lo: float, hi: float) -> Iterator[float]:
    """Where pieces begin, from lo on: at powers of a factor that makes few enough of them."""
    span = math.log(hi) - math.log(lo)
    factor = max(_FACTOR, math.exp(min(span / _MOST, math.log(sys.float_info.max))))
    yield lo
    power = math.floor(math.log(lo) / math.log(factor)) + 1
    while (edge := math.exp(power * math.log(factor))) <= hi:
        yield round(edge) if factor == _FACTOR and edge >= 1 else edge
        power += 1


def _before(ask: Ask, x: float) -> float:
    """The last x before this one."""
    return math.ceil(x) - 1 if ask.x == "step" else math.nextafter(x, -math.inf)
