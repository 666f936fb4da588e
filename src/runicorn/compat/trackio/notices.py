"""What Trackio's users may give, and what has no meaning here: a notice, once."""

from __future__ import annotations

from typing import Any

from runicorn.notices import warn_once

_NOTHING_SENT = " Runs are kept on this machine, and nothing is sent anywhere."
_ELSEWHERE = ("init", "import_csv", "import_tf_events", "show")
"""Calls whose arguments say where else runs are to be kept and shown."""


def without_effect(call: str, **given: tuple[Any, Any]) -> None:
    """One notice for those arguments of a call whose value is not the default; `given`: name → (value, default)."""
    names = [name for name, (value, default) in given.items() if value is not default and value != default]
    if names:
        warn_once(
            ("trackio", call, *names),
            f"trackio.{call}: {', '.join(names)} {'have' if len(names) > 1 else 'has'} no effect."
            f"{_NOTHING_SENT if call in _ELSEWHERE else ''}",
        )
