"""Which of a run's conversations a query means: the same language as for runs (runid.store.query), with other keys.

    step rank time stage         as logged
    reward, reward.total         what it was worth (see runid.media.rollout)
    reward.NAME, or NAME         the reward of this name
    len                          of the answers, in tokens or characters; advantage; messages; spans
    truncated flag               true or false; truncated of one that says so
    prompt text                  what was asked, and all that was said, which text alone is looked for in

They are tested some at a time, for what they say need not all be in memory.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import cached_property
from typing import Any

import numpy as np

from runid.media import rollout
from runid.store import query
from runid.store.keys import ANYWHERE, BEGAN, as_number, as_text
from runid.store.rollout_index import RolloutIndex
from runid.store.rollouts import Places, Rollouts

_CHUNK = 500
_NUMBERS = {
    "step": "step", "rank": "rank", "reward": "total", "reward.total": "total", "total": "total", "len": "length",
    "length": "length", "advantage": "advantage", "messages": "messages", "spans": "spans", "time": "time",
    BEGAN: "time",
}  # fmt: skip
_SEARCHED = 1 << 20
"""Characters of a conversation that are looked through."""


def chosen(index: RolloutIndex, of: Rollouts, text: str, places: Places, flags: Collection[str] = ()) -> Places:
    """Those of the places that a query means. `flags`: the identities of flagged samples. Raises QueryError."""
    node = query.parse(text)
    parts = [places[lo : lo + _CHUNK] for lo in range(0, len(places), _CHUNK)]
    held = [np.frombuffer(node.holds(_Some(index, of, part, flags)), np.uint8) for part in parts]
    return np.asarray(places[np.concatenate(held) > 0]) if held else places


class _Values:
    """One key's values of some samples, as runid.store.terms asks for them."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    @cached_property
    def numbers(self) -> list[float]:
        """As numbers; NaN for what is none."""
        return [math.nan if (found := as_number(value)) is None else float(found) for value in self.values]

    @cached_property
    def folded(self) -> list[str]:
        """As texts without regard to case."""
        return [as_text(value).casefold() for value in self.values]


class _Numbers(_Values):
    """The same of values that are numbers."""

    @cached_property
    def numbers(self) -> list[float]:
        """The values."""
        return self.values


class _Some:
    """Some samples, as a table that a query asks."""

    def __init__(self, index: RolloutIndex, of: Rollouts, places: Places, flags: Collection[str]) -> None:
        self.entries = places
        self._index, self._of, self._flags = index, of, flags
        self._known: dict[str, _Values] = {}

    def column(self, key: str) -> _Values:
        """The values of a key."""
        if key not in self._known:
            numbers = key in _NUMBERS or key.removeprefix("reward.") in self._of.names
            self._known[key] = (_Numbers if numbers else _Values)(self._values(key))
        return self._known[key]

    def _values(self, key: str) -> list[Any]:
        of, places = self._of, self.entries
        if key in _NUMBERS:
            return list(of[_NUMBERS[key]][places].tolist())
        if key == "stage":
            return [of.stages[number] for number in of["stage"][places]]
        if key == "truncated":
            return [None if one < 0 else bool(one) for one in of["truncated"][places].tolist()]
        if key == "flag":
            return [of.identity(place, self._index.hosts) in self._flags for place in places.tolist()]
        if key in (ANYWHERE, "text", "prompt"):
            return [_text(key, value) for value in self._index.values(of, places)]
        return list(of.reward(key.removeprefix("reward."))[places].tolist())


def _text(key: str, value: dict[str, Any]) -> str:
    return rollout.prompt_of(value) if key == "prompt" else rollout.whole_text(value)[:_SEARCHED]
