"""A run's environment in a few lines: what `runicorn show` tells of it; `--json` tells all."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import Any

from runicorn.cli import words


def short(environment: dict[str, Any]) -> dict[str, str]:
    """What matters first, by name; only what is known. What stands in a run's files may have any form."""
    tellers = {"command": _command, "python": _python, "git": _git, "gpu": _gpu, "machine": _machine, "job": _job}
    found = {}
    for name, tell in tellers.items():
        try:
            found[name] = tell(environment)
        except (KeyError, TypeError, AttributeError):
            continue
    return {name: text for name, text in found.items() if text}


def _command(environment: dict[str, Any]) -> str:
    return shlex.join(environment["argv"])


def _python(environment: dict[str, Any]) -> str:
    packages = environment.get("pip_packages") or {}
    return f"{environment['python_version']}, {len(packages)} packages, {environment['python_executable']}"


def _git(environment: dict[str, Any]) -> str:
    told = environment["git_info"]
    changed = told["changed_files_count"]
    branch = f" on {told['branch']}" if told["branch"] else ""
    changes = f", {changed} file{'s' * (changed != 1)} changed" if changed else ""
    return f"{told['commit'][:12]}{branch}{changes}"


def _gpu(environment: dict[str, Any]) -> str:
    told = environment["gpu_info"]
    counted = Counter((gpu["name"], words.size(gpu["memory_bytes"])) for gpu in told["gpus"])
    gpus = ", ".join(f"{count} x {name} ({memory})" for (name, memory), count in counted.items())
    return f"{gpus}, driver {told['driver']}, CUDA {told['cuda']}" if gpus else "none that NVIDIA's driver tells of"


def _machine(environment: dict[str, Any]) -> str:
    cpu, memory = environment["cpu"], environment["memory"]
    parts = [
        environment.get("os"),
        f"{cpu['usable']} of {cpu['count']} CPUs" + (f" ({cpu['model']})" if cpu.get("model") else ""),
        f"{words.size(memory['total_bytes'])} memory",
        f"limited to {words.size(memory['limit_bytes'])}" if "limit_bytes" in memory else None,
        f"in {environment['container']['kind']}" if "container" in environment else None,
    ]
    return ", ".join(filter(None, parts))


def _job(environment: dict[str, Any]) -> str:
    return " ".join(map(str, environment["scheduler"].values()))
