"""Which lines of a text match: by RE2, which takes no longer for one regular expression than for another, and which
leaves other threads their turn.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from runid.store.text_index import TextIndex

_LONGEST = 500
_OPEN, _CLOSE = "\x00", "\x01"


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

    def __init__(self, pattern: str, hint: bytes = b"") -> None:
        """`hint`: what all of these lines have, so that text without it is passed over."""
        self.numbers: NDArray[np.int64] = np.empty(0, np.int64)
        self._pattern, self._hint = pattern, hint
        self._size = self._lines = 0

    def of(self, index: TextIndex) -> NDArray[np.int64]:
        """The numbers, of always the same text as it was read last. Raises OSError."""
        found = [self.numbers]
        for block in index.blocks(self._size):
            if self._hint in block:
                found.append(_matching(block, self._pattern) + self._lines)
            self._lines += block.count(b"\n")
        self._size = index.size
        if len(found) > 1:
            self.numbers = np.concatenate(found)
        return self.numbers


def _matching(block: bytes, pattern: str) -> NDArray[np.int64]:
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(ends))  # in the text without the newlines, or $ would not match before them
    text = block.translate(None, b"\n")
    lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(text))
    return np.flatnonzero(pc.match_substring_regex(lines, pattern).to_numpy(zero_copy_only=False))


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
