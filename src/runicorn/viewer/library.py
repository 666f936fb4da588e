"""What the viewer knows of a root: its runs, as a table that follows the catalog, and readers of those it showed."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from runicorn import finding
from runicorn.viewer import entries
from runicorn.viewer.aggregates import groups
from runid.errors import NotFoundError
from runid.store import catalog, catalog_line, query
from runid.store.artifacts import Artifacts
from runid.store.fold import LOGS, OBJECTS, Fold
from runid.store.keys import Entry
from runid.store.reader import Reader
from runid.store.table import Table

_READERS = 64
_ORDERS = 16
_OUTPUTS = 300
_OUTPUT = ("key", "archived_at", "step")
_PLACES = {"config": "config", "summary": "summary", "metric": "metrics"}

SEEN = 2000
"""Runs that are looked at for the keys there are."""


@dataclass(frozen=True, eq=False)
class Found:
    """The rows of a table that a query means, in order."""

    revision: int
    total: int
    table: Table
    rows: list[int]

    def entries(self, lo: int = 0, hi: int | None = None) -> list[Entry]:
        """The entries of rows `lo` to `hi`, the latter not included, as the catalog has them."""
        return [self.table.entries[row] for row in self.rows[lo:hi]]

    # Each page that opens asks for what follows.

    @cached_property
    def paths(self) -> Counter[str]:
        """How many of them each path has."""
        return Counter(entry["path"] for entry in self.entries())

    @cached_property
    def running(self) -> list[Entry]:
        """The entries of those that run, or did when the catalog was written."""
        return [entry for entry in self.entries() if entry["status"] == "running"]

    @cached_property
    def keys(self) -> dict[str, dict[str, int]]:
        """The keys that the first of them have, the most frequent first, with the number of those that have each."""
        entries = self.entries(0, SEEN)
        found = {name: _counted(entries, place) for name, place in _PLACES.items()}
        primary = Counter(str(name) for entry in entries if (name := entry["summary"].get("best_metric_name")))
        return found | {"primary": dict(primary), "field": {"tags": sum(bool(entry["tags"]) for entry in entries)}}


class Library:
    """One root. From any thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.revision = 0
        """Counts the times that the catalog was found changed."""
        self._lock = threading.Lock()
        self._runs = catalog.Runs(root)
        self._folders: dict[str, Path] = {}
        self._readers: OrderedDict[Path, Reader] = OrderedDict()
        self._found: OrderedDict[tuple[str, tuple[str, ...], bool], Found] = OrderedDict()
        self._artifacts = threading.Lock(), Artifacts(root)

    def refresh(self) -> int:
        """Reads what is new in the catalog; gives the revision. Raises NotFoundError without the root, OSError."""
        with self._lock:
            return self._refresh()

    def find(self, text: str = "", order: Sequence[str] = (), trash: bool = False) -> Found:
        """The runs that a query means, in order, newest first without one: those in the trash, or the others.

        Raises QueryError, NotFoundError without the root, OSError.
        """
        key = (text, tuple(order), trash)
        with self._lock:
            self._refresh()
            found = self._found.pop(key, None)
            if found is None or found.revision != self.revision:
                found = self._find(text, order, trash)
            self._found[key] = found
            while len(self._found) > _ORDERS:
                self._found.popitem(last=False)
            return found

    def groups(self, found: Found, key: str, columns: Sequence[str], aggregate: str) -> list[dict[str, Any]]:
        """The groups of rows that were ordered by a key: see runicorn.viewer.aggregates."""
        with self._lock:
            return groups(found.table, found.rows, key, columns, aggregate)

    @contextmanager
    def artifacts(self) -> Iterator[tuple[Artifacts, dict[str, str | None]]]:
        """What the runs were made from and what came out, as it is now, and the runs' aliases. Raises OSError."""
        entries = self.find().entries()
        lock, known = self._artifacts
        with lock:
            known.refresh((one["path"], one["run"], one.get("started_at") or one["time"]) for one in entries)
            yield known, {one["run"]: one.get("alias") for one in entries}

    def folder(self, run_id: str) -> Path:
        """A run's folder, by its id or path/id. Raises NotFoundError."""
        folder = self._folders.get(run_id)
        if folder is None or not folder.is_dir():  # to find one, all of the catalog is read
            finding.storage_root(self.root)  # as everywhere, where the root itself is gone
            try:
                folder = finding.run_dir(self.root, run_id)
            except NotFoundError as error:
                raise NotFoundError(str(error).removesuffix(f" {finding.OTHER_ROOT}")) from None
            if self.root / "runs" not in folder.resolve().parents:  # it takes paths, too
                raise NotFoundError(f"{run_id!r} is no run in {self.root}.")
            self._folders[run_id] = folder
        return folder

    def reader(self, run_id: str) -> Reader:
        """What reads the points of a run; the latest ones are kept. Raises NotFoundError."""
        folder = self.folder(run_id)
        with self._lock:
            reader = self._readers.pop(folder, None) or Reader(folder, problems=[])
            self._readers[folder] = reader
            while len(self._readers) > _READERS:
                self._readers.popitem(last=False)
            return reader

    def _refresh(self) -> int:
        finding.storage_root(self.root)  # it may have been removed: that is no root without runs
        if self._runs.refresh() or not self.revision:
            self.revision += 1
        return self.revision

    def _find(self, text: str, order: Sequence[str], trash: bool) -> Found:
        table, newest_first = self._runs.table()
        shown = [row for row in newest_first if _is_shown(table.entries[row], trash)]
        holds = query.parse(text).holds(table)
        rows = [row for row in shown if holds[row]]
        if order:
            rows = table.ordered(rows, order)
        return Found(self.revision, len(shown), table, rows)


def _counted(entries: Iterable[Entry], place: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for entry in entries:
        counts.update(entry[place].keys())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _is_shown(entry: Entry, trash: bool) -> bool:
    return entry["status"] != catalog_line.REMOVED and bool(entry.get("trashed_at")) == trash


def told(folder: Path) -> dict[str, Any]:
    """All that is known of a run besides its points, media and text; of its outputs the newest 300, in short.

    And `holds`: whether there are `logs`, and `objects` as media, tables and rollouts are.
    """
    from runicorn.cli.about import known

    with entries.of(folder) as found:
        outputs = [{name: one.get(name) for name in _OUTPUT} for one in found.of("outputs")[:_OUTPUTS]]
        holds = {what: any(map(partial(_made, what), found.run.folds)) for what in (LOGS, OBJECTS)}
        return known(found.run, outputs) | {"holds": holds}


def _made(what: str, fold: Fold) -> bool:
    return bool(fold.lengths[what] or fold.pending[what])
