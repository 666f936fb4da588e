"""What others read of a run: its common files, and its line in the catalog; both are made from what the hosts know."""

from __future__ import annotations

import json
import time
from typing import Any

from runid.store import assets, catalog, ending, files, outputs
from runid.store.fold import Fold
from runid.store.runs import Run, merged


def publish(run: Run, before: str = "") -> str:
    """Writes the files that people and scripts read; the owner's work. Raises OSError.

    Gives what assets.json was made from: it is not looked at where that is what it was `before`.
    """
    now = files.dumps([_assets(run), *(outputs.version(run.folder, fold) for fold in run.folds)])
    for name, value in published(run, with_assets=now != before).items():
        if files.read_json(run.folder / name) != value:
            files.replace_json(run.folder / name, value)
    return now


def published(run: Run, with_assets: bool = True) -> dict[str, Any]:
    """What stands in the files that people and scripts read: name of the file → its object."""
    parts: dict[str, Any] = {
        "meta.json": run.meta,
        "summary.json": run.summary,
        **({"assets.json": _assets(run) | {"outputs": run.outputs}} if with_assets else {}),
        **({"environment.json": run.environment} if run.environment else {}),
        **({"alerts.json": {"alerts": run.alerts}} if run.alerts else {}),
        "status.json": {"status": run.status, **times(run), "exit_reason": run.exit_reason},
    }
    return {name: json.loads(files.dumps(value).encode(errors="replace")) for name, value in parts.items()}


def _assets(run: Run) -> dict[str, Any]:
    """All of assets.json but the outputs, which may be many."""
    files_given = run.config_files
    config: dict[str, Any] = {"args": run.args, "extra": merged(fold.config for fold in run.folds)}
    config |= {"config_files": list(files_given)} | ({"contents": files_given} if files_given else {})
    return assets.published(run.folds, config)


def times(run: Run) -> dict[str, Any]:
    """started_at and, once the run ended, ended_at: seconds since the epoch."""
    started = run.meta.get("created_at")
    if run.status == "running":
        return {"started_at": started}
    return {
        "started_at": started,
        "ended_at": max((writer.ended or 0 for writer in ending.together(run.folds)), default=None),
    }


def catalog_entry(run: Run, fold: Fold) -> dict[str, Any]:
    """The run as a line of the catalog; `fold`: of the host whose log it is for."""
    named = {name: run.meta.get(name) for name in ("alias", "tags", "group", "notes", "created_at", "project")}
    return {
        "run": run.id,
        "path": run.meta.get("path", ""),
        "revision": fold.through,
        "time": time.time(),
        "status": run.status,
        "exit_reason": run.exit_reason,
        **times(run),
        **named,
        **({"trashed_at": run.meta["trashed_at"]} if run.meta.get("trashed_at") else {}),
        "host": fold.host,
        "writers": len(run.writers),
        "ranks": len({writer["rank"] for writer in run.writers}),
        "dropped": run.dropped,
        "lost_bytes": run.lost_bytes,
        "config": catalog.flat(run.config),
        "summary": catalog.flat(run.summary),
        "metrics": run.metrics,
        "primary": fold.primary,
    }
