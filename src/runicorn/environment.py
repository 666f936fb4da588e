"""What surrounds a training process: `init(capture_env=True)`, environment.json.

It is gathered by a thread, in steps of about a millisecond between which others may run, and without secrets. What
cannot be had is left out. One program is started, `git status`, since nothing else knows what it knows.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

_START = 0.02  # so that init() returns before this takes the interpreter
_PAUSE = 0.0005
_VARIABLES = (
    r"PYTHON(PATH|HASHSEED|OPTIMIZE)|VIRTUAL_ENV|CONDA_(DEFAULT_ENV|PREFIX)|LD_(LIBRARY_PATH|PRELOAD)|LANG|LC_ALL|TZ"
    r"|(CUDA|NVIDIA|ROCR|HIP)_VISIBLE_DEVICES|CUDA_(DEVICE_ORDER|HOME|LAUNCH_BLOCKING|MODULE_LOADING|DEVICE_MAX_\w+)"
    r"|CUBLAS_WORKSPACE_CONFIG|OMP_(NUM_THREADS|PROC_BIND|PLACES)|(MKL|OPENBLAS|NUMEXPR)_NUM_THREADS|KMP_AFFINITY"
    r"|(LOCAL_|GROUP_|NODE_|ROLE_)?RANK|(LOCAL_)?WORLD_SIZE|MASTER_(ADDR|PORT)|TOKENIZERS_PARALLELISM|MALLOC_CONF"
    r"|HF_(HOME|DATASETS_CACHE|HUB_OFFLINE|DATASETS_OFFLINE)|TRANSFORMERS_OFFLINE"
    r"|TF_(XLA_FLAGS|(ENABLE|DETERMINISTIC|NUM|GPU|FORCE|CPP)_\w+)"
    r"|(NCCL|TORCH|TORCHELASTIC|PYTORCH|ACCELERATE|XLA|JAX|GLOO|UCX|FI)_\w+"
)
"""The variables that are kept: those that change what a training computes, or how fast."""

# A child that is forked while this thread imports would wait for ever for the lock of the module: so forks wait here.
_loading = threading.Lock()
os.register_at_fork(before=_loading.acquire, after_in_parent=_loading.release, after_in_child=_loading.release)


def facts(workspace: Path) -> Iterator[Facts]:
    """All there is, bit by bit, the quickest first; `workspace`: the folder whose git checkout is described."""
    time.sleep(_START)
    gatherers: list[Callable[[], Facts]] = [_process, _variables, _machine, lambda: _git(workspace), _gpus, _packages]
    for gather in gatherers:
        try:
            yield gather()
        except Exception:  # whatever a machine is like, a run goes on without a fact
            continue


def _process() -> Facts:
    with _loading:
        from runid.masking import masked_arguments

    system = os.uname()
    return {
        "captured_at": time.time(),
        "hostname": system.nodename,
        "platform": f"{system.sysname} {system.release} ({system.machine})",
        "python_version": sys.version.split()[0],
        "python_implementation": sys.implementation.name,
        "python_executable": sys.executable,
        "argv": masked_arguments(sys.orig_argv),
        "working_dir": os.getcwd(),
    }


def _variables() -> Facts:
    with _loading:
        import re

        from runid.masking import masked

    wanted = {name: value for name, value in os.environ.items() if re.fullmatch(_VARIABLES, name)}
    found: Facts = {"env_variables": {name: masked(name, wanted[name]) for name in sorted(wanted)}}
    return found | {"conda_env": wanted["CONDA_DEFAULT_ENV"]} if "CONDA_DEFAULT_ENV" in wanted else found


def _machine() -> Facts:
    with _loading:
        from runicorn import machine

    return machine.facts()


def _git(workspace: Path) -> Facts:
    with _loading:
        from runid import git

    found = git.checkout(workspace)
    if found is None:
        return {}
    return {
        "git_info": {
            "commit": found.commit,
            "branch": found.branch,
            "remote": found.remote,
            "has_changes": found.changed > 0,
            "changed_files_count": found.changed,
        }
    }


def _gpus() -> Facts:
    with _loading:
        import pynvml as nvml

    try:
        nvml.nvmlInit()
    except (nvml.NVMLError_LibraryNotFound, nvml.NVMLError_DriverNotLoaded):
        return {"gpu_info": {"gpus": []}}  # that there is none is a fact; whatever else fails leaves it open
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        gpus = [
            {
                "name": nvml.nvmlDeviceGetName(handle),
                "uuid": nvml.nvmlDeviceGetUUID(handle),
                "memory_bytes": nvml.nvmlDeviceGetMemoryInfo(handle).total,
            }
            for handle in handles
        ]
        cuda = nvml.nvmlSystemGetCudaDriverVersion_v2()
        told = {"driver": nvml.nvmlSystemGetDriverVersion(), "cuda": f"{cuda // 1000}.{cuda % 1000 // 10}"}
        return {"gpu_info": told | {"gpus": gpus}}
    finally:
        nvml.nvmlShutdown()


def _packages() -> Facts:
    with _loading:
        import email.parser  # noqa: F401  importlib.metadata loads it when it is used
        import importlib.metadata

    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        told = distribution.metadata
        if name := told["Name"]:
            found.setdefault(str(name), str(told["Version"]))  # the first on the path is what is imported
        time.sleep(_PAUSE)
    return {"pip_packages": dict(sorted(found.items(), key=lambda item: item[0].lower()))}
