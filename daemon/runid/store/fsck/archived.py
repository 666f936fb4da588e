"""The archive: whether the blobs and manifests that runs refer to are there, and are what they are named by.

A blob that is not is set aside: else the next archive of the same content would take it for whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from runid.errors import FormatError
from runid.store import blobs, files, runs
from runid.store.fsck.finding import Finding

_BACK = "bring it back from a copy, or have a run archive the same files again"


class _Blob(NamedTuple):
    """A blob that somebody needs."""

    sha256: str
    size: int | None
    whose: str


def check(root: Path, folders: Iterable[Path], seen: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """What the runs in these folders have archived; `seen` is told of bytes as they are read. Raises OSError."""
    for left in blobs.leftovers(root):
        what = "A daemon that was killed left it while it archived a file."
        yield Finding(left.relative_to(root).as_posix(), what, "it is removed", partial(os.unlink, left))
    needed: dict[str, _Blob] = {}
    manifests: set[str] = set()
    for folder in folders:
        whose = f"Run {folder.name} refers to it."
        for entry in _archived(folder):
            fingerprint = entry["fingerprint"]
            if entry["archive_path"] == blobs.blob_path(fingerprint):
                needed.setdefault(fingerprint, _Blob(fingerprint, None, whose))
            elif entry["archive_path"] == blobs.manifest_path(fingerprint) and fingerprint not in manifests:
                manifests.add(fingerprint)
                yield from _manifest(root, fingerprint, whose, needed)
    for blob in needed.values():
        yield from _blob(root, blob, seen)


def _archived(folder: Path) -> Iterator[dict[str, Any]]:
    """What a run has in the archive, of whatever kind."""
    try:
        run = runs.read_run(folder)
    except (FileNotFoundError, FormatError):  # removed, or changing faster than it can be read
        return
    pending: list[Any] = [asset for fold in run.folds for asset in fold.assets.values()]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
            if isinstance(value.get("archive_path"), str) and isinstance(value.get("fingerprint"), str):
                yield value


def _manifest(root: Path, fingerprint: str, whose: str, needed: dict[str, _Blob]) -> Iterator[Finding]:
    name = blobs.manifest_path(fingerprint)
    found = blobs.read_manifest(root, fingerprint)
    if found is None:
        there = (root / name).exists()
        what = "It does not hold what its fingerprint says." if there else "It is missing."
        yield Finding(name, f"{what} {whose}", _aside_or_back(there), partial(_aside, root / name) if there else None)
        return
    for path, sha256, size in blobs.files_of(found):
        needed.setdefault(sha256, _Blob(sha256, size, f"It is {path!r} of {found['source_path']}. {whose}"))


def _blob(root: Path, blob: _Blob, seen: Callable[[int], None]) -> Iterator[Finding]:
    name = blobs.blob_path(blob.sha256)
    try:
        size = (root / name).stat().st_size
        if blob.size not in (None, size):
            what = f"It has {size} bytes, not {blob.size}."
        elif _hash(root / name, seen) != blob.sha256:
            what = "Its bytes are not what was archived."
        else:
            return
    except FileNotFoundError:
        yield Finding(name, f"It is missing. {blob.whose}", _BACK)
        return
    yield Finding(name, f"{what} {blob.whose}", _aside_or_back(there=True), partial(_aside, root / name))


def _aside_or_back(there: bool) -> str:
    return "it is set aside, so that archiving the same files again stores it anew" if there else _BACK


def _aside(path: Path) -> None:
    files.set_aside(path)
    path.unlink()
    files.sync_folder(path.parent)


def _hash(path: Path, seen: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
            seen(len(data))
    return digest.hexdigest()
