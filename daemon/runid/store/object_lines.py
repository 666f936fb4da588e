"""The lines of a run's objects/, read through once, and from then on only what was added: see runid.store.media.

What indices keep of them is theirs; where a line is, is told, and what is asked for is read again.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import orjson

from runid.store import runs
from runid.store.fold import OBJECTS
from runid.store.texts import HostText

_BLOCK = 1 << 20
_MOST = 2**63


class Line(NamedTuple):
    """Where a line is: the number of its host, and its first byte and how many there are in that host's objects."""

    host: int
    start: int
    size: int


class ObjectLines(ABC):
    """One run's objects. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: list[str] = []
        """The hosts, by their numbers."""
        self._texts: list[HostText] = []
        self._read: list[int] = []
        self._sizes: list[int] = []

    def refresh(self, seconds: float = float("inf")) -> float:
        """Reads what was added, for about so long; gives which share of all is read. Raises OSError, FormatError."""
        deadline = time.monotonic() + seconds
        for host in sorted(set(runs.hosts(self.folder)).difference(self.hosts)):
            self.hosts.append(host)
            path = runs.objects_path(self.folder, host)
            self._texts.append(HostText(self.folder, host, path, what=OBJECTS))
            self._read.append(0)
            self._sizes.append(0)
        for number, text in enumerate(self._texts):
            self._sizes[number] = max(self._read[number], text.refresh())
            while self._read[number] < self._sizes[number] and time.monotonic() < deadline:
                read = self._read_on(number)
                if not read:
                    self._sizes[number] = self._read[number]
                self._read[number] += read
        self.refreshed()
        return sum(self._read) / (sum(self._sizes) or 1) if sum(self._sizes) else 1.0

    @abstractmethod
    def add(self, at: Line, told: dict[str, Any]) -> None:
        """Takes a line, of which it is told what it says."""

    def refreshed(self) -> None:  # noqa: B027  not every index has something to do then
        """Lines were added, or none were there."""

    def line(self, at: Line) -> dict[str, Any]:
        """What a line says."""
        return said(self.part(at.host, at.start, at.start + at.size))

    def part(self, host: int, start: int, stop: int) -> bytes:
        """A part of a host's objects."""
        return self._texts[host].read(start, stop)

    def _read_on(self, host: int) -> int:
        """Reads the next whole lines, about a MiB of them; gives how many bytes they are."""
        start, stop = self._read[host], self._sizes[host]
        block, data = _BLOCK, b""
        while not data and block <= 2 * max(stop - start, _BLOCK):
            data = self.part(host, start, min(start + block, stop))
            data = data[: data.rfind(b"\n") + 1]
            block *= 2
        at = start
        for line in re.findall(rb"[^\n]*\n", data):
            self.add(Line(host, at, len(line)), said(line))
            at += len(line)
        return len(data)


def said(line: bytes) -> dict[str, Any]:
    """The object of a line; nothing for a line that was not written so."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number of 64 bits."""
    return type(value) is int and -_MOST <= value < _MOST
