"""The files of a workspace that its snapshot holds.

Rules, those that decide first: what the caller leaves out, the ignore file, the .gitignore of each folder from the
file's own up to the top of the git checkout (if it does not ignore the whole workspace), the defaults, and that the
ignore file is no code. Whatever they say, no storage root is taken in, and no link is followed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from runid.snapshot.ignore import DEFAULTS, Rules, ignored, literal
from runid.store.runs import MARKER

MAX_BYTES = 500 * 1024 * 1024
MAX_FILES = 200_000

_OURS = {MARKER, "runs", "archive", "catalog", "artifacts", "views", "trash"}
_GITIGNORE = ".gitignore"
_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}

State = tuple[int, int, int]
"""Size, time of the last change in ns, and inode: what differs where a file was written to or replaced."""


class Found(NamedTuple):
    """A file, or a symbolic link, as it was when it was found."""

    path: str
    name: str
    """Its path in the archive: from the workspace, with slashes, in UTF-8."""
    is_link: bool
    state: State

    @property
    def modified(self) -> float:
        """When it was written to last, in seconds since the epoch."""
        return self.state[1] / 1e9


@dataclass
class Tree:
    """What a workspace holds, by name."""

    root: Path
    files: list[Found] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    """What could not be taken, by name: why."""


@dataclass
class Limits:
    """How much a snapshot may hold before it is taken for a mistake; with `force` there is no limit."""

    max_files: int = MAX_FILES
    max_bytes: int = MAX_BYTES
    force: bool = False


class _Folder(NamedTuple):
    path: str
    place: str
    """Its path from the top of the checkout, with a slash behind; "" for the top itself."""
    rules: tuple[Rules, ...]
    """Of .gitignore files and the defaults; those of the nearest folder first."""


def walk(root: Path, ignore_file: str, excludes: Iterable[str], limits: Limits) -> Tree:
    """Finds the files of the workspace `root`, which is a real path; `excludes` are patterns besides the ignore file's.

    What cannot be looked at is listed as skipped. Raises OSError where that is the root, ValueError past the limits.
    """
    start = _start(root)
    first = (Rules.of(excludes, start.place), Rules.read(root / ignore_file, start.place))
    last = (Rules.of([literal(ignore_file)], start.place),)
    tree, counted = Tree(root), _Counted(root, ignore_file, limits)
    os.scandir(root).close()
    folders = [start]
    while folders:
        folder = folders.pop()
        for entry in _entries(folder, folder is start, tree, len(start.place)):
            place = folder.place + entry.name
            is_folder = _is_folder(entry)
            if ignored(first + folder.rules + last, place, is_folder):
                continue
            if is_folder:
                folders.append(_below(folder, entry.name))
            else:
                found = _look(entry, place[len(start.place) :], tree.skipped)
                if found is not None:
                    counted.add(found)
                    tree.files.append(found)
    tree.files.sort(key=lambda found: found.name)
    return tree


def state(path: str) -> State | None:
    """A file's state now; None where it is gone."""
    try:
        return _state(os.lstat(path))
    except OSError:
        return None


def printable(name: str) -> str:
    """A name in UTF-8; what is none in it is escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _start(root: Path) -> _Folder:
    """The root, with the rules of the folders above it, if it lies in a git checkout that does not ignore it."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    folder = _top(top)
    for name in root.relative_to(top).parts:
        if ignored(folder.rules, folder.place + name, is_folder=True):
            return _top(root)
        folder = _below(folder, name)
    return folder


def _top(folder: Path) -> _Folder:
    return _Folder(str(folder), "", (*_gitignore(str(folder), ""), Rules.of(DEFAULTS)))


def _below(folder: _Folder, name: str) -> _Folder:
    path, place = os.path.join(folder.path, name), f"{folder.place}{name}/"
    return _Folder(path, place, (*_gitignore(path, place), *folder.rules))


def _gitignore(path: str, place: str) -> tuple[Rules, ...]:
    rules = Rules.read(os.path.join(path, _GITIGNORE), place)
    return (rules,) if rules.patterns else ()


def _entries(folder: _Folder, is_root: bool, tree: Tree, above: int) -> Iterator[os.DirEntry[str]]:
    """What is in a folder; of a storage root nothing, and where the workspace itself is one, all but what is ours."""
    try:
        with os.scandir(folder.path) as entries:
            found = list(entries)
    except OSError as error:
        tree.skipped[printable(folder.place[above:])] = why(error)
        return
    if not any(entry.name == MARKER for entry in found):
        yield from found
    elif is_root:
        yield from (entry for entry in found if entry.name not in _OURS)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # `_look` says why
        return False


def _look(entry: os.DirEntry[str], place: str, skipped: dict[str, str]) -> Found | None:
    """The file, if it is one that can be taken."""
    name = printable(place)
    try:
        now = entry.stat(follow_symlinks=False)
    except OSError as error:
        skipped[name] = why(error)
        return None
    kind = stat.S_IFMT(now.st_mode)
    if kind in (stat.S_IFREG, stat.S_IFLNK):
        return Found(entry.path, name, kind == stat.S_IFLNK, _state(now))
    skipped[name] = _KINDS.get(kind, "no file")
    return None


def _state(now: os.stat_result) -> State:
    return now.st_size, now.st_mtime_ns, now.st_ino


def why(error: OSError) -> str:
    """Why a file could not be taken."""
    return "vanished" if error.errno == errno.ENOENT else os.strerror(error.errno or 0)


class _Counted:
    """Counts what was found, and where: what lies in the way is named when a limit is passed."""

    def __init__(self, root: Path, ignore_file: str, limits: Limits) -> None:
        self._root, self._ignore_file, self._limits = root, ignore_file, limits
        self._files: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._number = self._total = 0

    def add(self, found: Found) -> None:
        """Raises ValueError past a limit."""
        top = found.name.partition("/")[0]
        self._files[top] += 1
        self._bytes[top] += found.state[0]
        self._number += 1
        self._total += found.state[0]
        limits = self._limits
        if limits.force:
            return
        if self._number > limits.max_files:
            self._fail("too many files", f"{limits.max_files:,} files", self._files, "files")
        if self._total > limits.max_bytes:
            self._fail("total bytes exceeded", f"{limits.max_bytes:,} bytes", self._bytes, "bytes")

    def _fail(self, what: str, limit: str, counted: Counter[str], unit: str) -> None:
        ((top, number),) = counted.most_common(1)
        raise ValueError(
            f"code snapshot too large: {what}: {self._root} holds more than {limit}; of those counted, {number:,} "
            f"{unit} are in {top}. Exclude what is no code in {self._ignore_file}, or set force_snapshot=True."
        )
