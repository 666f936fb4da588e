"""The job "scan": looks once for outputs of a run, and archives what is whole.

job       root, run_dir, host; workspace_root, output_dirs, patterns, mode, stable_required, min_age_sec,
          log_snapshot_interval_sec, state_gc_after_sec, keep_last, keep_best, max_bytes as the user gave them;
          final; killed: when the last event was logged by a writer that was killed, or nil: what was written behind
          that may be torn; counts: false where it goes on after `more`; metric: {name, mode, value} or nil;
          state: what the scan before gave, or nil, and then entries: the outputs the run has
result    scanned, archived, changed; archived_entries, failed (entries that say last_error), mended (keys of those
          that are well again), removed (archive paths); state, or nil where it is as it was; more: there is more
          to archive than one record may say, or much was copied: scan again at once
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack

from runid.outputs import archive, walk
from runid.outputs.patterns import Patterns, log_like
from runid.outputs.retention import Retention
from runid.outputs.stability import Rules, due, sight
from runid.outputs.state import Item, State, Version
from runid.store.copying import ChangedError

Job = dict[str, Any]

_RECORD_BYTES = 256 * 1024
_COPIED_BYTES = 2 << 30

_TORN = "It was written to after the last event of a killed process, so it may be torn: the copy before is kept."

_last: tuple[bytes, State] | None = None


def scan(job: Job, tell: object = None) -> Job:  # noqa: ARG001  it has nothing to tell
    """Scans once. What goes wrong with one output is told of that one, and ends nothing."""
    global _last
    state = _state(job)
    result = _Scan(job, state).result()
    packed = state.packed() if state.changed or job["state"] is None else None
    state.changed = False
    _last = (packed or job["state"], state)
    gc.freeze()  # else the worker, which collects after each job, walks it each time: 24 ms for 10,000 outputs
    return result | {"state": packed}


def _state(job: Job) -> State:
    """What is known; where this process made it in its last scan, it need not be unpacked."""
    global _last
    known, _last = _last, None
    if job["state"] is None:
        return State.from_entries(job["entries"], time.time())
    return known[1] if known and known[0] == job["state"] else State.of(job["state"])


class _Scan:
    def __init__(self, job: Job, state: State) -> None:
        self._job = job
        self._state = state
        self._now = time.time()
        self._workspace = job["workspace_root"]
        named = ("stable_required", "min_age_sec", "log_snapshot_interval_sec", "state_gc_after_sec", "final")
        self._rules = Rules(**{name: job[name] for name in named})
        self._fresh = self._rules.state_gc_after_sec / 10
        self._archive = archive.Archive(Path(job["root"]), Path(job["run_dir"]), job["host"])
        self._entries: list[Job] = []
        self._failed: list[Job] = []
        self._there: set[str] = set()
        self._mended: list[str] = []
        self._removed: list[str] = []
        self._bytes = self._copied = 0

    def result(self) -> Job:
        if self._job["state"] is None:
            self._archive.clear()
        scanned, more = 0, False
        for found in self._found():
            scanned += 1
            more |= not self._look(found)
        self._retain()
        self._mend()
        self._state.collect(self._now, self._rules.state_gc_after_sec)
        count = len(self._entries)
        return {
            "scanned": scanned,
            "archived": count,
            "changed": count,
            "archived_entries": self._entries,
            "failed": self._failed,
            "mended": self._mended,
            "removed": self._removed,
            "more": more,
        }

    def _found(self) -> Iterator[walk.Found]:
        """The outputs of all folders, each once."""
        patterns, seen = Patterns(self._job["patterns"]), set()
        for folder in self._job["output_dirs"]:
            for found in walk.find(folder, patterns, self._unreadable):
                if found.path not in seen:
                    seen.add(found.path)
                    yield found

    def _look(self, found: walk.Found) -> bool:
        """Archives an output if it is to be; False where that has to wait until what was archived is recorded."""
        key = walk.key_of(found.path, self._workspace)
        log = found.kind == "file" and log_like(found.path.rpartition("/")[2])
        mode = archive.ROLLING if log else self._job["mode"]
        item = self._state.item(mode, key)
        self._there.add(key)
        if item.done == item.stamp == found.stamp and self._now - item.seen < self._fresh:
            return True  # as nearly all are, each time
        self._state.changed |= sight(item, found, self._now, self._rules, self._job["counts"])
        if not due(item, found, self._now, self._rules, log):
            return True
        if self._bytes >= _RECORD_BYTES or self._copied >= _COPIED_BYTES:
            return False
        if self._may_be_torn(found, log) and mode == archive.ROLLING and item.versions:
            self._fail(found, mode, key, _TORN)
            return True
        try:
            self._take(found, item, mode, key, log)
        except ChangedError as error:
            if self._rules.final:
                self._fail(found, mode, key, str(error))
        except OSError as error:
            self._fail(found, mode, key, error.strerror or str(error))
        return True

    def _may_be_torn(self, found: walk.Found, log: bool) -> bool:
        killed = self._job["killed"]
        return killed is not None and not log and found.newest > killed

    def _take(self, found: walk.Found, item: Item, mode: str, key: str, log: bool) -> None:
        """Copies an output, and keeps the copy where its content is new."""
        with self._archive.copied(found, mode, log) as made:
            self._copied += made.size
            known = [version.fingerprint for version in item.versions]
            if made.fingerprint not in (known[-1:] if mode == archive.ROLLING else known):
                path = self._archive.keep(made, mode, key, walk.text(os.path.basename(found.path)))
                self._enter(found, item, mode, key, path, made)
        item.done, item.snapshot = found.stamp, self._now
        self._state.changed = True
        self._well(item, key)

    def _enter(self, found: walk.Found, item: Item, mode: str, key: str, path: str, made: archive.Copy) -> None:
        metric = self._job["metric"]
        version = Version(made.fingerprint, path, made.size, time.time(), metric and metric["value"])
        item.versions = [*item.versions, version] if mode == archive.VERSIONS else [version]
        entry = self._named(found, mode, key) | {
            "saved": True,
            "archive_path": path,
            "fingerprint_kind": made.fingerprint_kind,
            "fingerprint": made.fingerprint,
            "archived_at": int(version.time),
            "step": self._job["step"],
            "size_bytes": made.size,
            "stamp": found.stamp,
        }
        if self._may_be_torn(found, log=made.fingerprint_kind == "stat"):
            entry["may_be_torn"] = True
        self._entries.append(entry | ({"metric": metric} if metric else {}))
        self._bytes += len(msgpack.packb(entry))

    def _named(self, found: walk.Found, mode: str, key: str) -> Job:
        name = walk.text(os.path.basename(found.path))
        path = key if key.startswith("/") else f"./{key}"
        return {"key": key, "name": name, "kind": found.kind, "path": path, "mode": mode}

    def _fail(self, found: walk.Found, mode: str, key: str, error: str) -> None:
        item = self._state.item(mode, key)
        if item.error != error:
            entry = self._named(found, mode, key) | {"saved": False, "last_error": error}
            self._failed.append(entry)
            self._bytes += len(msgpack.packb(entry))
        item.error, item.snapshot, self._state.changed = error, self._now, True
        self._there.add(key)

    def _well(self, item: Item, key: str) -> None:
        if item.error:
            item.error, self._state.changed = "", True
            self._mended.append(key)

    def _unreadable(self, path: str, error: OSError) -> None:
        key = walk.key_of(path, self._workspace)
        self._fail(walk.Found(path, "dir", "", 0, 0.0), self._job["mode"], key, error.strerror or str(error))
        self._state.item(self._job["mode"], key).seen = self._now

    def _mend(self) -> None:
        """Takes back the errors of what is not there any more, and of folders that can be read again."""
        looked = [walk.key_of(folder, self._workspace) for folder in self._job["output_dirs"]]
        for items in self._state.items.values():
            for key, item in items.items():
                if item.error and key not in self._there and any(_is_in(key, folder) for folder in looked):
                    self._well(item, key)

    def _retain(self) -> None:
        named = {name: self._job[name] for name in ("keep_last", "keep_best", "max_bytes")}
        metric = self._job["metric"]
        retention = Retention(**named, larger_is_better=not metric or metric["mode"] == "max")
        if not any(named.values()):
            return
        items = {(mode, key): item for mode, known in self._state.items.items() for key, item in known.items()}
        for one, version in retention.removable(items):
            self._archive.remove(version.archive_path)
            items[one].versions.remove(version)
            self._removed.append(version.archive_path)
            self._state.changed = True


def _is_in(key: str, folder: str) -> bool:
    return folder in (key, ".") or key.startswith(folder + "/")
