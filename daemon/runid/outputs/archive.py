"""The copies of outputs, below `archive/outputs/` of the root. They belong to one run, so they may go when it says so.

    rolling/<path>/<run id>/<sha1 of key>_<name>                        mode rolling: the last one, replaced whole
    versions/<path>/<run id>/<sha1 of key>/<fingerprint, 16>_<name>     mode overwrite_versions: each content once
    .<host>-<random>.tmp                                                beside them: a copy that is being made

A folder's copy holds `.complete`, the source's own or an empty file, and links as links. Copies get their names when
they are whole and on the disk, so readers see the old one or the new one, and nothing in between.

The fingerprint of a file is its SHA-256; that of a folder the SHA-256 of a line for each file and link in it, sorted
by path: `<sha256> <path>` or `-> <target> <path>`; that of a log is its time and size as JSON, since it grows on.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from runid.outputs import walk
from runid.outputs.walk import Found
from runid.store.copying import ChangedError, copy
from runid.store.files import sync_folder

ROLLING, VERSIONS = "rolling", "overwrite_versions"
MODES = (ROLLING, VERSIONS)

_NAME_BYTES = 180
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_libc = ctypes.CDLL(None, use_errno=True)


class Copy(NamedTuple):
    """A copy under a temporary name."""

    path: Path
    fingerprint_kind: str
    fingerprint: str
    size: int


class Archive:
    """The copies of one run's outputs."""

    def __init__(self, root: Path, run_dir: Path, host: str) -> None:
        """`run_dir`: the run's folder below `root`. Runs of different paths may have the same id."""
        self._root = root
        self._run = run_dir.relative_to(root / "runs")
        self._front = f".{host}-"

    def clear(self) -> None:
        """Removes what an earlier worker of this host was making when it was killed."""
        for mode in MODES:
            for left in self._folder(mode).glob(f"{self._front}*.tmp"):
                remove(left)

    @contextlib.contextmanager
    def copied(self, found: Found, mode: str, log: bool) -> Iterator[Copy]:
        """Copies an output; at the end what is still called so is removed. Raises OSError, ChangedError."""
        folder = self._folder(mode)
        # One by one, and not the root: one that has gone must not be made anew.
        for above in reversed(folder.relative_to(self._root).parents[:-1]):
            (self._root / above).mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True)
        temporary = folder / f"{self._front}{os.urandom(8).hex()}.tmp"
        try:
            yield _copy_folder(found, temporary) if found.kind == "dir" else _copy_file(found, temporary, log)
        finally:
            remove(temporary)

    def keep(self, made: Copy, mode: str, key: str, name: str) -> str:
        """Gives a copy its name, and that below the root. Raises OSError."""
        called = hashlib.sha1(key.encode()).hexdigest()
        if mode == ROLLING:
            target = self._folder(mode) / f"{called}_{_short(name)}"
        else:
            target = self._folder(mode) / called / f"{made.fingerprint[:16]}_{_short(name)}"
            target.parent.mkdir(exist_ok=True)
        _replace(made.path, target)
        sync_folder(target.parent)
        return target.relative_to(self._root).as_posix()

    def remove(self, archive_path: str) -> None:
        """Removes a copy; one that is gone needs nothing. Raises OSError, ValueError for what is no copy of this run's.

        Its name goes first, so that nobody reads half of a folder.
        """
        path = self._root / archive_path
        if not any(path.is_relative_to(self._folder(mode)) for mode in MODES) or ".." in path.parts:
            raise ValueError(f"{archive_path} is no output of run {self._run}.")
        doomed = path.parent / f"{self._front}{os.urandom(8).hex()}.tmp"
        with contextlib.suppress(FileNotFoundError):
            os.rename(path, doomed)
            remove(doomed)
            with contextlib.suppress(OSError):  # others are left in it
                path.parent.rmdir()

    def _folder(self, mode: str) -> Path:
        return self._root / "archive" / "outputs" / ("rolling" if mode == ROLLING else "versions") / self._run


def remove(path: Path) -> None:
    """Removes a file or a folder, if it is there. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_file(found: Found, target: Path, log: bool) -> Copy:
    if not log:
        copied = copy(found.path, target)
        return Copy(target, "sha256", copied.sha256, copied.size)
    size, _, when = found.stamp.partition(":")
    copied = copy(found.path, target, growing=True)
    told = json.dumps({"mtime": int(when) / 1e9, "size": int(size)})
    return Copy(target, "stat", told, copied.size)


def _copy_folder(found: Found, target: Path) -> Copy:
    listing = walk.listing(found.path)
    target.mkdir()
    lines: dict[str, str] = {}
    for name in listing.files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        lines[name] = f"{copy(os.path.join(found.path, name), target / name).sha256} {name}\n"
    for name, leads in listing.links.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(leads, target / name)
        lines[name] = f"-> {leads} {name}\n"
    if not (listing.stamp == found.stamp == walk.listing(found.path).stamp):
        raise ChangedError(f"{found.path} was written while it was copied.")
    if ".complete" not in listing.files.keys() | listing.links.keys():
        (target / ".complete").touch()
    for folder, _, _ in os.walk(target, topdown=False):
        sync_folder(Path(folder))
    told = "".join(lines[name] for name in sorted(lines))
    fingerprint = hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()
    return Copy(target, "sha256_manifest", fingerprint, listing.size)


def _replace(made: Path, target: Path) -> None:
    """Gives a copy a name that another one may have; that is then called as this one was."""
    if target.is_dir():
        if _exchange(made, target):
            return
        os.rename(target, made.with_suffix(".old.tmp"))  # a file system that cannot exchange names, such as NFS
        os.rename(made, target)
        remove(made.with_suffix(".old.tmp"))
        return
    if made.is_dir():
        remove(target)  # it was a file before
    os.rename(made, target)


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(_libc, "renameat2", None)
    return rename is not None and (
        rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
    )


def _short(name: str) -> str:
    """A name's end, which tells its kind, no longer than a file's name may be with what stands in front."""
    return name.encode()[-_NAME_BYTES:].decode(errors="ignore")
