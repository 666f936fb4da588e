"""Notices: what the user should know although nothing is raised, each said once.

They go to the standard logger "runicorn", which writes to stderr where logging is not configured. They are no Python
warnings, because under `-W error` those would raise inside a training loop.
"""

from __future__ import annotations

import contextlib
import logging

LOGGER = "runicorn"

Key = str | tuple[str, ...]

_logger = logging.getLogger(LOGGER)


class Notices:
    """The notices given so far, by key: each key is said once, and no more than `LIMIT` of them.

    Safe in any thread, in signal handlers and in `__del__`: it holds no lock, only a dict whose `setdefault` is atomic.
    The logger's handlers do hold locks, so call it with no lock of your own that one of them might need.
    """

    LIMIT = 10_000

    def __init__(self) -> None:
        self._said: dict[Key, object] = {}

    def once(self, key: Key, sentence: str) -> bool:
        """Says the sentence unless the key was said before, and tells whether it did. Never raises."""
        if key in self._said:
            return False
        if len(self._said) >= self.LIMIT:
            key, sentence = "", f"There were {self.LIMIT} different notices; further ones are not shown."
        mine = object()
        if self._said.setdefault(key, mine) is not mine:
            return False
        # A handler may raise what logging does not catch, such as stderr re-entered by a signal handler.
        with contextlib.suppress(Exception):
            _logger.warning("runicorn: %s", sentence)
        return True


warn_once = Notices().once
"""For what concerns the whole process, such as a setting that makes no sense."""
