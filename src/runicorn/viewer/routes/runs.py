"""The runs of a root: the table, the tree of paths, and which columns there are.

A page of the table is a window of rows: what it costs depends on what is seen, not on how many runs there are.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn import finding
from runicorn.viewer.answers import Json
from runicorn.viewer.completing import complete
from runicorn.viewer.library import SEEN, Found
from runicorn.viewer.routes import asked
from runicorn.viewer.usual import SPARK, usual
from runid import __version__
from runid.store.keys import getter

_ALWAYS = ("run", "path", "alias", "status", "tags", "started_at", "ended_at")
_MOST_ROWS = 1000
_MOST_COLUMNS = 300
_MOST_KEYS = 20


def info(request: Request) -> Response:
    """{version, roots: [{root, runs}]}."""
    libraries = request.app.state.libraries
    roots = [{"root": str(one.root), "runs": len(one.find().rows)} for one in libraries]
    return Json({"version": __version__, "roots": roots})


def runs(request: Request) -> Response:
    """Rows `lo` to `hi` of the runs that the query `q` means, by the keys `sort`, with the columns `cols`.

    {revision, total, found, lo, usual, columns: {key: [value]}}; those always there are run, path, alias, status, tags,
    started_at, ended_at and heard_seconds_ago, which only those have that run. With `usual`, a number, there are so
    many more that runs usually have, those of the query `among`, and usual: [key] tells which; of "spark.<metric>", a
    picture, there are no values.
    With `group`, a key, the rows are ordered by it first, and with the first rows come groups: [{value, count, columns:
    {key: the `aggregate` of its numbers}, spreads}]: mean, min or max, or with std, sem or ci95 the mean, and spreads
    around it. With `trash=1`: those in the trash.
    """
    library, columns = asked.library(request), asked.listed(request, "cols")[:_MOST_COLUMNS]
    most = asked.whole(request, "usual", 0)
    keys = usual(library.find(request.query_params.get("among", "")).keys, most) if most else []
    columns += [key for key in keys if not key.startswith(SPARK)]
    order, group = asked.listed(request, "sort"), request.query_params.get("group")
    if len(order) > _MOST_KEYS:
        raise ValueError(f"Runs are ordered by {_MOST_KEYS} keys at most.")
    trash = request.query_params.get("trash") == "1"
    found = library.find(request.query_params.get("q", ""), [group, *order] if group else order, trash)
    lo = max(0, asked.whole(request, "lo", 0))
    listed = found.entries(lo, min(max(lo, asked.whole(request, "hi", lo + 100)), lo + _MOST_ROWS))
    entries = list(finding.fresh(library.root, listed))
    values = {key: list(map(getter(key), entries)) for key in dict.fromkeys((*_ALWAYS, *columns))}
    told = {
        "revision": found.revision,
        "total": found.total,
        "found": len(found.rows),
        "lo": lo,
        "usual": keys,
        "columns": values | {finding.HEARD: [entry.get(finding.HEARD) for entry in entries]},
    }
    if group and lo == 0:
        told["groups"] = library.groups(found, group, columns, request.query_params.get("aggregate", "mean"))
    return Json(told)


def tree(request: Request) -> Response:
    """{paths: {path: runs}, running, total, roots: where all roots lie that the viewer shows}.

    `running`: for each run that runs the seconds since it was heard of, null where nobody can tell.
    """
    library, found = asked.library(request), _found(request)
    fresh = finding.fresh(library.root, found.running)
    running = [entry.get(finding.HEARD) for entry in fresh if entry["status"] == "running"]
    roots = [str(one.root) for one in request.app.state.libraries]
    return Json({"paths": found.paths, "running": running, "total": len(found.rows), "roots": roots})


def columns(request: Request) -> Response:
    """The keys that the newest runs have, with the number of those that have it.

    {config, summary, metric, primary, field}; `primary`: metrics by whose best value runs are told apart.
    """
    return Json(_found(request).keys)


def completion(request: Request) -> Response:
    """What can be typed behind the query `q`: {start, options: [[text, runs]]}, to stand for all from `start` on."""
    entries = asked.library(request).find().entries(0, SEEN)
    found = complete(request.query_params.get("q", ""), entries)
    return Json({"start": found.start, "options": found.options})


def _found(request: Request) -> Found:
    return asked.library(request).find(request.query_params.get("q", ""))


ROUTES = [
    Route("/info", info),
    Route("/runs", runs),
    Route("/tree", tree),
    Route("/columns", columns),
    Route("/completion", completion),
]
