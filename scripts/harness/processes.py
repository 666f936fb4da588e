"""The processes of a round: all have the round's plan in their environment, and nobody else is ever sent a signal."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

PLAN = "CHAOS_PLAN"
"""The environment variable that names the file of the plan."""


def follows(pid: int, plan: str) -> bool:
    """Whether a process that lives was started for this plan."""
    try:
        return f"{PLAN}={plan}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and alive(pid)
    except OSError:
        return False


def following(plan: str) -> list[int]:
    """All processes that live and were started for this plan, but for this one."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and follows(pid, plan)]


def send(pid: int, plan: str, number: int = signal.SIGKILL) -> bool:
    """Sends a signal to a process, or with a negative pid to a group, of this plan; says whether it did."""
    with suppress(ProcessLookupError):
        if follows(abs(pid), plan):
            os.kill(pid, number)
            return True
    return False


def alive(pid: int) -> bool:
    """Whether a process of this pid lives and is no zombie."""
    return _stat(pid)[:1] not in ([], [b"Z"])


def parent(pid: int) -> int:
    """The pid of a process' parent; 0 when it is gone."""
    return int((_stat(pid)[1:2] or [b"0"])[0])


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/<pid>/stat from the state on; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split() if pid > 0 else []
    except (FileNotFoundError, ProcessLookupError):
        return []
