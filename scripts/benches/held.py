"""What memory a process holds, and since when: the profile of a row about memory."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from benches.rows import Row

_GOAL = 200.0  # MB
_REST = 2.0  # seconds: what is free goes back to the system when nothing is asked for


class Held:
    """The resident memory of a process, noted between what is done to it."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._notes: list[str] = []

    def note(self, when: str) -> None:
        """What it holds now."""
        self._notes.append(f"{self._resident():.0f} {when}")

    def row(self, what: str) -> Row:
        """What it holds in the end, with what it held before and which part of it are libraries."""
        resident = self._resident()
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        mapped = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssFile:")) / 1000
        how = f"Resident, after all of the above, {_REST:.0f} s later: {', '.join(self._notes)}; "
        return Row(what, _GOAL, resident, "MB", f"{how}{mapped:.0f} MB of it are code that is mapped from libraries.")

    def _resident(self) -> float:
        time.sleep(_REST)
        return float(self._process.memory_info().rss / 1e6)
