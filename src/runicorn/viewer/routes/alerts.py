"""The alerts of many runs, newest or worst first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store import files, runs
from runid.store.keys import Entry, getter

_SEEN = 2000  # runs, the newest
_MOST = 1000
_LEVELS = ("info", "warn", "error")


def alerts(request: Request) -> Response:
    """{found, lo, alerts: [{run, path, alias, id, time, rank, step, level, title, text, …}], runs, total}.

    Those of the runs that the query `q` means, of `level` or a higher one, from `lo` to `hi`. Of the `total` runs the
    newest are looked at: `runs` says how many. `order=level`: those of the highest level first.
    """
    library, level = asked.library(request), request.query_params.get("level") or "info"
    if level not in _LEVELS:
        raise ValueError(f"level must be one of {', '.join(_LEVELS)}, got {level!r}.")
    meant = library.find(request.query_params.get("q", ""))
    entries = meant.entries(0, _SEEN)
    wanted = _LEVELS[_LEVELS.index(level) :]
    found = [one for entry in entries for one in _alerts(library.root, entry) if one.get("level", "info") in wanted]
    worst = request.query_params.get("order") == "level"
    found.sort(key=lambda one: (-_LEVELS.index(one.get("level", "info")) if worst else 0, -one["time"]))
    lo = max(0, asked.whole(request, "lo", 0))
    hi = min(max(lo, asked.whole(request, "hi", lo + 200)), lo + _MOST)
    told = {"found": len(found), "lo": lo, "alerts": found[lo:hi]}
    return Json(told | {"runs": len(entries), "total": len(meant.rows)})


def _alerts(root: Path, entry: Entry) -> Iterator[dict[str, Any]]:
    """A run's alerts; of one that runs from its journal too: alerts.json comes a little later."""
    folder = runs.run_dir(root, entry["path"], entry["run"])
    try:
        said = runs.read_run(folder).alerts if entry["status"] == "running" else _published(folder)
    except (OSError, NotFoundError):  # it may have been removed
        return
    who = {name: getter(name)(entry) for name in ("run", "path", "alias")}
    for one in said:
        if isinstance(one, dict) and isinstance(one.get("time"), float):
            yield one | who


def _published(folder: Path) -> list[Any]:
    said = (files.read_json(folder / "alerts.json") or {}).get("alerts")
    return said if isinstance(said, list) else []


ROUTES = [Route("/alerts", alerts)]
