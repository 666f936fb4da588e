"""Sealing: from ended journals to segments, and what becomes of the journals. Called in the root's thread.

A worker writes a segment under a temporary name; only here it gets its real one. A journal may go when its points are
in a segment, `writers/<host>.json` covers its records, and readers that listed it have had time to read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runid.store import journal, segments

GRACE = 600.0
"""Seconds that covered files stay, for readers that have listed them; by the daemon's monotonic clock."""

NOTICE = 0.2
"""Seconds from the announcement of a merge until files change: who has listed before has opened them by then."""

MERGE_ABOVE = 8
_LONGEST_WAIT = 300.0

Done = Callable[[dict[str, Any] | None, str | None], None]


@dataclass(slots=True)
class _Ended:
    """A journal that is written to no more."""

    lo: int
    hi: int
    path: Path
    sealed: float | None = None
    asked: bool = False
    retry: float = 0.0
    wait: float = 5.0


class Seals:
    """The ended journals and the segments of one host in one run."""

    def __init__(self, run_dir: Path, host: str, submit: Callable[[dict[str, Any], Done], None]) -> None:
        self._metrics = run_dir / "metrics"
        self._run_id = run_dir.name
        self._host = host
        self._submit = submit
        self._ended: list[_Ended] = []
        self._through = 0
        self._merging = self._merge_failed = False
        self._announced: tuple[float, Callable[[], None]] | None = None
        self._covered_at: float | None = None
        self.trouble = ""

    @property
    def open(self) -> int:
        """How many ended journals are not sealed yet."""
        return sum(ended.sealed is None for ended in self._ended)

    def add(self, lo: int, hi: int, path: Path) -> None:
        """An ended journal with records lo … hi."""
        self._ended.append(_Ended(lo, hi, path))

    def recover(self, found: list[tuple[int, Path]], following: int) -> int:
        """Takes over the journals found on opening the run; gives the number behind all records of the host's.

        `following`: the number behind the last journal's last record. A journal of which nothing counts is removed.
        """
        segments.recover(self._metrics, self._host)
        if self._announced is not None:  # and taken back
            self._announced, self._merging = None, False
        if segments.covered(self._metrics, self._host):
            self._covered_at = time.monotonic()
        sealed = [segment for segment in segments.segments(self._metrics) if segment.host == self._host]
        following = max([following, *(segment.hi + 1 for segment in sealed)])
        known = {ended.lo: ended for ended in self._ended}
        self._ended = []
        for index, (lo, path) in enumerate(found):
            hi = min([following, *(after for after, _ in found[index + 1 : index + 2])]) - 1
            if hi < lo:
                path.unlink()
                continue
            ended = known.get(lo) or _Ended(lo, hi, path)
            ended.hi = hi
            if ended.sealed is None and any(segment.lo <= lo and hi <= segment.hi for segment in sealed):
                ended.sealed = time.monotonic()
            self._ended.append(ended)
        return following

    def settled(self) -> None:
        """Takes over a run that an earlier daemon settled: its journals are sealed, and only wait to be removed."""
        now = time.monotonic()
        found = journal.journals(self._metrics.parent / "journal").get(self._host, [])
        self._ended = [_Ended(lo, lo, path, sealed=now) for lo, path in found]
        self._through = max((lo for lo, _ in found), default=0)
        self._covered_at = now

    def tick(self, now: float) -> None:
        """Asks for what is to be sealed, and commits a merge that was announced long enough ago."""
        if self._announced is not None and now - self._announced[0] >= NOTICE:
            self.close()
        for ended in self._ended:
            if ended.sealed is None and not ended.asked and ended.retry <= now:
                ended.asked = True
                self._seal(ended)

    def saved(self, through: int) -> None:
        """The run's other files cover all records up to `through`."""
        self._through = through

    def settle(self) -> bool:
        """With the run at its end: seals what is left, then merges once; True when nothing is left to do."""
        self.tick(time.monotonic())
        if self.open or self._merging:
            return False
        mine = [segment for segment in segments.segments(self._metrics) if segment.host == self._host]
        if len(mine) <= MERGE_ABOVE or self._merge_failed:
            return True
        self._merge(mine)
        return False

    def sweep(self, now: float, force: bool = False) -> bool:
        """Removes what is covered and has had its time, or at once with `force`; True when nothing is left."""
        for ended in list(self._ended):
            if ended.sealed is None or ended.hi > self._through:
                continue
            if force or now - ended.sealed >= GRACE:
                ended.path.unlink(missing_ok=True)
                self._ended.remove(ended)
        if self._covered_at is not None and (force or now - self._covered_at >= GRACE):
            for path in segments.covered(self._metrics, self._host):
                path.unlink(missing_ok=True)
            self._covered_at = None
        return not self._ended and self._covered_at is None

    def _seal(self, ended: _Ended) -> None:
        job = {
            "name": "seal",
            "journal": str(ended.path),
            "folder": str(self._metrics),
            "run_id": self._run_id,
            "host": self._host,
            "lo": ended.lo,
            "hi": ended.hi,
        }

        def done(result: dict[str, Any] | None, error: str | None) -> None:
            ended.asked = False
            try:
                if result is not None and result["tmp"] is not None:
                    segments.commit(Path(result["tmp"]), self._metrics, self._host, ended.lo, ended.hi)
            except OSError as problem:
                error = str(problem)
            if error is None:
                ended.sealed = time.monotonic()
                self.trouble = ""
            else:
                self.trouble = f"{ended.path.name} of run {self._run_id} could not be sealed and is kept: {error}"
                ended.retry, ended.wait = time.monotonic() + ended.wait, min(2 * ended.wait, _LONGEST_WAIT)

        self._submit(job, done)

    def _merge(self, mine: list[segments.Segment]) -> None:
        lo, hi, paths = mine[0].lo, mine[-1].hi, [segment.path for segment in mine]
        job = {
            "name": "merge",
            "segments": [str(path) for path in paths],
            "folder": str(self._metrics),
            "host": self._host,
            "lo": lo,
            "hi": hi,
        }
        self._merging = True

        def done(result: dict[str, Any] | None, error: str | None) -> None:
            if result is None:
                self._merged(error)
                return
            try:
                segments.announce(self._metrics, self._host, lo, hi)
            except OSError as problem:
                self._merged(str(problem))
            else:
                merged = Path(result["tmp"]), self._metrics, self._host, lo, hi, paths
                self._announced = time.monotonic(), lambda: segments.commit_merge(*merged)

        self._submit(job, done)

    def close(self) -> None:
        """Ends what was begun: a merge that was announced."""
        if self._announced is not None:
            _, commit = self._announced
            self._announced = None
            try:
                commit()
            except (OSError, ValueError) as problem:
                self._merged(str(problem))
            else:
                self._covered_at = time.monotonic()
                self._merged(None)

    def _merged(self, error: str | None) -> None:
        self._merging = False
        if error is not None:
            self._merge_failed = True
            self.trouble = f"The segments of run {self._run_id} could not be merged and stay as they are: {error}"
