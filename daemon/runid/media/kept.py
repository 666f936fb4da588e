"""Media that are kept byte for byte: pages and texts, in UTF-8."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runid.media import making

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell


def keep(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Gives the logged bytes their name. Raises OSError, FormatError."""
    making.make(job, lambda source: source)
    return {}


def text(path: Path) -> str:
    """The text in a file, its line ends as they are. Raises OSError."""
    return path.read_bytes().decode(errors="replace")
