"""Which run is meant: that of the context (thread or task), as Trackio has it, else the last one begun in this process.

Trackio knows the first only, so that a new thread finds no run.
"""

from __future__ import annotations

from runicorn.compat.trackio import context_vars
from runicorn.compat.trackio.run import Run

_latest: Run | None = None


def begin(run: Run) -> None:
    """The run is that of this context, and the last one begun."""
    global _latest
    context_vars.current_run.set(run)
    context_vars.current_project.set(run.project)
    _latest = run


def of_context() -> Run | None:
    """The open run of this context."""
    run = context_vars.current_run.get()
    return None if run is None or run.is_finished else run


def run(call: str) -> Run:
    """The run that a call of the module is for. Raises RuntimeError where there is none at all."""
    found = context_vars.current_run.get()
    if found is None or found.is_finished:
        found = _latest
    if found is None or found.is_finished:
        raise RuntimeError(f"Call trackio.init() before trackio.{call}.")
    return found


def last() -> Run:
    """The run of this context or process, though it may have finished. Raises RuntimeError where there was none."""
    found = of_context() or _latest
    if found is None:
        raise RuntimeError("Call trackio.init() before trackio.config.")
    return found
