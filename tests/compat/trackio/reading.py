"""What became of a project's runs, read back from their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import runicorn as rn
from runicorn.api import StoredRun
from runicorn.compat import trackio

Point = tuple[str, int, float]


def stored(run: trackio.Run) -> StoredRun:
    """A run as it is read back, after its end."""
    run.finish()
    return rn.Api().run(run.id)


def points(run: StoredRun) -> list[Point]:
    """Metric, step and value of all that was logged, by step and metric."""
    rows = run.history().to_pylist()
    return sorted(((row["metric"], row["step"], row["value"]) for row in rows), key=lambda point: (point[1], point[0]))


def logged(run: trackio.Run) -> list[Point]:
    """Finishes a run, and gives its points."""
    return points(stored(run))


def runs(project: str) -> list[Any]:
    """The runs of a project, oldest first."""
    return sorted(trackio.Api().runs(project), key=lambda run: float(run.meta["created_at"]))


def folders(root: Path, path: str) -> list[Path]:
    """The folders of a path's runs."""
    return sorted((root / "runs" / path).iterdir())
