"""The step of a run: one counter for all that is logged."""

from __future__ import annotations

import os
import threading
from typing import Any

from runicorn.notices import Notices
from runicorn.values import plain, whole_step

# One lock for all, so that a forked child can have a new one: a thread of its parent may hold it just then.
_lock = threading.RLock()


class Steps:
    """`current` is the step that a call without `step=` logs at; a commit adds 1. A step that is given sets it."""

    def __init__(self, first: int, notices: Notices) -> None:
        self.current = first
        self._waiting = 0
        self._notices = notices

    def take(self, given: Any = None, commit: bool = True, most: int | None = None) -> int:
        """The step of a call. It commits where asked to, and where more than `most` calls since the last one did not.

        A step that is no whole number is the current one, with a notice.
        """
        step = None if given is None else whole_step(given)
        if step is None and given is not None:
            self._notices.once("step", f"step={plain(given)!r} is no whole number; the current step is taken.")
        with _lock:
            if step is not None and step != self.current:
                self.current, self._waiting = step, 0
            at = self.current
            self._waiting += 1
            if commit or (most is not None and self._waiting > most):
                self.current, self._waiting = at + 1, 0
        return at


def _renew() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew)
