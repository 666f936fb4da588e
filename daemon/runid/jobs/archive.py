"""The job for datasets and pretrained models: looks at a file or folder, and archives it where `save` says so.

It may be killed at any moment and done again: blobs and manifests are named by their content, and what is there is
found. What lies at a path unchanged since any run of the root archived it is not read again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runid.jobs.listing import Listing, Some, walk
from runid.jobs.worker import Job, Tell
from runid.store import blobs, seen

_TELL_EVERY = 1.0

Result = dict[str, Any]


def archive(job: Job, tell: Tell) -> Result:
    """Gives {saved, fingerprint}, and of what was archived what assets.json says of it; `error`: why it was not.

    Tells {files, bytes, total_bytes} at most once a second. Raises OSError where the root cannot be written.
    """
    ask, root = job["ask"], Path(job["root"])
    if ask["path"] is None:
        return _unsaved("Only a file or folder of this machine can be archived." if ask["save"] else "")
    source = os.path.realpath(ask["path"])
    skipped, own = Some(), os.stat(root)
    try:
        listing = Listing(walk(source, own, skipped))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        if missing and not ask["must_exist"]:  # a name of something elsewhere, such as bert-base-uncased
            return _unsaved("")
        return _unsaved(f"{ask['path']} cannot be read on {os.uname().nodename}: {error.strerror or error}.")
    fast = listing.of_folder() if os.path.isdir(source) else listing.of_file()
    refusal = _refusal(ask, listing, skipped) if ask["save"] else ""
    if refusal or not ask["save"]:
        return _unsaved(refusal, fast) | skipped.told("skipped")
    for left in blobs.leftovers(root, job["host"]):  # a host has one worker that archives
        left.unlink(missing_ok=True)
    try:
        return _Archive(root, job["host"], source, listing, skipped, _Progress(listing.bytes, tell)).made()
    except blobs.UnreadableError as error:
        return _unsaved(f"{ask['path']} cannot be read: {error}.", fast)


def _unsaved(error: str, fingerprint: Result | None = None) -> Result:
    return {"saved": False, "fingerprint": fingerprint} | ({"error": error} if error else {})


def _refusal(ask: dict[str, Any], listing: Listing, skipped: Some) -> str:
    """Why it is not archived; empty where it is."""
    if not listing.files and skipped.count:
        return f"Nothing of {ask['path']} can be archived: it holds no regular files."
    most_files, most_bytes = ask["max_archive_files"], ask["max_archive_bytes"]
    if ask["force_save"] or (listing.files <= most_files and listing.bytes <= most_bytes):
        return ""
    return (
        f"{ask['kind']} too large to archive; set force_save=True or use save=False: {listing.files} files with "
        f"{listing.bytes} bytes, and {most_files} files with {most_bytes} bytes may be."
    )


class _Progress:
    """Tells how far the archive is."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._tell = total, tell
        self._files = self._bytes = 0
        self._told = time.monotonic()

    def read(self, size: int) -> None:
        """So many more bytes."""
        self._bytes += size
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self._tell({"files": self._files, "bytes": self._bytes, "total_bytes": self._total})

    def file(self) -> None:
        """One more file is done."""
        self._files += 1


class _Archive:
    """One file or folder on its way into the archive."""

    def __init__(
        self, root: Path, host: str, source: str, listing: Listing, skipped: Some, progress: _Progress
    ) -> None:
        self._root, self._host, self._source = root, host, source
        self._listing, self._skipped, self._progress = listing, skipped, progress
        self._changed = Some()

    def made(self) -> Result:
        """What assets.json says of it. Raises UnreadableError for a file."""
        is_folder = os.path.isdir(self._source)
        known = seen.find(self._root, self._source, self._listing.exact())
        stored = None if known is None else self._known_folder(known) if is_folder else self._known_file(known)
        if stored is None:
            settled, skipped = self._listing.is_settled(), self._skipped.count
            stored = self._new_folder() if is_folder else self._new_file()
            if settled and self._skipped.count == skipped and not self._changed.count:
                seen.add(self._root, self._host, self._source, self._listing.exact(), stored["fingerprint"])
        return {"saved": True} | stored | self._skipped.told("skipped") | self._changed.told("changed")

    def _known_file(self, sha256: str) -> Result | None:
        size = self._listing.bytes
        return _of_file(sha256, size) if blobs.is_whole(self._root, sha256, size) else None

    def _known_folder(self, fingerprint: str) -> Result | None:
        found = blobs.read_manifest(self._root, fingerprint)
        if found is None:
            return None
        for _, sha256, size in blobs.files_of(found):
            if not blobs.is_whole(self._root, sha256, size):
                return None
            self._progress.file()
            self._progress.read(size)
        return _of_folder(fingerprint, found["file_count"], found["total_size_bytes"])

    def _new_file(self) -> Result:
        blob = blobs.store(self._root, self._source, self._progress.read, by=self._host)
        self._check(blob, os.path.basename(self._source))
        return _of_file(blob.sha256, blob.size)

    def _new_folder(self) -> Result:
        found = blobs.manifest(self._root, self._source, self._copied(), self._host)
        return _of_folder(found.fingerprint, found.file_count, found.total_size_bytes)

    def _copied(self) -> Iterator[tuple[str, str, int]]:
        """Stores file after file; what cannot be read is skipped."""
        again = Listing()
        for found in walk(self._source, os.stat(self._root), Some()):
            again.add(found)
            try:
                blob = blobs.store(self._root, found.path, self._progress.read, listed=True, by=self._host)
            except blobs.UnreadableError as error:
                self._skipped.add(found.name, str(error))
                continue
            self._progress.file()
            self._check(blob, found.name)
            yield found.name, blob.sha256, blob.size
        if again.exact() != self._listing.exact():
            self._changed.add(".", "something in it came, went or changed while it was archived")

    def _check(self, blob: blobs.Blob, name: str) -> None:
        if blob.changed:
            self._changed.add(name, "it was written to while it was copied: the bytes may be a mixture")


def _of_file(sha256: str, size: int) -> Result:
    return {
        "fingerprint_kind": "sha256",
        "fingerprint": sha256,
        "archive_path": blobs.blob_path(sha256),
        "file_count": 1,
        "total_size_bytes": size,
    }


def _of_folder(fingerprint: str, count: int, size: int) -> Result:
    path = blobs.manifest_path(fingerprint)
    return {
        "fingerprint_kind": "sha256_manifest",
        "fingerprint": fingerprint,
        "archive_path": path,
        "manifest_path": path,
        "file_count": count,
        "total_size_bytes": size,
    }
