"""What the system says about how a process ended.

A parent learns the exit status; others only where the process is not reaped yet (/proc/<pid>/stat, field 52), or
through a pidfd opened before the end, on Linux from 6.15 on (PIDFD_GET_INFO, linux/pidfd.h).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
from pathlib import Path
from typing import Any

from runid import places

_GET_INFO = 0xC040FF0B  # _IOWR(0xFF, 11, struct pidfd_info), 64 bytes
_INFO_EXIT = 1 << 3
_EXIT_CODE = 60
_MOMENT = 500  # ms


class Exit:
    """Watches a process of this pid namespace, to say how it ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._end: tuple[str, str] | None = None
        self._descriptor = -1
        if pid > 0 and hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError, OverflowError):  # a pid is what somebody said it is
                self._descriptor = os.pidfd_open(pid)

    @classmethod
    def of(cls, info: dict[str, Any]) -> Exit:
        """Of a writer, by what its outbox says; nothing is watched where that is another pid namespace."""
        pid = info.get("pid")
        if not isinstance(pid, int) or info.get("pidns") != places.pid_namespace():
            return cls(0)
        # A pid is given to another process in time.
        return cls(pid if info.get("start") == places.process_start(pid) else 0)

    def end(self) -> tuple[str, str]:
        """A writer's end state and how it came, for a process that is gone: ("crashed", "was killed by SIGKILL").

        The watch is over then.
        """
        if self._end is None:
            self._end = self._told()
            self.close()
        return self._end

    def _told(self) -> tuple[str, str]:
        code = self._code()
        if code is None:
            return "crashed", "disappeared without a word"
        number = code & 0x7F
        if number:
            return "crashed", f"was killed by {_signal_name(number)}"
        return "crashed", f"left with exit code {code >> 8} without a word"

    def close(self) -> None:
        """Ends the watch; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _code(self) -> int | None:
        """The wait status of the process; None where nobody tells."""
        if self._descriptor < 0:
            return None
        # Its locks are gone a moment before it has ended; on a busy machine that may take some milliseconds.
        ending = select.poll()
        ending.register(self._descriptor, select.POLLIN)
        ending.poll(_MOMENT)
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{self._pid}/stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] == b"Z":
                return int(fields[49])
        with contextlib.suppress(OSError):
            info = fcntl.ioctl(self._descriptor, _GET_INFO, struct.pack("=Q56x", _INFO_EXIT))
            if struct.unpack_from("=Q", info)[0] & _INFO_EXIT:
                return int(struct.unpack_from("=i", info, _EXIT_CODE)[0])
        return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
