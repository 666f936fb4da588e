"""What a trainer did, counted by itself in a file that outlives it.

One file of 64-bit cells per trainer, in shared memory. Per kind of event two cells: `attempted`, stored before the
call, and `returned`, stored after it. Each is one aligned 8-byte store, so a kill leaves the old value or the new one.
What may be missing afterwards is nothing up to `returned`; what may be there beyond it is the one call in flight.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POINTS, TEXT, OBJECTS, SUMMARY, CONFIG, IMAGES, VIDEOS, DATASETS, OUTPUTS, FINISH = range(10)
EVENTS = ("points", "text", "objects", "summary", "config")
KINDS = (*EVENTS, "images", "videos", "datasets", "outputs")
"""Of the last four the daemon makes files, later than it keeps the events."""

_PID, _GO, _STOP = 20, 21, 22
_SIZE = 23 * 8


class Counters:
    """The cells of one trainer. The harness sets `go` and `stop`, the trainer all others.

    `cells[2 * kind]` is what `attempted(kind)` gives, `cells[2 * kind + 1]` what `returned(kind)` does.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, and creates it when it is missing."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(descriptor, _SIZE)
        self.path = path
        self.cells = memoryview(mmap.mmap(descriptor, _SIZE)).cast("Q")
        os.close(descriptor)

    def attempted(self, kind: int) -> int:
        """How many calls of this kind began."""
        return self.cells[2 * kind]

    def returned(self, kind: int) -> int:
        """How many calls of this kind returned."""
        return self.cells[2 * kind + 1]

    @contextmanager
    def counting(self, kind: int) -> Iterator[int]:
        """Counts one call of this kind, made in the block; gives its number, from 1."""
        number = self.cells[2 * kind] = self.cells[2 * kind] + 1
        yield number
        self.cells[2 * kind + 1] = number

    @property
    def pid(self) -> int:
        """The trainer's process; 0 until it runs."""
        return self.cells[_PID]

    @pid.setter
    def pid(self, pid: int) -> None:
        self.cells[_PID] = pid

    @property
    def stopping(self) -> bool:
        """Whether the trainer is to come to its end."""
        return self.cells[_STOP] != 0

    def reset(self) -> None:
        """Sets all cells to zero."""
        for cell in range(len(self.cells)):
            self.cells[cell] = 0

    def go(self) -> None:
        """Lets the trainer call init()."""
        self.cells[_GO] = 1

    def stop(self) -> None:
        """Lets the trainer come to its end."""
        self.cells[_STOP] = 1

    def wait_for_go(self, timeout: float) -> bool:
        """Waits until the harness says go; False when it does not within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self.cells[_GO]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True
