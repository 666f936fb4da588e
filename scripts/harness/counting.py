"""What counts as kept, lost and doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Numbers = dict[int, list[int]]
"""Per rank the numbers found, in the order of the files."""


@dataclass(slots=True, frozen=True)
class Verdict:
    """How many events were kept, lost, doubled, and how many nobody logged."""

    kept: int
    lost: int
    doubled: int
    foreign: int

    @property
    def good(self) -> bool:
        """Whether each event that returned is there exactly once, and nothing else is."""
        return not (self.lost or self.doubled or self.foreign)

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.kept + other.kept,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.foreign + other.foreign,
        )

    def __str__(self) -> str:
        return f"kept {self.kept}, lost {self.lost}, doubled {self.doubled}, foreign {self.foreign}"


NOTHING = Verdict(0, 0, 0, 0)


def judge(found: Iterable[int], attempted: int, returned: int) -> Verdict:
    """Compares the numbers found in the files with what one trainer counted of one kind.

    Each number from 1 to `returned` must be there once. Those up to `attempted`, the call in flight, may be.
    """
    times = Counter(found)
    return Verdict(
        kept=len(times),
        lost=sum(number not in times for number in range(1, returned + 1)),
        doubled=sum(count - 1 for count in times.values()),
        foreign=sum(not 1 <= number <= attempted for number in times),
    )
