"""In what two runs differ: config, environment, data, code, ranks, summary, and metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from runicorn.api import StoredRun
from runicorn.differences import code, metrics
from runicorn.differences.values import Row, rows
from runicorn.liveness import clock
from runid.store import publishing, runs

_IDENTITY = {"id", "path", "alias", "host", "created_at", "pid", "storage_dir", "flags"}
"""What says which run it is, or what people looked at; the rest is the environment, as is what was captured of it."""
_MOMENT = {"captured_at", "rank", "hostname", "platform", "python_version"}
"""What was captured and is another thing in each run, or stands in its meta, too."""
_DATA = ("fingerprint", "uri", "path_or_uri", "path", "file_count", "total_bytes")
"""What says of a dataset or pretrained model which it is."""


def compare(a: StoredRun, b: StoredRun, told: Callable[[int], object] = lambda _: None) -> dict[str, Any]:
    """What `runicorn diff --json --all` prints; each row says whether the two are the `same`.

    `told` is called with 1 for each metric that is compared.
    """
    both = [runs.read_run(run.run_dir) for run in (a, b)]
    found = settings(*both)
    return found | {"metrics": metrics.rows(a, b, found["seconds"], told)}


def settings(a: runs.Run, b: runs.Run) -> dict[str, Any]:
    """All of it but the metrics, which take the longest.

    A row of config, environment, data, ranks and summary has name, a and b; without a or b where a run has none.
    """
    both = a, b
    return {
        "a": _identity(a),
        "b": _identity(b),
        "config": rows(a.config, b.config),
        "code": code.rows(*map(snapshot, both)),
        "environment": rows(*map(_environment, both)),
        "data": rows(*map(_data, both)),
        "ranks": rows(*map(_ranks, both)),
        "summary": rows(a.summary, b.summary),
        "seconds": seconds(a, b),
    }


def seconds(a: runs.Run, b: runs.Run) -> float:
    """How long the shorter of the two took."""
    return min(_elapsed(a), _elapsed(b))


def snapshot(run: runs.Run) -> code.Snapshot:
    """The code of a run."""
    return code.Snapshot(_root(run), run.code)


def _root(run: runs.Run) -> Path:
    """The root that a run lies in: above runs/<path>/<id>."""
    above = list(run.folder.parents)
    return above[min(len(PurePosixPath(run.meta.get("path", "")).parts) + 1, len(above) - 1)]


def _identity(run: runs.Run) -> Row:
    identity = {"run_id": run.id, "path": run.meta.get("path", ""), "alias": run.meta.get("alias")}
    times = publishing.times(run)
    identity |= {"status": run.status, "started_at": times["started_at"]}
    return identity | {
        "duration": clock(times["started_at"], times.get("ended_at")),
        "ranks": _ranks(run)["ranks"],
        "snapshot": snapshot(run).reason is None,
        "snapshot_reason": run.code.get("reason"),
        "captured": bool(run.environment),
    }


def _ranks(run: runs.Run) -> Row:
    """How many ranks it has, and on how many hosts."""
    ranks = {writer["rank"] for writer in run.writers}
    return {"ranks": len(ranks), "hosts": sum(bool(fold.writers) for fold in run.folds)}


def _environment(run: runs.Run) -> Row:
    found = {name: value for name, value in run.meta.items() if name not in _IDENTITY}
    return found | {name: value for name, value in run.environment.items() if name not in _MOMENT}


def _elapsed(run: runs.Run) -> float:
    """Seconds from the start to the last sign of life."""
    started = run.meta.get("created_at") or 0.0
    return max((writer["last_time"] or started for writer in run.writers), default=started) - started


def _data(run: runs.Run) -> Row:
    """Datasets and pretrained models by name, each by what says which it is."""
    found: Row = {}
    for kind, entries in (("datasets", run.datasets), ("pretrained", run.pretrained)):
        for entry in entries:
            name = f"{kind}.{entry.get('name')}" + (f" ({entry['context']})" if entry.get("context") else "")
            found[name] = next((entry[key] for key in _DATA if entry.get(key) is not None), None)
    return found
