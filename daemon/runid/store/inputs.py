"""What a run started from: datasets and pretrained models, as assets.json lists them.

    dataset       name, context, uri, description, path
    pretrained    name, source_type, path_or_uri, description, path     path: the absolute path; null for an URI or map
    both          saved, fingerprint, and of what is archived fingerprint_kind (sha256 or sha256_manifest),
                  archive_path, file_count, total_size_bytes, and of a folder manifest_path
                  skipped, changed: {path: why} of some, skipped_count, changed_count of all, where there are any
                  progress: {files, bytes, total_bytes}, while the daemon works on it; error: why it is not as asked

The first three fields tell entries apart: each rank logs the same, and what is logged again replaces what was there,
unless it fails where that had not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runid.store import files

if TYPE_CHECKING:
    from runid.store.fold import Fold

Entry = dict[str, Any]

_FIELDS = {
    "dataset": ("name", "context", "uri", "description", "path"),
    "pretrained": ("name", "source_type", "path_or_uri", "description", "path"),
}


def done(fold: Fold, _name: str, asked: Entry, result: Entry | None, error: str | None) -> None:
    """Folds what came of an ask: see `runid.store.assets.KINDS`."""
    entry = _entry(asked) | ({"error": error} if result is None else result)
    key = _key(entry)
    fold.assets[key] = _over(entry, fold.assets.pop(key, None))


def listed(folds: list[Fold], kind: str) -> list[Entry]:
    """The entries of a kind, by the times they were last logged at."""
    entries: dict[str, Entry] = {}
    for entry in _by_time(asset for fold in folds for asset in fold.assets.values() if asset.get("kind") == kind):
        entries[_key(entry)] = _over(entry, entries.pop(_key(entry), None))
    for asked in _by_time(asked for fold in folds for asked in fold.asked.values() if asked["kind"] == kind):
        entry = entries.get(_key(asked)) or _entry(asked)
        progress = asked.get("progress")
        entries[_key(asked)] = entry | {"progress": progress if isinstance(progress, dict) else {}}
    return [
        {name: value for name, value in entry.items() if name not in ("kind", "time")} for entry in entries.values()
    ]


def take(fold: Fold, assets: dict[str, Any]) -> None:
    """Takes what an assets.json lists into a fold that is made again from other files."""
    for kind, section in (("dataset", "datasets"), ("pretrained", "pretrained")):
        listed = assets.get(section)
        for told in listed if isinstance(listed, list) else []:
            if isinstance(told, dict):
                known = {name: value for name, value in told.items() if name not in ("progress", "kind", "time")}
                entry = _entry(known | {"kind": kind, "time": 0.0}) | known
                fold.assets.setdefault(_key(entry), entry)


def _entry(asked: Entry) -> Entry:
    fields = ("kind", "time", *_FIELDS[asked["kind"]])
    return {name: asked.get(name) for name in fields} | {"saved": False, "fingerprint": None}


def _key(entry: Entry) -> str:
    """The id of the asset that an ask or entry is about."""
    about = [entry["kind"], *(entry.get(name) for name in _FIELDS[entry["kind"]][:3])]
    return hashlib.sha256(files.dumps(about).encode(errors="replace")).hexdigest()[:16]


def _over(entry: Entry, before: Entry | None) -> Entry:
    failed = "error" in entry and not entry["saved"]
    if before is None or not failed or ("error" in before and not before["saved"]):
        return entry
    return before | {"error": entry["error"]}


def _by_time(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry["time"])
