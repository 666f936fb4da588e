"""What a root holds besides its runs: its marker, and the catalog, which must say of each run what its files say."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from runid import __version__
from runid.errors import FormatError
from runid.store import FORMAT, catalog, catalog_line, files, listing, publishing, runs
from runid.store.fsck.finding import Finding

_OF_THE_LINE = ("time", "revision", "host")  # of the moment and the daemon that wrote the line, not of the run
Key = tuple[str, str]


def check(root: Path, folders: Iterable[Path], host: str = "") -> Iterator[Finding]:
    """The root's own files; `folders`: those of its runs that nobody writes to. A repair adds lines to `host`'s log."""
    marker = root / runs.MARKER
    if files.read_json(marker) is None:
        what = "It is damaged." if marker.exists() else "It is missing: a daemon would take the root for another."
        yield Finding(marker.name, what, "it is made again", partial(_mark, marker))
    yield from _catalog(root, folders, host)


def _mark(marker: Path) -> None:
    files.set_aside(marker)
    files.replace_json(marker, {"format": FORMAT, "made_by": __version__})


def _catalog(root: Path, folders: Iterable[Path], host: str) -> Iterator[Finding]:
    listed = {(line["path"], line["run"]): line for line in catalog.read(root)}
    missing: dict[Key, dict[str, Any]] = {}
    stale: dict[Key, dict[str, Any]] = {}
    for folder in folders:
        entry = _entry(folder, listed)
        if entry is not None:
            key = (entry["path"], entry["run"])
            if key not in listed:
                missing[key] = entry
            elif _said(listed[key]) != _said(entry):
                # Whatever time the damaged line has, the new one must be the newer.
                stale[key] = entry | {"time": max(time.time(), listed[key]["time"] + 0.001)}
    if missing:
        mend = partial(_add, root, host, list(missing.values()))
        yield Finding("catalog", f"It does not list {_names(missing)}.", "it gets their lines", mend)
    if stale:
        differs = {name for key, entry in stale.items() for name in entry if entry[name] != listed[key].get(name)}
        what = f"It has not the last word of {_names(stale)}: {', '.join(sorted(differs - {*_OF_THE_LINE}))}."
        yield Finding("catalog", what, "it gets their lines", partial(_add, root, host, list(stale.values())))


def check_removed(root: Path, host: str = "") -> Iterator[Finding]:
    """Runs that the catalog lists, and whose folders somebody has removed. A repair adds lines to `host`'s log.

    Should such a folder come back, or be seen late on a network file system, `check` finds that its line is not right.
    """
    removed = {
        (line["path"], line["run"]): {name: line[name] for name in ("run", "path", "started_at")}
        | {"status": catalog_line.REMOVED, "time": max(time.time(), line["time"] + 0.001)}
        for line in catalog.read(root)
        if line["status"] != catalog_line.REMOVED and not listing.is_there(root, line)
    }
    if removed:
        what = f"It lists what is gone: there is no folder of {_names(removed)}."
        yield Finding("catalog", what, "it gets lines that say so", partial(_add, root, host, list(removed.values())))


def _entry(folder: Path, listed: dict[Key, dict[str, Any]]) -> dict[str, Any] | None:
    """The line that the catalog should have of a run."""
    try:
        run = runs.read_run(folder)
    except (FileNotFoundError, FormatError):  # removed, or changing: it is being written to after all
        return None
    if not run.folds:
        return None
    line = listed.get((run.meta.get("path", ""), run.id), {})
    fold = next((fold for fold in run.folds if fold.host == line.get("host")), run.folds[0])
    entry: dict[str, Any] = json.loads(files.dumps(publishing.catalog_entry(run, fold)).encode(errors="replace"))
    return catalog_line.mended(entry)  # as the lines are that it is compared with


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in _OF_THE_LINE}


def _names(entries: Iterable[Key]) -> str:
    keys = ["/".join(filter(None, key)) for key in entries]
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{len(keys)} run{'s' * (len(keys) != 1)}: {', '.join(keys[:3])}{more}"


def _add(root: Path, host: str, entries: list[dict[str, Any]]) -> None:
    log = catalog.Catalog(root, host)
    for entry in entries:
        log.add(entry)
