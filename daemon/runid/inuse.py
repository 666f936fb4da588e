"""Which runs a daemon may be writing to, as far as another process can tell without a lock in the root.

Of the runs of this runtime folder's own lineage that is known: a daemon that serves has notes on those it has open,
and where the lock can be had no daemon serves. Other lineages' daemons may live on other machines: their keepers write
a heartbeat every 10 s, and keep covered files for ten minutes. A run of theirs is left alone for that long.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from runid import endpoint, lineage, locks
from runid.errors import DaemonError
from runid.store import files, runs
from runid.store.seals import GRACE


class Uses:
    """What is known of the daemons that may write to runs."""

    def __init__(self, runtime: Path, held: bool = False) -> None:
        """`held`: this process has the runtime folder's lock, so that no daemon serves there."""
        self._host = lineage.current(runtime)
        self._open = [] if held or endpoint.find(runtime) is None else _open_runs(runtime)

    def why(self, folder: Path) -> str:
        """Why a run may be in use; empty where it is not."""
        if any(_same(folder, one) for one in self._open):
            return "the daemon of this machine has the run open: end the run, or say `runid stop`"
        others = [host for host in runs.hosts(folder) if host != self._host]
        silent = min((_silent(folder, host) for host in others), default=GRACE)
        if silent < GRACE:
            return f"another machine may be writing to it: its files changed {max(0.0, silent):.0f} s ago"
        return ""


@contextlib.contextmanager
def instead(runtime: Path) -> Iterator[str]:
    """Takes the daemon's place: nobody serves this runtime folder in this block. Gives the lineage to write as.

    Raises DaemonError while a daemon serves; OSError.
    """
    descriptor = locks.open_lockable(runtime / "lock", create=True)
    try:
        if not locks.take(descriptor):
            raise DaemonError(
                "The daemon runs, and it may write to any run meanwhile. Say `runid stop`, repair, then `runid start`; "
                "what is logged in between waits in the outboxes."
            )
        yield lineage.take(runtime)
    finally:
        os.close(descriptor)


def _open_runs(runtime: Path) -> list[Path]:
    notes = [files.read_json(path) or {} for path in (runtime / "open").glob("*.json")]
    named = [[str(note.get(name)) for name in ("root", "path", "run_id")] for note in notes]
    return [runs.run_dir(Path(root), path, run_id) for root, path, run_id in named]


def _same(folder: Path, other: Path) -> bool:
    try:
        return folder.samefile(other)
    except OSError:
        return False


def _silent(folder: Path, host: str) -> float:
    """Seconds since the host changed a file of the run; either clock may be ahead."""
    found = [path for name in ("writers", "journal", "metrics") for path in (folder / name).glob(f"*{host}[-.]*")]
    changed = []
    for path in found:
        with contextlib.suppress(FileNotFoundError):
            changed.append(path.stat().st_mtime)
    return abs(time.time() - max(changed, default=0.0))
