"""Pseudo-terminals that stand in for the real one."""

from __future__ import annotations

import contextlib
import os
import tty

from runicorn.console.copier import copy_size


def stand_in(real: int) -> tuple[int, int]:
    """The reading and the writing end of a pseudo-terminal of the real one's size. Raises OSError."""
    reader, writer = os.openpty()
    tty.setraw(writer)  # the real terminal does what is to be done with newlines
    with contextlib.suppress(OSError):
        copy_size(real, reader)
    return reader, writer
