"""Blobs: bytes named by their content, stored once for all runs of a root; a folder is a manifest of blobs.

    archive/blobs/<ab>/<sha256>             the bytes with that SHA-256; ab: its first two digits
    archive/manifests/<ab>/<sha256>.json    a folder, by its fingerprint
    archive/*/.<host>-<random>.tmp          being written, or left behind by a crash

    a manifest   {files, created_at, source_path, fingerprint, total_size_bytes, file_count}
    files        {path in the folder, with /: {sha256, size_bytes}}; sorted by the parts of the paths
    fingerprint  the SHA-256 of `<path> NUL <sha256> NUL <size> LF` for each file, in that order, paths as the file
                 system has them: equal for equal folders, wherever and whenever they were archived

A blob or manifest gets its name when it is whole and on the disk, and only if nobody has it yet. So two hosts may
store the same at once, and whoever finds one of the right size may take it for whole; one of another size was torn
when a machine went down, and is replaced. Bytes in JSON names are escaped as Python does it: a\\udcff.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from io import BufferedRandom, FileIO
from pathlib import Path
from typing import Any, NamedTuple

from runid.store import files

BLOBS, MANIFESTS = "archive/blobs", "archive/manifests"
LEFT_BEHIND = 86_400.0
"""Seconds after which nobody can still be writing a temporary file that did not change since."""

_FICLONE = 0x40049409
_TRIES = 3
_CHUNK = 1 << 20
_END = b"\n}\n"


class UnreadableError(Exception):
    """A file that is to be stored cannot be read; the text says why."""


class Blob(NamedTuple):
    """Stored bytes."""

    path: str
    """Relative to the root, as all paths are that are kept."""
    sha256: str
    size: int
    changed: bool = False
    """Whether the file was written to each time it was copied: then the bytes may be a mixture."""


class Manifest(NamedTuple):
    """A stored folder."""

    path: str
    fingerprint: str
    file_count: int
    total_size_bytes: int


def blob_path(sha256: str) -> str:
    """Where a blob is, relative to the root."""
    return f"{BLOBS}/{sha256[:2]}/{sha256}"


def manifest_path(fingerprint: str) -> str:
    """Where a manifest is, relative to the root."""
    return f"{MANIFESTS}/{fingerprint[:2]}/{fingerprint}.json"


def is_whole(root: Path, sha256: str, size: int) -> bool:
    """Whether a blob is there with that size. Raises OSError where nobody can tell."""
    try:
        return os.stat(f"{root}/{blob_path(sha256)}").st_size == size
    except FileNotFoundError:
        return False


def put(root: Path, tmp: Path, sha256: str) -> str:
    """Makes a blob of a temporary file below the root that holds its bytes, and gives its path, relative to the root.

    Either way the temporary file is gone. Raises OSError.
    """
    _put(root, tmp, sha256)
    files.sync_folder((root / blob_path(sha256)).parent)
    return blob_path(sha256)


def store(
    root: Path, source: str | Path, seen: Callable[[int], None] = lambda _: None, listed: bool = False, by: str = ""
) -> Blob:
    """Copies a regular file into a blob, sharing its bytes where the file system can.

    `seen` is told of bytes as they are read; `by`: the host, see `leftovers`. With `listed` the blob's name need not be
    on the disk when this returns: the `manifest` that lists it sees to that, for many at once. Raises UnreadableError
    for a file that cannot be read, and for what is no file, a symbolic link included; OSError where the root cannot be
    written.
    """
    with _opened(source) as file:
        for last in (False,) * (_TRIES - 1) + (True,):
            blob = _take(root, file, seen, last, by)
            if blob is not None:
                break
        assert blob is not None
    if not listed:
        files.sync_folder((root / blob.path).parent)
    return blob


def manifest(root: Path, source: str, stored: Iterable[tuple[str, str, int]], by: str = "") -> Manifest:
    """Writes down a folder whose files are blobs: (path in the folder, sha256, size), sorted by the paths' parts.

    They are written as they come: millions of them need no memory. Raises OSError; ValueError for another order.
    """
    tmp = _temporary(root, MANIFESTS, by)
    try:
        with open(_create(tmp), "w", encoding="ascii") as out:
            made, folders = _write_manifest(out.write, source, stored)
        for folder in folders:
            files.sync_folder(root / BLOBS / folder)
        target = root / made.path
        _name(tmp, target, lambda: _ends_well(target))
        files.sync_folder(target.parent)
    finally:
        _drop(tmp)
    return made


def read_manifest(root: Path, fingerprint: str) -> dict[str, Any] | None:
    """A manifest; None where it is missing, or not what its fingerprint says. Raises OSError."""
    found = files.read_json(root / manifest_path(fingerprint))
    try:
        if found is None or _fingerprint(found["files"]) != fingerprint:
            return None
    except (KeyError, TypeError, AttributeError):
        return None
    return found


def files_of(found: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """The files of a manifest: path in the folder, sha256, size."""
    for path, about in found["files"].items():
        yield path, about["sha256"], about["size_bytes"]


def leftovers(root: Path, by: str = "") -> list[Path]:
    """Temporary files that a crash left behind: all old ones, and those of the host `by`, which is writing none now."""
    found = []
    for folder in (BLOBS, MANIFESTS):
        found += list((root / folder).glob(f".{by}-*.tmp")) if by else []
        for path in (root / folder).glob(".*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - LEFT_BEHIND:
                    found.append(path)
    return found


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error


def _opened(source: str | Path) -> FileIO:
    with _reading():
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableError("it is no regular file")
    return FileIO(descriptor)


def _take(root: Path, file: FileIO, seen: Callable[[int], None], last: bool, by: str) -> Blob | None:
    """Stores the file as it is now; None when it was changed meanwhile, and this was not the last try."""
    before = _state(file)
    size = before[0]
    if size <= _CHUNK:  # reading it twice costs less than writing what is there already
        file.seek(0)
        with _reading():
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if is_whole(root, sha256, size) and _state(file) == before:
            seen(size)
            return Blob(blob_path(sha256), sha256, size)
    tmp = _temporary(root, BLOBS, by)
    try:
        sha256, size = _copy(file, tmp, seen)
        changed = _state(file) != before or size != before[0]
        if changed and not last:
            return None
        _put(root, tmp, sha256)
        return Blob(blob_path(sha256), sha256, size, changed)
    finally:
        _drop(tmp)


def _state(file: FileIO) -> tuple[int, int, int]:
    now = os.fstat(file.fileno())
    return now.st_size, now.st_mtime_ns, now.st_ctime_ns


def _copy(file: FileIO, tmp: Path, seen: Callable[[int], None]) -> tuple[str, int]:
    """Copies and hashes in one pass, or hashes a clone; gives the SHA-256 and the size.

    Of a file that grows meanwhile, what it held at the start: it may grow faster than it can be copied.
    """
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_CHUNK))
    with open(_create(tmp), "w+b") as out:
        cloned = _clone(file, out)
        source: FileIO | BufferedRandom = out if cloned else file
        whole = os.fstat(source.fileno()).st_size
        if not cloned:
            _check_room(out, whole)
        source.seek(0)
        while size < whole:
            with _reading():
                count = source.readinto(buffer[: whole - size])
            if not count:
                break
            digest.update(buffer[:count])
            if not cloned:
                out.write(buffer[:count])
            size += count
            seen(count)
    return digest.hexdigest(), size


def _clone(file: FileIO, out: BufferedRandom) -> bool:
    """Shares the file's bytes, where the file system has reflinks; they are copied once one of both is written to."""
    try:
        fcntl.ioctl(out.fileno(), _FICLONE, file.fileno())
    except OSError:
        return False
    return True


def _check_room(out: BufferedRandom, size: int) -> None:
    """Raises OSError where the disk has no room for a file: it is not filled up just to find that out."""
    disk = os.fstatvfs(out.fileno())
    if size > disk.f_bavail * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), out.name)


def _put(root: Path, tmp: Path, sha256: str) -> None:
    size = tmp.stat().st_size
    _name(tmp, root / blob_path(sha256), lambda: is_whole(root, sha256, size))


def _name(tmp: Path, target: Path, whole: Callable[[], bool]) -> None:
    """Gives a temporary file its name for good once it is on the disk, unless a whole one has it; else it goes."""
    if not whole():
        files.sync_file(tmp)
        _make(target.parent)
        try:
            os.link(tmp, target)
        except FileExistsError:  # torn, or another host was faster
            if not whole():
                os.rename(tmp, target)
    _drop(tmp)


def _temporary(root: Path, folder: str, by: str) -> Path:
    """A new name. The root itself is not made: one that was removed, or is not mounted, must not come back so."""
    _make(root / "archive")
    _make(root / folder)
    return root / folder / f".{by}-{os.urandom(4).hex()}.tmp"


def _create(tmp: Path) -> int:
    """A new file that cannot be written to by its name. Changing modes later is not for network file systems."""
    return os.open(tmp, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)


def _make(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        files.sync_folder(folder.parent)


def _drop(tmp: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(tmp)


def _write_manifest(
    write: Callable[[str], Any], source: str, stored: Iterable[tuple[str, str, int]]
) -> tuple[Manifest, set[str]]:
    """Gives the folders of the blobs, too."""
    digest, count, total, folders = hashlib.sha256(), 0, 0, set[str]()
    before: list[str] = []
    write('{\n "files": {')
    for path, sha256, size in stored:
        parts = path.split("/")
        if parts <= before:
            raise ValueError(f"{path!r} does not come behind {'/'.join(before)!r} in a manifest.")
        before = parts
        about = json.dumps({"sha256": sha256, "size_bytes": size})
        write(("," if count else "") + f"\n  {json.dumps(path)}: {about}")
        digest.update(_row(path, sha256, size))
        folders.add(sha256[:2])
        count, total = count + 1, total + size
    fingerprint = digest.hexdigest()
    rest = {"created_at": time.time(), "source_path": source, "fingerprint": fingerprint}
    rest |= {"total_size_bytes": total, "file_count": count}
    write("\n },\n " + json.dumps(rest, indent=1)[1:].strip() + "\n")
    return Manifest(manifest_path(fingerprint), fingerprint, count, total), folders


def _fingerprint(listed: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for path in sorted(listed, key=lambda path: path.split("/")):
        digest.update(_row(path, listed[path]["sha256"], listed[path]["size_bytes"]))
    return digest.hexdigest()


def _row(path: str, sha256: str, size: int) -> bytes:
    return os.fsencode(path) + f"\0{sha256}\0{size}\n".encode()


def _ends_well(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:  # missing, or too short
        return False
