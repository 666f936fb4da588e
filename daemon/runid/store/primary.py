"""How good a run is among its like: by the best value of its primary metric."""

from __future__ import annotations

import math
from collections.abc import Iterable

from runid.store.keys import Entry, as_number


def place(run_id: str, entries: Iterable[Entry]) -> tuple[int, int] | None:
    """A run's place, from 1 on, and of how many: those of its path with the same primary metric and mode.

    None where the run is none of the entries, or has no best value.
    """
    found = list(entries)
    run = next((entry for entry in found if entry["run"] == run_id), None)
    mine = _best(run) if run else None
    if run is None or mine is None:
        return None
    declared, value = mine
    others = [best for entry in found if entry["path"] == run["path"] and (best := _best(entry)) is not None]
    values = [other for same, other in others if same == declared]
    better = sum(other < value if declared[1] == "min" else other > value for other in values)
    return 1 + better, len(values)


def _best(entry: Entry) -> tuple[tuple[str, str], float] | None:
    """Name and mode of the primary metric, and its best value."""
    summary = entry["summary"]
    value = as_number(summary.get("best_metric_value"))
    if value is None or math.isnan(value):
        return None
    return (str(summary.get("best_metric_name")), str(summary.get("best_metric_mode"))), value
