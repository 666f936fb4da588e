"""Which lines of a text match: by RE2, which takes no longer for one regular expression than for another, and which
leaves other threads their turn.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from runid.store.text_index import EACH, TextIndex

_LONGEST = 500
_OPEN, _CLOSE = "\x00", "\x01"
_ENDS = re.compile(r"\\[AzQ]|\(\?[a-zA-Z]*-?[ms]")


def pattern(text: str, regex: bool = False) -> str:
    """What finds a text, or what a regular expression matches; capitals count where there are any.

    Raises ValueError for what is no regular expression.
    """
    if not text or len(text) > _LONGEST:
        raise ValueError(f"A search needs a text of 1 to {_LONGEST} characters.")
    made = f"{'(?i)' if text == text.lower() else ''}(?:{text if regex else re.escape(text)})"
    try:
        pc.match_substring_regex(pa.array([""]), text if regex else made)
    except pa.ArrowInvalid as error:
        why = str(error).removeprefix("Invalid regular expression: ").partition(": ")[0]
        raise ValueError(f"{text!r} is no regular expression: {why}.") from error
    return made


class Matches:
    """The numbers of the lines that a pattern is found in, as an array that grows with the text."""

    def __init__(self, pattern: str) -> None:
        self.numbers: NDArray[np.int64] = np.empty(0, np.int64)
        self._pattern = pattern
        # Whole groups are looked at first, which is much faster. It would miss what can be at their ends only.
        self._first = None if _ENDS.search(pattern) else f"(?m){pattern}"
        self._lines = 0

    def of(self, index: TextIndex) -> NDArray[np.int64]:
        """The numbers, of always the same text as it was read last. Raises OSError."""
        if self._lines < index.lines:
            group = self._lines // EACH  # it may have had fewer lines
            found = [self.numbers[: np.searchsorted(self.numbers, group * EACH)]]
            found += [self._among(*groups) for groups in index.groups(group)]
            self.numbers, self._lines = np.concatenate(found), index.lines
        return self.numbers

    def _among(self, first: int, begins: NDArray[np.int32], text: bytes) -> NDArray[np.int64]:
        """Those of some groups."""
        groups = np.arange(len(begins) - 1)
        if self._first is not None:
            groups = _found(begins, text, self._first)
            text = b"".join(text[begins[group] : begins[group + 1]] for group in groups.tolist())
        lines = _matching(text, self._pattern)
        return (first + groups[lines // EACH]) * EACH + lines % EACH


def _matching(text: bytes, pattern: str) -> NDArray[np.int64]:
    """The lines, from 0 on, that a pattern is found in."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    begins = np.zeros(len(ends) + 1, np.int32)
    begins[1:] = ends - np.arange(len(ends))  # in the text without the newlines, or $ would not match before them
    return _found(begins, text.translate(None, b"\n"), pattern)


def _found(begins: NDArray[np.int32], text: bytes, pattern: str) -> NDArray[np.int64]:
    """The parts of a text, from 0 on, that a pattern is found in."""
    parts = pa.StringArray.from_buffers(len(begins) - 1, pa.py_buffer(begins), pa.py_buffer(text))
    return np.flatnonzero(pc.match_substring_regex(parts, pattern).to_numpy(zero_copy_only=False))


def spans(texts: list[str], pattern: str) -> list[list[tuple[int, int]]]:
    """Where the pattern is found in each text: from and to, in UTF-16 units, as browsers count."""
    plain = [re.sub(f"[{_OPEN}{_CLOSE}]", " ", text) for text in texts]
    marked = pc.replace_substring_regex(pa.array(plain, pa.string()), f"({pattern})", f"{_OPEN}\\1{_CLOSE}")
    return [_spans(text) for text in marked.to_pylist()]


def _spans(marked: str) -> list[tuple[int, int]]:
    found, at, begin = list[tuple[int, int]](), 0, 0
    for piece in re.split(f"([{_OPEN}{_CLOSE}])", marked):
        if piece == _OPEN:
            begin = at
        elif piece == _CLOSE:
            found += [(begin, at)] if at > begin else []
        else:
            at += len(piece.encode("utf-16-le")) // 2
    return found
