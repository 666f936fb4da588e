"""What the daemon says of itself, and the limits it lives within."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path
from typing import Any


def measured() -> dict[str, Any]:
    """This process' CPU seconds, resident bytes and open descriptors."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_seconds": usage.ru_utime + usage.ru_stime, "rss_bytes": _rss(), "descriptors": descriptors()}


def raise_descriptor_limit() -> None:
    """As many descriptors as the system allows: each writer needs about four."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def crowded() -> bool:
    """Whether more than 80% of the descriptors are in use; libzmq aborts the process when there are none left."""
    return descriptors() > 0.8 * resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def descriptors() -> int:
    """How many descriptors are open; 0 where the system does not say."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def free_bytes(folder: str) -> int | None:
    """Bytes free for this user in the folder's file system; None where it cannot be read."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def _rss() -> int:
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
