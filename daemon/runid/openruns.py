"""Which runs the daemon has open: what the next one needs to take over from it.

<runtime dir>/open/<hash of the run's folder>.json      {root, path, run_id, outboxes: {writer: folder}, settled}
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import Any

from runid.errors import FormatError
from runid.store import files, runs


class OpenRuns:
    """The notes on open runs; kept in memory, and in files for the daemon that comes after."""

    def __init__(self, runtime: Path) -> None:
        """Reads what an earlier daemon left. Raises OSError."""
        self._folder = runtime / "open"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = threading.Lock()
        self._notes: dict[Path, dict[str, Any]] = {}
        for path in self._folder.glob("*.json"):
            note = files.read_json(path)
            if note is None or not _whole(note):
                path.unlink()
                continue
            self._notes[runs.run_dir(Path(note["root"]), note["path"], note["run_id"])] = note

    def all(self) -> list[dict[str, Any]]:
        """The notes: root, path, run_id, outboxes, settled."""
        with self._lock:
            return list(self._notes.values())

    def note(self, root: Path, path: str, run_id: str, writer: bytes = b"", outbox: Path | None = None) -> None:
        """The run is open, and perhaps this writer's outbox lies there. Raises OSError."""
        folder = runs.run_dir(root, path, run_id)
        with self._lock:
            new = {"root": str(root), "path": path, "run_id": run_id, "outboxes": {}}
            note = self._notes.setdefault(folder, new)
            if not note.get("settled") and note["outboxes"].get(writer.hex()) == str(outbox):
                return
            note["settled"] = False
            if outbox is not None:
                note["outboxes"][writer.hex()] = str(outbox)
            self._write(folder, note)

    def settled(self, folder: Path) -> None:
        """The run has ended and all is sealed: only what readers may still be using waits to be removed."""
        with self._lock:
            note = self._notes.get(folder)
            if note is not None:
                note["settled"] = True
                self._write(folder, note)

    def forget(self, folder: Path) -> None:
        """The run is closed, and nothing of it is left to do."""
        with self._lock:
            self._notes.pop(folder, None)
            self._path(folder).unlink(missing_ok=True)

    def outbox(self, folder: Path, writer: bytes) -> Path | None:
        """Where the writer's outbox was last."""
        with self._lock:
            found = self._notes.get(folder, {}).get("outboxes", {}).get(writer.hex())
        return Path(found) if found else None

    def parents(self) -> set[Path]:
        """The folders that hold outboxes of the open runs."""
        with self._lock:
            return {Path(outbox).parent for note in self._notes.values() for outbox in note["outboxes"].values()}

    def _write(self, folder: Path, note: dict[str, Any]) -> None:
        with contextlib.suppress(FileNotFoundError):  # the runtime folder was removed: nobody will come to read it
            files.replace_json(self._path(folder), note, mode=0o600)

    def _path(self, folder: Path) -> Path:
        return self._folder / (hashlib.sha256(str(folder).encode()).hexdigest()[:16] + ".json")


def _whole(note: dict[str, Any]) -> bool:
    """Whether a note read back names a run, and folders."""
    named = [note.get(name) for name in ("root", "path", "run_id")]
    outboxes = note.get("outboxes")
    if not isinstance(outboxes, dict) or not all(isinstance(text, str) for text in (*named, *outboxes.values())):
        return False
    try:
        runs.check(*map(str, named))
    except FormatError:
        return False
    return True
