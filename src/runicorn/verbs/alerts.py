"""Alerts: what a person should know now. The daemon sends them to the webhooks that are set."""

from __future__ import annotations

import contextlib
import sys
from abc import abstractmethod
from enum import Enum

from runicorn import settings
from runicorn.settings import LEVELS
from runicorn.values import key_text, whole_step
from runicorn.verbs.asking import Asking

_TITLE, _TEXT = 500, 20_000


class Alerts(Asking):
    """The verb `alert`."""

    step: int
    _webhooks: int
    _webhook_level: str

    @abstractmethod
    def _text(self, level: str, text: object) -> None:
        """Adds lines to the run's text."""

    def alert(
        self, title: str, text: str | None = None, level: str | Enum = "warn", *, step: int | None = None
    ) -> None:
        """Tells people something now: a line on stderr and in the run's text, and a message to each webhook.

        `level`: info, warn or error, in any case, or an enum member with such a value. Webhooks are those of
        RUNICORN_WEBHOOK_URL; the daemon sends to them, with retries. The title may have 500 characters, the text
        20,000; what is longer is cut. `step` is the run's current one by default.

        Raises ValueError for another level.
        """
        word = str(getattr(level, "value", level)).lower()
        if word not in LEVELS:
            raise ValueError(f"level must be 'info', 'warn' or 'error', got {level!r}")
        if self._is_late():
            return
        named, more = _cut(title, _TITLE), None if text is None else _cut(text, _TEXT)
        line = f"{named}: {more}" if more else named
        at = self.step if (given := whole_step(step)) is None else given
        line += f" (step {at})"
        self._text(word.upper(), line)
        webhooks = self._webhooks if LEVELS.index(word) >= LEVELS.index(self._webhook_level) else 0
        self._ask("alert", {"title": named, "text": more, "level": word, "step": at, "webhooks": webhooks})
        if not settings.quiet() and sys.stderr is not None:
            with contextlib.suppress(Exception):  # it is closed, or a pipe that nobody reads
                print(f"[runicorn {word.upper()}] {' '.join(line.split())}", file=sys.stderr)


def _cut(given: object, most: int) -> str:
    text = key_text(given)
    return text if len(text) <= most else text[: most - 1] + "…"
