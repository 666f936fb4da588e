"""Whether Runicorn is on: the override of `set_enabled`, else RUNICORN_ON, else on. `init()` asks once per run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runicorn import settings

_override: bool | None = None


def is_enabled() -> bool:
    """Whether the next `init()` makes a real run. Runs that are open already stay what they are."""
    return _override if _override is not None else settings.flag(settings.ON, True)


def set_enabled(enabled: bool) -> None:
    """Turns Runicorn on or off for this process, whatever RUNICORN_ON says."""
    global _override
    _override = bool(enabled)


def reset_enabled() -> None:
    """Takes `set_enabled` back: RUNICORN_ON decides again."""
    global _override
    _override = None


@contextmanager
def enabled(enabled: bool) -> Iterator[None]:
    """A context (or decorator) with Runicorn on or off, which restores the override it found. It holds process-wide."""
    global _override
    found = _override
    set_enabled(enabled)
    try:
        yield
    finally:
        _override = found
