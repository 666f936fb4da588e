"""What is told about one run: everything but its points, its objects, and all but the last lines of its text."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from runicorn.cli import media
from runicorn.liveness import clock, silence
from runid.store import journal, publishing, segments
from runid.store.runs import Run
from runid.store.texts import TextFollower

_LINES = 10  # of each host's text


def about(run: Run) -> dict[str, Any]:
    """What `runicorn show --json` prints."""
    text = TextFollower(run.folder, _LINES)
    news = text.news()
    told = known(run)
    return told | {
        "media": media.listed(run.media()),
        "text": [{"host": host, "line": line} for host, lines in news for line in lines],
        "problems": list(dict.fromkeys([*told["problems"], *run.problems, *text.problems])),
    }


def known(run: Run, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The same without its media and text: to list these, all of them are read. `outputs`: in the place of its own."""
    times = {"started_at": None, "ended_at": None} | publishing.times(run)
    writers = [writer | {"heard_seconds_ago": silence(run, writer)} for writer in run.writers]
    silences = [writer["heard_seconds_ago"] for writer in writers if writer["heard_seconds_ago"] is not None]
    return {
        "run_id": run.id,
        "path": run.meta.get("path", ""),
        "run_dir": str(run.folder),
        "status": run.status,
        "exit_reason": run.exit_reason,
        "heard_seconds_ago": max(silences, default=None),
        **{name: run.meta.get(name) for name in ("alias", "project", "tags", "group", "notes")},
        **times,
        "duration": clock(times["started_at"], times["ended_at"]),
        "dropped": run.dropped,
        "lost_bytes": run.lost_bytes,
        "config": run.config,
        "config_files": run.config_files,
        "datasets": run.datasets,
        "pretrained": run.pretrained,
        "environment": run.environment,
        "code": run.code,
        "summary": run.summary,
        "metrics": run.metrics,
        "system": run.system,
        "alerts": run.alerts,
        "outputs": run.outputs if outputs is None else outputs,
        "writers": writers,
        "files": _files(run.folder),
        "meta": run.meta,
        "problems": list(dict.fromkeys(run.problems)),
    }


def _files(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The files that hold the points: segments, and journals that are not removed yet."""
    sealed = [one.path for one in segments.segments(folder / "metrics")]
    journals = [path for found in journal.journals(folder / "journal").values() for _, path in found]
    return {"segments": _sizes(folder, sealed), "journals": _sizes(folder, journals)}


def _sizes(folder: Path, paths: list[Path]) -> list[dict[str, Any]]:
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # sealed, or merged, since it was listed
            found.append({"name": str(path.relative_to(folder)), "bytes": path.stat().st_size})
    return found
