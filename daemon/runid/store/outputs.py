"""What was archived of a run's outputs. WORK records of scans and watches tell it, as `outputs`:

    entries   what was archived: {key, name, kind: file or dir, path, saved: true, archive_path, fingerprint_kind,
              fingerprint, mode, archived_at, step, size_bytes, stamp[, metric: {name, mode, value}]}
    failed    what could not be: {key, name, kind, path, mode, saved: false, last_error}
    mended    keys of outputs that have no trouble any more
    removed   the archive paths of copies that had to go

They add up in a file of the host's own, which is replaced when there are new ones, and only then: there may be
thousands of entries. Records up to `through` are in it; those behind it are in `Fold.scans`.

    assets/<host>.json     {through, entries: a name for each → entry}

An entry of mode rolling replaces the one with its key, others are added. A copy that had to go takes its entry with it,
but for the newest of its output: that one stays in this file, though not in assets.json, so that the unchanged output
is not archived again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runid.store import files

if TYPE_CHECKING:
    from runid.store.fold import Fold

Entry = dict[str, Any]
Entries = dict[str, Entry]

WATCHED = frozenset(("scan", "watch", "unwatch"))
"""The kinds of asks that runid.watches does."""

_FAILED = "failed"


def path(folder: Path, host: str) -> Path:
    """The file that lists a host's outputs."""
    return folder / "assets" / f"{host}.json"


def read(folder: Path, fold: Fold) -> Entries:
    """What a host's records say of its outputs, up to where its fold came. Raises OSError."""
    through, entries = _kept(files.read_json(path(folder, fold.host)) or {})
    for number, scan in fold.scans:
        if number > through:  # else the file has come since, or its fold had not
            keep(entries, scan)
    return entries


def version(folder: Path, fold: Fold) -> list[int]:
    """What changes whenever `read` gives something new. Raises OSError."""
    try:
        found = path(folder, fold.host).stat()
    except FileNotFoundError:
        return [len(fold.scans)]
    return [found.st_mtime_ns, found.st_ino, len(fold.scans)]


def save(folder: Path, fold: Fold) -> None:
    """Puts down what the fold has of them; before the fold itself is, which then has none. Raises OSError."""
    if fold.scans:
        listed = path(folder, fold.host)
        listed.parent.mkdir(exist_ok=True)
        if files.read_json(listed) is None:  # damaged, or there is none
            files.set_aside(listed)
        files.replace_json(listed, {"through": fold.through, "entries": read(folder, fold)})
        fold.scans.clear()


def keep(known: Entries, said: dict[str, Any]) -> None:
    """Adds what a scan came to."""
    gone = {(entry["mode"], entry["key"]): name for name, entry in _archived(known) if not entry["saved"]}
    for entry in said["entries"]:
        version = "" if entry["mode"] == "rolling" else entry["fingerprint"]
        known.pop(gone.get((entry["mode"], entry["key"]), ""), None)  # the newer entry tells what it was kept for
        known[_name(entry["mode"], entry["key"], version)] = entry
    for key in said["mended"]:
        known.pop(_name(_FAILED, key), None)
    for entry in said["failed"]:
        known[_name(_FAILED, entry["key"])] = entry
    if said["removed"]:
        _remove(known, set(said["removed"]))


def published(hosts: Iterable[Entries]) -> list[Entry]:
    """The outputs as assets.json lists them; an error stands in the output's newest entry, or in one of its own."""
    found: list[Entry] = []
    for known in hosts:
        errors = {entry["key"]: entry for entry in known.values() if "last_error" in entry}
        saved = [entry for entry in known.values() if entry["saved"]]
        newest = {entry["key"]: index for index, entry in enumerate(saved)}
        for index, entry in enumerate(saved):
            failed = errors.pop(entry["key"], None) if newest[entry["key"]] == index else None
            found.append(entry | {"last_error": failed["last_error"]} if failed else entry)
        found += errors.values()
    return found


def _kept(said: dict[str, Any]) -> tuple[int, Entries]:
    """What such a file says; what is no entry in it is passed over: it may be another host's, or damaged."""
    through, entries = said.get("through"), said.get("entries")
    whole = {
        name: entry
        for name, entry in (entries.items() if isinstance(entries, dict) else ())
        if isinstance(entry, dict) and isinstance(entry.get("key"), str) and {"mode", "saved"} <= entry.keys()
    }
    return through if isinstance(through, int) else 0, whole


def _remove(known: Entries, paths: set[str]) -> None:
    newest = {(entry["mode"], entry["key"]): name for name, entry in _archived(known)}
    for name, entry in list(_archived(known)):
        if entry.get("archive_path") not in paths:
            continue
        if newest[entry["mode"], entry["key"]] == name:
            left = {one: value for one, value in entry.items() if one != "archive_path"}
            known[name] = left | {"saved": False}
        else:
            del known[name]


def _archived(known: Entries) -> Iterator[tuple[str, Entry]]:
    return ((name, entry) for name, entry in known.items() if "stamp" in entry)


def _name(mode: str, key: str, version: str = "") -> str:
    return f"{mode} {key}" + (f" {version}" if version else "")
