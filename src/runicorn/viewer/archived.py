"""What is archived of a run: datasets, pretrained models and outputs, and the files in each.

An entry is a dict of assets.json. Only what an entry of the run refers to is read, and only below the root's archive:
whatever the run's files say.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runid.errors import NotFoundError
from runid.store import blobs, runs

Entry = dict[str, Any]

KINDS = ("datasets", "pretrained", "outputs")
_MOST_MEMBERS = 1000
_COMPLETE = ".complete"


class File(NamedTuple):
    """A file of an entry: its path in the entry's folder, or its name."""

    path: str
    size: int


def entries(run: runs.Run, kind: str) -> list[Entry]:
    """The run's entries of a kind. Raises ValueError for another."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}.")
    found: list[Entry] = getattr(run, kind)
    return found


def entry(run: runs.Run, kind: str, copy: str) -> Entry:
    """The entry whose `archive_path` this is. Raises NotFoundError."""
    for one in entries(run, kind):
        if copy and one.get("archive_path") == copy:
            return one
    raise NotFoundError(f"Run {run.id} has no copy {copy!r} among its {kind}.")


def files(root: Path, one: Entry) -> Iterator[File]:
    """The files of an entry, in order. Raises NotFoundError where there is no copy, OSError."""
    path = _place(root, one)
    if _is_manifest(one):
        for name, _, size in blobs.files_of(_manifest(root, one)):
            yield File(name, size)
    elif path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if name != _COMPLETE:
                    found = Path(folder, name)
                    yield File(str(found.relative_to(path)), found.lstat().st_size)
    else:
        yield File(str(one.get("name") or path.name), path.stat().st_size)


def file(root: Path, one: Entry, name: str = "") -> Path:
    """Where a file of an entry lies; `name`: its path in the entry's folder. Raises NotFoundError."""
    path = _place(root, one)
    if _is_manifest(one):
        found = [sha256 for inner, sha256, _ in blobs.files_of(_manifest(root, one)) if inner == name]
        path = _inside(root / "archive", root / blobs.blob_path(found[0] if found else "-"))
    elif path.is_dir():
        path = _inside(path, path / name)
    if not path.is_file():
        raise NotFoundError(f"{one.get('name')} has no file {name!r}.")
    return path


def members(path: Path) -> list[File] | None:
    """What an archive file holds, the first 1000; None of what is none that is known: zip, npz, pt, tar."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return [File(one.filename, one.file_size) for one in archive.infolist()[:_MOST_MEMBERS]]
        if path.stat().st_size > 512 and tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                return [File(one.name, one.size) for one in islice(archive, _MOST_MEMBERS)]
    except (zipfile.BadZipFile, tarfile.TarError, EOFError):
        return None
    return None


def _place(root: Path, one: Entry) -> Path:
    """The copy. Raises NotFoundError."""
    said = one.get("archive_path")
    if not one.get("saved") or not isinstance(said, str):
        raise NotFoundError(f"There is no copy of {one.get('name')}: {one.get('last_error') or 'it was not archived'}.")
    return _inside(root / "archive", root / said)


def _inside(folder: Path, path: Path) -> Path:
    """The path, which must lie below the folder whatever links there are. Raises NotFoundError."""
    found = path.resolve()
    if folder.resolve() not in found.parents or not found.exists():
        raise NotFoundError(f"There is no file {path.name!r} in the archive.")
    return found


def _is_manifest(one: Entry) -> bool:
    return isinstance(one.get("manifest_path"), str)


def _manifest(root: Path, one: Entry) -> dict[str, Any]:
    found = blobs.read_manifest(root, str(one.get("fingerprint")))
    if found is None:
        raise NotFoundError(f"The manifest of {one.get('name')} is missing or damaged.")
    return found
