"""What a metric was at the step where a run was best: for the runs of a table that are seen, since it reads points."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runid.errors import RunicornError
from runid.store.reader import View
from runid.store.series import Ask, series

_MOST = 200
_MODES = ("min", "max")


def best(request: Request) -> Response:
    """The values of `metric` in `runs` at the first step where `of` was least or greatest, as `mode` says.

    [value or null], one for each run. Without `of`: of each run's own primary metric, and null where it has none.
    Where the metric has no point at that step, its last value before it counts.
    """
    library, metric = asked.library(request), request.query_params.get("metric", "")
    of, mode = request.query_params.get("of", ""), request.query_params.get("mode", "max")
    if mode not in _MODES:
        raise ValueError(f"mode must be min or max, got {mode!r}.")
    runs = asked.listed(request, "runs")[:_MOST]
    measures = dict.fromkeys(runs, (of, mode)) if of else _primaries(library, runs)
    return Json([_best(library, run, metric, *measures[run]) if run in measures else None for run in runs])


def _primaries(library: Library, runs: list[str]) -> dict[str, tuple[str, str]]:
    """The primary metric of each run, and whether it is best when least or greatest."""
    wanted, found = set(runs), {}
    for entry in library.find().entries():
        match entry["run"] in wanted and entry.get("primary"):
            case [str(name), "min" | "max" as mode]:
                found[entry["run"]] = name, mode
    return found


def _best(library: Library, run: str, metric: str, of: str, mode: str) -> float | None:
    try:
        return library.reader(run).read(lambda view: _at_best(view, metric, of, mode))
    except (RunicornError, OSError):  # it was removed, or is damaged: the other rows are shown all the same
        return None


def _at_best(view: View, metric: str, of: str, mode: str) -> float | None:
    whole = series(view, Ask(of, 1))
    if not len(whole) or whole["count"][0].as_py() == whole["nan"][0].as_py():
        return None
    step = whole[f"arg{mode}"][0].as_py()
    before = series(view, Ask(metric, 1, hi=step))
    if not len(before):
        return None
    last = before["x1"][0].as_py()
    value: float | None = series(view, Ask(metric, 1, lo=last, hi=last))["last"][0].as_py()
    return value


ROUTES = [Route("/best", best)]
