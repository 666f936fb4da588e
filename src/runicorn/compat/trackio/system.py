"""One look at the machine, now. What the daemon sees every 10 s by itself has the same names."""

from __future__ import annotations

import os
import threading
from typing import Any

from runicorn.compat.trackio import active
from runicorn.compat.trackio.run import Run
from runid import places, sampling

_GPU = "gpu/"
_before: dict[str, Any] = {}
_lock = threading.Lock()


def log_cpu(run: Run | None = None) -> dict[str, float]:
    """Logs what is used of processor, memory, disks and network now, and gives it, by name without "sys/".

    What is a rate, such as cpu (%), is a mean since the last call, and not there at the first. Raises RuntimeError
    without a run.
    """
    return _logged(run or active.run("log_cpu()"), lambda name: not name.startswith(_GPU))


def log_gpu(run: Run | None = None, device: int | None = None) -> dict[str, float]:
    """Logs what is used of all GPUs, or of one, now, and gives it, by name without "sys/"; empty without a GPU.

    Raises RuntimeError without a run.
    """
    of = _GPU if device is None else f"{_GPU}{device}/"
    return _logged(run or active.run("log_gpu()"), lambda name: name.startswith(of))


def _logged(run: Run, wanted: Any) -> dict[str, float]:
    values = {name: value for name, value in _look(str(run._native.storage_root)).items() if wanted(name)}
    run.log_system(values)
    return values


def _look(root: str) -> dict[str, float]:
    from runid.jobs import sampler  # it loads psutil and NVML's

    global _before
    pid = os.getpid()
    with _lock:
        now = sampler.sample({"processes": [[pid, places.process_start(pid)]], "roots": [root]}, None)
        found = sampling.machine_values(now, _before, str(pid), root)
        _before = now
    return {name.removeprefix("sys/"): value for name, value in found.items()}
