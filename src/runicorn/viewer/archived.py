"""What is archived of a run's entries, and the files in each.

An entry is a dict of assets.json. Only what an entry of the run refers to is read, and only below the root's archive:
whatever the run's files say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
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
    """The files of a copy, in order; there may be hundreds of thousands."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._state: tuple[int, int] | None = None
        self._blobs: list[str] = []
        self.files: list[File] = []

    def refresh(self) -> None:
        """Lists them, unless that was done and no other copy has its place now. Raises NotFoundError, OSError."""
        found = _place(self._copy).stat()
        if (found.st_mtime_ns, found.st_ino) != self._state:
            self.files, self._blobs = [], []
            for file, blob in _listed(self._copy):
                self.files.append(file)
                self._blobs.append(blob)
            self._state = found.st_mtime_ns, found.st_ino

    def blob(self, name: str) -> str:
        """The SHA-256 of a file, where the copy is a manifest. Raises NotFoundError."""
        for file, blob in zip(self.files, self._blobs, strict=True):
            if file.path == name:
                return blob
        raise NotFoundError(f"{self._copy.name} has no file {name!r}.")


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
