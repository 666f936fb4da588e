"""The conversations of one key of a run, as columns: what lists, sorts and sums them up without reading them.

A sample has a place, by the order in which it was read, and an identity that lasts: <first byte of its line>.<row of
its table, or 0>.<host>.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runid.media import rollout
from runid.store.object_lines import Line

Places = NDArray[np.int64]
Numbers = NDArray[np.float64]

_TYPES: dict[str, type[np.generic]] = {
    "step": np.int64, "rank": np.int64, "time": np.float64, "stage": np.int16, "prompt": np.uint64,
    "total": np.float64, "length": np.int32, "advantage": np.float64, "truncated": np.int8, "messages": np.int32,
    "spans": np.int32, "tokens": np.bool_, "host": np.int16, "start": np.int64, "size": np.int64, "row": np.int32,
}  # fmt: skip
_MOST_NAMES = 100
_LIMIT = (1 << 31) - 1


class Where(NamedTuple):
    """Where a sample is told of, and what its line says of it: `row` is of its table."""

    line: Line
    row: int
    step: int
    rank: int
    time: float
    stage: str | None


class Rollouts:
    """The conversations of one key and type: trace, or table, of which each row is one."""

    def __init__(self, key: str, type: str) -> None:
        self.key, self.type = key, type
        self.stages: list[str | None] = []
        """Stages by their numbers."""
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(0, kind) for name, kind in _TYPES.items()}
        self._rewards: dict[str, Numbers] = {}
        self._new: list[tuple[Any, ...]] = []
        self._new_rewards: list[dict[str, float]] = []

    def __len__(self) -> int:
        return len(self._columns["step"])

    def __getitem__(self, column: str) -> NDArray[Any]:
        """A column: step, rank, time, stage, prompt, total, length, advantage, truncated (-1: not known) …"""
        return self._columns[column]

    @property
    def names(self) -> list[str]:
        """The names of rewards, in the order they were first logged."""
        return list(self._rewards)

    def reward(self, name: str) -> Numbers:
        """The rewards of a name; NaN where there is none."""
        found = self._rewards.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def add(self, where: Where, facts: dict[str, Any]) -> None:
        """Adds a sample with its facts (see runid.media.rollout); it counts from the next `settle` on."""
        if where.stage not in self.stages:
            self.stages.append(where.stage)
        try:
            row, rewards = self._row(where, facts), _rewards(facts)
        except (
            AttributeError,
            TypeError,
            ValueError,
            OverflowError,
            KeyError,
        ):  # a line that nobody of ours has written
            row, rewards = self._row(where, rollout.facts({})), {}
        self._new.append(row)
        self._new_rewards.append(rewards)

    def settle(self) -> None:
        """Takes what was added into the columns."""
        if not self._new:
            return
        for (name, kind), values in zip(_TYPES.items(), zip(*self._new, strict=True), strict=True):
            self._columns[name] = np.concatenate([self._columns[name], np.array(values, kind)])
        for name in {name: None for rewards in self._new_rewards for name in rewards}:
            if name not in self._rewards and len(self._rewards) < _MOST_NAMES:
                self._rewards[name] = np.full(len(self) - len(self._new), np.nan)
        for name, before in self._rewards.items():
            new = np.array([rewards.get(name, math.nan) for rewards in self._new_rewards])
            self._rewards[name] = np.concatenate([before, new])
        self._new, self._new_rewards = [], []

    def of_stage(self, stage: str | None) -> Places:
        """The places of a stage's samples; of all of them for None."""
        if stage is None:
            return np.arange(len(self))
        number = self.stages.index(stage) if stage in self.stages else -1
        return np.flatnonzero(self["stage"] == number)

    def identity(self, place: int, hosts: list[str]) -> str:
        """What a sample is called for ever."""
        return f"{self['start'][place]}.{self['row'][place]}.{hosts[self['host'][place]]}"

    def place(self, identity: str, hosts: list[str]) -> int | None:
        """The place of a sample of this identity; None where there is none."""
        start, _, rest = identity.partition(".")
        row, _, host = rest.partition(".")
        if host not in hosts or not (start.isdecimal() and row.isdecimal()) or max(len(start), len(row)) > 18:
            return None
        is_it = (self["start"] == int(start)) & (self["row"] == int(row)) & (self["host"] == hosts.index(host))
        found = np.flatnonzero(is_it)
        return int(found[0]) if len(found) else None

    def line(self, place: int) -> Line:
        """Where the line of a sample is."""
        return Line(int(self["host"][place]), int(self["start"][place]), int(self["size"][place]))

    def _row(self, where: Where, facts: dict[str, Any]) -> tuple[Any, ...]:
        """As _TYPES lists them."""
        total = rollout.total(_rewards(facts))
        truncated = facts.get("truncated")
        return (
            where.step,
            where.rank,
            where.time,
            self.stages.index(where.stage),
            int(facts["prompt_id"], 16) & ((1 << 64) - 1),
            math.nan if total is None else total,
            min(int(facts["length"]), _LIMIT),
            float(facts.get("advantage", math.nan)),
            -1 if truncated is None else int(bool(truncated)),
            min(int(facts["messages"]), _LIMIT),
            min(int(facts["spans"]), _LIMIT),
            facts.get("unit") == "tokens",
            *where.line,
            where.row,
        )


def _rewards(facts: dict[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in facts["rewards"].items()}
