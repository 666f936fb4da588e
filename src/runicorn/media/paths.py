"""Files that users name: small ones are read within the call, large ones from an open descriptor, by a thread."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Any

from runicorn.media.medium import Taken

COPIED = 4 << 20
"""Bytes of the largest file that is read within the call; larger ones are read by a thread."""

_BLOCK = 1 << 20


class _Read:
    """A file's first `size` bytes, read from a descriptor that is closed with it; may be gone through twice."""

    def __init__(self, path: Any, descriptor: int, size: int) -> None:
        self._path, self._descriptor, self._size = path, descriptor, size

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while at < self._size:
            try:
                data = os.pread(self._descriptor, min(_BLOCK, self._size - at), at)
            except OSError as error:
                raise ValueError(f"{self._path} cannot be read: {error.strerror}") from error
            if not data:
                return
            at += len(data)
            yield data

    def __del__(self) -> None:
        os.close(self._descriptor)


def file(path: str | os.PathLike[str], form: str, **options: Any) -> Taken:
    """A file as it is now, to be kept with the ending `form`. Raises ValueError for what is no plain file, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    read = _Read(path, descriptor, found.st_size)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{os.fspath(path)!r} is no plain file")
    if found.st_size > COPIED:
        return Taken(read, found.st_size, form, options=options, later=True)
    return whole(b"".join(read), form, **options)


def head(taken: Taken, size: int) -> bytes:
    """The first bytes of a file that was taken, `size` of them or fewer."""
    return bytes(next(iter(taken.parts), b"")[:size])


def whole(data: bytes, form: str, **options: Any) -> Taken:
    """The bytes of a file. Raises ValueError when there are none."""
    if not data:
        raise ValueError("it is empty")
    return Taken([data], len(data), form, options=options)
