"""Series: what charts draw, in bins with exact extremes, as frames; and exact points, as JSON or files."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer import frames
from runicorn.viewer.answers import Json
from runicorn.viewer.groups import Group, group
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runid.errors import RunicornError
from runid.store.kept import Kept
from runid.store.octaves import over_octaves
from runid.store.reader import Reader, View
from runid.store.series import Ask, columns, series

_MOST = 500
_POINTS = 1000
_MOST_POINTS = 20_000
_MOST_TOGETHER = 1_000_000  # points of all items; each takes some 50 bytes
_MOST_RUNS = 1000  # of a group
_READERS = 4
_X = ("x0", "x1")
_COLUMNS = (*_X, "min", "max", "mean", "count", "nan")
_Found = tuple[dict[str, Any], frames.Columns]
"""What was asked for, and what came of it."""

_TYPES: dict[str, tuple[type, ...]] = {
    "run": (str,),
    "metric": (str,),
    "points": (int,),
    "rank": (int, list),
    "stage": (str,),
    "x": (str,),
    "scale": (str,),
    "lo": (int, float),
    "hi": (int, float),
    "smooth": (str,),
}
_GROUP_TYPES: dict[str, tuple[type, ...]] = {
    "runs": (list,),
    **{name: _TYPES[name] for name in ("metric", "points", "lo", "hi", "smooth")},
    "centre": (str,),
    "band": (str,),
}


_kept = Kept[tuple[NDArray[Any], ...]](lambda columns: sum(column.nbytes for column in columns))
"""What was answered last, by the revision of the points and what was asked for: pages are opened again and again."""

_readers = ThreadPoolExecutor(min(_READERS, os.cpu_count() or 1), "series")


async def post(request: Request) -> Response:
    """A frame of the series that the body asks for: {items: [{run, metric, points, rank, stage, x, lo, hi, smooth}]}.

    run and metric are needed; the others are as in `StoredRun.series`, but `rank` may be a list. With `scale` "log"
    bins are as fine as such an axis needs (see runid.store.octaves). The columns are x0, x1, min, max, mean, count and
    nan. An item {runs: [run], metric, points, centre, band, lo, hi, smooth} is a group of runs as one line (see
    runicorn.viewer.groups): x0, x1, centre, low, high, n. The header has the item, and `error` where there is one.
    """
    library, items = asked.library(request), _items(await asked.body(request))
    return await run_in_threadpool(_frame, library, items)


def _items(told: Any) -> list[dict[str, Any]]:
    """What is asked for. Raises ValueError."""
    items = told.get("items") if isinstance(told, dict) else None
    if not isinstance(items, list) or len(items) > _MOST:
        raise ValueError(f"A request for series must be {{items: […]}} with at most {_MOST} of them.")
    for item in items:
        types = _GROUP_TYPES if isinstance(item, dict) and "runs" in item else _TYPES
        if not isinstance(item, dict) or not {next(iter(types)), "metric"} <= item.keys() <= types.keys():
            raise ValueError(
                f"An item must have {next(iter(types))} and metric, and only {', '.join(types)}: {repr(item)[:200]}."
            )
        for name, value in item.items():
            if value is not None and not _fits(name, value, types[name]):
                raise ValueError(f"{name} of a series cannot be {repr(value)[:100]}.")
    if any(len(item.get("runs", ())) > _MOST_RUNS for item in items):
        raise ValueError(f"A group of runs has {_MOST_RUNS} of them at most.")
    if sum(map(_points, items)) > _MOST_TOGETHER:
        raise ValueError(f"A request for series has {_MOST_TOGETHER:,} points at most, all together.")
    return items


def _fits(name: str, value: Any, types: tuple[type, ...]) -> bool:
    if name == "rank" and isinstance(value, list):
        return all(type(one) is int for one in value)
    return isinstance(value, types) and not isinstance(value, bool)


def _points(item: dict[str, Any]) -> int:
    return min(item.get("points") or _POINTS, _MOST_POINTS)


def _frame(library: Library, items: list[dict[str, Any]]) -> Response:
    """Runs are read beside each other, as far as there are processors: much of it is decoding, outside of Python."""
    together: dict[Any, list[int]] = {}
    for place, item in enumerate(items):
        together.setdefault(item.get("run", place), []).append(place)
    answers = _readers.map(partial(_together, library), [[items[place] for place in one] for one in together.values()])
    found: dict[int, _Found] = {}
    for places, answer in zip(together.values(), answers, strict=True):
        found.update(zip(places, answer, strict=True))
    return Response(frames.pack(found[place] for place in range(len(items))), media_type=frames.MEDIA_TYPE)


def _together(library: Library, items: list[dict[str, Any]]) -> list[_Found]:
    """Series of one run, which is looked at once for all of them; or a group of runs alone."""
    if "runs" in items[0]:
        return [_group(library, item) for item in items]
    try:
        return library.reader(items[0]["run"]).read(lambda view: [_one(view, item) for item in items])
    except (RunicornError, ValueError, OSError) as error:
        return [(item | {"error": str(error)}, {}) for item in items]


def _one(view: View, item: dict[str, Any]) -> _Found:
    given = _given(item)
    logarithmic = given.pop("scale", None) == "log"
    try:
        ask = Ask(**given, whole=not logarithmic)
        found = _kept.of((view.revision, ask), lambda: _columns(view, ask, logarithmic))
    except ValueError as error:
        return item | {"error": str(error)}, {}
    return item, dict(zip(_COLUMNS, found, strict=True))


def _columns(view: View, ask: Ask, logarithmic: bool) -> tuple[NDArray[Any], ...]:
    if logarithmic:
        table = over_octaves(view, ask)
        return tuple(_fitting(name, table[name].to_numpy()) for name in _COLUMNS)
    found = columns(view, ask)
    return tuple(_fitting(name, found[name]) for name in _COLUMNS)


def _group(library: Library, item: dict[str, Any]) -> _Found:
    try:
        found = group([library.reader(str(run)) for run in item["runs"]], Group(**_given(item)))
    except (RunicornError, ValueError, OSError) as error:
        return item | {"error": str(error)}, {}
    return item, {name: _fitting(name, column) for name, column in found.items()}


def _given(item: dict[str, Any]) -> dict[str, Any]:
    """What Ask or Group takes of an item."""
    given = {name: value for name, value in item.items() if name not in ("run", "runs") and value is not None}
    if isinstance(given.get("rank"), list):
        given["rank"] = tuple(given["rank"])
    return given | {"points": _points(item)}


def _fitting(name: str, column: NDArray[Any]) -> NDArray[Any]:
    """A column as it is sent: x exactly, y as it is drawn."""
    values = column.astype(np.float64)
    return values if name in _X else frames.drawn(values)


def at(request: Request) -> Response:
    """The exact value of metrics at `step`, or at the last step before it: {metric: {step, value, count} or null}."""
    reader, step = asked.library(request).reader(asked.run(request)), asked.whole(request, "step", 0)
    return Json({metric: _at(reader, metric, step) for metric in asked.listed(request, "metrics")})


def _at(reader: Reader, metric: str, step: int) -> dict[str, Any] | None:
    bins = reader.read(lambda view: series(view, Ask(metric, 1, hi=step)))
    if not len(bins):
        return None
    last = int(bins["x1"][0].as_py())
    exact = reader.read(lambda view: series(view, Ask(metric, 1, lo=last, hi=last)))
    return {"step": last, "value": exact["last"][0].as_py(), "count": exact["count"][0].as_py()}


ROUTES = [Route("/series", post, methods=["POST"]), Route("/runs/{run}/at", at)]
