"""Becoming a daemon: nothing of the process that started it is kept that could harm either."""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

LOG = "runid.log"
_LOG_BYTES = 4 << 20
_DROPPED = ("LD_PRELOAD", "PYTHONSTARTUP", "CUDA_VISIBLE_DEVICES", "PYTHONINSPECT", "RUNICORN_WEBHOOK_URL")
_DROPPED_PREFIXES = ("OMP_", "KMP_", "MKL_")


def detach(runtime: Path, idle_exit: bool) -> None:
    """Starts the daemon in a process of its own and returns in the caller's.

    Forks twice, so that it is nobody's child: no zombie, not killed with a process tree. Its working folder is /, its
    0, 1 and 2 are /dev/null and the log, so that `python train.py | cat` ends when training does; its affinity is
    that of the machine, not of the rank that started it.
    """
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    code = 1
    try:
        _clean(runtime)
        serve(runtime, _log, idle_exit)
        code = 0
    except BaseException as error:
        _log(f"runid failed: {error!r}")
        raise
    finally:
        os._exit(code)


def environment() -> dict[str, str]:
    """This process' environment without what is meant for it alone: a daemon is started with it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }


def serve(runtime: Path, log: Callable[[str], None], idle_exit: bool) -> bool:
    """Runs the daemon in this process; False if another one serves."""
    from runid.server import Server

    # A batch is thousands of young lists and dicts without cycles: collecting them was half of unpacking them.
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    return Server(runtime, log, idle_exit).run()


def _clean(runtime: Path) -> None:
    os.chdir("/")
    path = runtime / LOG
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LOG_BYTES:
            path.rename(path.with_suffix(".log.1"))
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.closerange(3, 4096)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    with contextlib.suppress(OSError):
        os.nice(5)


def _log(line: str) -> None:
    os.write(2, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n".encode(errors="replace"))
