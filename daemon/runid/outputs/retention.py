"""Which copies have to go, so that a disk never fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from runid.outputs.state import Item, Version

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept. None: no limit.

    `keep_last` and `keep_best` are versions of each output: the newest, and those archived when the run's primary
    metric was best (of equal ones the newer; without a value last); with both, what either keeps. `max_bytes` is for
    all copies of the run together: the oldest go first. The newest of all always stays.
    """

    keep_last: int | None = None
    keep_best: int | None = None
    max_bytes: int | None = None
    larger_is_better: bool = True

    def removable(self, items: Mapping[K, Item]) -> list[tuple[K, Version]]:
        """The versions that have to go, with their output's key, oldest first."""
        gone = {(key, version) for key, item in items.items() for version in self._outdated(item.versions)}
        there = [(key, version) for key, item in items.items() for version in item.versions]
        there.sort(key=lambda one: one[1].time)
        if self.max_bytes is not None:
            left = sum(version.size for key, version in there if (key, version) not in gone)
            for one in there[:-1]:
                if left > self.max_bytes and one not in gone:
                    gone.add(one)
                    left -= one[1].size
        return [one for one in there if one in gone]

    def _outdated(self, versions: list[Version]) -> Iterable[Version]:
        if self.keep_last is None and self.keep_best is None:
            return ()
        newest = sorted(versions, key=lambda version: version.time, reverse=True)
        kept = set(newest[: max(1, self.keep_last or 0)])
        kept.update(sorted(newest, key=self._rank)[: self.keep_best or 0])
        return [version for version in versions if version not in kept]

    def _rank(self, version: Version) -> tuple[bool, float]:
        value = version.value
        if value is None or value != value:  # noqa: PLR0124  NaN
            return True, 0.0
        return False, -value if self.larger_is_better else value
