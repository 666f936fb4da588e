"""In which words two texts differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

Part = tuple[str, str]
"""A text and where it is: "=" in both, "-" in the first alone, "+" in the second alone."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_LINES, _MOST_WORDS = 2000, 1000
"""Of what is compared part by part: it takes time in proportion to their square."""


def differences(a: str, b: str) -> list[Part]:
    """Both texts in parts: lines first, and words within lines that differ. What is too long differs as a whole."""
    one, other = _LINES.findall(a), _LINES.findall(b)
    found: list[Part] = []
    for same, old, new in _compared(one, other, _MOST_LINES):
        if same:
            _add(found, "=", "".join(old))
            continue
        words = [_WORDS.findall("".join(side)) for side in (old, new)]
        for alike, before, after in _compared(words[0], words[1], _MOST_WORDS):
            _add(found, "=" if alike else "-", "".join(before))
            if not alike:
                _add(found, "+", "".join(after))
    return found


def _compared(a: Sequence[str], b: Sequence[str], most: int) -> list[tuple[bool, Sequence[str], Sequence[str]]]:
    """Parts of both, in order, and whether they are the same."""
    front = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    back = 0
    while back < min(len(a), len(b)) - front and a[-1 - back] == b[-1 - back]:
        back += 1
    one, other = a[front : len(a) - back], b[front : len(b) - back]
    if max(len(one), len(other)) > most or not one or not other:
        inner = [(False, one, other)] if one or other else []
    else:
        codes = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        inner = [(kind == "equal", one[i:j], other[k:m]) for kind, i, j, k, m in codes]
    return [(True, a[:front], b[:front]), *inner, (True, a[len(a) - back :], b[len(b) - back :])]


def _add(found: list[Part], kind: str, text: str) -> None:
    if not text:
        return
    if found and found[-1][0] == kind:
        found[-1] = kind, found[-1][1] + text
    else:
        found.append((kind, text))
