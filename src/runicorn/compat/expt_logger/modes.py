"""What a metric's name says of its mode.

| mode= | the name | mode | metric |
|---|---|---|---|
| none | `loss` | train | `train/loss` |
| none | `eval/loss`, `eval/math/loss` | eval | `eval/loss`, `eval/math/loss` |
| eval | `loss`, `eval/loss` | eval | `eval/loss` |
| eval | `math/loss` | eval | `eval/math/loss` |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn.values import key_text

TRAIN = "train"
_MOST_MODES = 100
_MOST_NAMES = 10_000  # of each


def named(mode: Any) -> str:
    """The mode that was given, as a text; "train" where none was."""
    return key_text(mode) if mode else TRAIN


def split(key: Any, mode: Any) -> tuple[str, str]:
    """The mode and the metric that a name means, where `mode` was given, or None."""
    text = key_text(key)
    if not text:
        return named(mode), ""
    before, slash, _ = text.partition("/")
    if mode:
        mode = named(mode)
        return mode, text if slash and before == mode else f"{mode}/{text}"
    return (before, text) if slash and before else (TRAIN, f"{TRAIN}/{text}")


class Modes:
    """Sorts metrics by their modes, and remembers names: a loop logs the same ones each time."""

    def __init__(self) -> None:
        self._known: dict[str | None, dict[str, tuple[str, str]]] = {}

    def sort(self, metrics: Mapping[Any, Any], mode: Any) -> dict[str, dict[str, Any]]:
        """Mode → metric → value. Raises TypeError for what is no mapping."""
        if type(metrics) is not dict and not isinstance(metrics, Mapping):
            raise TypeError(f"it needs a mapping of names to values, but it got {type(metrics).__name__}")
        known = self._known.get(mode) if mode is None or type(mode) is str else {}
        if known is None:
            known = {}
            if len(self._known) < _MOST_MODES:
                self._known[mode] = known
        found: dict[str, dict[str, Any]] = {}
        # All at once, in a list: another thread may be changing the mapping.
        for key, value in list(metrics.items()):
            meant = known.get(key) if type(key) is str else None
            if meant is None:
                meant = split(key, mode)
                if type(key) is str and len(known) < _MOST_NAMES:
                    known[key] = meant
            if meant[0] in found:
                found[meant[0]][meant[1]] = value
            else:
                found[meant[0]] = {meant[1]: value}
        return found
