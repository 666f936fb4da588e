"""What lies in a folder, without reading it: the fast fingerprint of a dataset, and what an archive is made from."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

FRESH = 2.0
"""Seconds within which a file system may give two changes of a file the same time."""

_NAMED = 10


class Some:
    """Files that something is to be said about: all are counted, the first ten are named."""

    def __init__(self) -> None:
        self.count = 0
        self._some: dict[str, str] = {}

    def add(self, name: str, why: str) -> None:
        """One more."""
        self.count += 1
        if len(self._some) < _NAMED:
            self._some[os.fsencode(name).decode(errors="replace")] = why

    def told(self, what: str) -> dict[str, Any]:
        """{what: {name: why}, <what>_count}; empty where there are none."""
        return {what: self._some, f"{what}_count": self.count} if self.count else {}


class Found(NamedTuple):
    """A regular file."""

    name: str
    """Its path in the folder, with /."""
    path: str
    state: os.stat_result


class Listing:
    """Files in short: how many, how large, when they changed last, and whether they are the same as at another time."""

    def __init__(self, found: Iterable[Found] = ()) -> None:
        """Of these files, in the order of `walk`."""
        self.files = self.bytes = 0
        self._mtime = self._changed = 0.0
        self._names, self._states = hashlib.sha256(), hashlib.sha256()
        for one in found:
            self.add(one)

    def add(self, found: Found) -> None:
        """One more."""
        state = found.state
        self.files += 1
        self.bytes += state.st_size
        self._mtime = max(self._mtime, state.st_mtime)
        self._changed = max(self._changed, state.st_ctime)
        line = os.fsencode(found.name) + f"\0{state.st_size}\0{state.st_mtime_ns}\n".encode()
        self._names.update(line)
        self._states.update(line + f"{state.st_ctime_ns} {state.st_dev} {state.st_ino}\n".encode())

    def of_folder(self) -> dict[str, Any]:
        """The fast fingerprint of a folder: its newest file's time, and the SHA-256 of all names, sizes and times."""
        counts = {"mtime": self._mtime, "file_count": self.files, "total_size_bytes": self.bytes}
        return counts | {"sha256": self._names.hexdigest()}

    def of_file(self) -> dict[str, Any]:
        """That of a file."""
        return {"size_bytes": self.bytes, "mtime": self._mtime}

    def exact(self) -> str:
        """A hash that differs once any of the files was written to, replaced, added or removed."""
        return self._states.hexdigest()

    def is_settled(self) -> bool:
        """Whether any change of these files from now on would show in `exact`."""
        return time.time() - self._changed > FRESH


def walk(top: str, root: os.stat_result, skipped: Some) -> Iterator[Found]:
    """The regular files of a folder, sorted by the parts of their paths, but for those of `root`; or the file itself.

    A link to a file is that file, as in the caches of model hubs; those to folders are not followed, and nothing is
    opened, so it always ends. Raises OSError if `top` itself is neither.
    """
    state = os.stat(top)
    if stat.S_ISREG(state.st_mode):
        yield Found(os.path.basename(top), top, state)
        return
    front = len(top.rstrip("/")) + 1
    pending = _entries(top)
    while pending:
        entry = pending.pop()
        name = entry.path[front:]
        try:
            if entry.is_file():
                path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                yield Found(name, path, entry.stat())
            elif not entry.is_dir(follow_symlinks=False):
                skipped.add(name, "a link, but to no file" if entry.is_symlink() else "no regular file")
            elif os.path.samestat(entry.stat(follow_symlinks=False), root):
                skipped.add(name, "Runicorn's own files")
            else:
                pending += _entries(entry.path)
        except OSError as error:
            skipped.add(name, error.strerror or str(error))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder, the first of it last."""
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name, reverse=True)
