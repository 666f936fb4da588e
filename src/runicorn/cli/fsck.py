"""`runicorn fsck`: looks for damage in a root or one run, and mends what can be mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runicorn import finding
from runicorn.cli import options, words
from runid.store import runs

Told = list[dict[str, Any]]


@click.command()
@click.argument("run", default="")
@click.option("--repair", is_flag=True, help="Mend what can be mended; what is replaced is kept as *.damaged.")
@options.storage
@click.option("--json", "as_json", is_flag=True, help="Print what was found, as JSON.")
def fsck(run: str, repair: bool, storage: str | None, as_json: bool) -> None:
    """Look for damage: in all of a root, or in one RUN. Exits with 1 if some is left."""
    from runicorn.cli import checking

    folder = finding.run_dir(storage, run) if run else None
    root = runs.root_of(folder) if folder else finding.storage_root(storage)
    folders = [folder] if folder else list(runs.find_runs(root)) if root else []
    mended = checking.repair(root, folders, not run) if repair else []
    left = checking.check(root, folders, not run)
    if as_json:
        words.show_json({"runs": len(folders), "mended": mended, "found": left})
    else:
        click.echo("\n".join(_lines(folders, mended, left)))
    if left:
        raise SystemExit(1)


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
    repair = words.line(one["repair"]).removesuffix(".")
    what = f"Mended: {repair}." if done else f"To mend it, {repair}." if one["mendable"] else f"Not mendable: {repair}."
    return f"{words.line(one['file'])}: {words.line(one['found'])} {what}"
