"""Catalog entries as a table: rows that stay where they are, and columns that are made when a query first asks for one.

A query of 100,000 runs spends its time on fetching values that lie all over the memory, and on calls. So the values of
a key are fetched once and kept side by side, where they are tested without a call in Python for each, and a changed
entry changes them in its row only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from runid.store.keys import Entry, as_number, as_text, getter

Rank = tuple[int, float, str]

_PLAIN = frozenset((str, float, int, type(None)))


class Column:
    """The values of a key: texts, numbers, None for none, and a tuple of texts for a list."""

    def __init__(self, key: str, entries: Iterable[Entry]) -> None:
        self._get = getter(key)
        same: dict[str, str] = {}  # equal texts become one, which is looked up faster
        self.values: list[Any] = [
            same.setdefault(value, value) if type(value) is str else value if type(value) is float else _hashable(value)
            for value in map(self._get, entries)
        ]

    @cached_property
    def numbers(self) -> list[float]:
        """The values as numbers; NaN for what is none."""
        return list(map(_number, self.values))

    @cached_property
    def folded(self) -> list[str]:
        """The values as texts without regard to case."""
        return [as_text(value).casefold() for value in self.values]

    @cached_property
    def ranks(self) -> list[Rank | None]:
        """What the values are ordered by: numbers before texts; None for none and for NaN, which stand last."""
        return list(map(rank, self.values))

    def put(self, row: int, entry: Entry) -> None:
        """Puts an entry's value into a row, or behind the last one."""
        value = _hashable(self._get(entry))
        self.values[row : row + 1] = [value]
        if "numbers" in self.__dict__:
            self.numbers[row : row + 1] = [_number(value)]
        if "folded" in self.__dict__:
            self.folded[row : row + 1] = [as_text(value).casefold()]
        if "ranks" in self.__dict__:
            self.ranks[row : row + 1] = [rank(value)]


class Table:
    """Entries by row."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)
        self._columns: dict[str, Column] = {}

    def column(self, key: str) -> Column:
        """The values of a key, row by row."""
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = Column(key, self.entries)
        return found

    def put(self, row: int, entry: Entry) -> None:
        """Puts an entry into a row, or behind the last one."""
        self.entries[row : row + 1] = [entry]
        for column in self._columns.values():
            column.put(row, entry)

    def ordered(self, rows: Iterable[int], keys: Sequence[str]) -> list[int]:
        """The rows by the first key, those equal there by the second and so on; `-key` is the largest first.

        Those without the key, or with NaN there, stand last in both directions.
        """
        found = list(rows)
        for key in reversed(keys):
            ranks = self.column(key.removeprefix("-")).ranks
            ranked = [row for row in found if ranks[row] is not None]
            ranked.sort(key=ranks.__getitem__, reverse=key.startswith("-"))  # type: ignore[arg-type]
            found = ranked + [row for row in found if ranks[row] is None]
        return found


def rank(value: Any) -> Rank | None:
    """What a value is ordered by: numbers before texts; None for none and for NaN."""
    number = as_number(value)
    if number is not None:
        return None if math.isnan(number) else (0, number, "")
    return None if value is None else (1, 0.0, "\n".join(value) if type(value) is tuple else as_text(value))


def _hashable(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    return tuple(map(as_text, value)) if type(value) is list else as_text(value)


def _number(value: Any) -> float:
    number = as_number(value)
    return math.nan if number is None else number
