"""The machine a process runs on: processor, memory, container and scheduler, from what the system says in files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

_SCHEDULERS = {
    "slurm": {
        "job_id": "SLURM_JOB_ID",
        "job_name": "SLURM_JOB_NAME",
        "partition": "SLURM_JOB_PARTITION",
        "nodes": "SLURM_JOB_NODELIST",
        "array_task_id": "SLURM_ARRAY_TASK_ID",
        "restarts": "SLURM_RESTART_COUNT",
    },
    "pbs": {"job_id": "PBS_JOBID", "job_name": "PBS_JOBNAME", "queue": "PBS_QUEUE"},
    "lsf": {"job_id": "LSB_JOBID", "job_name": "LSB_JOBNAME", "queue": "LSB_QUEUE"},
    "sge": {"job_id": "SGE_TASK_ID", "job_name": "JOB_NAME", "queue": "QUEUE"},
    "ray": {"job_id": "RAY_JOB_ID"},
    "kubernetes": {"service_host": "KUBERNETES_SERVICE_HOST"},
}
"""How each is told and what it says: fields and their variables; the first variable is always set."""

_CONTAINER_MARKS = {"docker": "/.dockerenv", "podman": "/run/.containerenv"}
_CONTAINER_VARIABLES = {"apptainer": "APPTAINER_CONTAINER", "singularity": "SINGULARITY_CONTAINER"}
_CONTAINER_CGROUP = re.compile(r"kubepods|docker|containerd|libpod|lxc")


def facts() -> Facts:
    """What is known: cpu, memory, and system, container and scheduler where there are any."""
    found = {"cpu": _cpu(), "memory": _memory(), "os": _os(), "container": _container(), "scheduler": _scheduler()}
    return {name: value for name, value in found.items() if value}


def _cpu() -> Facts:
    lines = _read("/proc/cpuinfo").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: Facts = {"model": models[0] if models else None, "count": os.cpu_count(), "usable": usable}
    quota, _, period = _cgroup("cpu.max").partition(" ")
    return found | {"limit": int(quota) / int(period)} if quota.isdigit() and period.isdigit() else found


def _memory() -> Facts:
    found = {"total_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")}
    limit = _cgroup("memory.max")
    return found | {"limit_bytes": int(limit)} if limit.isdigit() else found


def _os() -> str:
    """The distribution, such as "Debian GNU/Linux 12 (bookworm)"."""
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', _read("/etc/os-release"), re.MULTILINE)
    return found[1] if found else ""


def _container() -> Facts:
    """What kind of container this is; empty outside of one, as far as can be told."""
    kinds = [kind for kind, name in _CONTAINER_VARIABLES.items() if os.environ.get(name)]
    image = {"image": os.environ[_CONTAINER_VARIABLES[kinds[0]]]} if kinds else {}
    kinds += [kind for kind, path in _CONTAINER_MARKS.items() if os.path.exists(path)]
    kinds += _CONTAINER_CGROUP.findall(_read("/proc/1/cgroup"))[:1]
    return {"kind": kinds[0], **image} if kinds else {}


def _scheduler() -> Facts:
    """Which scheduler started this, and its words for the job; empty without one."""
    for kind, names in _SCHEDULERS.items():
        found = {field: os.environ[name] for field, name in names.items() if os.environ.get(name)}
        if next(iter(names)) in found:
            return {"kind": kind, **found}
    return {}


def _cgroup(name: str) -> str:
    """A file of this process' cgroup, version 2; empty where there is none."""
    here = next((line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::")), "")
    return _read(f"/sys/fs/cgroup{here.rstrip('/')}/{name}").strip() or _read(f"/sys/fs/cgroup/{name}").strip()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
