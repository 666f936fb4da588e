"""A host's fold made again, where `writers/<host>.json` is damaged or gone, from all else that tells of it.

Journals that reach back to the first record tell everything. Where they do not: the points give the metrics in short
and how far each writer came, the run's published files give config, summary and how the run ended, and what nothing
else tells is taken from the damaged file, if it can still be read as JSON.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from runid import events
from runid.errors import FormatError
from runid.store import alerts, files, inputs, journal, runs, segments, verified
from runid.store.columns import Part
from runid.store.fold import LOGS, METRICS, OBJECTS, SYSTEM, SYSTEM_METRICS, Fold, Stat, Writer, checksum
from runid.store.reader import Reader

_NOBODY = "0" * 32
_UNKNOWN = "ended in a way that is not known any more"


def refold(folder: Path, host: str) -> tuple[Fold, str]:
    """The fold, and a sentence on how far it can be trusted. Raises OSError."""
    found = journal.journals(folder / "journal").get(host, [])
    sealed = [one for one in segments.segments(folder / "metrics") if one.host == host]
    fold = replayed(folder, host)
    if fold is not None and fold.through >= max((one.hi for one in sealed), default=0):
        return fold, "All it said is in the journals."
    fold, how = _parsed(folder, host)
    fold.through = max(fold.through, *(one.hi for one in sealed), 0)
    for record in journal.read_host(found, fold.through + 1, gaps=[]):
        fold.apply(record)
    _from_points(fold, folder, sealed)
    _from_published(fold, folder)
    _take_files(fold, folder)
    return fold, how


def replayed(folder: Path, host: str) -> Fold | None:
    """What a host's journals add up to; None unless they are whole from the first record on."""
    found = journal.journals(folder / "journal").get(host, [])
    gaps: list[journal.Gap] = []
    fold = Fold(host)
    if not found or found[0][0] != 1:
        return None
    for record in journal.read_host(found, gaps=gaps):
        fold.apply(record)
    return None if gaps else fold


def _parsed(folder: Path, host: str) -> tuple[Fold, str]:
    """What the damaged file still says; an empty fold where that is nothing."""
    saved = files.read_json(folder / "writers" / f"{host}.json") or {}
    try:
        return Fold.of(host, saved | {"crc": checksum(saved)}), "What it says is taken where nothing else tells it."
    except FormatError:
        return Fold(host), (
            "Points, config, summary and text are whole; hosts and pids of its writers, and how each of them ended, "
            "are not known any more."
        )


def _from_points(fold: Fold, folder: Path, sealed: list[segments.Segment]) -> None:
    for segment in sealed:
        for key, told in verified.writers(segment.path).items():
            writer = fold.writers.setdefault(key, Writer(key, told["number"], told["rank"]))
            writer.offset = max(writer.offset, told["offset"])
    columns = Reader(folder, fold.host, []).read(lambda view: view.columns())
    parts = dict(columns.drain())
    names = dict.fromkeys([*fold.metrics, *fold.system, *parts])
    known = [name for name in names if name in parts]
    system = [name for name in known if name.startswith(SYSTEM_METRICS)]
    fold.system = {name: _stat(parts[name]) for name in system}
    fold.metrics = {name: _stat(parts[name]) for name in [name for name in known if name not in system][:METRICS]}
    for writer in fold.writers.values():
        its = _reached(writer, parts)
        if its and all(name.startswith(SYSTEM_METRICS) for name in its):  # it was the daemon itself
            writer.role = SYSTEM


def _stat(part: Part) -> Stat:
    real = part.value[~np.isnan(part.value)]
    low, high = (float(real.min()), float(real.max())) if len(real) else (None, None)
    return Stat(len(part.value), float(part.value[np.lexsort((part.order, part.time))[-1]]), low, high)


def _reached(writer: Writer, parts: dict[str, Part]) -> list[str]:
    """How far the writer came, as its points tell; gives the metrics that it logged."""
    its = []
    for name, part in parts.items():
        mine = part.at((part.writer == writer.number) & (part.rank == writer.rank))
        if len(mine.step):
            its.append(name)
            first, last, reached = mine.time.min() / 1e6, mine.time.max() / 1e6, int(mine.step.max())
            writer.last_time = last if writer.last_time is None else max(writer.last_time, last)
            writer.last_step = reached if writer.last_step is None else max(writer.last_step, reached)
            writer.started = min(writer.started or first, first)
    return its


def _from_published(fold: Fold, folder: Path) -> None:
    names = ("meta", "assets", "summary", "status", "environment", "alerts")
    told = {name: files.read_json(folder / f"{name}.json") or {} for name in names}
    _config(fold, told["assets"].get("config"))
    _code(fold, told["assets"].get("code"))
    inputs.take(fold, told["assets"])
    fold.environment = told["environment"] or fold.environment
    alerts.restore(fold, told["alerts"])
    fold.meta = {name: value for name, value in told["meta"].items() if name not in ("id", "path", "host")} or fold.meta
    _summary(fold, told["summary"])
    status, ended = told["status"].get("status"), told["status"].get("ended_at")
    if status in events.ENDS:
        if not fold.writers:  # without one the run would be taken for running
            fold.writers[_NOBODY] = Writer(_NOBODY, 0)
        for writer in fold.live():
            writer.status, writer.reason = status, None if status == "finished" else _UNKNOWN
            writer.ended = ended if isinstance(ended, int | float) else writer.last_time


def _config(fold: Fold, told: object) -> None:
    parts = told if isinstance(told, dict) else {}
    for name, part in (("args", "args"), ("config", "extra"), ("config_files", "contents")):
        if isinstance(parts.get(part), dict):
            setattr(fold, name, parts[part])


def _code(fold: Fold, told: object) -> None:
    snapshot = told.get("snapshot") if isinstance(told, dict) else None
    known = any(entry["kind"] == "code" for entry in fold.assets.values())
    if isinstance(snapshot, dict) and snapshot and not known:
        when = snapshot.get("created_at")
        time = float(when) if isinstance(when, int) else 0.0
        fold.assets["code"] = {"kind": "code", "time": time, "snapshot": {"saved": False} | snapshot}


def _summary(fold: Fold, told: dict[str, Any]) -> None:
    best = {name: told.pop(f"best_metric_{name}", None) for name in ("name", "value", "step", "mode")}
    fold.summary = told or fold.summary
    if isinstance(best["name"], str) and best["mode"] in ("min", "max") and fold.best is None:
        with contextlib.suppress(TypeError, ValueError):  # somebody wrote into it
            value = float(best["value"])
            fold.primary, fold.best = [best["name"], best["mode"]], {"value": value, "step": best["step"]}


def _take_files(fold: Fold, folder: Path) -> None:
    """All of the text and the objects that the host's files hold counts."""
    owner = runs.owner(folder) == fold.host
    for what, path in (
        (LOGS, runs.text_path(folder, fold.host, owner)),
        (OBJECTS, runs.objects_path(folder, fold.host)),
    ):
        data = path.read_bytes() if path.exists() else b""
        length = len(data) if fold.lengths[what] == 0 else min(fold.lengths[what], len(data))
        pending = "".join(fold.pending[what]).encode(errors="replace")
        if pending and data.endswith(pending):  # the daemon had appended it before it died
            fold.pending[what].clear()
            length = len(data)
        fold.lengths[what] = length
        fold.sums[what] = files.checksum(path, length)
