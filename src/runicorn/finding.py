"""Which root is looked at, and which of its runs is meant."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from runicorn import settings
from runicorn.liveness import heard
from runid import events
from runid.errors import NotFoundError, RunicornError
from runid.store import catalog, catalog_line, publishing, runs

HEARD = "heard_seconds_ago"
_LIKENED = 2000  # likening a name to another takes some 20 µs
_FEW = 5


def storage_root(storage: str | os.PathLike[str] | None) -> Path:
    """The root that is meant, which must exist. Raises ValueError for what is no path, NotFoundError."""
    root = Path(os.path.realpath(settings.storage_root(storage)))
    if not root.is_dir():
        raise NotFoundError(f"There is no storage root at {root}. {OTHER_ROOT}")
    return root


def known(root: Path) -> tuple[Iterable[dict[str, Any]], set[str]]:
    """The root's runs as its catalog has them, newest first, and their paths; parsed one by one as they are asked for.

    Where there is no catalog (yet), the runs are read themselves.
    """
    listed = catalog.Runs(root)
    listed.refresh()
    if len(listed):
        return listed, listed.paths()
    read = (runs.read_run(folder) for folder in runs.find_runs(root))
    found = [catalog_line.mended(publishing.catalog_entry(run, run.folds[0])) for run in read if run.folds]
    found.sort(key=lambda entry: entry["started_at"] or 0.0, reverse=True)
    return found, {entry["path"] for entry in found}


def fresh(root: Path, entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The entries; a run that runs is read from its own files, for the catalog lags by up to two seconds."""
    for entry in entries:
        if entry["status"] in events.ENDS:
            yield entry
            continue
        newer = entry
        # Removed, damaged, or not ours to read: then what the catalog has must do.
        with contextlib.suppress(OSError, RunicornError):
            run = runs.read_run(runs.run_dir(root, entry["path"], entry["run"]))
            if run.folds:
                newer = catalog_line.mended(publishing.catalog_entry(run, run.folds[0])) | {HEARD: heard(run)}
        yield newer


def entries(root: Path) -> Iterable[dict[str, Any]]:
    """The root's runs, newest first, parsed one by one."""
    return known(root)[0]


def no_runs(root: Path, path: str = "", paths: Iterable[str] = ()) -> str:
    """The sentence for a root, or a path in it, without runs; `paths`: those that have some."""
    if not path:
        return f"There are no runs in {root}. {OTHER_ROOT}"
    return f"There are no runs under {path} in {root}.{_near(path, sorted(paths))} {OTHER_ROOT}"


def run_dir(storage: str | os.PathLike[str] | None, name: str) -> Path:
    """The folder of the run that `name` means: a run id, path/run_id, the folder itself, or an alias of one run.

    Raises NotFoundError, with names that come near, when there is none or more than one.
    """
    if _is_run(Path(name)):
        return Path(name).resolve()
    root = storage_root(storage)
    if _is_run(root / "runs" / name):
        return root / "runs" / name
    known = catalog.Runs(root)
    known.refresh()
    # The catalog lags by up to two seconds: a run that has just begun is found by its folder.
    listed = [runs.run_dir(root, path, name) for path in known.paths_of(name)]
    found = [folder for folder in listed if _is_run(folder)]
    found = found or [folder for folder in runs.find_runs(root) if folder.name == name]
    if listed and not found:
        raise NotFoundError(f"The folder of run {name} is gone: {listed[0]}. Only its line in the catalog is left.")
    has = "id"
    if not found:
        found, has = _with_alias(root, name), "alias"
    if not found:
        raise NotFoundError(_no_run(root, name, list(islice(entries(root), _LIKENED))))
    if len(found) > 1:
        named = ", ".join(str(folder.relative_to(root / "runs")) for folder in found[:_FEW])
        others = " and others" * (len(found) > _FEW)
        raise NotFoundError(f"{len(found)} runs in {root} have the {has} {name}: {named}{others}. Say which.")
    return found[0]


def _with_alias(root: Path, alias: str) -> list[Path]:
    """The folders of the runs with an alias, the newest first."""
    named = [entry for entry in fresh(root, entries(root)) if entry.get("alias") == alias]
    found = (runs.run_dir(root, entry["path"], entry["run"]) for entry in named)
    return [folder for folder in found if _is_run(folder)]


def no_metric(run_id: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a run that has no such metric."""
    few = sorted(known)
    near = _near(name, few) or (f" It has {', '.join(few[:_FEW])}{' and others' * (len(few) > _FEW)}." if few else "")
    return f"Run {run_id} has no metric {name!r}.{near or ' It has none.'}"


def _no_run(root: Path, name: str, known: list[dict[str, Any]]) -> str:
    if not known:
        return no_runs(root)
    path = name.strip("/")
    inside = [entry["run"] for entry in known if entry["path"] == path]
    if inside:
        return f"{path} is a path, not a run. Its latest run is {inside[0]}; `runicorn ls {path}` lists all."
    named = {entry["run"]: entry["run"] for entry in known}
    named |= {entry["alias"]: f"{entry['run']} ({entry['alias']})" for entry in reversed(known) if entry.get("alias")}
    named |= {f"{entry['path']}/{entry['run']}": f"{entry['path']}/{entry['run']}" for entry in known}
    return f"There is no run {name!r} in {root}.{_near(name, named, named)} {OTHER_ROOT}"


def _near(name: str, known: Iterable[str], shown: dict[str, str] | None = None) -> str:
    near = difflib.get_close_matches(name, list(known)[:_LIKENED])
    return f" Did you mean {' or '.join((shown or {}).get(one, one) for one in near)}?" if near else ""


def _is_run(folder: Path) -> bool:
    return (folder / "meta.json").is_file() or (folder / "writers").is_dir()


OTHER_ROOT = "Name another root with --storage DIR or RUNICORN_DIR."
"""What who types a command can do."""
