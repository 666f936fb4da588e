"""What lies in the output folders now. Links are not followed, and what is neither file nor folder is passed over.

A file is known by its size and time of change; a folder that is one output by the list of all that is in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from runid.outputs.patterns import Patterns
from runid.store.runs import MARKER, OURS


class Found(NamedTuple):
    """A file or a folder that is an output."""

    path: str
    kind: str  # file or dir
    stamp: str  # changes whenever its content may have
    size: int
    newest: float  # seconds since the epoch: when something of it changed last


class Listing(NamedTuple):
    """All that is in a folder, by path below it: files with size and time of change in ns, links with their target."""

    files: dict[str, tuple[int, int]]
    links: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())

    @property
    def stamp(self) -> str:
        """Changes with each name, size, time and target."""
        told = repr((sorted(self.files.items()), sorted(self.links.items())))
        return hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:32]


Trouble = Callable[[str, OSError], None]


def find(folder: str, patterns: Patterns, trouble: Trouble) -> Iterator[Found]:
    """The outputs in a folder; a missing one has none. What cannot be read is told to `trouble` and passed over.

    Storage roots in it are not entered, and of a run's folder what is ours is left out: what is archived would be
    archived again, and each copy would change what is to be copied next.
    """
    folders = [("", folder)]
    while folders:
        front, path = folders.pop()
        try:
            with os.scandir(path) as scan:
                entries = list(scan)
        except OSError as error:
            if front or not isinstance(error, FileNotFoundError | NotADirectoryError):
                trouble(path, error)
            continue
        names = {entry.name for entry in entries}
        if MARKER in names:
            continue
        if {"meta.json", "writers"} <= names:
            entries = [entry for entry in entries if entry.name not in OURS]
        for entry in entries:
            name = front + entry.name
            if entry.is_dir(follow_symlinks=False):
                if patterns.folder(name):
                    yield from _unit(entry.path, trouble)
                else:
                    folders.append((name + "/", entry.path))
            elif patterns.file(name) and entry.is_file(follow_symlinks=False):
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError:  # it has gone meanwhile
                    continue
                yield Found(entry.path, "file", stamp(stat), stat.st_size, stat.st_mtime)


def stamp(stat: os.stat_result) -> str:
    """What a file is known by."""
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def listing(folder: str) -> Listing:
    """All that is in a folder. Raises OSError where something cannot be read, or has gone meanwhile."""
    found = Listing({}, {})
    folders = [("", folder)]
    while folders:
        front, path = folders.pop()
        with os.scandir(path) as entries:
            for entry in entries:
                name = front + entry.name
                if entry.is_symlink():
                    found.links[name] = os.readlink(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append((name + "/", entry.path))
                elif entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    found.files[name] = stat.st_size, stat.st_mtime_ns
    return found


def key_of(path: str, workspace: str) -> str:
    """The name of an output in its run: its path below the workspace, else the whole one, as text that JSON takes."""
    key = path[len(workspace) + 1 :] if path.startswith(workspace + "/") else "." if path == workspace else path
    return key if key.isascii() else text(key)


def text(path: str) -> str:
    """A path as text; what is no UTF-8 in it becomes U+FFFD."""
    return path.encode(errors="surrogateescape").decode(errors="replace")


def _unit(path: str, trouble: Trouble) -> Iterator[Found]:
    try:
        found = listing(path)
    except FileNotFoundError:  # something is being removed: the next scan sees how it is then
        return
    except OSError as error:
        trouble(path, error)
        return
    if found.files or found.links:
        newest = max((when for _, when in found.files.values()), default=0) / 1e9
        yield Found(path, "dir", found.stamp, found.size, newest)
