"""The journal: the live, append-only tail of one host's part of a run.

`journal/<host>-<lo>.journal`, lo: the number of its first record, 12 digits.

    file header   magic "RNJOURN1" (8)
    record        length of body u32 · CRC-32 of all that follows u32 · number u64 · offset u64 · writer (16) ·
                  kind u8 · 3 zero bytes · body

All integers are little-endian. Numbers count up by one through all journals of the host in this run, from 1.

    BATCH      body: whole events (see runid.events), offset: where they start in the writer's stream
    WRITER     body: msgpack map, who this writer is; offset: where its stream is held up to
    END        body: msgpack map {status, reason, time}: the daemon's word on a writer that is gone
    HOLE       body: msgpack map {to}: the stream's bytes offset … to could not be had from the outbox
    HEARTBEAT  body: msgpack float, the time; the host's daemon is alive
    WORK       body: msgpack map {id, progress: map} or {id, result: map} or {id, error: sentence}: how the work that a
               writer asked for goes on, or what it came to (see runid.store.assets); `outputs` in it tells what was
               archived (see runid.store.outputs)

A record whose CRC does not fit is "not there yet". A journal ends where the next one of its host begins: whatever
stands behind that number was never acknowledged and is kept again in the next. So nothing is ever appended behind a
tail that somebody else wrote, nor behind a write that failed. A bad record with a good one of a higher number behind it
is therefore damaged, and so are the last records of a journal that the next one does not go on from.
"""

from __future__ import annotations

import errno
import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

MAGIC = b"RNJOURN1"
BATCH, WRITER, END, HOLE, HEARTBEAT, WORK = range(1, 7)

_HEAD = struct.Struct("<II")
_REST = struct.Struct("<QQ16sB3x")
MAX_BODY = 1 << 20
"""Bytes of the largest body of a record."""
_KIND = re.compile(rb"[\x01-\x06]\0\0\0")
_KIND_AT = 40
_NAME = re.compile(r"(.+)-([0-9]{12,})\.journal")


@dataclass(slots=True, frozen=True)
class Record:
    """One record: a batch of a writer, or a word of the daemon's."""

    number: int
    offset: int
    writer: bytes
    kind: int
    body: bytes


class Gap(NamedTuple):
    """Records lo … hi of a journal that are damaged."""

    path: Path
    lo: int
    hi: int

    def __str__(self) -> str:
        return f"{self.path} is damaged: its records {self.lo} to {self.hi} are missing."


class Journal:
    """An open journal: appends records, one write() each.

    After any OSError from `append` or `sync` the journal is over: open a new one at the number behind the last
    safe record.
    """

    def __init__(self, folder: Path, host: str, lo: int) -> None:
        """Creates the file. Raises OSError, FileExistsError among them: a journal is never opened twice."""
        self.path = folder / name(host, lo)
        self.lo = lo
        self.next = lo
        self.size = len(MAGIC)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            _write(self._descriptor, MAGIC)
        except OSError:
            self.close()
            raise

    def append(self, kind: int, writer: bytes, offset: int, body: bytes | memoryview) -> int:
        """Writes one record and gives its number. Raises OSError; a short write is one too."""
        record = packed(self.next, kind, writer, offset, body)
        _write(self._descriptor, record)
        self.size += len(record)
        self.next += 1
        return self.next - 1

    def sync(self) -> None:
        """Returns when all that was appended is on the disk. Raises OSError."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def name(host: str, lo: int) -> str:
    """The file name of the journal of `host` that starts at record `lo`."""
    return f"{host}-{lo:012d}.journal"


def packed(number: int, kind: int, writer: bytes, offset: int, body: bytes | memoryview) -> bytes:
    """The bytes of a record."""
    rest = _REST.pack(number, offset, writer, kind)
    head = _HEAD.pack(len(body), zlib.crc32(body, zlib.crc32(rest)))
    return b"".join((head, rest, body))


def journals(folder: Path) -> dict[str, list[tuple[int, Path]]]:
    """The journals in a run's `journal/`: host → [(lo, path)], by lo. A missing folder holds none."""
    found: dict[str, list[tuple[int, Path]]] = {}
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return found
    for entry in names:
        if match := _NAME.fullmatch(entry):
            host, lo = match.groups()
            found.setdefault(host, []).append((int(lo), folder / entry))
    for files in found.values():
        files.sort()
    return found


class Cursor:
    """Reads one journal, and later on from where it stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = int(path.name.removesuffix(".journal").rpartition("-")[2])
        """The next record's."""
        self._at = 0

    def records(self, end: int | None = None, gaps: list[Gap] | None = None) -> Iterator[Record]:
        """The records that have come since, up to, not including, number `end`.

        Stops at the first that is cut, damaged or out of order; with `gaps` it goes on behind damaged ones, which are
        added to that list. Raises OSError, FileNotFoundError among them.
        """
        with open(self.path, "rb", buffering=1 << 20) as file:
            if self._at:
                file.seek(self._at)
            elif file.read(len(MAGIC)) == MAGIC:
                self._at = len(MAGIC)
            while end is None or self.number < end:
                record = _read_one(file.read) if self._at else None
                if record is None or record.number != self.number:
                    record = None if gaps is None else self._behind(file, end, gaps)
                    if record is None:
                        return
                self.number = record.number + 1
                self._at += _HEAD.size + _REST.size + len(record.body)
                yield record

    def missing(self, end: int | None) -> list[Gap]:
        """The records that are damaged at the journal's end, if it was read up to there and must reach to `end`."""
        return [Gap(self.path, self.number, end - 1)] if end is not None and self.number < end else []

    def _behind(self, file: BinaryIO, end: int | None, gaps: list[Gap]) -> Record | None:
        record, self._at = _behind(file, self._at, self.number, end)
        if record is not None and record.number > self.number:
            gaps.append(Gap(self.path, self.number, record.number - 1))
        return record


def read(path: Path, start: int, end: int | None = None, gaps: list[Gap] | None = None) -> Iterator[Record]:
    """The records of one journal from number `start` up to, not including, `end`, as a cursor reads them.

    `gaps` gets the damaged ones among them, also those at the end.
    """
    cursor = Cursor(path)
    found: list[Gap] = []
    for record in cursor.records(end, None if gaps is None else found):
        if record.number >= start:
            yield record
    if gaps is not None:
        found += cursor.missing(end)
        gaps += [gap._replace(lo=max(gap.lo, start)) for gap in found if gap.hi >= start]


def read_host(files: list[tuple[int, Path]], start: int = 1, gaps: list[Gap] | None = None) -> Iterator[Record]:
    """The records from number `start` on of one host's journals, as `journals` lists them; `gaps` as in `read`."""
    for index, (lo, path) in enumerate(files):
        end = files[index + 1][0] if index + 1 < len(files) else None
        if end is None or end > start:
            yield from read(path, max(lo, start), end, gaps)


class _Read(Protocol):
    def __call__(self, size: int, /) -> bytes: ...


def _read_one(read_bytes: _Read) -> Record | None:
    head = read_bytes(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, crc = _HEAD.unpack(head)
    if length > MAX_BODY:
        return None
    rest = read_bytes(_REST.size)
    body = read_bytes(length)
    if len(rest) < _REST.size or len(body) < length or zlib.crc32(body, zlib.crc32(rest)) != crc:
        return None
    number, offset, writer, kind = _REST.unpack(rest)
    return Record(number, offset, writer, kind, body)


def _behind(file: BinaryIO, at: int, expected: int, end: int | None) -> tuple[Record | None, int]:
    """The first good record from place `at` on whose number may follow, and its place; the file then stands behind it.

    Whatever looks like the head of a record is tried: a CRC that fits by chance, with such a number, is one in 2^32.
    """
    file.seek(at)
    data = file.read()
    for match in _KIND.finditer(data, _KIND_AT):
        place = match.start() - _KIND_AT
        number = int.from_bytes(data[place + _HEAD.size : place + _HEAD.size + 8], "little")
        if expected <= number < (end or expected + len(data)):
            record = _read_one(io.BytesIO(data[place : place + _HEAD.size + _REST.size + MAX_BODY]).read)
            if record is not None:
                file.seek(at + place + _HEAD.size + _REST.size + len(record.body))
                return record, at + place
    return None, at


def _write(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    if written != len(data):
        raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes could be written")
