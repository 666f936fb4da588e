"""Which run is meant: that of the context (thread or task), as Trackio has it, else the last one begun in this process.

Trackio knows the first only, so that a new thread finds no run.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from runicorn.compat.trackio import context_vars

if TYPE_CHECKING:
    from runicorn.compat.trackio.run import Run


class _Begun(NamedTuple):
    run: Run
    thread: int
    task: weakref.ref[Any] | None
    """The task of asyncio that began it; None outside of one."""


_begun: list[_Begun] = []
"""The open runs of this process, in the order they were begun; the last one stays when it has finished."""


def begin(run: Run) -> None:
    """The run is that of this context, and the last one begun."""
    context_vars.current_run.set(run)
    context_vars.current_project.set(run.project)
    task = _task()
    _begun.append(_Begun(run, threading.get_ident(), None if task is None else weakref.ref(task)))
    for old in _begun[:-1]:
        if old.run.is_finished:
            with contextlib.suppress(ValueError):  # another thread was first
                _begun.remove(old)


def before() -> Run | None:
    """The open run of this context that its next run takes the place of.

    A thread or task may have got the run with a copy of its parent's context; the parent still logs into it.
    """
    run = context_vars.current_run.get()
    mine = any(one.run is run and _is_here(one) for one in list(_begun))
    return run if run is not None and mine and not run.is_finished else None


def run(call: str) -> Run:
    """The run that a call of the module is for. Raises RuntimeError where there is none at all."""
    return _open(_found(), call)


def run_to_finish() -> Run:
    """The run of this context, finished or not, so that a second `finish()` ends no other's; else the last one begun.

    Raises RuntimeError where there is none, or it has finished.
    """
    return _open(context_vars.current_run.get() or _found(), "finish()")


def last() -> Run:
    """The run of this context or process, though it may have finished. Raises RuntimeError where there was none."""
    found = _found()
    if found is None:
        raise RuntimeError("Call trackio.init() before trackio.config.")
    return found


def _open(found: Run | None, call: str) -> Run:
    if found is None or found.is_finished:
        raise RuntimeError(f"Call trackio.init() before trackio.{call}.")
    return found


def _found() -> Run | None:
    """The open run that is meant; the last one begun where all have finished."""
    mine = context_vars.current_run.get()
    if mine is not None and not mine.is_finished:
        return mine
    runs = [one.run for one in list(_begun)]
    return next((run for run in reversed(runs) if not run.is_finished), runs[-1] if runs else None)


def _is_here(begun: _Begun) -> bool:
    """Whether this thread began it, and this task, or one that has ended."""
    task = None if begun.task is None else begun.task()
    here = task is _task() if begun.task is None else task is None or task.done() or task is _task()
    return here and begun.thread == threading.get_ident()


def _task() -> Any:
    """The task of asyncio that is running; None outside of one."""
    asyncio = sys.modules.get("asyncio")  # it takes milliseconds to load, and whoever has a task has loaded it
    try:
        return None if asyncio is None else asyncio.current_task()
    except Exception:  # no loop runs in this thread, or asyncio is being loaded
        return None
