"""Any line of a run's text at once, and all lines that hold something: nothing but what is asked for is kept.

The text is read through once; of every 64th line it is remembered where it begins. From then on only what was added is
read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runid.store.texts import HostText

_EACH = 64
_BLOCK = 1 << 20
_LONGEST = 1 << 16
_CLOCK = re.compile(rb"(?:rank \d+ \| )?(\d\d):(\d\d):(\d\d)")
_DAY = 86400


@dataclass(frozen=True)
class Hit:
    """A line that was searched for, and its number."""

    line: int
    text: str


class TextIndex:
    """One host's text by lines, the first is 0. One thread at a time."""

    def __init__(self, folder: Path, host: str, path: Path) -> None:
        """As HostText has them."""
        self._text = HostText(folder, host, path)
        self._marks = [0]
        self._size = 0
        self.lines = 0
        """How many there are."""

    def refresh(self) -> int:
        """Reads what was added; gives how many lines there are. Raises OSError, FormatError."""
        size = self._text.refresh()
        for start, block in self._blocks(self._size, size):
            ends = [found.end() for found in re.finditer(b"\n", block)]
            first = -self.lines % _EACH or _EACH  # of the next line ends, the one behind which a mark is due
            self._marks += [start + end for end in ends[first - 1 :: _EACH]]
            self.lines += len(ends)
        self._size = size
        return self.lines

    def window(self, line: int, count: int) -> list[str]:
        """So many lines from one on, as far as there are; what is longer than 64 KiB is cut."""
        line = max(0, line)
        if line >= self.lines:
            return []
        found = self._text.read(*self._around(line, line + count)).split(b"\n")
        found = found[line % _EACH :][: min(count, self.lines - line)]
        return [text[:_LONGEST].decode(errors="replace") for text in found]

    def search(self, pattern: re.Pattern[bytes], start: int = 0, most: int = 1000) -> tuple[list[Hit], int]:
        """The first lines from `start` on in which the pattern is found, and how many there are in all."""
        hits, count, number = list[Hit](), 0, 0
        for _, block in self._blocks(0, self._size):
            last = -1
            for found in pattern.finditer(block):
                begin = block.rfind(b"\n", 0, found.start()) + 1
                if begin == last:
                    continue
                last = begin
                line = number + block.count(b"\n", 0, begin)
                count += 1
                if line >= start and len(hits) < most:
                    text = block[begin : block.find(b"\n", begin)][:_LONGEST]
                    hits.append(Hit(line, text.decode(errors="replace")))
            number += block.count(b"\n")
        return hits, count

    def at(self, when: float) -> int:
        """The last line that was logged at that time or before it, by the clock in front of the lines; 0 without one.

        The lines have no date: of several days the last is taken.
        """
        clock = time.localtime(when)
        seconds = clock.tm_hour * 3600 + clock.tm_min * 60 + clock.tm_sec
        low, high = 0, len(self._marks) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._before(self._marks[middle], seconds):
                low = middle
            else:
                high = middle - 1
        line = low * _EACH
        for number, text in enumerate(self.window(line, _EACH)):
            told = _seconds(text.encode(errors="replace"))
            if told is not None and (seconds - told) % _DAY > _DAY / 2:
                break
            line = low * _EACH + number
        return line

    def _before(self, offset: int, seconds: int) -> bool:
        told = next(filter(None, map(_seconds, self._text.read(offset, offset + _LONGEST).split(b"\n"))), None)
        return told is None or (seconds - told) % _DAY <= _DAY / 2

    def _around(self, lo: int, hi: int) -> tuple[int, int]:
        """Bytes that hold the lines, from the mark before the first to one behind the last."""
        last = -(-hi // _EACH)
        return self._marks[lo // _EACH], self._marks[last] if last < len(self._marks) else self._size

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


def _seconds(line: bytes) -> int | None:
    found = _CLOCK.match(line)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
