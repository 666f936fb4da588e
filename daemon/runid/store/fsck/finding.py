"""What a check finds, and what it has to know of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from runid.store.segments import Segment


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one file."""

    file: str
    """Relative to the run's folder, or to the root's."""
    what: str
    """What is wrong, and what is whole all the same; sentences."""
    how: str = ""
    """What a repair does about it; where it can do nothing, why."""
    mend: Callable[[], None] | None = None
    """Does so. Raises OSError."""

    def unmended(self, why: str) -> Finding:
        """The same, to be left alone for this reason."""
        return replace(self, how=why, mend=None)


@dataclass
class Look:
    """One run as a check goes through it."""

    folder: Path
    busy: str = ""
    """Why nothing of it may be changed now; empty where a repair may."""
    seen: Callable[[int], None] = lambda _: None
    """Told how many bytes were looked at."""
    whole: dict[Segment, int] = field(default_factory=dict)
    """The segments that are whole, and how many points each has of the metric with the most."""
    rows: dict[str, Counter[str]] = field(default_factory=dict)
    """host → metric → how many points its segments hold."""

    def holds(self, host: str, lo: int, hi: int) -> bool:
        """Whether whole segments of the host hold records lo … hi."""
        return any(one.host == host and one.lo <= lo and hi <= one.hi for one in self.whole)

    def name(self, path: Path) -> str:
        """A file as findings name it."""
        return path.relative_to(self.folder).as_posix()
