"""What can be said of a run that runs.

Each host's daemon puts a heartbeat into its journal every 10 s. A host that is silent may have lost its machine, or
its clock may differ from ours: which one cannot be told by looking once, so we say when it was heard of, and no more.
"""

from __future__ import annotations

import time
from typing import Any

from runid import events
from runid.store.runs import Run


def heard(run: Run) -> float | None:
    """Seconds since the live writer that is silent for longest was heard of; None without a live writer."""
    found = [silence(run, writer) for writer in run.writers]
    return max((silent for silent in found if silent is not None), default=None)


def silence(run: Run, writer: dict[str, Any]) -> float | None:
    """Seconds since a live writer, or its host's daemon on its behalf, was heard of; None for one that has ended."""
    if writer["status"] in events.ENDS:
        return None
    serving = [fold.heartbeat for fold in run.folds if writer["writer"] in fold.writers]
    last: float = max(writer["started"], writer["last_time"] or 0.0, *serving)
    return max(0.0, time.time() - last)


def clock(started: float | None, ended: float | None) -> float | None:
    """Seconds a run took, or has taken so far."""
    return None if not started else (ended or time.time()) - started
