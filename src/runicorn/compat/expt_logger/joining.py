"""Which experiment a process joins.

`init(experiment_id=...)` says it, else EXPT_LOGGER_EXPERIMENT_ID does, which a main process sets for the processes that
it starts. The ranks of one job join one run without either. There is no file in a temporary folder: two jobs of a
machine would find each other's.
"""

from __future__ import annotations

import os

from runicorn import ranks
from runicorn.notices import warn_once

EXPERIMENT_ID = "EXPT_LOGGER_EXPERIMENT_ID"

_told = ""


def known(experiment_id: str | None, is_main_process: bool) -> str | None:
    """The id of the experiment to join; None for a new one, or the one of this process' job."""
    named = os.environ.get(EXPERIMENT_ID)
    found = experiment_id or (named if named != _told else None) or None  # what it told itself is for others
    if found is None and not is_main_process and ranks.current_job() is None:
        warn_once(
            "expt_logger main",
            "This is not the main process, and nothing says which run is its: it begins one of its own. "
            f"Give init() the experiment_id, or set {EXPERIMENT_ID}.",
        )
    return found


def tell(run_id: str) -> None:
    """The processes that this one starts will join this run."""
    global _told
    if not os.environ.get(EXPERIMENT_ID):
        os.environ[EXPERIMENT_ID] = _told = run_id


def forget(run_id: str) -> None:
    """This run has ended: nobody else will join it, nor will the next `init()`."""
    global _told
    if _told == run_id:
        _told = ""
        if os.environ.get(EXPERIMENT_ID) == run_id:
            del os.environ[EXPERIMENT_ID]
