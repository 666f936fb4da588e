"""Side files: bytes too large for an event, kept beside the outbox until what the event asks for has them.

    <outbox dir>/<writer hex>/<n>.side      in shared memory, while these files have no more than half of its share
    <spill dir>/<writer hex>/<n>.side       on local disk, else

A side file is whole before the event that names it is put, never changes, and is removed by its writer when the daemon
has said that this event is safe: by then it has copied the bytes into the run's folder (see runid.incoming). Large ones
become the next file of their size instead. Of a dead writer the daemon removes them with the outbox.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from runid.chunk import open_private
from runid.errors import RunicornError

Buffer = bytes | bytearray | memoryview

_MOST_MAPPED = 64
"""Of one outbox: each takes one of the descriptors, and those are the program's own."""
_PAGE = 4096
_LEAST_SPARE, _MOST_SPARE = 256 << 10, 32 << 20
_NAME = re.compile(r"[0-9]{1,20}\.side")


class SideError(RunicornError):
    """A side file cannot be had, now or later; a sentence says why."""


class Side:
    """A side file of this process; where it is mapped, its bytes outlive its name, and are not inherited by fork."""

    def __init__(self, path: Path, parts: Iterable[Buffer], size: int, on_disk: bool, mapped: bool = True) -> None:
        """Writes `size` bytes, as `parts` give them, into a new file.

        Raises OSError; ValueError when there are none, or fewer or more than that come.
        """
        self.path, self.size, self.on_disk = path, size, on_disk
        self.end: int | None = None
        """The offset behind the event that names it, as soon as that is known."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write(descriptor, parts, size)
            self._map = mmap.mmap(descriptor, size, prot=mmap.PROT_READ) if mapped else None
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        if self._map is not None and hasattr(mmap, "MADV_DONTFORK"):
            self._map.madvise(mmap.MADV_DONTFORK)

    @property
    def mapped(self) -> bool:
        """Whether it can be moved when it has lost its name."""
        return self._map is not None

    def named(self) -> bool:
        """Whether the file still has its name."""
        return self.path.exists()

    def move(self, folder: Path) -> Side:
        """The same file in a folder on disk; this one is closed then. Raises OSError, and then nothing is changed.

        Only for one that is mapped.
        """
        assert self._map is not None
        with memoryview(self._map) as content:
            moved = Side(folder / self.path.name, [content], self.size, on_disk=True)
        moved.end = self.end
        self._map.close()
        if self.path != moved.path:
            self.path.unlink(missing_ok=True)
        return moved

    def again(self, path: Path, parts: Iterable[Buffer]) -> None:
        """Becomes another file of the same size, whose memory need not be found anew. Raises what making one raises."""
        os.rename(self.path, path)
        self.path, self.end = path, None
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            _write(descriptor, parts, self.size)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Unmaps the file and removes it."""
        if self._map is not None:
            self._map.close()
        self.path.unlink(missing_ok=True)


class Sides:
    """The side files of one outbox, until the events that name them are safe.

    `write`, `keep`, `forget` and `drop` are for any thread, the others for the sender's.
    """

    def __init__(self, lock: threading.RLock) -> None:
        """`lock`: the outbox' own."""
        self.used = [0, 0]
        """Bytes in shared memory, and on disk; of each file whole pages, for those it takes."""
        self._lock = lock
        self._mapped = 0
        self._kept: deque[Side] = deque()
        self._strays: deque[Side] = deque()
        self._spare: list[Side] = []  # in shared memory, for the next of the same size: new pages cost more than a copy

    def __bool__(self) -> bool:
        return bool(self._kept)

    def write(self, name: str, parts: Iterable[Buffer], size: int, places: Iterable[tuple[Path, int]]) -> Side | None:
        """Writes a file in the first of the two places, (folder, room), that takes it; None where neither does."""
        for on_disk, (folder, room) in enumerate(places):
            if not on_disk and (side := self._reused(folder / name, parts, size)) is not None:
                return side
            if self._reserved(size, on_disk, room):
                try:
                    if on_disk:
                        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    return self._made(folder / name, parts, size, bool(on_disk))
                except BaseException as error:
                    self._give_back(size, on_disk)
                    if not isinstance(error, OSError):  # else it is full, or gone; the other place may not be
                        raise
        return None

    def _made(self, path: Path, parts: Iterable[Buffer], size: int, on_disk: bool) -> Side:
        with self._lock:
            mapped = self._mapped < _MOST_MAPPED
            self._mapped += mapped
        try:
            return Side(path, parts, size, on_disk, mapped)
        except BaseException:
            with self._lock:
                self._mapped -= mapped
            raise

    def _reserved(self, size: int, on_disk: int, room: int) -> bool:
        """Whether there is room, if need be that of the files that are no longer needed."""
        for _ in range(2):
            with self._lock:
                if self.used[on_disk] + _paged(size) <= room:
                    self.used[on_disk] += _paged(size)
                    return True
            if on_disk:
                return False
            self._drop_spare()
        return False

    def _reused(self, path: Path, parts: Iterable[Buffer], size: int) -> Side | None:
        """A file that is no longer needed, written anew; None where none is of this size."""
        with self._lock:
            spare = next((one for one in self._spare if one.size == size), None)
            if spare is not None:
                self._spare.remove(spare)
        if spare is None:
            return None
        try:
            spare.again(path, parts)
        except BaseException as error:
            self.drop(spare)
            if not isinstance(error, OSError):
                raise
            return None
        return spare

    def _drop_spare(self) -> None:
        """Gives their memory back; not under the lock, for that may take milliseconds, and `put` needs it."""
        with self._lock:
            gone, self._spare = self._spare, []
        for side in gone:
            self.drop(side)

    def keep(self, side: Side) -> None:
        """Keeps a file whose event is about to be put, until that is safe."""
        self._kept.append(side)

    def forget(self, side: Side) -> None:
        """Removes a file that was kept, and of which no event tells after all."""
        with self._lock:
            kept = side in self._kept
            if kept:
                self._kept.remove(side)
        if kept:
            self.drop(side)

    def drop(self, side: Side) -> None:
        """Removes a file of which no event will tell, or whose event is safe."""
        side.close()
        with self._lock:
            self._mapped -= side.mapped
        self._give_back(side.size, side.on_disk)

    def release(self, safe: int, head: int | None) -> None:
        """Removes those whose events lie before offset `safe`; `head`: up to there the stream has all their events."""
        gone = []
        with self._lock:  # they are in the order of their events, and few are looked at: `put` needs the lock
            for side in reversed(self._kept):
                if head is None or side.end is not None:
                    break
                side.end = head
            while self._kept and (end := self._kept[0].end) is not None and end <= safe:
                gone.append(self._kept.popleft())
        for side in gone:
            if side.on_disk or not _LEAST_SPARE <= side.size <= _MOST_SPARE:
                self.drop(side)
                continue
            with self._lock:
                self._spare.append(side)
                over = []
                while sum(one.size for one in self._spare) > _MOST_SPARE:
                    over.append(self._spare.pop(0))
            for old in over:
                self.drop(old)

    def homeless(self) -> list[Side]:
        """Those whose files have lost their names."""
        return [side for side in tuple(self._kept) if not side.named()]

    def lose(self) -> None:
        """The outbox goes on in a new folder: what has lost its name waits for `house`."""
        self._strays = deque(self.homeless())
        self._drop_spare()

    def house(self, folder: Path) -> None:
        """Writes those that wait to disk, into `folder`. Raises OSError; the rest is tried again.

        Of those that are not mapped nothing is left: the daemon says so where it misses them.
        """
        while self._strays:
            old = self._strays[0]
            if not old.mapped:
                self.forget(old)
            elif old in self._kept:  # else its event has become safe
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                new = old.move(folder)
                with self._lock:
                    self._kept[self._kept.index(old)] = new
                    self.used[old.on_disk] -= _paged(old.size)
                    self.used[True] += _paged(new.size)
            self._strays.popleft()

    def close(self) -> None:
        """Removes all of them."""
        while self._kept:
            self.drop(self._kept.popleft())
        self._strays.clear()
        self._drop_spare()

    def _give_back(self, size: int, on_disk: int) -> None:
        with self._lock:
            self.used[on_disk] -= _paged(size)


def open_side(folders: Iterable[Path], name: str, size: int) -> int:
    """A descriptor of a writer's side file, which lies in one of its folders. Raises OSError.

    Raises SideError for what is no bare name of one, no plain file of the user's own, or has another size.
    """
    if not _NAME.fullmatch(name):
        raise SideError(f"{name[:100]!r} is no name of a side file.")
    for folder in folders:
        try:
            descriptor = open_private(str(folder / name), os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES, errno.ELOOP, errno.ENXIO):
                raise SideError(f"{folder / name} is no plain file of this user's.") from error
            raise
        found = os.fstat(descriptor).st_size
        if found == size:
            return descriptor
        os.close(descriptor)
        raise SideError(f"{folder / name} has {found} bytes, {size} were to be there.")
    raise SideError(f"The side file {name} is gone.")


def _paged(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _write(descriptor: int, parts: Iterable[Buffer], size: int) -> None:
    written = 0
    for part in parts:
        with memoryview(part) as view, view.cast("B") as data:
            at = 0
            while at < len(data):
                at += os.write(descriptor, data[at:])
            written += at
    if written != size or not size:
        raise ValueError(f"{size} bytes were to be kept, and {written} came.")
