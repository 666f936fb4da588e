"""What the runs of a root were made from and what came out of them, by content.

    artifact   a kind, as KINDS has them, and a name: an output's key, a code's folder
    version    one content of it, by its digest; numbered from 1 on by when a run first had it
    use        what one run says of a content

A run's assets.json tells it. Each is read when it is new or has changed, so that to look again costs a stat for each.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

KINDS = ("datasets", "pretrained", "outputs", "code")
MADE = frozenset(("outputs",))
"""The kinds that a run makes; the others it uses."""

_LONGEST = 1000  # characters of a name
_SAID = (b'"fingerprint"', b'"fingerprint_kind"')

Name = tuple[str, str]
Run = tuple[str, str]


class Use(NamedTuple):
    """What a run says of a content."""

    run: str
    path: str
    kind: str
    name: str
    digest: str
    """The SHA-256 of what is archived; of what is not, one of its sizes and times, or "" where nothing is known."""
    copy: str | None
    """Where it is archived, from the root on."""
    size: int | None
    files: int | None
    time: float
    """When it was archived, or when the run began."""


class Version(NamedTuple):
    """A content of an artifact, and its uses, the first of them first."""

    number: int
    digest: str
    uses: list[Use]


class Artifacts:
    """All that a root's runs say; from one thread at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[Run, tuple[tuple[int, int, int], list[Use]]] = {}
        self._versions: dict[Name, list[Version]] | None = None
        self._contents: dict[str, list[Use]] = {}

    def refresh(self, runs: Iterable[tuple[str, str, float]]) -> None:
        """Reads what is new of these runs: path, id, and when it began. Others are forgotten. Raises no OSError."""
        before, self._known = self._known, {}
        changed = False
        for path, run, began in runs:
            told = before.pop((path, run), None)
            file = f"{self._root}/runs/{path}/{run}/assets.json"
            try:
                found = os.stat(file)
            except (OSError, ValueError):
                continue
            state = found.st_mtime_ns, found.st_size, found.st_ino
            if told is None or told[0] != state:
                told, changed = (state, list(_uses(file, path, run, began))), True
            self._known[path, run] = told
        if changed or before:
            self._versions = None

    def all(self) -> dict[Name, list[Version]]:
        """The versions of each artifact by kind and name, the first of them first."""
        if self._versions is None:
            self._arrange()
        assert self._versions is not None
        return self._versions

    def uses(self, digest: str) -> list[Use]:
        """Who made or used a content, under whatever name, the first of them first."""
        self.all()
        return self._contents.get(digest, []) if digest else []

    def _arrange(self) -> None:
        every = sorted((use for _, uses in self._known.values() for use in uses), key=lambda use: use.time)
        by_name: dict[Name, dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
        by_content: dict[str, list[Use]] = defaultdict(list)
        for use in every:
            by_name[use.kind, use.name][use.digest].append(use)
            by_content[use.digest].append(use)
        self._versions = {
            name: [Version(number, digest, uses) for number, (digest, uses) in enumerate(found.items(), 1)]
            for name, found in by_name.items()
        }
        self._contents = dict(by_content)


def _uses(file: str, path: str, run: str, began: float) -> Iterator[Use]:
    try:
        with open(file, "rb") as opened:
            text = opened.read()
        said = orjson.loads(text) if any(word in text for word in _SAID) else {}
    except (OSError, ValueError):  # damaged, or removed since
        return
    for kind, entry in _entries(said if isinstance(said, dict) else {}):
        name = entry.get("workspace_root" if kind == "code" else "key" if kind == "outputs" else "name")
        digest = _digest(entry)
        if isinstance(name, str) and name and digest is not None:
            name = name.rstrip("/").rpartition("/")[2] if kind == "code" else name
            size = _whole(entry, "size_bytes", "total_size_bytes", "total_bytes")
            time = entry.get("archived_at")
            at = float(time) if isinstance(time, int | float) else began
            copy = entry.get("archive_path") if entry.get("saved") else None
            told = copy if isinstance(copy, str) else None
            yield Use(run, path, kind, name[:_LONGEST], digest, told, size, _whole(entry, "file_count"), at)


def _entries(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    code = said.get("code")
    snapshots = [code.get("snapshot")] if isinstance(code, dict) else []
    for kind, entries in ({kind: said.get(kind) for kind in KINDS} | {"code": snapshots}).items():
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                yield kind, entry


def _digest(entry: dict[str, Any]) -> str | None:
    """None of what could not be archived."""
    found = entry.get("fingerprint")
    if isinstance(found, str):
        return found
    if isinstance(found, dict):
        return hashlib.sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return None if "last_error" in entry or "reason" in entry else ""


def _whole(entry: dict[str, Any], *names: str) -> int | None:
    return next((entry[name] for name in names if isinstance(entry.get(name), int)), None)
