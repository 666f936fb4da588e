"""Which lines of a text are shown, and in which row: all, or those of a level, a stream or a rank, or that match.

A progress bar that was kept frame by frame is one row, its newest frame: the frames before it are left out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runid.store.text_index import TextIndex
from runid.store.text_search import Matches

Numbers = NDArray[np.int64]

_MATCHES, _KEPT = 16, 4
# What frames of bars have, with and without a total; each begins with plain text, which is found much faster.
_FRAMES, _LAST_FRAME = (r"%\|.*\[\d", r"it \[\d\d:"), r"100%\|"
_CLOCK = r"\d\d:\d\d:\d\d\.\d{3} \| "
_HEAD = rf"^(?:rank \d+ \| )?{_CLOCK}"
_ERRORS = "ERROR|CRITICAL|FATAL"
LEVELS = {"warning": f"WARN|WARNING|{_ERRORS}", "error": _ERRORS}
STREAMS = {"stdout": "stdout", "stderr": "stderr", "text": "TEXT", "logging": f"DEBUG|INFO|WARN|WARNING|{_ERRORS}"}


@dataclass(frozen=True)
class Choice:
    """What is shown: lines for which all that is said here holds."""

    level: str = ""
    """A key of LEVELS."""
    stream: str = ""
    """A key of STREAMS."""
    rank: int | None = None
    only: str = ""
    """A pattern of text_search."""
    frames: bool = False
    """All frames of progress bars."""

    def patterns(self) -> list[str]:
        """What is found in each line that is shown. Raises ValueError."""
        found = [self.only] if self.only else []
        for name, chosen, known in (("level", self.level, LEVELS), ("stream", self.stream, STREAMS)):
            if chosen and chosen not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {chosen!r}.")
            found += [rf"{_HEAD}(?:{known[chosen]}) \| "] if chosen else []
        if self.rank is not None:  # while a run has one rank, its lines do not name it
            found.append(rf"^(?:rank 0 \| )?{_CLOCK}" if self.rank == 0 else rf"^rank {self.rank} \| ")
        return found


class Rows:
    """The lines that are shown, by rows."""

    def __init__(self, lines: int, listed: Numbers | None, left_out: Numbers) -> None:
        """`lines`: how many there are; `listed`: those that are shown, None: all; but none of those `left_out`."""
        self._listed = None if listed is None else np.setdiff1d(listed, left_out, assume_unique=True)
        self._left_out = left_out
        # How many rows stand above each line that is left out.
        self._above = left_out - np.arange(len(left_out))
        self.count = lines - len(left_out) if self._listed is None else len(self._listed)

    def lines(self, lo: int, hi: int) -> Numbers:
        """The lines in these rows, the last one not included."""
        rows = np.arange(max(0, lo), min(hi, self.count))
        if self._listed is not None:
            return self._listed[rows]
        return rows + np.searchsorted(self._above, rows, side="right")

    def of(self, lines: Numbers) -> Numbers:
        """The row of each line, or the next one where it is not shown."""
        behind = self._left_out if self._listed is None else self._listed
        places = np.searchsorted(behind, lines)
        return lines - places if self._listed is None else places

    def last(self, line: int) -> int | None:
        """The row of the last line shown up to this one, or of the bar whose frame it is; None: none is shown."""
        row = int(self.of(np.array([line]))[0])
        if row == self.count or self.first(int(self.lines(row, row + 1)[0])) > line:
            row -= 1
        return row if row >= 0 else None

    def shown(self, lines: Numbers) -> Numbers:
        """The rows of those lines that are shown, each once; a bar's older frames are in the row of the newest."""
        if self._listed is not None:
            return np.flatnonzero(np.isin(self._listed, lines, assume_unique=True))
        rows = self.of(lines)
        return rows[np.diff(rows, prepend=-1) > 0]

    def first(self, line: int) -> int:
        """The first frame of the bar whose newest frame a line is; the line itself where it is none."""
        place = int(np.searchsorted(self._left_out, line))
        if not place or self._left_out[place - 1] != line - 1:
            return line
        return int(line - place + np.searchsorted(self._above, self._above[place - 1]))


class TextRows:
    """A text's rows. One thread at a time."""

    def __init__(self, index: TextIndex) -> None:
        self._index = index
        self._matches: OrderedDict[str, Matches] = OrderedDict()
        self._rows: OrderedDict[Choice, Rows] = OrderedDict()
        self._of = -1  # lines, the rows are

    def rows(self, choice: Choice) -> Rows:
        """As the index was refreshed last. Raises ValueError, OSError."""
        if self._of != self._index.lines:
            self._rows.clear()
            self._of = self._index.lines
        if choice not in self._rows:
            self._rows[choice] = self._made(choice)
            while len(self._rows) > _KEPT:
                self._rows.popitem(last=False)
        return self._rows[choice]

    def _made(self, choice: Choice) -> Rows:
        listed: Numbers | None = None
        for pattern in choice.patterns():
            found = self.matching(pattern)
            listed = found if listed is None else np.intersect1d(listed, found, assume_unique=True)
        left_out = np.empty(0, np.int64) if choice.frames else self._older_frames()
        return Rows(self._index.lines, listed, left_out)

    def matching(self, pattern: str) -> Numbers:
        """The lines that a pattern of text_search is found in. Raises OSError."""
        matches = self._matches.pop(pattern, None) or Matches(pattern)
        self._matches[pattern] = matches
        while len(self._matches) > _MATCHES:
            self._matches.popitem(last=False)
        return matches.of(self._index)

    def _older_frames(self) -> Numbers:
        """Frames behind which another one stands. What a bar was at its end stays."""
        frames = np.union1d(*map(self.matching, _FRAMES))
        if not len(frames):
            return frames
        last = self.matching(_LAST_FRAME)
        going_on = np.setdiff1d(frames, last, assume_unique=True)
        return going_on[np.isin(going_on + 1, frames, assume_unique=True)]
