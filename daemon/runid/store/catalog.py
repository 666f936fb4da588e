"""The catalog: what list pages read. `catalog/<host>.log`, one JSON object a line, append-only, one writer.

A line is a run as it stood: run (its id), path, revision (the host's record number it covers), time, status,
exit_reason, alias, tags, group, notes, host, ranks, writers, dropped, lost_bytes, created_at, started_at, ended_at,
config (flat, ≤ 200 keys), summary, metrics (count, last, min, max of the first 50), primary. The newest line of a run
wins; lines that are no JSON (cut by a crash) are passed over.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from runid.store.files import dumps

_KEYS = 200


class Catalog:
    """One host's log of the runs of a root."""

    def __init__(self, root: Path, host: str) -> None:
        self._path = root / "catalog" / f"{host}.log"
        self._torn = True

    def add(self, entry: dict[str, Any]) -> None:
        """Appends a line. Raises OSError."""
        # A line cut by a crash or a full disk ends here, so that it does not take this one with it.
        line = b"\n" * self._torn + dumps(entry).encode(errors="replace") + b"\n"
        self._path.parent.mkdir(exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            self._torn = True
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full", str(self._path))
            self._torn = False
        finally:
            os.close(descriptor)


def read(root: Path) -> list[dict[str, Any]]:
    """The runs of a root, newest first."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    try:
        logs = sorted(name for name in os.listdir(root / "catalog") if name.endswith(".log"))
    except FileNotFoundError:
        return []
    for name in logs:
        with open(root / "catalog" / name, "rb") as file:
            for line in file:
                entry = _entry(line)
                if entry is not None:
                    key = (entry["path"], entry["run"])
                    if key not in newest or newest[key]["time"] <= entry["time"]:
                        newest[key] = entry
    return sorted(newest.values(), key=lambda entry: entry.get("created_at") or entry["time"], reverse=True)


def flat(config: dict[str, Any]) -> dict[str, Any]:
    """The first 200 leaves of a nested config, by dotted key."""
    found: dict[str, Any] = {}
    waiting = [(str(key), value) for key, value in reversed(config.items())]
    while waiting and len(found) < _KEYS:
        key, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{key}.{inner}", item) for inner, item in reversed(value.items())]
        else:
            found[key] = value
    return found


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kinds = {"run": str, "path": str, "time": int | float}
    good = isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in kinds.items())
    return entry if good else None
