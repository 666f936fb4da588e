"""From what is printed to lines: what a lone carriage return and a cursor that goes up mean.

    smart   a line drawn again with \\r, as progress bars are, is one line: the text it had when it was left, or at
            the end of the run. Rows that a cursor went back up to are logged again where they have changed.
    all     what stands before each \\r is a line
    none    a line with a \\r in it is left out

\\r\\n ends a line in all of them, and the \\r is kept; so are all other control sequences.
"""

from __future__ import annotations

import re

LONGEST = 32_768
"""Characters of a line; what is longer is cut."""

_TOKENS = re.compile(r"\n|\r|\x1b\[[0-9]*A|(?:[^\n\r\x1b]|\x1b(?!\[[0-9]*A))+")
_UP = re.compile(r"\x1b\[([0-9]*)A")
_CUT = re.compile(r"\x1b(\[[0-9]{0,9})?\Z")
_MOST_ROWS = 64


class Lines:
    """Makes lines of one stream."""

    def __init__(self, mode: str) -> None:
        """`mode`: smart, all or none."""
        self._mode = mode
        self._rows = [""]
        self._new = [True]  # whether a row was not logged as it is now
        self._at = 0
        self._returned = False  # a \r came, and nothing behind it yet
        self._entered = True  # the cursor came into this row, and nothing was written yet
        self._drawn = False
        self._tail = ""  # what may be the start of a control sequence
        self._whole: list[str] = []

    def feed(self, text: str) -> str:
        """The lines that this piece ends, each with its newline."""
        text = self._tail + text
        cut = _CUT.search(text)
        self._tail = cut[0] if cut else ""
        text = text.removesuffix(self._tail)
        if self._is_plain(text):
            return self._plain(text)
        for token in _TOKENS.findall(text):
            if token == "\n":
                self._end_row()
            elif token == "\r":
                self._returned = True
            elif self._mode == "smart" and (up := _UP.fullmatch(token)):
                self._at = max(0, self._at - int(up[1] or 1))
            else:
                self._write(token)
        return self._take()

    def rest(self) -> str:
        """The lines that nothing ended, as the stream has ended."""
        if self._tail:
            self._write(self._tail)
        for row, new in zip(self._rows, self._new, strict=True):
            if row and new and not (self._mode == "none" and self._drawn):
                self._whole.append(row)
        self._rows, self._new, self._at, self._tail = [""], [True], 0, ""
        return self._take()

    def _is_plain(self, text: str) -> bool:
        """Whether it only goes on behind what was written last, as nearly all text does."""
        last = self._at == len(self._rows) - 1 and self._new[-1] and not (self._entered and self._rows[-1])
        goes_on = last and not (self._returned or self._drawn)
        return goes_on and "\r" not in text and not (self._mode == "smart" and _UP.search(text))

    def _plain(self, text: str) -> str:
        whole, newline, rest = (self._rows[-1] + text).rpartition("\n")
        long = len(rest) > LONGEST
        above = self._rows[:-1]
        if newline and self._mode == "smart":  # a cursor may go back up to them
            above = (above + whole.rsplit("\n", _MOST_ROWS)[-_MOST_ROWS:])[1 - _MOST_ROWS :]
        self._rows = [*above, "" if long else rest]
        self._new = [False] * len(above) + [True]
        self._at = len(above)
        self._entered = long or not rest
        return whole + newline + (rest + "\n" if long else "")

    def _write(self, text: str) -> None:
        row = self._rows[self._at]
        if self._returned and self._mode == "all" and row:
            self._whole.append(row)
        self._drawn = self._drawn or self._returned
        over = self._returned or self._entered
        self._rows[self._at] = text if over else row + text
        self._new[self._at] = self._new[self._at] or self._rows[self._at] != row
        self._returned = self._entered = False
        if len(self._rows[self._at]) > LONGEST:
            self._whole.append(self._rows[self._at])
            self._rows[self._at] = ""

    def _end_row(self) -> None:
        if self._new[self._at] and not (self._mode == "none" and self._drawn):
            self._whole.append(self._rows[self._at] + ("\r" if self._returned else ""))
        self._new[self._at] = False
        self._returned = self._drawn = False
        self._entered = True
        self._at += 1
        if self._at == len(self._rows):
            self._rows.append("")
            self._new.append(True)
        keep = _MOST_ROWS if self._mode == "smart" else 1
        while len(self._rows) > keep and self._at > 0:
            del self._rows[0], self._new[0]
            self._at -= 1

    def _take(self) -> str:
        whole = "".join(line + "\n" for line in self._whole)
        self._whole.clear()
        return whole
