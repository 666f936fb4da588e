"""What can be typed next in a query: keys, or values of a key, the frequent ones first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from runid.store.keys import FIELDS, Entry, as_text, getter

_MOST = 20
_PARTS = re.compile(r"(?P<between>[\s()]+)|[^\s()\"']+|\"[^\"]*\"?|'[^']*'?")
_TERM = re.compile(r"(?P<key>[^\s()\"'=<>~:!]+)(?P<operator>==|!=|<=|>=|=|<|>|:|!~|~)(?P<value>.*)", re.DOTALL)
_BARE = re.compile(r"[^\s()\"'=<>~:!\\]+")
_PLACES = ("config", "summary", "metrics")


@dataclass(frozen=True)
class Completion:
    """What may stand for the part of the text from `start` to where the cursor is; each with how many runs have it."""

    start: int
    options: list[tuple[str, int]]


def complete(text: str, entries: Iterable[Entry]) -> Completion:
    """For a query as far as the cursor: the values of a key behind an operator, else the keys that begin so."""
    start = max((part.end() for part in _PARTS.finditer(text) if part["between"]), default=0)
    term = _TERM.fullmatch(text[start:])
    if term is None:
        return Completion(start, _keys(text[start:], entries))
    return Completion(start + term.start("value"), _values(term["key"], term["value"].strip("\"'"), entries))


def _keys(prefix: str, entries: Iterable[Entry]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for entry in entries:
        counts.update({key for place in _PLACES for key in entry[place]})
    counts.update(dict.fromkeys(FIELDS, 0))  # all runs have them, and the user's own are rather meant
    folded = prefix.casefold()
    found = [(_quoted(key), count) for key, count in counts.items() if key.casefold().startswith(folded)]
    inner = [(_quoted(key), count) for key, count in counts.items() if folded in key.casefold()[1:]]
    return list(dict(sorted(found, key=_frequent) + sorted(inner, key=_frequent)).items())[:_MOST]


def _values(key: str, prefix: str, entries: Iterable[Entry]) -> list[tuple[str, int]]:
    get, counts = getter(key.strip("\"'")), Counter[str]()
    for entry in entries:
        value = get(entry)
        counts.update(map(as_text, value) if isinstance(value, list) else [] if value is None else [as_text(value)])
    folded = prefix.casefold()
    found = [(_quoted(value), count) for value, count in counts.items() if value.casefold().startswith(folded)]
    return sorted(found, key=_frequent)[:_MOST]


def _frequent(option: tuple[str, int]) -> tuple[int, str]:
    return -option[1], option[0]


def _quoted(text: str) -> str:
    """A text as the query language takes it."""
    if _BARE.fullmatch(text):
        return text
    return '"' + text.replace('"', '\\"') + '"'
