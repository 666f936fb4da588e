"""The fold: what one host's records of a run add up to. The keeper folds as it writes, a reader as it reads.

`writers/<host>.json` is a fold put down: everything up to record `through`, and how long the files made from those
records were then. So a daemon that comes after a crash, and a reader without a daemon, take that file, cut or cap the
files at those lengths, and fold the journal's records behind `through`: text, config, summary and states are exactly
once like the points, with no second log to keep in step. What scans of outputs came to is put down beside it, before it
(see runid.store.outputs): that may be large, and changes rarely.

`sums` are the CRC-32 of these files up to their lengths, and `crc` is that of the file itself without this field, as
compact JSON in UTF-8: so damage to any of them is noticed.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from types import UnionType
from typing import Any

import msgpack

from runid import events
from runid.errors import FormatError, ProtocolError
from runid.store import assets, journal, media
from runid.store.files import dumps

LOGS, OBJECTS = "logs", "objects"
CONSOLE, SYSTEM = "console", "system"
"""The roles of writers that are no process of the run: what brings a process' console, and the daemon's sampler."""
METRICS = 50
SYSTEM_METRICS = "sys/"
"""How the names of system metrics begin; they are counted apart, so that they push out none of the user's."""
_MOST_SYSTEM = 1000  # five for each of the GPUs of the largest machines, and parts of them
_NUMBERS = {float, int}
_MERGED = {events.CONFIG: "config", events.SUMMARY: "summary", events.META: "meta"}
_SAVED: dict[str, type | UnionType] = {
    "through": int,
    "primary": list | None,
    "best": dict | None,
    "start": dict,
    "meta": dict,
    "args": dict,
    "config": dict,
    "config_files": dict,
    "environment": dict,
    "asked": dict,
    "assets": dict,
    "answers": dict,
    "summary": dict,
    "heartbeat": int | float,
    "lengths": dict,
    "sums": dict,
}


@dataclass(slots=True)
class Writer:
    """One process that logs into the run, as this host knows it."""

    writer: str
    number: int
    rank: int = 0
    world: int | None = None
    pid: int = 0
    hostname: str = ""
    started: float = 0.0
    forked: bool = False
    role: str = ""
    offset: int = 0
    last_step: int | None = None
    last_time: float | None = None
    dropped: int = 0
    lost_bytes: int = 0
    status: str = "running"
    reason: str | None = None
    ended: float | None = None


@dataclass(slots=True)
class Stat:
    """A metric in short: what the list of runs shows of it."""

    count: int = 0
    last: float | None = None
    min: float | None = None
    max: float | None = None

    def behind(self, other: Stat) -> Stat:
        """Both together, where this one's last value came later."""
        lows, highs = (
            [one for one in ends if one is not None] for ends in ((self.min, other.min), (self.max, other.max))
        )
        last = other.last if self.last is None else self.last
        return Stat(self.count + other.count, last, min(lows, default=None), max(highs, default=None))


@dataclass
class Fold:
    """What the records of one host add up to."""

    host: str
    through: int = 0
    writers: dict[str, Writer] = field(default_factory=dict)
    metrics: dict[str, Stat] = field(default_factory=dict)
    system: dict[str, Stat] = field(default_factory=dict)
    primary: list[str] | None = None
    best: dict[str, Any] | None = None
    start: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    config_files: dict[str, str | None] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    heartbeat: float = 0.0
    lengths: dict[str, int] = field(default_factory=lambda: {LOGS: 0, OBJECTS: 0})
    sums: dict[str, int] = field(default_factory=lambda: {LOGS: 0, OBJECTS: 0})
    scans: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    pending: dict[str, list[str]] = field(default_factory=lambda: {LOGS: [], OBJECTS: []})

    @classmethod
    def of(cls, host: str, saved: dict[str, Any] | None) -> Fold:
        """The fold in `writers/<host>.json`; an empty one for None. Raises FormatError for what holds no fold."""
        fold = cls(host)
        try:
            if saved is not None:
                fold._take(saved)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(f"What {host} saved of a run is damaged: {error!r}.") from error
        return fold

    def _take(self, saved: dict[str, Any]) -> None:
        if saved["crc"] != checksum(saved):
            raise ValueError("its checksum does not fit")
        for name, kind in _SAVED.items():
            if not isinstance(saved[name], kind):
                raise TypeError(f"{name} is {saved[name]!r}")
            setattr(self, name, saved[name])
        self.lengths = {LOGS: int(self.lengths[LOGS]), OBJECTS: int(self.lengths[OBJECTS])}
        self.sums = {LOGS: int(self.sums[LOGS]), OBJECTS: int(self.sums[OBJECTS])}
        self.writers = {entry["writer"]: _known(entry) for entry in saved["writers"]}
        # NaN and infinities are strings in JSON
        self.metrics = {name: _stat(entry) for name, entry in saved["metrics"].items()}
        self.system = {name: _stat(entry) for name, entry in saved["system"].items()}
        if self.best:
            self.best = self.best | {"value": float(self.best["value"])}

    def saved(self) -> dict[str, Any]:
        """What `writers/<host>.json` holds. Only while nothing is pending."""
        whole = asdict(self)
        del whole["pending"], whole["scans"]
        whole["writers"] = [asdict(writer) for writer in self.writers.values()]
        return whole | {"crc": checksum(whole)}

    def offset(self, writer: bytes) -> int:
        """Up to where the writer's stream is held here."""
        found = self.writers.get(writer.hex())
        return found.offset if found else 0

    def live(self) -> list[Writer]:
        """The writers that have not ended, but for the daemon itself, which writes system metrics. From any thread."""
        return [one for one in list(self.writers.values()) if one.status == "running" and one.role != SYSTEM]

    def last_step(self, rank: int) -> int:
        """The greatest step of the process of a rank that logged last; 0 where none has logged points."""
        found = [
            one for one in self.writers.values() if one.rank == rank and not one.role and one.last_step is not None
        ]
        return max(found, key=lambda one: one.last_time or 0.0).last_step or 0 if found else 0

    def apply(self, record: journal.Record, batch: list[events.Event] | None = None) -> None:
        """Adds one record; `batch` is its body unpacked, where the caller has it."""
        self.through = record.number
        if record.kind == journal.HEARTBEAT:
            self.heartbeat = msgpack.unpackb(record.body)
        elif record.kind == journal.WRITER:
            self._writer(record)
        elif record.kind == journal.WORK:
            assets.work(self, msgpack.unpackb(record.body))
        elif (writer := self.writers.get(record.writer.hex())) is None:
            return
        elif record.kind == journal.BATCH:
            writer.offset = record.offset + len(record.body)
            self._batch(writer, _unpacked(record.body) if batch is None else batch)
        elif record.kind == journal.HOLE:
            writer.offset = msgpack.unpackb(record.body)["to"]
            writer.lost_bytes += writer.offset - record.offset
        elif record.kind == journal.END:
            end = msgpack.unpackb(record.body)
            writer.status, writer.reason, writer.ended = end["status"], end["reason"], end["time"]

    def _writer(self, record: journal.Record) -> None:
        info = msgpack.unpackb(record.body)
        key = record.writer.hex()
        known = self.writers.get(key)
        if known is None:
            known = self.writers[key] = Writer(key, info["number"])
        known.offset = record.offset
        if known.status == "crashed":  # it lives after all; what a writer says of its own end stands
            known.status, known.reason, known.ended = "running", None, None
        for name in ("rank", "world", "pid", "hostname", "started", "forked", "role"):
            if name in info:
                setattr(known, name, info[name])

    def _batch(self, writer: Writer, batch: list[events.Event]) -> None:
        points = [event for event in batch if event[0] == events.POINTS]
        writer.last_time = batch[-1][1] if batch else writer.last_time
        if points:
            reached = max(event[2] for event in points)
            writer.last_step = reached if writer.last_step is None else max(writer.last_step, reached)
        if len(points) < len(batch):
            points = self._in_order(writer, batch)
        if points:
            self._points(points)

    def _in_order(self, writer: Writer, batch: list[events.Event]) -> list[events.Event]:
        """Applies all but the points, and those before each change of the primary metric; gives the points left."""
        points: list[events.Event] = []
        for event in batch:
            if event[0] == events.POINTS:
                points.append(event)
                continue
            if event[0] == events.PRIMARY and points:
                self._points(points)
                points = []
            self._other(writer, event)
        return points

    def _points(self, points: list[events.Event]) -> None:
        """Columns of the metrics that were logged together: slices, minima and maxima are C code."""
        if self.primary:
            self._best(points)
        groups: dict[tuple[str, ...], list[Any]] = {}
        for event in points:
            names = tuple(event[4])
            values = groups.pop(names, None)  # behind the others: the last of a metric is in the last of its groups
            groups[names] = values = [] if values is None else values
            values.extend(event[4].values())
        for names, values in groups.items():
            for index, metric in enumerate(names):
                stat = self._stat_of(metric)
                if stat is not None:
                    _add(stat, values[index :: len(names)])

    def _stat_of(self, metric: str) -> Stat | None:
        is_system = metric.startswith(SYSTEM_METRICS)
        known, most = (self.system, _MOST_SYSTEM) if is_system else (self.metrics, METRICS)
        stat = known.get(metric)
        if stat is None and (len(known) < most or (self.primary and metric == self.primary[0])):
            stat = known[metric] = Stat()
        return stat

    def _best(self, points: Iterable[events.Event]) -> None:
        assert self.primary
        metric, mode = self.primary
        sign = 1 if mode == "max" else -1
        for event in points:
            value = event[4].get(metric)
            if type(value) not in (int, float) or math.isnan(value):
                continue
            if self.best is None or sign * value > sign * self.best["value"]:
                self.best = {"value": float(value), "step": event[2]}

    def _other(self, writer: Writer, event: events.Event) -> None:
        kind = event[0]
        if kind == events.TEXT:
            self.pending[LOGS] += self.lines(writer, event)
        elif kind == events.OBJECT:
            _, when, step, stage, key, value = event[:6]
            line = {"key": key, "step": step, "stage": stage, "time": when, "rank": writer.rank, "type": "json"}
            self.add_object(line | media.about(event[6:]) | {"value": value})
        elif kind == events.PART:
            self._part(*event[2:5])
        elif kind == events.ENVIRONMENT:
            self._surroundings(writer, event[2])
        elif kind == events.ASK:
            assets.ask(self, {"time": event[1], "rank": writer.rank, "writer": writer.writer}, *event[2:5])
        elif kind in _MERGED:
            getattr(self, _MERGED[kind]).update(event[2])
        elif kind == events.START and not self.start:
            self.start = event[2]
        elif kind == events.PRIMARY and self.primary != event[2:4]:  # each rank, and a resumed program, says it again
            self.primary, self.best = [event[2], event[3]], None
        elif kind == events.DROPPED:
            writer.dropped += event[2]
        elif kind == events.FINISH:
            writer.status, writer.reason, writer.ended = event[2], event[3], event[1]

    def _part(self, part: str, gone: list[str], values: dict[str, Any]) -> None:
        kept = {"args": self.args, "extra": self.config, "config_files": self.config_files}.get(part)
        if kept is None:  # of a later version
            return
        for key in gone:
            kept.pop(key, None)
        if part == "config_files":  # a file may have left the list before it was read
            values = {key: value for key, value in values.items() if value is None or key in kept}
        kept.update(values)
        if part == "args":  # there is one config: what was given last counts
            for key in values:
                self.config.pop(key, None)

    def _surroundings(self, writer: Writer, found: dict[str, Any]) -> None:
        """The environment is that of the lowest rank; what it finds later, in a resumed run, replaces what it found."""
        known = self.environment.get("rank", writer.rank)
        if writer.rank <= known:
            kept = self.environment if writer.rank == known else {}
            self.environment = kept | found | {"rank": writer.rank}

    def lines(self, writer: Writer, event: events.Event) -> list[str]:
        """`HH:MM:SS.mmm | level | text` for each line; the rank in front when the run has several."""
        _, when, level, text = event[:4]
        clock = time.strftime("%H:%M:%S", time.localtime(when)) + f".{int(when * 1000) % 1000:03d}"
        several = any(other.rank != writer.rank for other in self.writers.values())
        front = (f"rank {writer.rank} | " if several else "") + f"{clock} | {level} | "
        return [front + line + "\n" if line.strip() else "\n" for line in text.rstrip("\n").split("\n")]

    def add_object(self, line: dict[str, Any]) -> None:
        """Adds a line to the host's objects."""
        self.pending[OBJECTS].append(dumps(line) + "\n")


def checksum(saved: dict[str, Any]) -> int:
    """The CRC-32 of what `writers/<host>.json` holds, whatever `crc` says in it."""
    return zlib.crc32(dumps({name: value for name, value in saved.items() if name != "crc"}).encode(errors="replace"))


def _unpacked(body: bytes) -> list[events.Event]:
    """The events of a batch; none where they are not what this version calls so: the run must be read all the same."""
    try:
        return events.unpack(body)
    except ProtocolError:
        return []


def _known(saved: dict[str, Any]) -> Writer:
    """A writer; what a later version says of it besides is passed over."""
    return Writer(**{one.name: saved[one.name] for one in fields(Writer) if one.name in saved})


def _stat(saved: dict[str, Any]) -> Stat:
    last, low, high = (None if saved[name] is None else float(saved[name]) for name in ("last", "min", "max"))
    return Stat(saved["count"], last, low, high)


def _add(stat: Stat, column: list[Any]) -> None:
    """Adds a column of values; what is no number is passed over, NaN is no extreme."""
    numbers = column if _NUMBERS.issuperset(map(type, column)) else [one for one in column if type(one) in _NUMBERS]
    if not numbers:
        return
    total = sum(numbers)
    stat.count += len(numbers)
    stat.last = float(numbers[-1])
    real = [value for value in numbers if not math.isnan(value)] if math.isnan(total) else numbers
    if real:
        low, high = float(min(real)), float(max(real))
        stat.min = low if stat.min is None else min(low, stat.min)
        stat.max = high if stat.max is None else max(high, stat.max)
