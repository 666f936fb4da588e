"""The catalog: what list pages read. `catalog/<host>.log`, appended to by one host; see catalog_line for a line.

The newest line of a run, by `time`, wins, whichever log it stands in. What stands behind the last newline does not
count yet.

A run that runs adds a line every two seconds. When most of a log is superseded its host writes the rest under a
temporary name and renames it: a reader finds the old file or the new one, and both have all runs.
"""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from runid.store import catalog_line
from runid.store.catalog_line import Key
from runid.store.files import sync_folder
from runid.store.keys import Entry
from runid.store.table import Table

KEYS = 200  # of a run's config and of its summary are in its line
_SMALL = 1 << 20
_MOSTLY = 4  # times what counts: a log so large is made anew
_REMEMBERED = 64


class Catalog:
    """One host's log of the runs of a root, to write."""

    def __init__(self, root: Path, host: str) -> None:
        self._path = root / "catalog" / f"{host}.log"
        self._torn = True
        self._size = 0
        self._due = _SMALL

    def add(self, entry: dict[str, Any]) -> None:
        """Appends a line. Raises OSError."""
        # A line cut by a crash or a full disk ends here, so that it does not take this one with it.
        line = b"\n" * self._torn + catalog_line.line(entry)
        self._path.parent.mkdir(exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            self._torn = True
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full", str(self._path))
            self._torn = False
            self._size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def compact(self) -> bool:
        """Makes the log anew without its superseded lines when they are most of it, and says whether it did.

        Cheap to call: the log is looked at only when it has grown to a size at which that may be. Raises OSError.
        """
        if self._size < self._due:
            return False
        self._due = 2 * self._size  # a full disk is not asked again at once
        with open(self._path, "rb") as log:
            lines = _newest(log)
        counts = sum(map(len, lines))
        worth = max(_SMALL, _MOSTLY * counts)
        anew = self._size >= worth
        if anew:
            self._replace(lines)
            self._size = counts
        self._due = worth
        return anew

    def _replace(self, lines: list[bytes]) -> None:
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        try:
            with open(temporary, "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(self._path.parent)


class Runs:
    """The runs of a root as all its hosts' logs tell them, newest first; iterating parses one after the other.

    `refresh()` reads the logs, and from then on only what was appended to them.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "catalog"
        self._logs: dict[str, _Log] = {}
        self._runs: dict[Key, _Run] = {}
        self._table = Table()
        self._newest_first: list[int] = []
        self._changed = False

    def refresh(self) -> set[Key]:
        """Reads what is new, and gives the runs (path, id) of which there is a newer line. Raises OSError."""
        names = _logs(self._folder)
        changed: set[Key] = set()
        with _uncollected():
            if self._logs.keys() - set(names) or not all(self._read(name, changed) for name in names):
                # A log was made anew or removed: nothing that only it said must stay.
                self._logs.clear()
                self._runs.clear()
                self._table, self._changed = Table(), True
                for name in names:
                    self._read(name, changed)
        self._changed = self._changed or bool(changed)
        return changed

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Entry]:
        """The entries, newest first, each parsed when it is asked for and not kept: little memory for one pass."""
        for run in self._ordered():
            yield run.entry() if run.line else self._table.entries[run.row]

    def table(self) -> tuple[Table, list[int]]:
        """All entries as a table that is kept and follows what `refresh()` reads, and its rows, newest run first.

        For whoever asks again and again: `parse(text).holds(table)` tells which rows a query means. The entries are not
        to be changed.
        """
        if self._changed:
            with _uncollected():
                ordered = self._ordered()
                for run in ordered:
                    if run.line:
                        self._tabulate(run)
                self._newest_first = [run.row for run in ordered]
            self._changed = False
        return self._table, self._newest_first

    def _tabulate(self, run: _Run) -> None:
        run.row = len(self._table.entries) if run.row < 0 else run.row
        self._table.put(run.row, run.entry())
        run.line = b""

    def paths_of(self, run_id: str) -> list[str]:
        """The paths of the runs with that id; nothing is parsed for it."""
        return [path for path, known in self._runs if known == run_id]

    def paths(self) -> set[str]:
        """The paths that have runs."""
        return {path for path, _ in self._runs}

    def _ordered(self) -> list[_Run]:
        return sorted(self._runs.values(), key=lambda run: run.started or run.time, reverse=True)

    def _read(self, name: str, changed: set[Key]) -> bool:
        """Takes the lines behind those known; False when the log is not the one they were read from."""
        log = self._logs.get(name) or _Log()
        with suppress(FileNotFoundError), open(self._folder / name, "rb", _SMALL) as file:
            if not log.goes_on_in(file):
                return False
            self._logs[name] = log
            read, last = 0, b""
            for line in file:
                if not line.endswith(b"\n"):
                    break
                read, last = read + len(line), line
                if head := catalog_line.head(line):
                    self._take(line, *head, changed)
            log.read(read, last)
        return True

    def _take(self, line: bytes, key: Key, time: float, started: float | None, changed: set[Key]) -> None:
        known = self._runs.get(key)
        if known is None:
            self._runs[key] = _Run(key, time, started, line)
        elif known.time <= time:
            known.time, known.started, known.line = time, started, line
        else:
            return
        changed.add(key)


class _Run:
    """The newest line of a run, until it is in the table, and its row there."""

    __slots__ = ("key", "line", "row", "started", "time")

    def __init__(self, key: Key, time: float, started: float | None, line: bytes) -> None:
        self.key = key
        self.time = time
        self.started = started
        self.line = line
        self.row = -1

    def entry(self) -> Entry:
        """The line parsed; what its end tells, where the rest is damaged."""
        path, run_id = self.key
        end = {"run": run_id, "path": path, "time": self.time, "started_at": self.started}
        return catalog_line.mended(catalog_line.parsed(self.line) or end)


class _Log:
    """Up to where a log was read, and how to tell that it is still the same one."""

    def __init__(self) -> None:
        self._inode = 0
        self._offset = 0
        self._last = b""

    def goes_on_in(self, file: BinaryIO) -> bool:
        """Whether the file is the one read before, grown or not; it is then where the reading ended."""
        inode = os.fstat(file.fileno()).st_ino
        # The inode alone does not tell: a log made anew twice may have that of the first again.
        file.seek(self._offset - len(self._last))
        if self._offset and (inode != self._inode or file.read(len(self._last)) != self._last):
            return False
        self._inode = inode
        return True

    def read(self, count: int, last: bytes) -> None:
        """So many bytes more were read, and this line was the last."""
        if count:
            self._offset += count
            self._last = last[-_REMEMBERED:]


def read(root: Path) -> list[dict[str, Any]]:
    """The runs of a root, newest first."""
    runs = Runs(root)
    runs.refresh()
    with _uncollected():
        return list(runs)


def flat(config: dict[str, Any], most: float = KEYS) -> dict[str, Any]:
    """The first leaves of a nested config, 200 by default, by dotted key."""
    found: dict[str, Any] = {}
    waiting = [(str(key), value) for key, value in reversed(config.items())]
    while waiting and len(found) < most:
        key, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{key}.{inner}", item) for inner, item in reversed(value.items())]
        else:
            found[key] = value
    return found


def _logs(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".log"))
    except FileNotFoundError:
        return []


def _newest(log: Iterable[bytes]) -> list[bytes]:
    """The newest line of each run that can be parsed, oldest first."""
    lines = [(head, line) for line in log if line.endswith(b"\n") and (head := catalog_line.head(line))]
    lines.sort(key=lambda one: one[0][1])
    found: dict[Key, bytes] = {}
    for (key, _, _), line in reversed(lines):
        if key not in found and catalog_line.parsed(line) is not None:
            found[key] = line
    return list(reversed(found.values()))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector, which would walk what is being made, and which makes no cycles, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
