"""A run's media: which there are, and what was logged at some of their steps; histograms as they change over steps."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer import heatmap
from runicorn.viewer.answers import Json
from runicorn.viewer.kept import Kept
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store.media_index import MediaIndex, Series

_MOST_KEYS, _MOST_ROWS, _MOST_OF_A_ROW = 2000, 200, 500
_TEXT = 2000
"""Characters of a text that stands among others; alone it is whole."""

_indices = Kept(MediaIndex)


def keys(request: Request) -> Response:
    """{found, keys: [{key, type, count, steps: at how many there are some, first, last: of these}]}, by key.

    With `types` only these; `q` is in the key. At most 2,000 of those that were found.
    """
    types, text = asked.listed(request, "types"), request.query_params.get("q", "").lower()
    with _index(request) as index:
        found = [one for one in index.series.values() if not types or one.type in types]
        found = sorted((one for one in found if text in one.key.lower()), key=lambda one: (one.key, one.type))
        return Json({"found": len(found), "keys": [_told(one) for one in found[:_MOST_KEYS]]})


def _told(series: Series) -> dict[str, Any]:
    steps = series.steps
    about = {"steps": len(steps), "first": int(steps[0]), "last": int(steps[-1])}
    return {"key": series.key, "type": series.type, "count": len(series), **about}


def media(request: Request) -> Response:
    """What was logged as `key` and `type` at its steps from the `lo`th to the `hi`th, the latter not included.

    {steps: how many there are, lo, rows: [{step, count, media: [at most `n` of them, with their bytes]}]}. With `step`
    it is the row of that step, or of the last one before it; where there is none, `lo` is -1.
    """
    with _index(request) as index:
        series = _series(request, index)
        lo = max(0, asked.whole(request, "lo", 0))
        hi = min(asked.whole(request, "hi", lo + 20), lo + _MOST_ROWS)
        if "step" in request.query_params:
            lo = series.place(asked.whole(request, "step", 0))
            hi = lo + 1
        rows = index.rows(series, lo, hi, max(0, min(asked.whole(request, "n", 9), _MOST_OF_A_ROW)))
    folder = asked.library(request).folder(asked.run(request))
    alone = len(rows) == 1
    told = [{"step": r.step, "count": r.count, "media": [_medium(folder, m, alone) for m in r.media]} for r in rows]
    return Json({"steps": len(series.steps), "lo": lo, "rows": told})


def _medium(folder: Path, told: dict[str, Any], alone: bool) -> dict[str, Any]:
    """A medium as it is sent: with the size of its file, null where that is not made yet."""
    value = told.get("value")
    if isinstance(value, str) and len(value) > _TEXT and not alone:
        told = told | {"value": value[:_TEXT] + " …"}
    if not told.get("file"):
        return told
    try:
        return told | {"bytes": os.stat(folder / told["file"]).st_size}
    except (OSError, ValueError):
        return told | {"bytes": None}


def histograms(request: Request) -> Response:
    """The histograms of a key over steps, as runicorn.viewer.heatmap puts them together; `n`: of how many steps."""
    with _index(request) as index:
        series = index.series.get((request.query_params.get("key", ""), "histogram"))
        if series is None:
            raise NotFoundError(f"The run has no histogram {request.query_params.get('key', '')!r}.")
        steps = series.steps
        places = heatmap.places(len(steps), asked.whole(request, "n", 200))
        found = [index.rows(series, place, place + 1, 1)[0] for place in places]
    values = [(row.step, row.media[0].get("value")) for row in found]
    return Json({"steps": len(steps)} | heatmap.heatmap(values))


def _series(request: Request, index: MediaIndex) -> Series:
    key, kind = request.query_params.get("key", ""), request.query_params.get("type", "")
    found = [one for one in index.series.values() if one.key == key and kind in ("", one.type)]
    if not found:
        raise NotFoundError(f"The run has no {kind or 'medium'} {key!r}.")
    return found[0]


def _index(request: Request) -> AbstractContextManager[MediaIndex]:
    return _indices.fresh(asked.library(request).folder(asked.run(request)))


ROUTES = [
    Route("/runs/{run}/media", media),
    Route("/runs/{run}/media/keys", keys),
    Route("/runs/{run}/histograms", histograms),
]
