"""What a job that makes a medium may take: its bytes come from a program, and a small file may unpack to any size.

So one that would take all memory fails with an error of its own, and one without end is killed; both cost that medium.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from functools import cache

from runid.jobs import cgroups

SECONDS = 3600.0
"""Of a processor, for one medium: so much takes a video of 30,000 large frames."""

_SHARE = 2
_LEAST = 1 << 30
_SOONER = 500  # in thousandths of all memory: by so much more than it has, it seems to have when the kernel must choose


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Kills this process where what is done within takes too long; too much memory is a MemoryError, here and later."""
    _bound_memory()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def memory() -> int:
    """Bytes that a job may take: half of what there is."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    group = cgroups.limits(os.getpid()).get("memory", {"total": total})
    return max(min(total, int(group["total"])) // _SHARE, _LEAST)


@cache
def _bound_memory() -> None:
    if sys.platform != "linux":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    given = [memory(), *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(given), hard))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+") as file:
        sooner = max(int(file.read()), _SOONER)
        file.write(str(sooner))
