"""How processes end and multiply, and what that means for their open runs.

A run ends `finished` at a normal exit, `failed` by an uncaught exception or a non-zero exit code, `interrupted` by
KeyboardInterrupt, SIGTERM, SIGINT or SIGHUP. The hooks are set at the first run: `sys.exit` is wrapped, handlers are
set for signals that have none, and atexit finishes what is open. Whatever was there before still happens.
`raise SystemExit(n)` outside of `with run:` cannot be told from exit code 0.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from typing import Any, Protocol

from runicorn import signals
from runicorn.values import encodable, plain

End = tuple[str, str | None]
"""An end state, and the reason, where there is one to give."""

_open: list[OpenRun] = []
_kept: list[object] = []
_end: End = ("finished", None)
_hooked = False


class OpenRun(Protocol):
    """What the hooks need of a run."""

    def _finish(self, status: str, reason: str | None) -> None: ...
    def _interrupt(self, status: str, reason: str | None) -> None: ...
    def _after_fork(self) -> None: ...


def register(run: OpenRun) -> None:
    """The run is open in this process."""
    _hook()
    _open.append(run)
    attend()


def forget(run: OpenRun) -> None:
    """The run has ended in this process."""
    with contextlib.suppress(ValueError):
        _open.remove(run)


def end_of(error: BaseException | None) -> End:
    """The end state and the reason that an exception, or none, means."""
    if error is None:
        return "finished", None
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "was interrupted from the keyboard"
    if isinstance(error, SystemExit):
        return _end_of_code(error.code)
    with contextlib.suppress(Exception):
        return "failed", encodable(f"failed with {type(error).__name__}: {error}"[:500])
    return "failed", f"failed with {type(error).__name__}"


def immortal(*things: object) -> None:
    """Keeps inherited objects for ever: to collect them would unmap memory that this process may use otherwise now."""
    import ctypes

    for thing in things:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    _kept.extend(things)


def finish_all() -> None:
    """Finishes what is open, as the process ends; a signal that has come ends it here."""
    signals.wait()
    uncaught = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    for run in tuple(_open):
        run._finish(*(_end if uncaught is None else end_of(uncaught)))


def _hook() -> None:
    global _hooked
    if _hooked:
        return
    _hooked = True
    atexit.register(finish_all)
    os.register_at_fork(after_in_child=_after_fork)
    _wrap_exit()
    signals.hook(_interrupted)


def _after_fork() -> None:
    for run in _open:
        run._after_fork()


def _wrap_exit() -> None:
    before = sys.exit

    def leave(code: Any = None, /) -> Any:
        global _end
        if threading.current_thread() is threading.main_thread():
            _end = _end_of_code(code)
        before(code)

    sys.exit = leave


def _end_of_code(code: object) -> End:
    if code is None or code == 0:
        return "finished", None
    return "failed", f"left with exit code {code}" if isinstance(code, int) else f"left with {plain(code)!s:.200}"


def _interrupted(number: int) -> None:
    for run in tuple(_open):
        run._interrupt(*_end_of_signal(number))


def _end_of_signal(number: int) -> End:
    multiprocessing = sys.modules.get("multiprocessing.process")
    if number == signal.SIGTERM and multiprocessing is not None and multiprocessing.current_process().daemon:
        return "finished", None  # so pools and loaders send their workers home
    return "interrupted", f"was interrupted by {signal.Signals(number).name}"


def attend() -> None:
    """This process logs: sees to its end where it has hooks of its own, as forked children do.

    Children of multiprocessing leave through os._exit, without atexit.
    """
    signals.watch()
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is None or multiprocessing.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    Finalize(None, _finish_child, exitpriority=10)


def _finish_child() -> None:
    global _end
    _end = end_of(sys.exc_info()[1])
    finish_all()
