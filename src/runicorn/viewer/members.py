"""What an archive file holds, as its own list tells it: nothing is unpacked, and no more is read than a page can show,
whatever the file is made to be.
"""

from __future__ import annotations

import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

_MOST = 1000
_MOST_LISTED = 50_000
"""Members of a zip whose list is read: that is done as a whole, and a million take seconds and half a gigabyte."""
_MOST_UNPACKED = 64 << 20
"""Bytes of a compressed tar that are gone through to find the names in it."""
_END, _FAR = b"PK\5\6", 65_557
"""What the end of a zip begins with, and how far from the file's end at most."""
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, ValueError, OverflowError, NotImplementedError),
)


class Member(NamedTuple):
    """A file in an archive, by the name that the archive has for it: no path of ours."""

    path: str
    size: int


class Members(NamedTuple):
    """The first of an archive's files."""

    files: list[Member]
    more: bool
    """Whether there are others, or may be."""


def members(path: Path) -> Members | None:
    """What a zip, npz, pt or tar holds; None of what is none of these, or is damaged. Raises OSError."""
    try:
        if zipfile.is_zipfile(path):
            return _of_zip(path)
        if path.stat().st_size > tarfile.BLOCKSIZE and tarfile.is_tarfile(path):
            return _of_tar(path)
    except _BROKEN:
        return None
    except OSError as problem:
        if problem.errno is None:  # of gzip or bz2: the file can be read, and says nonsense
            return None
        raise
    return None


def _of_zip(path: Path) -> Members:
    if _count(path) > _MOST_LISTED:
        return Members([], more=True)
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
    return Members([Member(one.filename, one.file_size) for one in listed[:_MOST]], len(listed) > _MOST)


def _count(path: Path) -> int:
    """How many members a zip says it has; 65,535 stands for more."""
    with open(path, "rb") as file:
        file.seek(-min(_FAR, path.stat().st_size), os.SEEK_END)
        end = file.read()
    count: int
    (count,) = struct.unpack_from("<H", end, end.rindex(_END) + 10)
    return count


def _of_tar(path: Path) -> Members:
    found: list[Member] = []
    with tarfile.open(path) as archive:
        packed = not isinstance(archive.fileobj, io.BufferedReader)
        while one := archive.next():
            if len(found) == _MOST:
                return Members(found, more=True)
            found.append(Member(one.name, one.size))
            if packed and archive.offset > _MOST_UNPACKED:
                return Members(found, more=True)
    return Members(found, more=False)
