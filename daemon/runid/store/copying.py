"""Copying a file into a root: a reflink where the file system has them, else its bytes once, hashed on the way.

A reflink shares the source's extents, so it takes no room and no time; its content is what the file was at one moment.
Without it the bytes are read while others may write: a source that changed meanwhile is no copy of anything.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from runid.errors import RunicornError

_FICLONE = 0x40049409
_NO_CLONE = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM, errno.ETXTBSY}
_PIECE = 1 << 20


class ChangedError(RunicornError):
    """A file was written while it was copied."""


class Copied(NamedTuple):
    """What a copy holds."""

    sha256: str
    size: int
    cloned: bool


def copy(source: Path | str, target: Path | str, *, growing: bool = False) -> Copied:
    """Makes `target`, a new file, a copy of `source`, and returns when it is on the disk.

    `source` must be a regular file, and no link to one. With `growing` it is a log that is appended to: the copy holds
    what it held when the copy began. Raises OSError; ChangedError where the source changed meanwhile; then there is no
    target.
    """
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(reader)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(source))
        writer = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            copied = _fill(reader, writer, before.st_size if growing else None)
            if not growing and _stamp(os.stat(source, follow_symlinks=False)) != _stamp(before):
                raise ChangedError(f"{source} was written while it was copied.")
            os.fsync(writer)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(target)
            raise
        finally:
            os.close(writer)
    finally:
        os.close(reader)
    return copied


def _fill(reader: int, writer: int, most: int | None) -> Copied:
    cloned = _clone(reader, writer)
    if not cloned:
        _check_room(writer, os.fstat(reader).st_size)
    if cloned and most is not None:
        os.ftruncate(writer, most)
    digest, size = hashlib.sha256(), 0
    while most is None or size < most:
        wanted = _PIECE if most is None else min(_PIECE, most - size)
        data = os.read(writer if cloned else reader, wanted)
        if not data:
            break
        digest.update(data)
        size += len(data)
        left = memoryview(b"" if cloned else data)
        while left:
            left = left[os.write(writer, left) :]
    return Copied(digest.hexdigest(), size, cloned)


def _clone(reader: int, writer: int) -> bool:
    """Has the file system share the source's extents; False where it cannot."""
    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError as error:
        if error.errno not in _NO_CLONE:
            raise
        return False
    return True


def _check_room(writer: int, size: int) -> None:
    """Raises OSError where the disk has no room: to fill it up just to find that out would stop all runs on it."""
    disk = os.fstatvfs(writer)
    if size > disk.f_bavail * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
