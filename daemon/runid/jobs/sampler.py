"""One look at the machine: raw readings of processor, memory, disks, network, processes and GPUs.

`sample` is a worker's job. Counters are told as they stand; what was used between two looks is for
`runid.sampling` to say. What cannot be had is left out, and what may hang, a sick GPU driver or a dead
file server, is asked in a thread of its own that nobody waits for longer than `_PATIENCE` s.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import psutil

from runid import health, places
from runid.jobs import cgroups, gpus

Job = dict[str, Any]
Facts = dict[str, Any]
T = TypeVar("T")

_PATIENCE = 3.0
_VIRTUAL = ("lo", "veth", "docker", "br-", "virbr", "cni", "flannel")
"""Interfaces whose traffic stays in the machine, or passes a real one as well."""


class Patient(Generic[T]):
    """Asks a function that may hang, in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._questions: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        self._owed = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def ask(self) -> T | None:
        """What the function gives; None when it raises, when it takes too long, and while it is not back from that."""
        while self._owed and not self._answers.empty():  # an answer that came too late
            self._answers.get()
            self._owed -= 1
        if self._owed:
            return None
        self._owed = 1
        self._questions.put(None)
        try:
            answer = self._answers.get(timeout=_PATIENCE)
        except queue.Empty:
            return None
        self._owed = 0
        return answer

    def _answer(self) -> None:
        while True:
            self._questions.get()
            try:
                self._answers.put(self._function())
            except Exception:  # whatever a driver says
                self._answers.put(None)


_ask_gpus: Patient[list[Facts]] | None = None
_ask_disks: dict[str, Patient[int | None]] = {}


def sample(job: Job, tell: object) -> Facts:  # noqa: ARG001  it has nothing to tell
    """Reads once. `processes`: [pid, when it began in clock ticks] of those to look at; `roots`: folders.

    Gives `at` (seconds of the monotonic clock), `cores`, and as far as known: cpu (seconds), memory {used, total},
    disk {read, write}, net {sent, received} (bytes), free {root: bytes}, processes {pid: {cpu, memory, threads,
    limits}} and gpus, a list.
    """
    found: Facts = {"at": time.monotonic(), "cores": psutil.cpu_count() or 1}
    for name, read in (("cpu", _cpu), ("memory", _memory), ("disk", _disk), ("net", _net)):
        try:
            found[name] = read()
        except (OSError, RuntimeError, psutil.Error):  # not told in this container
            continue
    found["processes"] = _processes(job["processes"])
    found["free"] = {root: free for root in job["roots"] if (free := _free(root)) is not None}
    found["gpus"] = _gpus()
    return found


def _cpu() -> float:
    times = psutil.cpu_times()
    resting = ("idle", "iowait", "guest", "guest_nice")  # what guests take is in user and nice as well
    return float(sum(times) - sum(getattr(times, name, 0.0) for name in resting))


def _memory() -> Facts:
    found = psutil.virtual_memory()
    return {"used": found.total - found.available, "total": found.total}


def _disk() -> Facts:
    found = psutil.disk_io_counters()
    return {} if found is None else {"read": found.read_bytes, "write": found.write_bytes}


def _net() -> Facts:
    all_of_them = psutil.net_io_counters(pernic=True)
    found = [one for name, one in all_of_them.items() if not name.startswith(_VIRTUAL)]
    return {"sent": sum(one.bytes_sent for one in found), "received": sum(one.bytes_recv for one in found)}


def _processes(wanted: list[list[int]]) -> dict[str, Facts]:
    living = [pid for pid, start in wanted if places.process_start(pid) == start]
    if not living:
        return {}
    children = defaultdict(list)
    for process in psutil.process_iter(["ppid"]):
        children[process.info["ppid"]].append(process.pid)
    return {str(pid): facts for pid in living if (facts := _process(pid, children))}


def _process(pid: int, children: dict[int, list[int]]) -> Facts:
    """A process with all its descendants, such as the workers of a data loader."""
    family = [pid]
    for parent in family:
        family += children.get(parent, [])
    parts = [found for member in family if (found := _alone(member)) is not None]
    if not parts:
        return {}
    cpu, memory, threads = (sum(column) for column in zip(*parts, strict=True))
    return {"cpu": cpu, "memory": memory, "threads": threads, "limits": cgroups.limits(pid)}


def _alone(pid: int) -> tuple[float, int, int] | None:
    """CPU seconds, bytes and threads of one process; None when it has gone meanwhile."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            # With those of its children that have ended: what a worker used is not forgotten at its end.
            return sum(process.cpu_times()[:4]), process.memory_info().rss, process.num_threads()
    except psutil.Error:
        return None


def _free(root: str) -> int | None:
    if root not in _ask_disks:
        _ask_disks[root] = Patient(functools.partial(health.free_bytes, root))
    return _ask_disks[root].ask()


def _gpus() -> list[Facts]:
    global _ask_gpus
    if _ask_gpus is None:
        _ask_gpus = Patient(gpus.read)
    return _ask_gpus.ask() or []
