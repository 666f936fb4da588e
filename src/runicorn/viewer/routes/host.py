"""This machine: its daemon, what goes on here, what could not be kept, and what is left of its disks.

Whoever is on this machine may ask, so of roots that the viewer does not show it is told how many runs they have open,
and no more.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from itertools import chain
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn import finding, liveness
from runicorn.viewer import looking
from runicorn.viewer.answers import Json, sentence
from runicorn.viewer.library import Library
from runid import __version__, endpoint, events, orphan, places, wire
from runid.errors import DaemonError, RunicornError
from runid.store import runs

Told = dict[str, Any]

_PATIENCE = 1.0
_LOST = "dropped>0 or lost_bytes>0"
_FEW = 5
_OF_DAEMON = ("host", "started", "rss_bytes", "cpu_seconds", "writers", "orphans", "backlog", "refused")
_OF_RUN = ("run", "path", "writers", "used", "work", "pending", "trouble")
_OF_LOSS = ("run", "path", "alias", "dropped", "lost_bytes")


def host(request: Request) -> Response:
    """{version: the viewer's, machine: see runicorn.viewer.looking, daemon, outboxes, roots, runs}.

    daemon: what `runid status --json` says of it, besides `elsewhere`: its open runs in roots that are not shown here;
    `trouble` where it does not answer; where it does not run, `running` is false and `stopped` says whether it was told
    to. outboxes: see runid.orphan.Held. roots: [{root, free_bytes, total_bytes, trouble, runs, lossy: how many lost
    something, lost: the newest five of these}]. runs: [{root: its number, run, path, alias, writers: processes, …}],
    those that processes of this machine log to and those that the daemon still works for.
    """
    libraries: list[Library] = request.app.state.libraries
    roots = [str(one.root) for one in libraries]
    machine, free = looking.look(roots)
    daemon, status = _daemon()
    troubles = {one["root"]: one["trouble"] for one in status.get("roots", ())}
    answering = [(number, one) for number, one in enumerate(libraries) if str(one.root) in free]
    running = [_running(one, number, machine["hostname"]) for number, one in answering]
    here = {one["run"]: one for one in chain.from_iterable(running)}
    for one in status.get("runs", ()):
        if one["root"] in roots:
            known = here.get(one["run"], {"root": roots.index(one["root"])})
            here[one["run"]] = known | {name: one.get(name) for name in _OF_RUN}
    elsewhere = sum(one["root"] not in roots for one in status.get("runs", ()))
    return Json(
        {
            "version": __version__,
            "machine": machine,
            "daemon": daemon | {"elsewhere": elsewhere},
            "outboxes": orphan.held(places.outbox_dir())._asdict(),
            "roots": [_root(one, free.get(str(one.root)), troubles.get(str(one.root), "")) for one in libraries],
            "runs": list(here.values()),
        }
    )


def _daemon() -> tuple[Told, Told]:
    """What may be told of the daemon, and all that it says."""
    runtime = places.runtime_dir()
    found = endpoint.find(runtime)
    if found is None:
        return {"running": False, "stopped": endpoint.stopped(runtime)}, {}
    told = {"running": True, "pid": found.pid, "version": found.version}
    try:
        answer = endpoint.ask(found, wire.Status(), _PATIENCE)
    except DaemonError as problem:
        return told | {"trouble": str(problem)}, {}
    status = answer.status if isinstance(answer, wire.Report) else {}
    return told | {name: status.get(name) for name in _OF_DAEMON}, status


def _running(library: Library, number: int, hostname: str) -> Iterator[Told]:
    """The runs that processes of this machine log to, as their files tell, whoever's daemon hears them."""
    with contextlib.suppress(RunicornError, OSError):  # that is told of the root
        for entry in library.find().running:
            with contextlib.suppress(RunicornError, OSError):  # the run may have been removed
                run = runs.read_run(runs.run_dir(library.root, entry["path"], entry["run"]))
                here = [one for one in run.writers if one["hostname"] == hostname and one["status"] not in events.ENDS]
                if here:
                    told = {"root": number, "run": run.id, "path": entry["path"], "alias": run.meta.get("alias")}
                    yield told | {"writers": len(here), finding.HEARD: liveness.heard(run)}


def _root(library: Library, free: int | None, trouble: str) -> Told:
    told: Told = {"root": str(library.root), "free_bytes": free, "total_bytes": None, "runs": 0, "lossy": 0, "lost": []}
    if free is None:
        return told | {"trouble": trouble or f"{library.root} does not answer: it is gone, or its disk hangs."}
    try:
        told["total_bytes"] = shutil.disk_usage(library.root).total
        lossy = library.find(_LOST)
    except (RunicornError, OSError) as problem:
        return told | {"trouble": sentence(problem)}
    lost = [{name: one.get(name) for name in _OF_LOSS} for one in lossy.entries(0, _FEW)]
    return told | {"trouble": trouble, "runs": lossy.total, "lossy": len(lossy.rows), "lost": lost}


ROUTES = [Route("/host", host)]
