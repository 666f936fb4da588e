"""Any line of a run's text at once: nothing but what is asked for is kept.

The text is read through once; of every 64th line it is remembered where it begins and when it was logged. From then on
only what was added is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runid.store.text_clock import Clocks
from runid.store.texts import HostText

EACH = 64
"""Lines of a group."""

_BLOCK = 1 << 22
_LONGEST = 1 << 16


@dataclass(frozen=True)
class Line:
    """A line, or its beginning where it is long; and how many bytes it has."""

    number: int
    text: str
    size: int


class TextIndex:
    """One host's text by lines, the first is 0. One thread at a time."""

    def __init__(self, folder: Path, host: str, path: Path) -> None:
        """As HostText has them."""
        self._text = HostText(folder, host, path)
        self._marks = [0]
        self._clocks: Clocks | None = None
        self.size = 0
        """Bytes, as it was at the last `refresh`."""
        self.lines = 0
        """How many there are."""

    def refresh(self) -> int:
        """Reads what was added; gives how many lines there are. Raises OSError, FormatError."""
        size = self._text.refresh()
        if self._clocks is None:
            started = (one.started for one in self._text.fold.writers.values() if one.started)
            self._clocks = Clocks(min(started, default=0.0))
        for start, block in self._blocks(self.size, size):
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
            first = -self.lines % EACH or EACH  # of the next line ends, the one behind which a mark is due
            self._marks += (start + ends[first - 1 :: EACH]).tolist()
            self.lines += len(ends)
            while len(self._clocks) * EACH < self.lines:
                begin = self._marks[len(self._clocks)] - start
                self._clocks.add(block[begin : begin + EACH])
        self.size = size
        return self.lines

    def groups(self, first: int = 0) -> Iterator[tuple[int, NDArray[np.int32], bytes]]:
        """The text from a group of 64 lines on: the number of a group, where it and those behind it begin, and the last
        of them ends, and their bytes; some megabytes at a time.
        """
        ends = np.array([*self._marks[: self._groups()], self.size])
        while first < len(ends) - 1:
            stop = max(first + 1, int(np.searchsorted(ends, ends[first] + _BLOCK, side="right")) - 1)
            start = int(ends[first])
            yield first, (ends[first : stop + 1] - start).astype(np.int32), self._text.read(start, int(ends[stop]))
            first = stop

    def window(self, line: int, count: int) -> list[str]:
        """So many lines from one on, as far as there are; what is longer than 64 KiB is cut."""
        line = max(0, line)
        return [one.text for one in self.pick(range(line, min(line + count, self.lines)))]

    def pick(self, numbers: Iterable[int], longest: int = _LONGEST) -> list[Line]:
        """These lines, in order, each with so many bytes at most."""
        found, first, lines = list[Line](), -1, list[bytes]()
        for number in numbers:
            if number // EACH != first:
                first = number // EACH
                lines = self._text.read(*self._around(first)).split(b"\n")
            line = lines[number % EACH]
            found.append(Line(number, line[:longest].decode(errors="replace"), len(line)))
        return found

    def at(self, when: float) -> int | None:
        """The last line that was logged at that time or before it, by the clocks of the lines; None: there is none."""
        if self._clocks is None or not self.lines:
            return None
        mark = self._clocks.before(when)
        line = None
        for one in self.pick(range(mark * EACH, min((mark + 1) * EACH, self.lines)), EACH):
            if self._clocks.is_after(one.text.encode(), mark, when):
                break
            line = one.number
        return line

    def moment(self, line: int) -> float | None:
        """When a line was logged, in seconds since the epoch; None where it does not say so."""
        if self._clocks is None or not 0 <= line < self.lines:
            return None
        return self._clocks.moment(self.pick([line], EACH)[0].text.encode(), line // EACH)

    def _groups(self) -> int:
        """How many groups of 64 lines there are, the last with fewer."""
        return -(-self.lines // EACH)

    def _around(self, mark: int) -> tuple[int, int]:
        """The bytes of the 64 lines from a mark on."""
        return self._marks[mark], self._marks[mark + 1] if mark + 1 < len(self._marks) else self.size

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The text in blocks of whole lines."""
        rest = b""
        while start < stop:
            data = rest + self._text.read(start, min(start + _BLOCK, stop))
            end = data.rfind(b"\n") + 1
            if end:
                yield start - len(rest), data[:end]
            start = min(start + _BLOCK, stop)
            rest = data[end:]
