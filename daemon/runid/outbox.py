"""The outbox: a writer's stream of events that the daemon has not made safe yet.

    <outbox dir>/<writer hex>/owner              who writes, a msgpack map; under a record lock while the writer lives
    <outbox dir>/<writer hex>/<n>.chunk          pieces of the stream in shared memory (see runid.chunk)
    <spill dir>/<writer hex>/<offset>-<n>.chunk  pieces moved to local disk while the daemon lags
    <either>/<writer hex>/<n>.side               what is too large for an event (see runid.sides)

Nobody else reads or removes an outbox whose lock is held (see runid.locks); runid.orphan reads those of the dead.

`put` is what `run.log()` costs: one msgpack array copied behind the head, then the head published. It makes no system
call, except where it has to make a chunk itself because the sender could not prepare one in time. It is re-entrant: a
call that finds its own thread inside (a signal handler, a finalizer) leaves its event to the outer call. Everything
else here is called by the sender's thread alone.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import msgpack

from runid import events, locks, places
from runid.chunk import HEAD, HEADER, Chunk, Spill
from runid.sides import Buffer, Side, Sides

SMALLEST, LARGEST = 64 * 1024, 1 << 20
_OWN_CHUNK = 256 * 1024
_MOST_READY = 16
_SPILL_FILE = 64 << 20
_STRETCH = 128 * 1024
_VITAL = 4096
_NAME_LENGTH = 32
_PAGE = 4096


class _Piece(Protocol):
    """A part of the stream, in shared memory or on disk."""

    base: int
    head: int

    def read(self, start: int, end: int) -> bytes: ...
    def named(self) -> bool: ...
    def close(self) -> None: ...


class _Rest:
    """A piece without its first bytes, which stand elsewhere now."""

    def __init__(self, piece: _Piece, base: int) -> None:
        self.base, self.head = base, piece.head
        self.read, self.named, self.close = piece.read, piece.named, piece.close


class Outbox:
    """One writer's stream in one process."""

    def __init__(self, info: dict[str, Any]) -> None:
        """`info` says who writes: at least writer (16 bytes), root, path and run_id. It repeats in every chunk.

        Raises OSError or FolderError when no folder for the outbox can be had.
        """
        self.writer: bytes = info["writer"]
        self.head = 0
        self.safe = 0
        self.dropped = self._noted = 0
        self.wake = threading.Lock()
        self.asleep = False
        self.astray = False
        self._lock = threading.RLock()
        self._pack = msgpack.Packer(autoreset=True).pack
        self._busy = False
        self._nested: deque[events.Event] = deque()
        self._chunks: deque[Chunk] = deque()
        self._ready: deque[Chunk] = deque()
        self._spills: deque[Spill] = deque()
        self._homeless: deque[_Piece] = deque()
        self._marks: deque[int] = deque()
        self._sides = Sides(self._lock)
        self._at = self._room = 0
        self._numbers = itertools.count()
        self._used = 0
        self._allowance = places.megabytes("RUNICORN_OUTBOX_MB", 64)
        self._spill_left = places.megabytes("RUNICORN_SPILL_MB", 4096)
        self._wanted, self._next_size, self._switched = 1, SMALLEST, time.monotonic()
        self._measured = 0.0
        self._owners: list[int] = []
        self._info = info
        self._open_folder()
        self.prepare()

    def put(self, event: events.Event) -> None:
        """Accepts one event, or counts it as dropped when there is no room left.

        Raises what msgpack raises for values it cannot pack, before anything is changed.
        """
        with self._lock:
            if self._busy:
                self._nested.append(event)
                return
            self._busy = True
            try:
                data = self._pack(event)
                size = len(data)
                if size > events.BATCH_BYTES:
                    raise ValueError(f"An event of {size} bytes is too large: it may have {events.BATCH_BYTES}.")
                if self._at + size <= self._room or self._switch(size):
                    at = self._at
                    end = at + size
                    head = self.head + size
                    self._map[at:end] = data
                    self._words[HEAD] = head
                    self._at = end
                    self.head = head
            finally:
                self._busy = False
        if self._nested:
            self._put_nested()
        if self.asleep:
            self.rouse()

    def side(self, parts: Iterable[Buffer], size: int) -> Side | None:
        """Writes a side file of `size` bytes, for an event that is put next; None, and counted, without room for it.

        Half of shared memory is kept for events. `parts` may be gone through twice. Raises ValueError when there are no
        bytes, or other than so many come.
        """
        shared = min(self._allowance // 2, self._allowance - self._used)
        places = (self.folder, shared), (self.spill_folder, self._spill_left)
        side = self._sides.write(f"{next(self._numbers)}.side", parts, size, places)
        if side is None:
            with self._lock:
                self.dropped += 1
        return side

    def put_beside(self, event: events.Event, side: Side) -> bool:
        """Puts the event that names a side file; False where there is no room for it, and then the file is removed.

        Raises what `put` raises, and then the file is removed, too.
        """
        try:
            with self._lock:
                dropped = self.dropped
                self._sides.keep(side)  # first: whatever interrupts this, no event names a file that is gone
                self.put(event)
                kept = self.dropped == dropped
        except Exception:
            self._sides.forget(side)
            raise
        if not kept:  # not under the lock: removing a file may take milliseconds
            self._sides.forget(side)
        return kept

    def rouse(self) -> None:
        """Wakes the sender."""
        self.asleep = False
        with contextlib.suppress(RuntimeError):
            self.wake.release()

    def read(self, offset: int) -> bytes:
        """A batch: whole events of the stream from `offset` on; empty at the head.

        Raises OSError when a spilled piece cannot be read.
        """
        head = self.head  # before the chunks are listed: `put` may take the next one in between
        chunks = tuple(self._chunks)
        pieces: tuple[_Piece, ...] = (*self._spills, *self._homeless, *chunks)
        for piece in pieces:
            end = head if chunks and piece is chunks[-1] else piece.head
            if piece.base <= offset < end:
                data = piece.read(offset, min(end, offset + events.BATCH_BYTES + 1))
                return data if len(data) <= events.BATCH_BYTES else data[: self._cut(offset)]
        return b""

    def _cut(self, offset: int) -> int:
        """How many bytes from `offset` on go up to the last mark within a batch: scanning events would hold the GIL."""
        marks = tuple(self._marks)
        return marks[bisect.bisect_right(marks, offset + events.BATCH_BYTES) - 1] - offset

    @property
    def oldest(self) -> int:
        """The offset of the first byte that can still be read."""
        pieces: tuple[_Piece, ...] = (*self._spills, *self._homeless, *self._chunks)
        return pieces[0].base if pieces else self.head

    def release(self, safe: int) -> None:
        """Frees what lies before offset `safe`: the daemon has it on disk."""
        self.safe = max(self.safe, safe)
        while self._marks and self._marks[0] <= self.safe:
            self._marks.popleft()
        while self._spills and self._spills[0].head <= self.safe:
            spill = self._spills.popleft()
            self._spill_left += spill.head - spill.base
            spill.close()
        while self._homeless and self._homeless[0].head <= self.safe:
            self._homeless.popleft().close()
        while len(self._chunks) > 1 and self._chunks[0].head <= self.safe:
            self._recycle()
        if self.safe == self.head and self._chunks and self._at > self._chunks[-1].size // 2:
            self._empty_last()
        if self._sides:
            with self._lock:  # no other thread is inside `put` then
                head = None if self._nested else self.head
            self._sides.release(self.safe, head)

    def prepare(self) -> None:
        """Makes the chunks that `put` will need next, and gives back those it does not need any more."""
        if time.monotonic() - self._switched > 30:
            self._wanted = 1
        while len(self._ready) > max(self._wanted, 2):
            with self._lock:
                spare = self._ready.pop()
                self._used -= spare.size
            spare.close()
        if (len(self._ready) < self._wanted or self._sides) and time.monotonic() - self._measured >= 1.0:
            self._measure()
        while len(self._ready) < self._wanted:
            made = self._make(self._next_size, SMALLEST)
            if made is None:
                return
            self._ready.append(made)

    def spill(self) -> None:
        """Moves what is not safe to local disk while the outbox holds more than half of what it may.

        Raises OSError when the disk refuses; the bytes stay where they are.
        """
        while len(self._chunks) > 1 and self._used > self._allowance // 2:
            piece = self._chunks[0]
            size = piece.head - piece.base
            if size > self._spill_left - self._sides.used[True]:
                return
            self._spill_bytes(piece.base, piece.read(piece.base, piece.head))
            self._recycle()

    def note_dropped(self) -> bool:
        """Says in the stream how many events were dropped since it was said last, where there is room to say it."""
        with self._lock:
            news = self.dropped - self._noted
            if not news or not self.put_vital([events.DROPPED, time.time(), news]):
                return False
            self._noted += news
        return True

    def put_vital(self, event: events.Event) -> bool:
        """Like `put`, for the events that say how a stream ends: into the room kept for them, if there is no other."""
        with self._lock:
            dropped = self.dropped
            self.put(event)
            if self.dropped == dropped:
                return True
            self.dropped = dropped
            if not self._chunks:
                return False
            self._room = self._chunks[-1].size
            self.put(event)
            self._room = self._at
            refused, self.dropped = self.dropped > dropped, dropped
            return not refused

    def named(self) -> bool:
        """Whether all files of the outbox still have their names."""
        if self._all_named():
            return True
        with self._lock:  # `put` gives a chunk back that is too small, and it may have been that
            return self._all_named()

    def _all_named(self) -> bool:
        pieces: tuple[_Piece, ...] = (*self._spills, *self._chunks, *self._ready)
        named = os.fstat(self._owners[-1]).st_nlink > 0 and all(piece.named() for piece in pieces)
        return named and not self._sides.homeless()

    def rehome(self) -> None:
        """Goes on in a new folder where files lost their names (logout, a cleaner of temporary files).

        What is not safe yet is written to disk again, by `house`. Raises OSError or FolderError.
        """
        self._open_folder()
        self.astray = False
        with self._lock:
            if self._chunks:
                self._chunks[-1].head = self.head
            lost: list[_Piece] = [*self._homeless, *self._chunks]
            if not all(spill.named() for spill in self._spills):
                lost = [*self._spills, *lost]
                self._spills.clear()
            self._homeless = deque(lost)
            unused = list(self._ready)
            self._chunks.clear()
            self._ready.clear()
            self._at = self._room = self._used = 0
        for chunk in unused:
            chunk.close()
        self._sides.lose()
        self.prepare()

    def house(self) -> None:
        """Writes to disk what lost its name, as far as it is not safe yet. Raises OSError; the rest is tried again."""
        self._sides.house(self.spill_folder)
        while self._homeless:
            piece = self._homeless[0]
            while piece.base < piece.head:
                end = min(piece.base + LARGEST, piece.head)
                self._spill_bytes(piece.base, piece.read(piece.base, end))
                piece = self._homeless[0] = _Rest(piece, end)
            self._homeless.popleft().close()

    def close(self) -> None:
        """Removes the outbox: all of it is safe, or the caller gives it up."""
        with self._lock:
            pieces: tuple[_Piece, ...] = (*self._spills, *self._homeless, *self._chunks, *self._ready)
            for held in (self._spills, self._homeless, self._chunks, self._ready):
                held.clear()
            self._at = self._room = self._allowance = self._spill_left = 0
        for piece in pieces:
            piece.close()
        self._sides.close()
        for folder in (self.folder, self.spill_folder):
            _remove(folder)
        self.abandon()

    def abandon(self) -> None:
        """Gives up the lock: the daemon drains what is left."""
        while self._owners:
            os.close(self._owners.pop())

    def _put_nested(self) -> None:
        with self._lock:  # else the sender could believe that all is in the stream, see `release`
            while self._nested:
                with contextlib.suppress(IndexError):
                    self.put(self._nested.popleft())

    def _switch(self, size: int) -> bool:
        """Goes on in the next stretch of the chunk or in the next chunk, inside `put`; without one drops the event.

        Where a stretch ends is marked, so that the sender knows where events end without reading them.
        """
        chunk = self._chunks[-1] if self._chunks else None
        if chunk is None or self._at + size > chunk.size - _VITAL:
            chunk = self._next_chunk(size)
            if chunk is None:
                self.dropped += 1
                return False
        if self.head:
            self._marks.append(self.head)
        self._room = min(self._at + max(_STRETCH, size), chunk.size - _VITAL)
        return True

    def _next_chunk(self, size: int) -> Chunk | None:
        while self._ready and self._ready[0].size - HEADER - _VITAL < size:
            self._used -= self._ready[0].size
            self._ready.popleft().close()
        if self._ready:
            chunk = self._ready.popleft()
        else:
            self._wanted = min(2 * self._wanted, _MOST_READY)
            made = self._make(max(_OWN_CHUNK, HEADER + size + _VITAL), HEADER + size + _VITAL)
            if made is None:
                return None
            chunk = made
        if self._chunks:
            self._chunks[-1].head = self.head
        chunk.begin(self.head)
        # All at once: a KeyboardInterrupt behind the next call finds a chunk without a stretch, and nothing half done.
        self._map, self._words, self._at, self._room = chunk.map, chunk.words, HEADER, HEADER
        self._chunks.append(chunk)
        self._next_size = min(2 * self._next_size, LARGEST)
        self._switched = time.monotonic()
        self.asleep = True  # the sender is roused below `put`, to prepare the next one
        return chunk

    def _empty_last(self) -> None:
        """All is safe: the chunk in use begins anew, where it may be the only one that can be had."""
        with self._lock:
            if self.safe == self.head:
                self._chunks[-1].begin(self.head)
                self._at = self._room = HEADER

    def _make(self, size: int, least: int) -> Chunk | None:
        room = self._allowance - self._used - self._sides.used[False]
        while size > room and size // 2 >= least:
            size //= 2
        size = -(-size // _PAGE) * _PAGE
        if size > room:
            return None
        try:
            made = Chunk(self.folder / f"{next(self._numbers)}.chunk", size, self._packed)
        except FileNotFoundError:  # the folder is gone: the sender writes this down as soon as it has a new one
            self.astray = True
            made = Chunk(None, size, self._packed)
        except OSError:
            self._allowance = self._used + self._sides.used[False]
            return None
        with self._lock:
            self._used += size
        return made

    def _recycle(self) -> None:
        with self._lock:
            chunk = self._chunks.popleft()
            chunk.clear()
            large = chunk.size >= self._next_size or self._used + self._next_size > self._allowance
            keep = large and len(self._ready) < max(self._wanted, 2)
            if keep:
                self._ready.append(chunk)
            else:
                self._used -= chunk.size
        if not keep:
            chunk.close()

    def _spill_bytes(self, base: int, payload: bytes) -> None:
        last = self._spills[-1] if self._spills else None
        if last is None or last.head != base or last.head - last.base > _SPILL_FILE:
            self.spill_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            last = Spill(self.spill_folder / f"{base:020d}-{next(self._numbers)}.chunk", self._packed, base)
            self._spills.append(last)
        last.append(payload)
        self._spill_left -= len(payload)

    def _measure(self) -> None:
        """This outbox may hold its share of what all outboxes of the user may hold together."""
        self._measured = time.monotonic()
        used, writers = _usage(self.folder.parent)
        left = max(0, places.outbox_budget(self.folder.parent) - used)
        mine = self._used + self._sides.used[False] + left // max(1, writers)
        self._allowance = min(places.megabytes("RUNICORN_OUTBOX_MB", 64), mine)

    def _open_folder(self) -> None:
        """Makes the folder under a temporary name, so that nobody sees it before its lock is held."""
        parent, name = places.outbox_dir(), self.writer.hex()
        self.folder, self.spill_folder = parent / name, places.spill_dir() / name
        self._info["spill"] = str(self.spill_folder)
        self._packed = bytes(msgpack.packb(self._info))
        fresh = parent / f".{name}-{os.urandom(4).hex()}"
        fresh.mkdir(mode=0o700)
        owner = locks.open_lockable(fresh / "owner", create=True)
        os.write(owner, self._packed)
        locks.take(owner)
        self._owners.append(owner)
        _remove(self.folder)
        fresh.rename(self.folder)


def _remove(folder: Path) -> None:
    """Removes an outbox folder, which holds files only."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _usage(folder: Path) -> tuple[int, int]:
    """Bytes that all outboxes in `folder` hold, and how many they are."""
    used = writers = 0
    with contextlib.suppress(OSError), os.scandir(folder) as outboxes:
        for outbox in outboxes:
            writers += len(outbox.name) == _NAME_LENGTH
            with contextlib.suppress(OSError), os.scandir(outbox) as files:
                used += sum(file.stat(follow_symlinks=False).st_size for file in files)
    return used, writers
