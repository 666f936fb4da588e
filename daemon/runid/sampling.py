"""System metrics: a worker looks at the machine every 10 s while runs are live, and each run gets the values as points.

There is one look for all runs of the machine. A writer that is new is looked at once at its beginning and again a
second later, so that short runs have something too. Percentages of cores and bytes per second need two looks: they are
means over the time in between.

    sys/cpu  sys/cpu/cores                    % of what may be used; cores in use
    sys/memory  sys/memory/used               % of what may be used; bytes
    sys/disk/read  sys/disk/write             bytes/s, of all disks
    sys/disk/free                             bytes, where the root is
    sys/net/sent  sys/net/received            bytes/s
    sys/gpu/<i>/utilization                   %
    sys/gpu/<i>/memory  …/memory/percent      bytes; %
    sys/gpu/<i>/power  …/temperature          W; °C
    sys/gpu/<i>/mig/<j>/memory  …/percent     of a part of a GPU
    sys/process/cpu                           % of a core; the process and its descendants
    sys/process/memory  …/threads             bytes (resident); how many
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from runid import places
from runid.jobs.pool import Again

EVERY = 10.0
_AGAIN = 1.0
_OLD = 3 * EVERY

Facts = dict[str, Any]
Values = dict[str, float]
Ranks = dict[int, Values]
Submit = Callable[[dict[str, Any], Callable[[Facts | None, str | None], None]], None]


class Process(NamedTuple):
    """A writer that wants system metrics in its run, as far as this machine knows it."""

    root: Path
    folder: Path
    rank: int
    pid: int
    start: int
    forked: bool

    @classmethod
    def of(cls, root: Path, folder: Path, info: Facts) -> Process | None:
        """By what a writer says of itself; its pid is 0 where that means nothing here: in another pid namespace."""
        rank, pid, start = (info.get(name) for name in ("rank", "pid", "start"))
        if info.get("system") is not True or type(rank) is not int or not 0 <= rank < 1 << 31:
            return None
        if type(pid) is not int or type(start) is not int or info.get("pidns") != places.pid_namespace():
            pid = start = 0
        return cls(root, folder, rank, pid, start, info.get("forked") is True)


class Sampler:
    """Asks for a look when one is due, and gives each run its values."""

    def __init__(
        self, submit: Submit, give: Callable[[Path, Path, dict[int, Values]], None], log: Callable[[str], None]
    ) -> None:
        """`give(root, folder, {rank: values})` is called from a thread of the pool."""
        self._submit = submit
        self._give = give
        self._log = log
        self._known: set[Process] = set()
        self._asked = False
        self._looked = self._due = -EVERY
        self._before: Facts = {}
        self._told = ""

    def tick(self, now: float, writers: set[Process]) -> None:
        """Asks for a look at the live writers when one is due."""
        new = writers - self._known
        due = now >= self._due or (new and now >= self._looked + _AGAIN)
        if self._asked or not writers or not due:
            return
        self._asked, self._known = True, writers
        self._looked, self._due = now, now + (_AGAIN if new else EVERY)
        processes = [[one.pid, one.start] for one in writers if one.pid]
        job = {"name": "sample", "processes": processes, "roots": sorted({str(one.root) for one in writers})}
        self._submit(job, lambda result, error: self._done(writers, result, error))

    def _done(self, writers: set[Process], result: Facts | None, error: str | None) -> None:
        self._asked = False
        if error and error != self._told and not isinstance(error, Again):
            self._log(f"System metrics could not be read: {error}")
        self._told = error or ""
        before, self._before = self._before, result or {}
        if result is not None:
            fresh = before if 0 < result["at"] - before.get("at", -_OLD) < _OLD else {}
            for (root, folder), found in _by_run(writers, result, fresh).items():
                self._give(root, folder, found)


def _by_run(writers: set[Process], now: Facts, before: Facts) -> dict[tuple[Path, Path], dict[int, Values]]:
    """For each run, by its root and folder, the values of each rank here; those of the machine go to the lowest."""
    runs: dict[tuple[Path, Path], dict[int, Process]] = defaultdict(dict)
    # Of several with one rank the one that was not forked, and began last: it is the others' parent, or follows them.
    for one in sorted(writers, key=lambda one: (not one.forked, one.start)):
        runs[one.root, one.folder][one.rank] = one
    found = {}
    for run, ranks in runs.items():
        values = {rank: process_values(now, before, str(one.pid)) for rank, one in ranks.items()}
        lowest = ranks[min(ranks)]
        values[lowest.rank] |= machine_values(now, before, str(lowest.pid), str(lowest.root))
        found[run] = {rank: those for rank, those in values.items() if those}
    return found


def process_values(now: Facts, before: Facts, pid: str) -> Values:
    """What a process and its descendants use."""
    mine, then = (facts.get("processes", {}).get(pid, {}) for facts in (now, before))
    found = {f"sys/process/{name}": float(mine[name]) for name in ("memory", "threads") if name in mine}
    return found | _rates({"sys/process/cpu": "cpu"}, now, before, mine, then, 100.0)


def together(ranks: Ranks) -> Values:
    """What the processes of a run use, those of all ranks here: cpu (% of a core), memory (bytes), as far as known."""
    found: Values = {}
    for what in ("cpu", "memory"):
        told = [values[name] for values in ranks.values() if (name := f"sys/process/{what}") in values]
        found |= {what: sum(told)} if told else {}
    return found


def machine_values(now: Facts, before: Facts, pid: str, root: str) -> Values:
    """What is used of the machine, or of what the process' container may use of it."""
    mine, then = (facts.get("processes", {}).get(pid, {}).get("limits", {}) for facts in (now, before))
    cores = min(mine.get("cores") or now["cores"], now["cores"])
    used, earlier = (mine, then) if "cpu" in mine else (now, before)
    found = _rates({"sys/cpu/cores": "cpu"}, now, before, used, earlier)
    if "sys/cpu/cores" in found:
        found["sys/cpu"] = 100.0 * found["sys/cpu/cores"] / cores
    memory = mine.get("memory") or now.get("memory")
    if memory:
        found |= {"sys/memory": _percent(memory), "sys/memory/used": float(memory["used"])}
    for part, names in (("disk", ("read", "write")), ("net", ("sent", "received"))):
        counters = {f"sys/{part}/{name}": name for name in names}
        found |= _rates(counters, now, before, now.get(part, {}), before.get(part, {}))
    if root in now.get("free", {}):
        found["sys/disk/free"] = float(now["free"][root])
    for gpu in now.get("gpus", ()):
        found |= _gpu_values(f"sys/gpu/{gpu['index']}", gpu)
    return found


def _gpu_values(name: str, gpu: Facts) -> Values:
    found = {f"{name}/{what}": float(gpu[what]) for what in ("utilization", "power", "temperature") if what in gpu}
    if "memory" in gpu:
        found |= {f"{name}/memory": float(gpu["memory"]["used"]), f"{name}/memory/percent": _percent(gpu["memory"])}
    for part in gpu.get("mig", ()):
        found |= _gpu_values(f"{name}/mig/{part['index']}", part)
    return found


def _rates(names: dict[str, str], now: Facts, before: Facts, mine: Facts, then: Facts, factor: float = 1.0) -> Values:
    """How fast counters grew, per second; those that one of the looks did not have, or that fell, are left out."""
    if not before:
        return {}
    grown = {
        name: mine[counter] - then[counter] for name, counter in names.items() if counter in mine and counter in then
    }
    return {name: factor * more / (now["at"] - before["at"]) for name, more in grown.items() if more >= 0}


def _percent(memory: Facts) -> float:
    return float(100.0 * memory["used"] / max(1, memory["total"]))
