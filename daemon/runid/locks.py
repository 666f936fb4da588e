"""Record locks: proof that a process lives.

An fcntl record lock belongs to one process: a forked child does not inherit it, death and exec (with a close-on-exec
descriptor) give it back, and it is seen from other pid namespaces. `flock` fails the first of these, pids the last.
Closing any descriptor of the file gives the lock back too, so a locked file is opened once.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from pathlib import Path

# struct flock: its layout, what it holds (a write lock on the whole file), and which fields are kind and pid.
_FLOCK: tuple[str, tuple[int, ...], int, int] = {
    "linux": ("hhqqi4x", (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0), 0, 4),
}.get(sys.platform, ("qqihh", (0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET), 3, 2))


def open_lockable(path: Path, create: bool = False) -> int:
    """A descriptor to lock `path` by, close-on-exec. Raises OSError."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
    return os.open(path, flags, 0o600)


def take(descriptor: int) -> bool:
    """Takes the lock if no other process holds it, and says whether."""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def held(descriptor: int) -> bool:
    """Whether another process holds the lock; never takes it."""
    return holder(descriptor) is not None


def holder(descriptor: int) -> int | None:
    """The pid of the process that holds the lock, as far as it is seen from here; None without one."""
    layout, fields, kind, pid = _FLOCK
    answer = struct.unpack(layout, fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(layout, *fields)))
    return None if answer[kind] == fcntl.F_UNLCK else int(answer[pid])
