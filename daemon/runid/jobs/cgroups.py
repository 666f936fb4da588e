"""What a process' cgroup allows and uses: in a container the machine's memory and cores are not what a run has.

Of all groups above each other that limit something the tightest counts. Version 2 has one tree of groups; in version 1
each controller has its own. A container often sees its own group as the root of the tree, so that one counts too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

TREE = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60


def limits(pid: int, tree: Path = TREE, proc: Path = Path("/proc")) -> Facts:
    """Of a process' groups: memory {used, total} (bytes) where it is limited; cpu (seconds used) and cores (how many
    it may use) where that is. Empty without limits.
    """
    found: Facts = {}
    memories = [limit for group in _groups(pid, "memory", tree, proc) if (limit := _memory(group))]
    if memories:
        found["memory"] = dict(zip(("total", "used"), min(memories), strict=True))
    cpus = [quota for group in _groups(pid, "cpu", tree, proc) if (quota := _cpu(group))]
    if cpus:
        found["cores"], found["cpu"] = min(cpus)
    return found


def _groups(pid: int, controller: str, tree: Path, proc: Path) -> Iterator[Path]:
    """The folders of the process' group and of those above it."""
    for line in _read(proc / str(pid) / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" and (tree / "cgroup.controllers").exists():
            top = tree
        elif controller in controllers.split(","):
            top = tree / controllers if (tree / controllers).is_dir() else tree / controller
        else:
            continue
        group = top / path.lstrip("/")
        yield from (one for one in (group, *group.parents) if one == top or top in one.parents)


def _memory(group: Path) -> tuple[int, int] | None:
    """The limit, and what is used without files' pages that can be dropped: as much as the kernel counts against it."""
    for limit, used, dropped in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        total, current = _number(group / limit), _number(group / used)
        if total is not None and current is not None and total < _UNLIMITED:
            return total, max(0, current - _field(group / "memory.stat", dropped))
    return None


def _cpu(group: Path) -> tuple[float, float] | None:
    """How many cores the group may use, and the CPU seconds it has used."""
    quota, _, period = _read(group / "cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        return int(quota) / int(period), _field(group / "cpu.stat", "usage_usec") / 1e6
    allowed, each = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
    used = _number(group / "cpuacct.usage")
    return None if allowed is None or not each or used is None else (allowed / each, used / 1e9)


def _field(path: Path, name: str) -> int:
    for line in _read(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0


def _number(path: Path) -> int | None:
    """The number in a file; None for what is none, such as "max" or -1."""
    text = _read(path).strip()
    return int(text) if text.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
