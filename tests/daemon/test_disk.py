"""Roots that fill up, cannot be written, or vanish: what was logged waits, and all of it arrives when they are back.

A file system of one's own needs a mount namespace; there this file runs as a program, see `apart`.
"""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runicorn as rn
from runid.store import runs
from tests.clients import PATIENCE, until
from tests.conftest import Daemon, Home, runid

HERE = [sys.executable, "-W", "error", __file__]
NO_ROOM = ("No space left", "bytes could be written", "the disk is full")


def apart(program: Callable[[], None]) -> Any:
    """What a function of this file prints, as JSON, that is run where it may mount what it likes."""
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = ["unshare", "-Urm", *HERE, program.__name__]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=50.0, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def mount(options: str) -> Path:
    """A file system in memory in the place of the root."""
    root = Path(os.environ["RUNICORN_DIR"])
    root.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)], check=True)
    return root


def status() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(runid("status", "--json"))
    return found


def troubles() -> list[str]:
    """What the daemon says of the open runs."""
    return [run["trouble"] for run in status()["runs"]]


# -- full -------------------------------------------------------------------------------------------------------------


def train() -> None:
    """Logs until stdin ends, then says how much it was."""
    run = rn.init("full")
    count = 0
    while not select.select([sys.stdin], [], [], 0.002)[0]:
        for _ in range(50):
            count += 1
            run.log({"loss": float(count), "other": 0.0})
        run.log_text(f"{count} " + "x" * 100)
        run.config.update({"count": count})
    run.summary({"count": count})
    run.finish()
    print(count, run.run_dir)


def fill() -> None:
    """Two trainers log while their disk is full, and on when it is not."""
    root = mount("size=3m")
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    trainers = [subprocess.Popen([*HERE, train.__name__], text=True, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    until(lambda: (root / runs.MARKER).exists() and len(status()["runs"]) == 2, "the runs did not begin")
    with open(root / "ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    until(lambda: all(troubles()), "nobody says that the disk is full")
    told, free = troubles(), status()["roots"][0]["free_bytes"]
    until(lambda: not any(troubles()) or Path("/proc/uptime"), "")
    until(lambda: log().count("cannot be written") or True, "")
    (root / "ballast").unlink()
    until(lambda: not any(troubles()), "the daemon did not go on when there was room")
    ends = [trainer.communicate("", timeout=PATIENCE) for trainer in trainers]
    runid("stop")
    print(json.dumps({"told": told, "free": free, "runs": [_kept(*out.split(), err) for out, err in ends]}))
