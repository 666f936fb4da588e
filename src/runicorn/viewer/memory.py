"""How much memory the viewer takes: 16 MB for what was made last, and what was used for one answer goes back.

Left to themselves, pyarrow's own allocator and the C library's, which has one for each thread, keep what was freed.
Blocks that glibc maps each by itself would go back at once; zooms took half as long again with those.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os

from runid.store.kept import ROOM

_ROOM = 16 << 20
_ARENA_MAX, _ARENAS = -8, 2  # mallopt(3)
_REST = 1.0  # seconds without a question


def limit() -> None:
    """Called once, before pyarrow is loaded; another C library than glibc is left as it is."""
    ROOM.limit(_ROOM)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


class Trim:
    """Gives the system what is free, a few milliseconds' work, once nothing is asked for."""

    def __init__(self) -> None:
        self._next: asyncio.TimerHandle | None = None

    def later(self) -> None:
        """Something was answered; called in the event loop."""
        if self._next is not None:
            self._next.cancel()
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(_REST, _begin, loop)


def _begin(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(RuntimeError):  # the server is ending
        loop.run_in_executor(None, _trim)


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
