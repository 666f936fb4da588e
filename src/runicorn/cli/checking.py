"""What `runicorn fsck` does, apart from its words. It loads NumPy and pyarrow."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from runid import places
from runid.inuse import Uses, instead
from runid.store import blobs, fsck
from runid.store.fsck import Finding, Look, archived
from runid.store.fsck import root as roots

Told = list[dict[str, Any]]


def check(root: Path | None, folders: list[Path], entire: bool) -> Told:
    """What is damaged, as `runicorn fsck --json` tells it; `entire`: these are all runs of the root."""
    uses = Uses(places.runtime_dir())
    told: Told = []
    with _progress("checking", [*folders, *_archive(root, entire)]) as seen:
        for folder in folders:
            for found in fsck.check(Look(folder, uses.why(folder), seen)):
                told.append(_told(root, folder, found))
        if root:
            told += [_told(root, None, found) for found in archived.check(root, folders, seen)]
    idle = [folder for folder in folders if not uses.why(folder)]
    return told + [_told(root, None, found) for found in _of_root(root, idle, entire)]


def repair(root: Path | None, folders: list[Path], entire: bool) -> Told:
    """Mends what can be mended, and gives it; `entire` as in `check`.

    Repairs take long, and another machine may resume a run meanwhile: of each it is asked when its turn comes.
    """
    told: Told = []
    changed: set[Path] = set()  # by this repair, which looks like another machine's doing
    runtime = places.runtime_dir()
    with instead(runtime) as host, _progress("repairing", [*folders, *_archive(root, entire)]) as seen:
        uses = Uses(runtime, held=True)
        for folder in folders:
            mended = fsck.repair(Look(folder, uses.why(folder), seen))
            changed |= {folder} if mended else set()
            told += [_told(root, folder, found) for found in mended]
        idle = [folder for folder in folders if folder in changed or not uses.why(folder)]
        archive = list(archived.check(root, folders, seen)) if root else []
        for found in [*archive, *_of_root(root, idle, entire, host)]:
            if found.mend is not None:
                found.mend()
                told.append(_told(root, None, found))
    return told


def _archive(root: Path | None, entire: bool) -> list[Path]:
    """The folder of what all runs share, where all of it is looked at."""
    return [root / blobs.BLOBS] if root and entire else []


def _of_root(root: Path | None, idle: list[Path], entire: bool, host: str = "") -> Iterator[Finding]:
    """What is wrong with the root's own files."""
    if root:
        yield from roots.check(root, idle, host)
        yield from roots.check_removed(root, host) if entire else ()


@contextlib.contextmanager
def _progress(what: str, folders: list[Path]) -> Any:
    """A bar on a terminal, by bytes."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    total = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    with click.progressbar(length=total, label=what, file=sys.stderr) as bar:
        update: Callable[[int], None] = bar.update
        yield update


def _told(root: Path | None, folder: Path | None, found: Finding) -> dict[str, Any]:
    name = None if folder is None else os.path.relpath(folder, root / "runs") if root else str(folder)
    return {
        "run": name,
        "file": found.file,
        "found": found.what,
        "repair": found.how,
        "mendable": found.mend is not None,
    }
