"""What a query is made of: terms, which test the values of a key, under "and", "or" and "not".

Each answers for all rows of a table at once.
"""

from __future__ import annotations

import fnmatch
import math
import operator
import re
import time
from collections.abc import Callable, Iterable, Sequence, Sized
from datetime import datetime
from functools import reduce
from itertools import compress
from typing import Any, Protocol

from runid.store.keys import ANYWHERE, SEARCHED, as_number, as_text
from runid.store.regex import Regex

Test = Callable[[Any], bool]

# Comprehensions, for a call of a function for each of 100,000 numbers takes longer than all else.
ORDERINGS: dict[str, Callable[[list[float], float], list[bool]]] = {
    "<": lambda numbers, limit: [number < limit for number in numbers],
    "<=": lambda numbers, limit: [number <= limit for number in numbers],
    ">": lambda numbers, limit: [number > limit for number in numbers],
    ">=": lambda numbers, limit: [number >= limit for number in numbers],
}
_OTHERWISE = bytes.maketrans(b"\0\1", b"\1\0")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_SPAN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([smhdw])")


class Values(Protocol):
    """A key's value in each row; runid.store.table has those of runs."""

    @property
    def values(self) -> list[Any]:
        """The values as they are: None where there is none, a tuple for a list."""

    @property
    def numbers(self) -> list[float]:
        """As numbers; NaN for what is none."""

    @property
    def folded(self) -> list[str]:
        """As texts without regard to case."""


class Table(Protocol):
    """What a query asks."""

    @property
    def entries(self) -> Sized:
        """The rows."""

    def column(self, key: str) -> Values:
        """The values of a key."""


class Node(Protocol):
    """A part of a query."""

    def holds(self, table: Table) -> bytes:
        """For which rows it holds: 1 or 0 for each."""


class Ordering:
    """A key's value is a number, or a text that tells one, on that side of a limit."""

    def __init__(self, key: str, symbol: str, limit: float) -> None:
        self._key = key
        self._compare = ORDERINGS[symbol]
        self._limit = limit

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return bytes(self._compare(table.column(self._key).numbers, self._limit))


class Tested:
    """A key has a value, and a test holds for it (`negate`: does not); of a list, for one item (for none).

    Each value that differs is tested once and remembered.
    """

    def __init__(self, key: str, test: Test, negate: bool = False) -> None:
        self._key = key
        self._seen = _Seen(test, negate)

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return bytes(map(self._seen.__getitem__, table.column(self._key).values))


class Containing:
    """A text occurs, in whatever case, in the run's id, path, alias, group, notes or a tag."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()

    def holds(self, table: Table) -> bytes:
        """See Node."""
        wanted = self._text
        return bytes([wanted in text for text in table.column(ANYWHERE).folded])


class Matching:
    """A regular expression is found in the run's id, path, alias, group, notes or a tag; `^` and `$` are its ends."""

    def __init__(self, pattern: str) -> None:
        """Raises ValueError for what is no regular expression."""
        self._regex = Regex(pattern, lines=True)

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return bytes(self._regex.found(table.column(ANYWHERE).values))


class MatchingValue:
    """A key has a value in which a regular expression is found (`negate`: is not); of a list, in one item (in none)."""

    def __init__(self, key: str, pattern: str, negate: bool = False) -> None:
        """Raises ValueError for what is no regular expression."""
        self._key, self._regex, self._negate = key, Regex(pattern), negate

    def holds(self, table: Table) -> bytes:
        """See Node."""
        values = table.column(self._key).values
        items = list({item for value in values for item in _items(value)})
        matching = set(compress(items, self._regex.found(map(as_text, items))))
        said = {value: any(item in matching for item in _items(value)) is not self._negate for value in set(values)}
        return bytes(map((said | {None: False}).__getitem__, values))


class Every:
    """All parts hold."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self._parts = parts

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return _together(operator.and_, b"\1" * len(table.entries), (part.holds(table) for part in self._parts))


class Some:
    """One of the parts holds at least."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self._parts = parts

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return _together(operator.or_, bytes(len(table.entries)), (part.holds(table) for part in self._parts))


class Not:
    """The part does not hold."""

    def __init__(self, part: Node) -> None:
        self._part = part

    def holds(self, table: Table) -> bytes:
        """See Node."""
        return self._part.holds(table).translate(_OTHERWISE)


def _together(combine: Callable[[int, int], int], start: bytes, parts: Iterable[bytes]) -> bytes:
    """The rows' answers combined, all rows at once as one large number."""
    numbers = (int.from_bytes(part) for part in parts)
    return reduce(combine, numbers, int.from_bytes(start)).to_bytes(len(start))


def same(text: str) -> Test:
    """Equal as numbers, NaN equal to NaN, or as texts."""
    wanted = as_number(text)

    def test(value: Any) -> bool:
        number = None if wanted is None else as_number(value)
        if number is None or wanted is None:
            return as_text(value) == text
        return number == wanted or (math.isnan(number) and math.isnan(wanted))

    return test


def glob(text: str) -> Test:
    """All of it is like the glob: `*` stands for any characters, `?` for one, `[ab]` for a or b; or both are the same
    number.
    """
    pattern, equal = re.compile(fnmatch.translate(text)), same(text)
    return lambda value: pattern.match(as_text(value)[:SEARCHED]) is not None or equal(value)


def path_glob(text: str) -> Test:
    """`cv` is this path and those below it, as is `cv/**`; `cv/*` are those one step below it."""
    parts = [part for part in text.split("/") if part]
    patterns = [None if part == "**" else re.compile(fnmatch.translate(part)) for part in parts]
    below = not any(sign in text for sign in "*?[")

    def test(path: Any) -> bool:
        names = [name for name in as_text(path).split("/") if name]
        ends = {0}  # how many of the names what came of the glob so far can stand for
        for pattern in patterns:
            if pattern is None:
                ends = set(range(min(ends, default=len(names) + 1), len(names) + 1))
            else:
                ends = {end + 1 for end in ends if end < len(names) and pattern.match(names[end])}
        return bool(ends) if below else len(names) in ends

    return test


def moment(text: str, ages: bool = False) -> float | None:
    """Seconds since the epoch of `2026-01-31`, `2026-01-31T12:00` (local time) or of a number of seconds.

    With `ages`, `7d` is seven days ago; also s, m, h, w. None for what tells no time.
    """
    if ages and (age := _span(text)) is not None:
        return time.time() - age
    if (number := as_number(text)) is not None:
        return None if math.isnan(number) else number
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def seconds(text: str) -> float | None:
    """A duration in seconds: `90`, or `1.5h`; also s, m, d, w. None for what tells none."""
    span = _span(text)
    return as_number(text) if span is None else span


def _span(text: str) -> float | None:
    found = _SPAN.fullmatch(text)
    return float(found[1]) * _SECONDS[found[2]] if found else None


def _items(value: Any) -> tuple[Any, ...]:
    """A list's items, else the value itself; nothing for none."""
    return value if type(value) is tuple else () if value is None else (value,)


class _Seen(dict[Any, bool]):
    """What the test said of each value."""

    def __init__(self, test: Test, negate: bool) -> None:
        super().__init__({None: False})
        self._test = test
        self._negate = negate

    def __missing__(self, value: Any) -> bool:
        said = any(map(self._test, value)) if type(value) is tuple else self._test(value)
        found = self[value] = said is not self._negate
        return found
