"""A run's media by key, type and step, for whoever looks at a few of many.

The lines of objects/ are read through once, and from then on only what was added. Of each medium nothing is kept but
its step and where its lines are; what is asked for is read again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runid.store import media
from runid.store.object_lines import Line, ObjectLines, is_whole


@dataclass(frozen=True)
class Row:
    """What was logged at one step: how many media, and the first of them, as `StoredRun.media` has them."""

    step: int
    count: int
    media: list[dict[str, Any]]


@dataclass
class Series:
    """The media of one key and type."""

    key: str
    type: str
    _numbers: array[int] = field(default_factory=lambda: array("q"))  # step, rank, index, host, start, size of each
    _more: dict[int, tuple[int, int]] = field(default_factory=dict)  # of each that has a second line, where that is
    _sorted: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return len(self._numbers) // 6

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps at which there are some, each once, in order."""
        return self._order()[0]

    def place(self, step: int) -> int:
        """The place of the last of these steps that is not behind `step`; -1 where there is none."""
        return int(np.searchsorted(self.steps, step, side="right")) - 1

    def add(self, numbers: Iterable[int]) -> int:
        """Adds a medium; gives its place among those that were added."""
        self._numbers.extend(numbers)
        return len(self) - 1

    def add_line(self, place: int, start: int, size: int) -> None:
        """Says where the second line of a medium is."""
        self._more[place] = start, size

    def members(self, place: int) -> NDArray[np.int64]:
        """The media of the step at a place, in order, by their own places."""
        _, order, starts = self._order()
        return order[starts[place] : starts[place + 1]]

    def lines(self, member: int) -> tuple[int, list[tuple[int, int]]]:
        """The number of the host that told of a medium, and the start and size of each of its lines."""
        _, _, _, host, start, size = self._numbers[6 * member : 6 * member + 6]
        return host, [(start, size), *([self._more[member]] if member in self._more else [])]

    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The steps; the media by step, rank and place in their list; where in this order each step begins and ends."""
        if self._sorted is None or len(self._sorted[1]) != len(self):
            step, rank, index = np.frombuffer(self._numbers.tobytes(), np.int64).reshape(-1, 6).T[:3]
            order = np.lexsort((index, rank, step))
            starts = np.concatenate(([0], np.flatnonzero(np.diff(step[order])) + 1, [len(self)]))
            self._sorted = step[order[starts[:-1]]], order, starts
        return self._sorted


class MediaIndex(ObjectLines):
    """One run's media. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._asked: dict[str, tuple[Series, int]] = {}
        self.series: dict[tuple[str, str], Series] = {}
        """The media by key and type, in the order these were first logged."""

    def rows(self, series: Series, lo: int, hi: int, most: int) -> list[Row]:
        """What was logged at the `lo`th to the `hi`th step, the latter not included; of each step at most so many."""
        steps = series.steps
        found = []
        for place in range(max(0, lo), min(hi, len(steps))):
            members = series.members(place)
            told = [self.medium(series, int(member)) for member in members[:most]]
            found.append(Row(int(steps[place]), len(members), told))
        return found

    def medium(self, series: Series, member: int) -> dict[str, Any]:
        """All that is told of a medium."""
        host, lines = series.lines(member)
        told: dict[str, Any] = {}
        for start, size in lines:
            told |= self.line(Line(host, start, size))
        return told

    def add(self, at: Line, told: dict[str, Any]) -> None:
        """See ObjectLines."""
        name, step = told.get("id"), told.get("step")
        if isinstance(name, str) and name in self._asked:
            series, place = self._asked.pop(name)
            series.add_line(place, at.start, at.size)
            return
        key, kind = told.get("key"), told.get("type")
        if kind not in media.KINDS or "within" in told or not isinstance(key, str) or not is_whole(step):
            return
        series = self.series.setdefault((key, kind), Series(key, kind))
        rank, index = (value if is_whole(value) else 0 for value in (told.get("rank"), told.get("index")))
        place = series.add((step, rank, index, at.host, at.start, at.size))
        if isinstance(name, str):
            self._asked[name] = series, place
