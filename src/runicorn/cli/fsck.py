"""`runicorn fsck`: looks for damage in a root or one run, and mends what can be mended."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from runicorn import finding
from runicorn.cli import options, words
from runid import places
from runid.inuse import Uses, instead
from runid.store import fsck as check
from runid.store import runs
from runid.store.fsck import Finding, Look
from runid.store.fsck import root as roots

Told = list[dict[str, Any]]


@click.command()
@click.argument("run", default="")
@click.option("--repair", is_flag=True, help="Mend what can be mended; what is replaced is kept as *.damaged.")
@options.storage
@click.option("--json", "as_json", is_flag=True, help="Print what was found, as JSON.")
def fsck(run: str, repair: bool, storage: str | None, as_json: bool) -> None:
    """Look for damage: in all of a root, or in one RUN. Exits with 1 if some is left."""
    folder = finding.run_dir(storage, run) if run else None
    root = runs.root_of(folder) if folder else finding.storage_root(storage)
    folders = [folder] if folder else list(runs.find_runs(root)) if root else []
    mended = _repair(root, folders) if repair else []
    left = _check(root, folders)
    if as_json:
        words.show_json({"runs": len(folders), "mended": mended, "found": left})
    else:
        click.echo("\n".join(_lines(folders, mended, left)))
    if left:
        raise SystemExit(1)


def _check(root: Path | None, folders: list[Path]) -> Told:
    uses = Uses(places.runtime_dir())
    told: Told = []
    with _progress("checking", folders) as seen:
        for folder in folders:
            for found in check.check(Look(folder, uses.why(folder), seen)):
                told.append(_told(root, folder, found))
    idle = [folder for folder in folders if not uses.why(folder)]
    return told + [_told(root, None, found) for found in (roots.check(root, idle) if root else ())]


def _repair(root: Path | None, folders: list[Path]) -> Told:
    told: Told = []
    runtime = places.runtime_dir()
    with instead(runtime) as host, _progress("repairing", folders) as seen:
        uses = Uses(runtime, held=True)
        idle = [folder for folder in folders if not uses.why(folder)]
        for folder in idle:
            told += [_told(root, folder, found) for found in check.repair(Look(folder, seen=seen))]
        for found in list(roots.check(root, idle, host)) if root else ():
            if found.mend is not None:
                found.mend()
                told.append(_told(root, None, found))
    return told


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


def _lines(folders: list[Path], mended: Told, left: Told) -> list[str]:
    lines = []
    for told, done in ((mended, True), (left, False)):
        named: dict[str, Told] = {}
        for one in told:
            named.setdefault(one["run"] or "the root", []).append(one)
        for name, ones in named.items():
            lines += [words.title(f"{words.line(name)}, mended" if done else words.line(name))]
            lines += [f"  {_sentence(one, done)}" for one in ones]
    mendable = sum(one["mendable"] for one in left)
    advice = f" `runicorn fsck --repair` can mend {mendable}." if mendable else ""
    runs_checked = f"{len(folders)} run{'s' * (len(folders) != 1)} checked"
    return [*lines, f"{runs_checked}: {f'{len(left)} left damaged.' if left else 'all is whole.'}{advice}"]


def _sentence(one: dict[str, Any], done: bool) -> str:
    repair = words.line(one["repair"])
    what = f"Mended: {repair}." if done else f"To mend it, {repair}." if one["mendable"] else f"Not mendable: {repair}."
    return f"{words.line(one['file'])}: {words.line(one['found'])} {what}"
