"""What a run says it was made from, and what came out of it: there may be many outputs, read when they have changed."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from runicorn.viewer.kept import Kept
from runid.errors import NotFoundError
from runid.store import outputs, runs

Entry = dict[str, Any]

KINDS = ("datasets", "pretrained", "outputs")
_STAMP = re.compile(r"\d+:(\d{1,19})", re.ASCII)


class Entries:
    """The entries of a run by kind, as assets.json has them, the newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._version: list[list[int]] | None = None
        self._outputs: list[Entry] = []

    def refresh(self) -> None:
        """Reads the run, and its outputs if they have changed. Raises OSError, NotFoundError."""
        self.run = runs.read_run(self._folder)
        version = [outputs.version(self._folder, fold) for fold in self.run.folds]
        if version != self._version:
            self._outputs = _newest_first(_once(self.run.outputs))
            self._version = version

    def of(self, kind: str) -> list[Entry]:
        """Those of a kind. Raises ValueError for another."""
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind[:100]!r}.")
        if kind == "outputs":
            return self._outputs
        return _newest_first(self.run.datasets if kind == "datasets" else self.run.pretrained)

    def entry(self, kind: str, copy: str) -> Entry:
        """The entry whose `archive_path` this is. Raises NotFoundError."""
        for one in self.of(kind):
            if copy and one.get("archive_path") == copy:
                return one
        raise NotFoundError(f"Run {self.run.id} has no copy {copy!r} among its {kind}.")


def written(entry: Entry) -> float:
    """When an output was written, as exactly as is known, in seconds since the epoch; 0 where it does not say so."""
    stamp = _STAMP.fullmatch(str(entry.get("stamp")))
    return int(stamp[1]) / 1e9 if stamp else _archived(entry)


def _archived(entry: Entry) -> float:
    found = entry.get("archived_at")
    return found if isinstance(found, int | float) else 0.0


def _newest_first(found: list[Entry]) -> list[Entry]:
    """The first of those of one second is the one that was listed last."""
    return sorted(found, key=_archived)[::-1]


def _once(found: list[Entry]) -> list[Entry]:
    """The same entries, where a text that many have is in memory once."""
    texts: dict[str, str] = {}
    for entry in found:
        entry |= {name: texts.setdefault(value, value) for name, value in entry.items() if isinstance(value, str)}
    return found


_kept = Kept(Entries)


def of(folder: Path) -> AbstractContextManager[Entries]:
    """Those of a run's folder, as they are now; nobody else reads them meanwhile. Raises OSError, NotFoundError."""
    return _kept.fresh(folder)
