"""What is used of this machine now: the daemon's own look at it (runid.jobs.sampler), taken by the viewer.

How busy a processor is takes two looks. Who asks again and again has the one before; who asks first waits a moment.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from runicorn import machine
from runid import places, sampling
from runid.jobs import sampler

Facts = dict[str, Any]

_SOON = 0.2
_OLD = 60.0

_lock = threading.Lock()
_last: Facts = {}


def look(roots: Sequence[str]) -> tuple[Facts, dict[str, int]]:
    """The machine, and the bytes that are free where roots are: those whose disk answers.

    {hostname, os, processor, cores, used: % of them, memory: {used, total}, gpus: as runid.jobs.gpus has them}: in a
    container, what that may use. What cannot be had is null.
    """
    global _last
    pid = os.getpid()
    job = {"processes": [[pid, places.process_start(pid)]], "roots": list(roots)}
    with _lock:
        if time.monotonic() - _last.get("at", -_OLD) >= _OLD:
            _last = sampler.sample(job, None)
            time.sleep(_SOON)
        before, now = _last, sampler.sample(job, None)
        _last = now if now["at"] - before["at"] >= _SOON else before
    limits = now["processes"].get(str(pid), {}).get("limits", {})
    known = machine.facts()
    told = {
        "hostname": socket.gethostname(),
        "os": known.get("os"),
        "processor": known["cpu"]["model"],
        "cores": min(limits.get("cores") or now["cores"], now["cores"]),
        "used": sampling.machine_values(now, before, str(pid), "").get("sys/cpu"),
        "memory": limits.get("memory") or now.get("memory"),
        "gpus": now["gpus"],
    }
    return told, now["free"]
