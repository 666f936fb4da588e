"""Python's own streams, sys.stdout and sys.stderr, while runs capture.

A stream that writes to a descriptor of the process needs nothing, but for the marks (see runicorn.console.copier): its
`write` is replaced on the object, so that loggers that hold it keep their order too. In a notebook, and wherever else
a stream is no descriptor's, a Tee stands in for it. IPython replaces `write` on the object as well, and puts back what
it found after each cell: so a replacement that is over may be called on, and then is the old one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any


def descriptor(stream: Any) -> int:
    """The descriptor that the stream writes to; -1 without one."""
    with contextlib.suppress(Exception):  # somebody's object may raise anything
        return int(stream.fileno())
    return -1


def flush(stream: Any) -> None:
    """Flushes a stream as far as it can be."""
    with contextlib.suppress(Exception):
        stream.flush()


class Marked:
    """Has sys.stderr write into stdout's channel, between marks, until `restore`."""

    def __init__(self, target: int, start: bytes, end: bytes) -> None:
        """`target`: the channel's descriptor."""
        stream = self._stream = sys.stderr
        before, encoding, errors = stream.write, stream.encoding, stream.errors
        self._over = False

        def write(text: str) -> int:
            if self._over:
                return before(text)
            left = memoryview(start + text.encode(encoding, errors or "strict") + end)
            while left:
                left = left[os.write(target, left) :]
            return len(text)

        self._write = write
        vars(stream)["write"] = write

    def restore(self) -> None:
        """The stream writes as before."""
        self._over = True
        if vars(self._stream).get("write") is self._write:
            del vars(self._stream)["write"]


class Tee:
    """Stands in for sys.stdout or sys.stderr, and tells what is written; all else is the stream's."""

    def __init__(self, level: str, tell: Callable[[str, str], None]) -> None:
        """`level`: the stream's name."""
        self._stream = getattr(sys, level)
        self._level = level
        self._tell = tell
        self._over = False
        setattr(sys, level, self)

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # kernels ask whether it is a stream of theirs
        return type(self._stream)

    def write(self, text: str) -> Any:
        """Writes and tells."""
        written = self._stream.write(text)
        if not self._over:
            self._tell(self._level, text)
        return written

    def writelines(self, lines: Any) -> None:
        """Writes and tells each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def restore(self) -> None:
        """The stream is in its place again, unless somebody put another one there."""
        self._over = True
        if getattr(sys, self._level) is self:
            setattr(sys, self._level, self._stream)
