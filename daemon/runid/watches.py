"""When a run's outputs are scanned: once, when a writer asks for it, or again and again. Called in the root's thread.

    scan      one scan; its answer says what was archived
    watch     a scan every interval_sec, sooner when files were written, and a last one, for which nothing must be
              stable, when the watch ends: with its writer, whichever way that ended, or by an unwatch
    unwatch   {watch: the id}

A writer's newer watch takes the place of its older one. Watches of several ranks that ask for the same are one, which
ends with the last of them. One scan of a run is in flight at a time, for they share what they know: see
runid.outputs.state. That is lost with the daemon, and made anew from the entries in the fold, so what is archived is
not archived again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runid import asks, fsevents
from runid.jobs.pool import Again
from runid.store import outputs
from runid.store.fold import Fold

_SOONEST = 1.0
_REST = 10.0  # a scan that took a second is not followed by the next within ten, whatever happens in the folders
_TRY_AGAIN = 5.0
_MUCH_LATER = 60.0
_ANSWER_BYTES = 256 * 1024
_BOUND = ("time", "rank", "writer", "kind", "progress")

_NEEDED: dict[str, Any] = {
    "workspace_root": str,
    "output_dirs": list,
    "patterns": list,
    "mode": str,
    "stable_required": int,
    "min_age_sec": int | float,
    "log_snapshot_interval_sec": int | float,
    "state_gc_after_sec": int | float,
    "keep_last": int | None,
    "keep_best": int | None,
    "max_bytes": int | None,
}

Record = Callable[[asks.Work], None]


@dataclass(slots=True)
class _Scan:
    """A scan on its way, perhaps in several jobs."""

    names: list[str]  # of the asks it is for
    ask: dict[str, Any]
    group: str = ""
    final: bool = False
    counts: bool = True
    began: float = 0.0
    stale: bool = False
    came: tuple[dict[str, Any] | None, str | None] | None = None
    scanned: int = 0
    archived: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0


class Watches:
    """The scans and watches of one host in one run."""

    def __init__(self, root: Path, folder: Path, host: str, submit: asks.Submit) -> None:
        self._place = {"root": str(root), "run_dir": str(folder), "host": host}
        self._folder = folder
        self._submit = submit
        self._state: bytes | None = None
        self._scan: _Scan | None = None
        self._due: dict[str, tuple[float, float]] = {}  # group → when the next scan is due, and may be at the soonest
        self._hold = 0.0
        self.trouble = ""

    def forget(self) -> None:
        """What was recorded may be gone, and with it what is known: the fold tells what is left."""
        self._state = None
        if self._scan is not None:
            self._scan.stale = True

    def close(self) -> None:
        """Nothing is watched any more by this daemon."""
        for group in self._due:
            fsevents.FOLDERS.unwatch(group)
        self._due.clear()

    def tick(self, fold: Fold, record: Record, now: float) -> None:
        """Records what a scan came to, and begins the next that is due. Raises what `record` raises."""
        if self._scan is not None:
            if self._scan.came is None:
                return
            self._settle(self._scan, fold, record, now)
        if (
            self._scan is None
            and now >= self._hold
            and any(ask["kind"] in outputs.WATCHED for ask in fold.asked.values())
        ):
            self._refuse(fold, record)
            self._end_replaced(fold, record)
            self._scan = self._next(fold, record, now)
            if self._scan is not None:
                self._scan.began = now
                self._send(self._scan, fold)

    # -- which scan is next -------------------------------------------------------------------------------------------

    def _next(self, fold: Fold, record: Record, now: float) -> _Scan | None:
        for name, ask in fold.asked.items():
            if ask["kind"] == "scan":
                return _Scan([name], ask)
        unwatched = {ask["watch"] for ask in fold.asked.values() if ask["kind"] == "unwatch"}
        for group, names in self._groups(fold).items():
            alive = [name for name in names if name not in unwatched and not _ended(fold, name)]
            if not alive:
                return _Scan(names, fold.asked[names[0]], group, final=True)
            for name in set(names) - set(alive):
                record({"id": name, "result": {}})
            if self._is_due(group, now):
                return _Scan(alive, fold.asked[alive[0]], group)
        watches = {name for name, ask in fold.asked.items() if ask["kind"] == "watch"}
        for name, ask in list(fold.asked.items()):
            if ask["kind"] == "unwatch" and ask["watch"] not in watches:
                record({"id": name, "result": {}})
        return None

    def _refuse(self, fold: Fold, record: Record) -> None:
        for name, ask in list(fold.asked.items()):
            if ask["kind"] in outputs.WATCHED and not _sound(ask):
                record({"id": name, "error": "What is to be scanned, and how, is not said: update runicorn."})

    def _end_replaced(self, fold: Fold, record: Record) -> None:
        newest = {ask["writer"]: name for name, ask in fold.asked.items() if ask["kind"] == "watch"}
        for name, ask in list(fold.asked.items()):
            if ask["kind"] == "watch" and newest[ask["writer"]] != name:
                record({"id": name, "result": {}})

    def _groups(self, fold: Fold) -> dict[str, list[str]]:
        """The watches, those that ask for the same together."""
        groups: dict[str, list[str]] = {}
        for name, ask in fold.asked.items():
            if ask["kind"] == "watch":
                what = {key: value for key, value in ask.items() if key not in _BOUND}
                groups.setdefault(f"{self._folder} {sorted(what.items())}", []).append(name)
        for group in self._due.keys() - groups.keys():
            fsevents.FOLDERS.unwatch(group)
            del self._due[group]
        return groups

    def _is_due(self, group: str, now: float) -> bool:
        due, soonest = self._due.get(group, (0.0, 0.0))
        if now >= due:
            return True
        if now >= soonest and fsevents.FOLDERS.take(group):
            self._due[group] = now, now
            return True
        return False

    # -- a scan --------------------------------------------------------------------------------------------------------

    def _send(self, scan: _Scan, fold: Fold) -> None:
        scan.came = None

        def done(result: dict[str, Any] | None, error: str | None) -> None:
            scan.came = result, error

        job = {name: value for name, value in scan.ask.items() if name not in _BOUND} | self._place
        job |= {"name": "scan", "final": scan.final, "counts": scan.counts, "metric": _metric(fold)}
        job["step"] = asking.last_step if (asking := fold.writers.get(scan.ask["writer"])) else None
        job["killed"] = _killed(fold, scan.names) if scan.final else None
        known = outputs.read(self._folder, fold).values() if self._state is None else ()
        job |= {"state": self._state, "entries": list(known)}
        self._submit(job, done)

    def _settle(self, scan: _Scan, fold: Fold, record: Record, now: float) -> None:
        assert scan.came is not None
        result, error = scan.came
        if scan.stale:
            self._scan = None
            return
        if result is None:
            self._failed(scan, error or "", record, now)
            return
        told = {name: result[name] for name in ("failed", "mended", "removed")}
        told["entries"] = result["archived_entries"]
        if any(told.values()):
            record({"id": scan.names[0], "outputs": told})
        self._state = result["state"] or self._state
        scan.scanned = result["scanned"]
        scan.count += len(told["entries"])
        scan.archived += told["entries"]
        scan.counts = False
        if result["more"]:
            self._send(scan, fold)
            return
        self._scan, self.trouble = None, ""
        self._over(scan, record, now)

    def _over(self, scan: _Scan, record: Record, now: float) -> None:
        if scan.ask["kind"] == "scan":
            record({"id": scan.names[0], "result": _answer(scan)})
        elif scan.final:
            for name in scan.names:
                record({"id": name, "result": {}})
            if self._due.pop(scan.group, None):
                fsevents.FOLDERS.unwatch(scan.group)
        else:
            interval = float(scan.ask["interval_sec"])
            rest = max(_SOONEST, _REST * (now - scan.began))
            self._due[scan.group] = now + interval, now + min(interval, rest)
            fsevents.FOLDERS.watch(scan.group, scan.ask["output_dirs"], self._place["root"])

    def _failed(self, scan: _Scan, error: str, record: Record, now: float) -> None:
        self._scan, self._state = None, None
        self.trouble = f"The outputs of run {self._folder.name} could not be scanned: {error}"
        again = isinstance(error, Again)
        self._hold = now + (_TRY_AGAIN if again else _MUCH_LATER)
        if not again and (scan.final or scan.ask["kind"] == "scan"):
            folders = {"kind": "dir", "mode": scan.ask["mode"], "saved": False, "last_error": error}
            failed = [{"key": one, "name": one, "path": one} | folders for one in scan.ask["output_dirs"]]
            record({"id": scan.names[0], "outputs": {"entries": [], "failed": failed, "mended": [], "removed": []}})
            for name in scan.names:
                record({"id": name, "error": error})


def _sound(ask: dict[str, Any]) -> bool:
    """Whether an ask has all that a scan needs."""
    if ask["kind"] == "unwatch":
        return isinstance(ask.get("watch"), str)
    if ask["kind"] == "watch" and not isinstance(ask.get("interval_sec"), int | float):
        return False
    whole = all(isinstance(ask.get(name), kind) for name, kind in _NEEDED.items())
    return whole and all(isinstance(text, str) for text in (*ask["output_dirs"], *ask["patterns"]))


def _ended(fold: Fold, name: str) -> bool:
    """Whether the writer that asked has ended."""
    writer = fold.writers.get(fold.asked[name]["writer"])
    return writer is None or writer.status != "running"


def _killed(fold: Fold, names: list[str]) -> float | None:
    """When the last event came from those writers, of those that asked, that were killed; None where none was."""
    asked = [fold.writers.get(fold.asked[name]["writer"]) for name in names]
    killed = [writer for writer in asked if writer is not None and writer.status == "crashed"]
    return max((writer.last_time or writer.started for writer in killed), default=None)


def _metric(fold: Fold) -> dict[str, Any] | None:
    """The primary metric and its last value: how good the run is now."""
    if not fold.primary:
        return None
    name, mode = fold.primary
    stat = fold.metrics.get(name)
    return {"name": name, "mode": mode, "value": stat.last if stat else None}


def _answer(scan: _Scan) -> dict[str, Any]:
    """What the caller of a scan gets; of very many entries the first."""
    import msgpack

    entries, room = [], _ANSWER_BYTES
    for entry in scan.archived:
        room -= len(msgpack.packb(entry))
        if room < 0:
            break
        entries.append(entry)
    return {"scanned": scan.scanned, "archived": scan.count, "changed": scan.count, "archived_entries": entries}
