"""What is archived of a run's entries, and the files in each.

An entry is a dict of assets.json. Only what an entry of the run refers to is read, and only below the root's archive:
whatever the run's files say.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from runicorn.viewer.kept import Kept
from runid.errors import NotFoundError
from runid.store import blobs

Entry = dict[str, Any]

_COMPLETE = ".complete"


class File(NamedTuple):
    """A file of an entry: its path in the entry's folder, or its name."""

    path: str
    size: int


class Copy(NamedTuple):
    """What is archived of an entry."""

    root: Path
    path: str
    """Relative to the root; whatever it says, nothing beside the archive is read."""
    manifest: str | None
    """The fingerprint of a folder whose files are blobs."""
    name: str


def copy(root: Path, one: Entry) -> Copy:
    """The copy of an entry. Raises NotFoundError where there is none."""
    path, name = one.get("archive_path"), str(one.get("name"))
    if not one.get("saved") or not isinstance(path, str):
        raise NotFoundError(f"There is no copy of {name}: {one.get('last_error') or 'it was not archived'}.")
    manifest = str(one.get("fingerprint")) if isinstance(one.get("manifest_path"), str) else None
    return Copy(root, path, manifest, name)


class Files:
    """The files of a copy, in order; there may be hundreds of thousands, so none is an object of its own."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._state: tuple[int, int] | None = None
        self._forget()

    def places(self, words: Sequence[str]) -> Sequence[int]:
        """Of those with all of the words, which are in lower case, in their paths."""
        if not words:
            return range(len(self._sizes))
        paths = (path.lower() for path in self._each())
        return [at for at, path in enumerate(paths) if all(word in path for word in words)]

    def at(self, places: Sequence[int]) -> list[File]:
        """The files at some places."""
        return [File(self._path(at), self._sizes[at]) for at in places]

    def refresh(self) -> None:
        """Lists them, unless that was done and no other copy has its place now. Raises NotFoundError, OSError."""
        found = _place(self._copy).stat()
        if (found.st_mtime_ns, found.st_ino) != self._state:
            self._forget()
            for file, blob in _listed(self._copy):
                self._paths += os.fsencode(file.path)
                self._ends.append(len(self._paths))
                self._sizes.append(file.size)
                self._blobs += bytes.fromhex(blob)
            self._state = found.st_mtime_ns, found.st_ino

    def blob(self, name: str) -> str:
        """The SHA-256 of a file, where the copy is a manifest. Raises NotFoundError."""
        for at, path in enumerate(self._each()):
            if path == name:
                return self._blobs[32 * at : 32 * (at + 1)].hex()
        raise NotFoundError(f"{self._copy.name} has no file {name!r}.")

    def _forget(self) -> None:
        self._paths, self._ends = bytearray(), array("q", [0])  # path n lies between end n and the next one
        self._sizes = array("q")
        self._blobs = bytearray()  # 32 bytes for each, where they are blobs

    def _path(self, at: int) -> str:
        return os.fsdecode(bytes(self._paths[self._ends[at] : self._ends[at + 1]]))

    def _each(self) -> Iterator[str]:
        return map(self._path, range(len(self._sizes)))


_kept = Kept(Files, 2)


def files(copy: Copy) -> AbstractContextManager[Files]:
    """The files of a copy; nobody else reads them meanwhile. Raises NotFoundError, OSError."""
    return _kept.fresh(copy)


def file(copy: Copy, name: str = "") -> Path:
    """Where a file of a copy lies; `name`: its path in the copy's folder. Raises NotFoundError."""
    path = _place(copy)
    if copy.manifest is not None:
        with files(copy) as found:
            path = _inside(copy.root / "archive", copy.root / blobs.blob_path(found.blob(name)))
    elif path.is_dir():
        path = _inside(path, path / name)
    if not path.is_file():
        raise NotFoundError(f"{copy.name} has no file {name!r}.")
    return path


def _listed(copy: Copy) -> Iterator[tuple[File, str]]:
    path = _place(copy)
    if copy.manifest is not None:
        found = blobs.read_manifest(copy.root, copy.manifest)
        if found is None:
            raise NotFoundError(f"The manifest of {copy.name} is missing or damaged.")
        for name, sha256, size in blobs.files_of(found):
            yield File(name, size), sha256
    elif path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if name != _COMPLETE:
                    inner = Path(folder, name)
                    yield File(str(inner.relative_to(path)), inner.lstat().st_size), ""
    else:
        yield File(copy.name, path.stat().st_size), ""


def _place(copy: Copy) -> Path:
    return _inside(copy.root / "archive", copy.root / copy.path)


def _inside(folder: Path, path: Path) -> Path:
    """The path, which must lie below the folder whatever links there are. Raises NotFoundError."""
    found = path.resolve()
    if folder.resolve() not in found.parents or not found.exists():
        raise NotFoundError(f"There is no file {path.name!r} in the archive.")
    return found
