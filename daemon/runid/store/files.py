"""How files in a root come to be: appended to, or replaced under a temporary name. Nothing else is ever done to one.

JSON has no NaN and no infinities: they are written as the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import zlib
from pathlib import Path
from typing import Any


def replace_json(path: Path, value: Any, mode: int = 0o666) -> None:
    """Writes a JSON file whole or not at all, and returns when it is on the disk. Raises OSError."""
    temporary = _write_temporary(path, value, mode)
    os.rename(temporary, path)
    sync_folder(path.parent)


def create_json(path: Path, value: Any, mode: int = 0o666) -> bool:
    """Writes a JSON file unless it exists, whole or not at all, and says whether it did. Raises OSError.

    It alone makes the folders above: whatever else is written must not bring back a run or a root that was removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _write_temporary(path, value, mode)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    sync_folder(path.parent)
    return True


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None when it is missing or holds none. Raises OSError for all else."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def sync_folder(folder: Path) -> None:
    """Returns when the names in a folder are on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Returns when a file's bytes are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cut(path: Path, length: int) -> int:
    """Cuts a file of ours back to `length` bytes and gives what it holds then; a missing file holds 0."""
    try:
        size = path.stat().st_size
        if size > length:
            os.truncate(path, length)
    except FileNotFoundError:
        return 0
    return min(size, length)


def checksum(path: Path, length: int) -> int:
    """The CRC-32 of the first `length` bytes of a file; a missing one holds none. Raises OSError."""
    found = 0
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        while length > 0 and (data := file.read(min(length, 1 << 20))):
            found = zlib.crc32(data, found)
            length -= len(data)
    return found


def state(path: Path) -> tuple[int, int, int]:
    """What differs where a file of this name was made anew. Raises OSError."""
    told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns


def set_aside(path: Path) -> None:
    """Gives a damaged file the name `<name>.damaged` besides its own, so that replacing it loses nothing.

    Where that name is taken it is `<name>.damaged2`, and so on. A missing file needs nothing. Raises OSError.
    """
    for number in ("", *map(str, range(2, 1000))):
        aside = path.with_name(f"{path.name}.damaged{number}")
        try:
            os.link(path, aside)
        except FileNotFoundError:
            return
        except FileExistsError:
            if not aside.samefile(path):  # else it was set aside before, and not replaced since
                continue
        return


def replace(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, and returns when it is on the disk. Raises OSError."""
    os.rename(_write_bytes(path, data, 0o666), path)
    sync_folder(path.parent)


def append(path: Path, data: bytes, length: int) -> int:
    """Appends to a file of ours that holds `length` bytes, and gives what it holds then.

    Raises OSError, and then the file holds what it held before, or will be cut to it at the next append.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        if os.fstat(descriptor).st_size > length:
            os.ftruncate(descriptor, length)
        if os.write(descriptor, data) != len(data):
            os.ftruncate(descriptor, length)
            raise OSError(errno.ENOSPC, "the disk is full", str(path))
    finally:
        os.close(descriptor)
    return length + len(data)


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON that any reader takes, of whatever was logged: what JSON does not know becomes text."""
    return json.dumps(_finite(value), indent=indent, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _write_temporary(path: Path, value: Any, mode: int) -> Path:
    return _write_bytes(path, (dumps(value, indent=1) + "\n").encode(errors="replace"), mode)


def _write_bytes(path: Path, data: bytes, mode: int) -> Path:
    temporary = path.parent / f".{path.name}.{os.urandom(4).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "the disk is full", str(temporary))
        os.fsync(descriptor)
    except OSError:
        os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    return temporary
