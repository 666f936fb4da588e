"""The archive of a snapshot: a zip whose bytes follow from what is in it, so that unchanged code is the same blob.

Sorted by name, deflated, all times 1980-01-01, modes 0644 or 0755 (by the owner's x). A symbolic link is kept as one:
its content is where it leads to, as in git.
"""

from __future__ import annotations

import os
import stat
import zipfile
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from runid.snapshot.walk import Found, Tree, why

_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_UNIX = 3
_CHUNK = 1 << 20


def write(tree: Tree, out: BinaryIO) -> tuple[int, int]:
    """Writes the files into an archive; gives how many they are, and their bytes, uncompressed.

    What cannot be read is added to what was skipped. Raises OSError where the archive cannot be written.
    """
    count = total = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for found in tree.files:
            try:
                size = _link(archive, found, tree) if found.is_link else _file(archive, found)
            except _UnreadableError as error:
                tree.skipped[found.name] = str(error)
            else:
                count, total = count + 1, total + size
    return count, total


class _UnreadableError(Exception):
    """Why a file was not taken."""


def _link(archive: zipfile.ZipFile, found: Found, tree: Tree) -> int:
    try:
        target = os.readlink(found.path)
    except OSError as error:
        raise _UnreadableError(why(error)) from error
    leads_to = os.path.normpath(os.path.join(os.path.dirname(found.path), target))
    if not Path(leads_to).is_relative_to(tree.root):
        tree.skipped[found.name] = "leads out of the workspace: kept as a link, without what it leads to"
    content = os.fsencode(target)
    archive.writestr(_entry(found.name, stat.S_IFLNK | 0o777), content)
    return len(content)


def _file(archive: zipfile.ZipFile, found: Found) -> int:
    """Copies a file as long as it was when it was opened: so one that grows all the time has an end."""
    try:
        # Of what has become a FIFO or a link since it was found, nothing is awaited or followed.
        descriptor = os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _UnreadableError(why(error)) from error
    with open(descriptor, "rb", buffering=0) as source:
        now = os.fstat(source.fileno())
        if not stat.S_ISREG(now.st_mode):
            raise _UnreadableError("no file any more")
        entry = _entry(found.name, stat.S_IFREG | (0o755 if now.st_mode & stat.S_IXUSR else 0o644))
        entry.file_size = now.st_size  # by it zipfile knows whether it needs ZIP64
        with archive.open(entry, "w") as target:
            done = 0
            while data := _read(source, min(now.st_size - done, _CHUNK), done):
                done += target.write(data)
    return done


def _read(source: FileIO, count: int, done: int) -> bytes:
    try:
        return source.read(count) or b""
    except OSError as error:
        raise _UnreadableError(f"{why(error)}, from byte {done} on") from error


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = _UNIX
    entry.external_attr = mode << 16
    return entry
