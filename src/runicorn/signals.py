"""Signals that end the process: the open runs are told first, then the signal does what it did before.

A handler in Python needs the main thread, and that may hang in C (a collective whose peer is gone). So each signal also
writes a byte into a pipe, and a thread that reads it acts where the handler has not within two seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_PATIENCE = 2.0

_tell: Callable[[int], None]
_ending: threading.Thread | None = None
_begun = threading.Event()
_taken = threading.Lock()
_pipe: tuple[int, ...] = ()


def hook(tell: Callable[[int], None]) -> None:
    """Has `tell` called with the number of a signal that ends the process; for signals without a handler so far."""
    global _tell
    _tell = tell
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _on_signal)
    # What a signal writes between fork and the child's first own step would be taken for the parent's.
    os.register_at_fork(before=_unplug, after_in_parent=_plug, after_in_child=_forget)
    watch()


def watch() -> None:
    """Starts the thread that acts where the main thread hangs, unless it runs, or nobody needs it."""
    global _pipe
    in_main = threading.current_thread() is threading.main_thread()
    if not _pipe and in_main and any(map(_is_ours, _SIGNALS)):
        _pipe = os.pipe()
        os.set_blocking(_pipe[1], False)
        _plug()
        threading.Thread(target=_listen, args=(_pipe[0],), name="runicorn signals", daemon=True).start()


def wait() -> None:
    """Where a signal has come, waits until it has ended the process."""
    if _ending is not None:
        _ending.join()


def _is_ours(number: int) -> bool:
    return signal.getsignal(number) is _on_signal


def _on_signal(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    _begin(number)


def _begin(number: int) -> None:
    """Ends in a thread of its own: the main thread may be inside log()."""
    global _ending
    if _taken.acquire(blocking=False):  # for good: the first signal counts
        _begun.set()
        _ending = threading.Thread(target=_end, args=(number,), name="runicorn end", daemon=True)
        _ending.start()


def _end(number: int) -> None:
    try:
        _tell(number)
    finally:
        os.kill(os.getpid(), number)


def _listen(reader: int) -> None:
    for number in iter(lambda: os.read(reader, 1), b""):
        if _is_ours(number[0]) and not _begun.wait(_PATIENCE):
            # signal.signal() is for the main thread alone; a second signal ends the process at once, here too.
            ctypes.CDLL(None).signal(ctypes.c_int(number[0]), ctypes.c_void_p(0))
            _begin(number[0])


def _plug() -> None:
    with contextlib.suppress(ValueError, IndexError):  # not in the main thread; without a pipe
        before = signal.set_wakeup_fd(_pipe[1], warn_on_full_buffer=False)
        if before not in (-1, _pipe[1]):  # an event loop's, which needs it more
            signal.set_wakeup_fd(before)


def _unplug() -> None:
    with contextlib.suppress(ValueError):
        before = signal.set_wakeup_fd(-1)
        if before not in _pipe:
            signal.set_wakeup_fd(before)


def _forget() -> None:
    global _ending, _begun, _taken, _pipe
    _unplug()
    for end in _pipe:
        os.close(end)
    _pipe, _ending, _begun, _taken = (), None, threading.Event(), threading.Lock()
