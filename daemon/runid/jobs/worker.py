"""The worker process: does one job after the other, away from the daemon's own process.

    python -P -m runid.jobs.worker      frames on stdin and stdout: length u32, little-endian, then msgpack
    daemon → worker                     a job: map with `name` and what that job needs
    worker → daemon                     an empty map when it is ready; per job any number of {progress: a map}, then
                                        {result} or {error: a sentence[, again: whether the job may be tried again]}

It writes temporary names only, and names that tell the content; what becomes of the rest is the daemon's business. It
ends with its stdin, and is killed with the daemon.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import importlib
import os
import signal
import struct
import sys
from collections.abc import Callable
from functools import partial
from typing import IO, Any

import msgpack

from runid.jobs import bounds
from runid.store import media

Job = dict[str, Any]
Tell = Callable[[Job], None]

_LENGTH = struct.Struct("<I")
_PR_SET_PDEATHSIG = 1
_NICE = 10
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


def read_frame(file: IO[bytes]) -> bytes | None:
    """The next frame; None if the other side is gone."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = file.read(length)
    return body if len(body) == length else None


def write_frame(file: IO[bytes], body: bytes) -> None:
    """Sends one frame. Raises OSError, BrokenPipeError if the other side is gone."""
    file.write(_LENGTH.pack(len(body)) + body)
    file.flush()


def main() -> None:
    """Works until stdin ends."""
    _prepare()
    # What a library prints must not get between the frames.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        write_frame(answers, msgpack.packb({}))
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            write_frame(answers, msgpack.packb(_do(msgpack.unpackb(frame), partial(_tell, answers))))
            gc.collect()
    os._exit(0)  # Arrow's threads now and then abort a process that ends in the usual way (apache/arrow#34314)


def _tell(answers: IO[bytes], progress: Job) -> None:
    write_frame(answers, msgpack.packb({"progress": progress}))


def _do(job: Job, tell: Tell) -> Job:
    try:
        found = _find(job["name"])
        with bounds.bounded() if job["name"] in media.KINDS else contextlib.nullcontext():
            return {"result": found(job, tell)}
    except OSError as error:
        return {"error": f"{type(error).__name__}: {error}", "again": error.errno in _PASSING}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _find(name: str) -> Callable[[Job, Tell], Job]:
    """The job of a name, `function(job, tell)`; its module is loaded only now."""
    if name in ("seal", "merge"):
        from runid.store import sealing

        quiet = {"seal": sealing.seal, "merge": sealing.merge}
        return lambda job, tell: quiet[name](job)  # noqa: ARG005  they have nothing to tell
    module, _, function = _JOBS[name].partition(":")
    found: Callable[[Job, Tell], Job] = getattr(importlib.import_module(module), function)
    return found


_JOBS = {
    "code": "runid.jobs.code:snapshot",
    "image": "runid.media.image:encode",
    "video": "runid.media.video:encode",
    "audio": "runid.media.audio:encode",
    "table": "runid.media.table:encode",
    "histogram": "runid.media.histogram:count",
    "html": "runid.media.kept:keep",
    "markdown": "runid.media.kept:keep",
    "object3d": "runid.media.object3d:encode",
    "figure": "runid.media.figure:encode",
    "trace": "runid.media.trace:encode",
    "dataset": "runid.jobs.archive:archive",
    "pretrained": "runid.jobs.archive:archive",
    "sample": "runid.jobs.sampler:sample",
    "alert": "runid.jobs.webhook:send",
    "scan": "runid.jobs.scan:scan",
}
"""The other jobs, which may tell of their progress: name → module:function."""


def _prepare() -> None:
    # In a terminal Ctrl-C reaches this process too, but when to stop is the daemon's word.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A job makes many objects and no cycles: collecting while it works would cost a third of its time.
    gc.disable()
    os.nice(_NICE)
    if sys.platform == "linux":
        # To the thread that started this process: the pool's, which lives as long.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
