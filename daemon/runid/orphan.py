"""Outboxes of others: who lives, and what the dead left behind.

An outbox whose lock is free belongs to a dead writer. Whoever takes the lock drains it: the stream's bytes are those of
all chunks laid end to end by their offsets; pieces on disk and in shared memory may overlap, and then are the same.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgpack

from runid import chunk, events, locks
from runid.errors import FormatError

_UNFINISHED = re.compile(r"\.[0-9a-f]{32}-[0-9a-f]{8}")
_MAKING = 60.0
_NAME = re.compile(r"[0-9a-f]{32}")


class Owner:
    """The `owner` file of a writer's outbox, opened once: tells whether the writer lives, and takes over if not."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError or FormatError when there is no such outbox, or none of this user's own."""
        if "\0" in str(folder) or not _is_own(folder):
            raise FormatError(f"{folder} is no outbox of this user's.")
        self.folder = folder
        self._served = -1
        self._descriptor = locks.open_lockable(folder / "owner")
        try:
            info = msgpack.unpackb(os.pread(self._descriptor, chunk.HEADER, 0))
            self.info: dict[str, Any] = _checked(info, folder.name)
        except Exception as error:
            self.close()
            raise FormatError(f"{folder}/owner does not say whose outbox it is: {error}.") from error

    @property
    def writer(self) -> bytes:
        """The writer's id, 16 bytes."""
        return bytes(self.info["writer"])

    def folders(self) -> list[Path]:
        """Where the outbox' files are: in shared memory and on disk; those that are there. Raises OSError."""
        return [folder for folder in (self.folder, Path(self.info["spill"])) if _is_own(folder)]

    def alive(self) -> bool:
        """Whether the writer lives."""
        return locks.held(self._descriptor)

    def is_at(self, folder: Path) -> bool:
        """Whether this is still the file at that place."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), (folder / "owner").lstat())
        except OSError:
            return False

    def take(self) -> bool:
        """Takes the dead writer's lock, so that no other daemon drains it; False if somebody holds it."""
        return locks.take(self._descriptor)

    def serve(self) -> bool:
        """Takes the lock on the outbox's `served` file: only one daemon at a time hears a writer, or drains it.

        False if another daemon holds it. Raises OSError.
        """
        if self._served < 0:
            self._served = locks.open_lockable(self.folder / "served", create=True)
        return locks.take(self._served)

    def close(self) -> None:
        """Gives the locks back; a second call does nothing."""
        for descriptor in (self._descriptor, self._served):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._served = -1


class Orphan:
    """What a dead writer left: call only while its lock is taken."""

    def __init__(self, owner: Owner) -> None:
        """Raises OSError."""
        self.folder = owner.folder
        self._spill = Path(owner.info["spill"])
        self._pieces = [piece for folder in owner.folders() for piece in _chunks(folder, owner.writer)]
        self.head = max((piece.head for piece in self._pieces), default=0)

    def next(self, offset: int) -> tuple[int, bytes]:
        """The next batch of whole events from `offset` on: where it starts, and its bytes.

        It starts behind `offset` where bytes in between cannot be had. At the head: (head, b""). Raises OSError.
        """
        while offset < self.head:
            fits = [piece for piece in self._pieces if piece.base <= offset < piece.head]
            piece = max(fits, key=lambda fit: fit.head, default=None)
            if piece is not None:
                data = piece.read(offset, min(piece.head, offset + events.BATCH_BYTES))
                size = events.whole(data)
                if size:
                    return offset, data[:size]
            offset = min((other.base for other in self._pieces if other.base > offset), default=self.head)
        return offset, b""

    def remove(self) -> None:
        """Removes what is left of the outbox: all is safe. Of the spill, a path somebody named, only outbox files."""
        with contextlib.suppress(OSError):
            if _is_own(self._spill):
                for path in (*self._spill.glob("*.chunk"), *self._spill.glob("*.side")):
                    path.unlink()
                self._spill.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)


def outboxes(parent: Path) -> list[Path]:
    """The writers' folders in an outbox folder."""
    try:
        return [parent / name for name in os.listdir(parent) if _NAME.fullmatch(name)]
    except OSError:
        return []


class Held(NamedTuple):
    """What lies in an outbox folder."""

    live: int
    """Outboxes of writers that live."""
    dead: int
    """Those of dead ones."""
    bytes: int
    """What the chunks hold, at most: what is safe already leaves them with the rest of its chunk."""


def held(parent: Path) -> Held:
    """What an outbox folder holds, its spills included."""
    live = dead = size = 0
    for folder in outboxes(parent):
        with contextlib.suppress(OSError, FormatError):  # it is being made, or has just been removed
            owner = Owner(folder)
            try:
                live, dead = (live + 1, dead) if owner.alive() else (live, dead + 1)
                size += sum(one.head - one.base for place in owner.folders() for one in _chunks(place, owner.writer))
            finally:
                owner.close()
    return Held(live, dead, size)


def _checked(info: Any, name: str) -> dict[str, Any]:
    writer, spill = info["writer"], Path(info["spill"])
    if len(writer) != 16 or {name, spill.name} != {writer.hex()}:
        raise ValueError("its writer and its folders do not agree")
    if not spill.is_absolute() or "\0" in str(spill):
        raise ValueError("its spill is no absolute path")
    if not all(isinstance(info[field], str) for field in ("root", "path", "run_id")):
        raise ValueError("it names no run")
    return dict(info)


def _is_own(folder: Path) -> bool:
    """Whether this is a folder of the user's own, and no link to one; False for a missing one. Raises OSError."""
    try:
        found = folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _chunks(folder: Path, writer: bytes) -> list[chunk.Found]:
    names = [name for name in os.listdir(folder) if name.endswith(".chunk")]
    pieces = [chunk.find(folder / name) for name in names]
    return [piece for piece in pieces if piece is not None and piece.info.get("writer") == writer]


def clear_unfinished(parent: Path) -> None:
    """Removes what processes left that were killed while they made their outbox."""
    with contextlib.suppress(OSError):
        for folder in parent.glob(".*-*"):
            with contextlib.suppress(OSError):
                _clear(folder)


def _clear(folder: Path) -> None:
    if not _UNFINISHED.fullmatch(folder.name) or time.time() - folder.lstat().st_mtime < _MAKING:
        return
    owner = folder / "owner"
    if owner.exists():
        descriptor = locks.open_lockable(owner)
        lives = locks.held(descriptor)
        os.close(descriptor)
        if lives:
            return
        owner.unlink()
    folder.rmdir()
