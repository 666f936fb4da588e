"""Slow work that a call leaves to a thread of its own, so that it returns at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runicorn.notices import Notices


class Aside:
    """Does one job after the other, in the order they were given, on threads that live while there are some."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._last: threading.Thread | None = None
        self._waiting: set[threading.Thread] = set()

    @property
    def waiting(self) -> int:
        """How many jobs are not done yet."""
        return len(self._waiting)

    def do(self, job: Callable[[], object], what: str) -> None:
        """Has the job done soon; if it fails, or no thread can be had, a notice says that `what` is not known."""
        before = self._last

        def follow() -> None:
            if before is not None:
                before.join()
            try:
                job()
            except Exception as error:
                self._fail(what, error)
            finally:
                self._waiting.discard(thread)

        thread = threading.Thread(target=follow, name="runicorn aside", daemon=True)
        self._waiting.add(thread)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter is shutting down
            self._waiting.discard(thread)
            self._fail(what, error)
        else:
            self._last = thread

    def wait(self, timeout: float) -> bool:
        """Waits until all jobs that were given are done; False if that took longer than `timeout` seconds."""
        last = self._last
        if last is None or last is threading.current_thread():
            return True
        last.join(max(0.0, timeout))
        return not last.is_alive()

    def forget(self) -> None:
        """In a forked child: nothing goes on here."""
        self._last = None
        self._waiting.clear()

    def _fail(self, what: str, error: Exception) -> None:
        self._notices.once(("aside", what), f"{what} could not be had, and is left out: {error!r}.")
