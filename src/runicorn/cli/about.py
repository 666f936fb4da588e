"""What is told about one run: everything but its points, its objects, and all but the last lines of its text."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from runicorn.liveness import clock, silence
from runid.store import journal, runs, segments
from runid.store.fold import LOGS
from runid.store.runs import Run

_LINES = 10
_TAIL = 1 << 16


def about(run: Run) -> dict[str, Any]:
    """What `runicorn show --json` prints."""
    times = {"started_at": None, "ended_at": None} | runs.times(run)
    writers = [writer | {"heard_seconds_ago": silence(run, writer)} for writer in run.writers]
    silences = [writer["heard_seconds_ago"] for writer in writers if writer["heard_seconds_ago"] is not None]
    return {
        "run_id": run.id,
        "path": run.meta.get("path", ""),
        "run_dir": str(run.folder),
        "status": run.status,
        "exit_reason": run.exit_reason,
        "heard_seconds_ago": max(silences, default=None),
        **{name: run.meta.get(name) for name in ("alias", "tags", "group", "notes")},
        **times,
        "duration": clock(times["started_at"], times["ended_at"]),
        "dropped": sum(writer["dropped"] for writer in writers),
        "lost_bytes": sum(writer["lost_bytes"] for writer in writers),
        "config": run.config,
        "summary": run.summary,
        "metrics": run.metrics,
        "writers": writers,
        "text": _last_lines(run),
        "files": _files(run.folder),
        "meta": run.meta,
        "problems": run.problems,
    }


def _last_lines(run: Run) -> list[str]:
    """The last lines of the run's text; of the owner's where several hosts log."""
    lines: list[str] = []
    for fold in run.folds[:1]:
        path = runs.text_path(run.folder, fold.host, fold.host == run.meta.get("host"))
        lines = (_end(path, fold.lengths[LOGS]) + "".join(fold.pending[LOGS])).splitlines()
    return lines[-_LINES:]


def _end(path: Path, length: int) -> str:
    """The end of a file of which the first `length` bytes count."""
    try:
        with open(path, "rb") as file:
            start = file.seek(max(0, length - _TAIL))
            text = file.read(length - start).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return text if start == 0 else text.partition("\n")[2]


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
