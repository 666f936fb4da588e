"""How a job makes a medium's file: under another name first, and never twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from runid.store import files, media

if TYPE_CHECKING:
    from runid.jobs.worker import Job


def source(job: Job) -> Path:
    """The bytes that were logged."""
    return media.incoming(Path(job["run_dir"]), job["host"], job["id"])


def make(job: Job, choose: Callable[[Path], Path]) -> Path:
    """The file that is asked for; made, unless an earlier try has made it.

    `choose` gets the bytes that were logged, and gives a file of the same folder, which is moved: these bytes
    themselves, or one that is `written` from them. Raises OSError, FormatError, and what `choose` raises.
    """
    target = media.file(Path(job["run_dir"]), job["ask"])
    if not target.exists():
        os.rename(choose(source(job)), target)
        files.sync_folder(target.parent)
    return target


def written(near: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """A new file beside another one, on the disk when this returns. Raises OSError, and what `write` raises."""
    made = media.temporary(near)
    made.unlink(missing_ok=True)
    try:
        with open(made, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made
