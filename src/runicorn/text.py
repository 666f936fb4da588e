"""The handler that sends records of the standard `logging` module into a run's text."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from runicorn.notices import LOGGER, warn_once
from runicorn.values import plain


class TextSink(Protocol):
    """What the handler needs of a run."""

    @property
    def is_finished(self) -> bool: ...

    def _text(self, level: str, text: str) -> None: ...


class RunicornLoggingHandler(logging.Handler):
    """Sends log records into the text of `run`, or without one into that of the run that is active at the time.

    A record becomes the line `HH:MM:SS.mmm | LEVEL | name: message`; with `fmt`, a format of the standard
    `logging.Formatter` with times as HH:MM:SS, its result stands in place of `name: message`. Without a run, and after
    the run has finished, records are dropped silently. Nothing is raised: a record that cannot be formatted is left out
    with one notice.

    It takes no lock, as runs need none: so it can neither block a signal handler that logs nor, through a notice given
    while another thread logs, two threads for ever.
    """

    def __init__(
        self,
        run: TextSink | None = None,
        level: int | str = logging.INFO,
        fmt: str | None = None,
        *,
        active: Callable[[], TextSink | None] | None = None,
    ) -> None:
        super().__init__(level)
        self._run = run
        self._active = _active_run if active is None else active
        self.setFormatter(logging.Formatter("%(name)s: %(message)s" if fmt is None else fmt, datefmt="%H:%M:%S"))

    def handle(self, record: logging.LogRecord) -> bool:
        """Emits the record unless a filter refuses it or it is Runicorn's own, which would come back here for ever."""
        if record.name.partition(".")[0] == LOGGER:
            return False
        passed: object = self.filter(record)
        if passed:
            # Since Python 3.12 a filter may put another record in its place.
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Sends the record to the run, if there is one that is not finished."""
        try:
            run = self._active() if self._run is None else self._run
            if run is not None and not run.is_finished:
                run._text(record.levelname, self.format(record))
        except Exception as error:
            kind = type(error).__name__
            warn_once(
                ("logging", record.name, kind),
                f"A record of the logger {record.name!r} is left out of the run's text: {kind}: {plain(error)}.",
            )


def _active_run() -> TextSink | None:
    from runicorn import get_active_run  # which imports this module

    return get_active_run()
