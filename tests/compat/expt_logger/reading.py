"""What became of a run of expt_logger."""

from __future__ import annotations

from typing import Any

import runicorn as rn
from runicorn.api import StoredRun
from runicorn.compat.expt_logger import Run

Point = tuple[str, int, str | None, float]


def ended(run: Run) -> StoredRun:
    """The run as it is read back, once it has ended."""
    run.end()
    return rn.Api().run(run.id)


def points(run: Run) -> list[Point]:
    """Metric, step, stage and value of what was logged, by step, in the order in which it was logged."""
    rows = sorted(ended(run).history().to_pylist(), key=lambda row: (row["step"], row["time"], row["metric"]))
    return [(row["metric"], row["step"], row["stage"], row["value"]) for row in rows]


def objects(run: Run) -> list[dict[str, Any]]:
    """Key, step, stage and value of what was logged besides numbers."""
    names = ("key", "step", "stage", "value")
    return [{name: line.get(name) for name in names} for line in ended(run).objects()]
