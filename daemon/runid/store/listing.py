"""Catalog entries as a list: which of them, in what order, how many, in which groups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, islice
from pathlib import Path
from typing import Any

from runid.store import query, runs
from runid.store.keys import Entry, as_text, getter
from runid.store.table import Table
from runid.store.terms import Node

_BLOCK = 64  # entries parsed at a time: more of them do not fit into a processor's cache


def select(
    entries: Iterable[Entry],
    text: str = "",
    order: str | Sequence[str] = (),
    limit: int | None = None,
    shown: Callable[[Entry], bool] = lambda _: True,
) -> list[Entry]:
    """The entries that a query means and that are to be shown, in order, at most `limit` of them. Raises QueryError.

    Without an order they come as they were given, and not many more of them are asked for than are needed. `shown` is
    asked last, so only of those that would be given.
    """
    node = query.parse(text)
    keys = [order] if isinstance(order, str) else order
    found = _meant(node, entries)
    return list(islice(filter(shown, ordered(found, keys) if keys else found), limit))


def is_there(root: Path, entry: Entry) -> bool:
    """Whether the run is to be listed: the catalog keeps the lines of those that are removed, or in the trash."""
    if entry.get("trashed_at"):
        return False
    try:
        os.stat(runs.run_dir(root, entry["path"], entry["run"]))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a name that no folder can have
        return False
    except OSError:  # there, and not ours to look at
        pass
    return True


def _meant(node: Node, entries: Iterable[Entry]) -> Iterator[Entry]:
    waiting = iter(entries)
    while block := list(islice(waiting, _BLOCK)):
        yield from compress(block, node.holds(Table(block)))


def ordered(entries: Iterable[Entry], keys: Sequence[str]) -> list[Entry]:
    """The entries by the first key, those equal there by the second and so on; `-key` is the largest first.

    Numbers are less than texts; a run without the key, or with NaN there, stands last in both directions.
    """
    table = Table(entries)
    return [table.entries[row] for row in table.ordered(range(len(table.entries)), keys)]


def grouped(entries: Iterable[Entry], key: str) -> list[tuple[Any, list[Entry]]]:
    """The entries of each value of a key, values as they come first; None: the runs without the key."""
    get = getter(key)
    found: dict[str | None, tuple[Any, list[Entry]]] = {}
    for entry in entries:
        value = get(entry)
        name = None if value is None else as_text(value)
        found.setdefault(name, (value, []))[1].append(entry)
    return list(found.values())
