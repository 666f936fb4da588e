"""A scanner by hand: the job, as a worker does it, with what the keeper would remember between two scans."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runid.jobs import scan as job
from runid.outputs.patterns import DEFAULT
from runid.store import outputs, runs

RULES = {
    "mode": "rolling",
    "stable_required": 1,
    "min_age_sec": 0.0,
    "log_snapshot_interval_sec": 0.0,
    "state_gc_after_sec": 3600.0,
    "keep_last": None,
    "keep_best": None,
    "max_bytes": None,
    "final": False,
    "killed": None,
    "counts": True,
    "metric": None,
    "step": 7,
    "patterns": list(DEFAULT),
}


class Scanner:
    """A workspace with an output folder `out`, a root beside it, and scans of one run."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.root = folder / "work", folder / "root"
        self.out = self.workspace / "out"
        self.out.mkdir(parents=True)
        self.root.mkdir()
        (self.root / runs.MARKER).write_text("{}")
        self.known: outputs.Entries = {}
        self.state: bytes | None = None

    def write(self, name: str, content: str | bytes = "x", age: float = 0.0) -> Path:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if age:
            now = path.stat().st_mtime
            os.utime(path, (now - age, now - age))
        return path

    def scan(self, **rules: Any) -> dict[str, Any]:
        """One scan, and what the fold makes of it."""
        result = job.scan(RULES | self.place() | rules)
        self.state = result["state"] or self.state
        told = {name: result[name] for name in ("failed", "mended", "removed")}
        outputs.keep(self.known, told | {"entries": result["archived_entries"]})
        return result

    def place(self) -> dict[str, Any]:
        return {
            "root": str(self.root),
            "run_dir": str(self.root / "runs" / "p" / "r1"),
            "host": "one",
            "workspace_root": str(self.workspace),
            "output_dirs": [str(self.out)],
            "state": self.state,
            "entries": list(self.known.values()) if self.state is None else [],
        }

    def forget(self) -> None:
        """The daemon was killed, and another one comes."""
        self.state = None

    @property
    def entries(self) -> list[dict[str, Any]]:
        return outputs.published([self.known])

    def kept(self) -> dict[str, list[str]]:
        """key → what its copies hold, in the order they were made."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            if entry["saved"]:
                found.setdefault(entry["key"], []).append((self.root / entry["archive_path"]).read_text())
        return found

    def copies(self) -> list[str]:
        """All files below archive/, as paths below that."""
        archive = self.root / "archive"
        return sorted(str(path.relative_to(archive)) for path in archive.rglob("*") if not path.is_dir())


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    made = Scanner(tmp_path)
    yield made
    assert not list(made.root.rglob("*.tmp")), "a temporary name was left"
