"""The command line as its users call it: a process of its own, whose answer is read."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import forks
from tests.programs import PATIENCE, wait

from runid.store import runs

PROGRAMS = Path(sys.executable).parent


def call(program: str, *arguments: str | Path, code: int = 0, **popen: Any) -> tuple[str, str]:
    """What a command prints to stdout and stderr; fails the test when its exit code is another."""
    if program == "runicorn":
        return _forked(*map(str, arguments), code=code, **popen)
    command = [PROGRAMS / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, **popen)
    assert done.returncode == code, f"{command} exited with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def _forked(
    *arguments: str, code: int, cwd: Path | None = None, env: Mapping[str, str] = os.environ
) -> tuple[str, str]:
    exited, out, err = forks.run("runicorn", arguments, cwd, env)
    assert exited == code, f"runicorn {arguments} exited with {exited}: {out}{err}"
    return out, err


def runicorn(*arguments: str | Path, **popen: Any) -> str:
    """What a `runicorn` command prints."""
    out, err = call("runicorn", *arguments, **popen)
    assert not err, err
    return out


def refused(*arguments: str | Path) -> str:
    """What a `runicorn` command says that cannot do what it was asked."""
    out, err = call("runicorn", *arguments, code=1)
    assert not out, out
    assert "Traceback" not in err
    return err


def listed(*arguments: str | Path) -> list[dict[str, Any]]:
    """What `runicorn ls --json` gives."""
    found: list[dict[str, Any]] = json.loads(runicorn("ls", "--json", *arguments))
    return found


def shown(*arguments: str | Path) -> dict[str, Any]:
    """What `runicorn show --json` gives."""
    found: dict[str, Any] = json.loads(runicorn("show", "--json", *arguments))
    return found


def catalogued(count: int) -> list[dict[str, Any]]:
    """The runs of the root, newest first, as soon as the catalog has so many that ended."""

    def enough() -> list[dict[str, Any]] | None:
        found = listed() if Path(os.environ["RUNICORN_DIR"]).is_dir() else []
        return found if sum(entry["status"] != "running" for entry in found) == count else None

    found: list[dict[str, Any]] = wait(enough, f"the catalog does not have {count} ended runs")
    return found


def settled(folder: Path) -> runs.Run:
    """The run in a folder, as soon as none of its writers lives."""

    def over() -> runs.Run | None:
        run = runs.read_run(folder)
        return run if run.status != "running" else None

    found: runs.Run = wait(over, f"the run in {folder} does not end")
    return found


def on_terminal(columns: int, *command: str | Path) -> str:
    """What a command prints on a terminal so wide."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [PROGRAMS / command[0], *command[1:]], stdin=child, stdout=child, stderr=child, env=environment
    )
    os.close(child)
    out = b""
    try:
        while data := os.read(parent, 65536):
            out += data
    except OSError:  # EIO: the other end is closed
        pass
    finally:
        os.close(parent)
    assert process.wait(PATIENCE) == 0, out
    return out.decode().replace("\r\n", "\n")
