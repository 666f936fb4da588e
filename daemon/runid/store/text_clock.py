"""When lines were logged: they begin with a clock, and have no date.

The first line's day is that of the host's first writer; from then on the day that is nearest to what came before is
meant. So a pause of more than twelve hours may count as a day less.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from datetime import date

_CLOCK = re.compile(rb"(?:rank \d+ \| )?(\d\d):(\d\d):(\d\d(?:\.\d{1,6})?)")
_DAY = 86400


class Clocks:
    """The times of some lines, in order: seconds since the midnight before the text began."""

    def __init__(self, began: float) -> None:
        """`began`: when, in seconds since the epoch."""
        self._date, self._began = _local(began)
        self._times: list[float] = []

    def add(self, line: bytes) -> None:
        """The next line; one without a clock has the time of the one before."""
        told = _told(line)
        if not self._times:
            self._times.append(self._began if told is None else _nearest(told, self._began))
        else:
            last = self._times[-1]
            self._times.append(last if told is None else max(last, _nearest(told, last)))

    def __len__(self) -> int:
        return len(self._times)

    def before(self, when: float) -> int:
        """The number of the last line that was added and logged at that time or before it; 0 where there is none."""
        return max(0, bisect_right(self._times, self._seconds(when)) - 1)

    def is_after(self, line: bytes, near: int, when: float) -> bool:
        """Whether a line, shortly behind the one with the number `near`, was logged later than that."""
        told = _told(line)
        return told is not None and _nearest(told, self._times[near]) > self._seconds(when)

    def moment(self, line: bytes, near: int) -> float | None:
        """When it was logged, in seconds since the epoch; None without a clock."""
        told = _told(line)
        if told is None:
            return None
        seconds = _nearest(told, self._times[near])
        midnight = (self._date.year, self._date.month, self._date.day + int(seconds // _DAY))
        whole = int(seconds % _DAY)
        return time.mktime((*midnight, whole // 3600, whole // 60 % 60, whole % 60, 0, 0, -1)) + seconds % 1

    def _seconds(self, when: float) -> float:
        day, seconds = _local(when)
        return round((day - self._date).days * _DAY + seconds, 3)  # as exact as the clocks of lines are


def _local(when: float) -> tuple[date, float]:
    clock = time.localtime(when)
    return date(*clock[:3]), clock.tm_hour * 3600 + clock.tm_min * 60 + clock.tm_sec + when % 1


def _nearest(told: float, last: float) -> float:
    """That clock on the day that brings it nearest to another time."""
    return round(told + round((last - told) / _DAY) * _DAY, 3)


def _told(line: bytes) -> float | None:
    found = _CLOCK.match(line)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
