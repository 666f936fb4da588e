"""A run's text, from its last lines on, as it comes; what is not asked for is not read.

A host's text is the first so many bytes of its file, as `writers/<host>.json` says, and the lines of the records behind
(see runid.store.fold). So a position in it stays right when a daemon that was killed is followed by one that cuts the
file back and makes the rest again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from runid.errors import DamagedError, FormatError
from runid.store import ending, journal, runs
from runid.store.fold import LOGS, OBJECTS, Fold

_BLOCK = 1 << 16
_TRIES = 20


class TextFollower:
    """Reads one run's text: each line once, host by host."""

    def __init__(self, folder: Path, last: int) -> None:
        """`last`: how many lines are read of those that each host has logged before the first `news()`."""
        self._folder = folder
        self._last = last
        self._hosts: dict[str, HostText] = {}
        self._looked = False
        self.problems: list[str] = []
        """What was found damaged, a sentence each, as it was found: text is missing there."""

    def news(self) -> list[tuple[str, list[str]]]:
        """The lines that were not given yet, by host, the owner's first; hosts without any are left out.

        Raises OSError; FormatError where files cannot be read, or change faster than they can be.
        """
        owner = runs.owner(self._folder)
        found = []
        for host in sorted(runs.hosts(self._folder), key=lambda host: (host != owner, host)):
            if host not in self._hosts:
                path = runs.text_path(self._folder, host, host == owner)
                self._hosts[host] = HostText(self._folder, host, path, None if self._looked else self._last)
            lines = self._hosts[host].news()
            found += [(host, lines)] if lines else []
            self.problems += [one for one in dict.fromkeys(self._hosts[host].problems) if one not in self.problems]
        self._looked = True
        return found

    @property
    def ended(self) -> bool:
        """Whether the run had ended when its news were read last."""
        folds = [host.fold for host in self._hosts.values()]
        return bool(folds) and ending.state(ending.together(folds))[0] != "running"


class HostText:
    """One host's text, or its objects: by lines as they come, or by bytes."""

    def __init__(self, folder: Path, host: str, path: Path, last: int | None = None, what: str = LOGS) -> None:
        """`last`: `news` begins with so many lines of what is there; None: with the first. `what`: LOGS or OBJECTS."""
        self.fold = Fold(host)
        self._folder, self._host, self._path, self._last, self._what = folder, host, path, last, what
        self._files: list[tuple[int, Path]] | None = None
        self._cursors: list[journal.Cursor] = []
        self._kept = 0  # bytes of the file that count
        self._behind = b""  # what the records behind them add
        self._given = 0
        self.problems: list[str] = []

    def news(self) -> list[str]:
        """The lines behind those that were given."""
        size = self.refresh()
        if self._last is not None:
            self._given, self._last = self._start_of_last(self._last), None
        text = self.read(self._given, size)
        self._given = max(self._given, size)
        return text.decode(errors="replace").split("\n")[:-1]

    def refresh(self) -> int:
        """Looks for what is new; gives the size of the text. Raises OSError, FormatError as `news` does."""
        self._look()
        return self._kept + len(self._behind)

    def read(self, start: int, stop: int) -> bytes:
        """A part of the text as it was at the last `refresh`; damaged parts are missing."""
        kept = self._read(start, min(stop, self._kept))
        return kept + self._behind[max(0, start - self._kept) : max(0, stop - self._kept)]

    def _look(self) -> None:
        for _ in range(_TRIES):
            found = journal.journals(self._folder / "journal").get(self._host, [])
            with contextlib.suppress(FileNotFoundError):
                if found != self._files:
                    self._begin(found)
                self._fold_on(found)
                # A journal that ends where an unseen next one begins would have been read too far.
                if journal.journals(self._folder / "journal").get(self._host, []) == found:
                    return
            self._files = None
        raise FormatError(f"The journals of {self._host} in {self._folder} changed {_TRIES} times. Try again.")

    def _begin(self, found: list[tuple[int, Path]]) -> None:
        self.fold = self._saved_fold(found)
        self._kept, self._behind = self.fold.lengths[self._what], b""
        self._cursors = [journal.Cursor(path) for _, path in found]
        self._files = found

    def _saved_fold(self, found: list[tuple[int, Path]]) -> Fold:
        """What the host has put down; where that is damaged or gone, what all else tells of it."""
        try:
            fold = runs.saved_fold(self._folder, self._host)
            if not found or found[0][0] > fold.through + 1:
                runs.read_fold(self._folder, self._host, [])  # says so where records between the two are gone
        except DamagedError as error:
            from runid.store import refold  # it reads points, and so loads pyarrow

            fold, how = refold.refold(self._folder, self._host)
            self.problems.append(f"{error} {how}")
        return fold

    def _fold_on(self, found: list[tuple[int, Path]]) -> None:
        for index, cursor in enumerate(self._cursors):
            end = found[index + 1][0] if index + 1 < len(found) else None
            through, gaps = self.fold.through, list[journal.Gap]()
            for record in cursor.records(end, gaps):
                if record.number > self.fold.through:
                    self.fold.apply(record)
            self.problems += [str(gap) for gap in (*gaps, *cursor.missing(end)) if gap.hi > through]
        self._behind += "".join(self.fold.pending[self._what]).encode(errors="replace")
        for what in (LOGS, OBJECTS):
            self.fold.pending[what].clear()

    def _start_of_last(self, count: int) -> int:
        """Where the last so many lines begin: looked for backwards."""
        text, start, block = self._behind, self._kept, _BLOCK
        while text.count(b"\n") <= count and start > 0:
            text = self._read(max(0, start - block), start) + text
            start, block = max(0, start - block), 2 * block
        lines = text.split(b"\n")[:-1]
        return self._kept + len(self._behind) - sum(len(line) + 1 for line in lines[max(0, len(lines) - count) :])

    def _read(self, start: int, stop: int) -> bytes:
        if start >= stop:
            return b""
        found = b""
        with contextlib.suppress(FileNotFoundError), open(self._path, "rb") as file:
            file.seek(start)
            found = file.read(stop - start)
        if len(found) < stop - start:
            self.problems.append(f"{self._path} is damaged: {stop - start - len(found)} bytes of it are missing.")
        return found
