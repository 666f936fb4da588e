"""A metric of a run's ranks side by side, as a frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer import frames
from runicorn.viewer.routes import asked
from runid.store.by_rank import ByRank, by_rank

_MOST_POINTS = 2000


def ranks(request: Request) -> Response:
    """`metric` from step `lo` to `hi` in at most `points` bins, by default as by_rank does: a frame of two.

    The first has x0 and x1 of each bin, and mean, min, max and count over the ranks; its header has `ranks`, a list.
    The second has `mean` of each rank in each bin, rank by rank; NaN where a rank has none.
    """
    reader, metric = asked.library(request).reader(asked.run(request)), request.query_params.get("metric", "")
    points = max(0, min(asked.whole(request, "points", 0), _MOST_POINTS))
    lo, hi = (None if end is None else round(end) for end in (asked.number(request, name) for name in ("lo", "hi")))
    found = reader.read(lambda view: by_rank(view, metric, points, lo, hi))
    told = {"metric": metric, "ranks": found.ranks.tolist()}
    each = {"mean": frames.drawn(found.values.ravel())}
    return Response(frames.pack([(told, _together(found)), ({}, each)]), media_type=frames.MEDIA_TYPE)


def _together(found: ByRank) -> frames.Columns:
    """All ranks as one line; each bin has a value of one of them at least."""
    over: dict[str, Callable[..., object]] = {"mean": np.nanmean, "min": np.nanmin, "max": np.nanmax}
    lines = {name: frames.drawn(np.asarray(of(found.values, 0))) for name, of in over.items()} if len(found.x0) else {}
    count = (~np.isnan(found.values)).sum(0).astype(np.float64)
    return {"x0": found.x0.astype(np.float64), "x1": found.x1.astype(np.float64), **lines, "count": count}


ROUTES = [Route("/runs/{run}/ranks", ranks)]
