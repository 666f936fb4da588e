"""Training programs of a few lines, run as processes of their own, and what became of the runs they logged."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

import runicorn as rn
from runid import places
from runid.store import files, runs

Point = tuple[str, int, float]  # metric, step, value

# Trainers fail on warnings as the tests do, but may fork although the sender's thread runs.
COMMAND = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning"]
PATIENCE = 50.0

_started: list[subprocess.Popen[str]] = []


def start(
    program: str | Path, *arguments: str, under: Sequence[str | Path] = (), **popen: Any
) -> subprocess.Popen[str]:
    """A process that runs Python source, or a file of it; its stdin, stdout and stderr are pipes by default.

    `under`: the words of a command that runs it.
    """
    source = [str(program)] if isinstance(program, Path) else ["-c", program]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [*under, *COMMAND, *source, *arguments]
    _started.append(subprocess.Popen(command, text=True, **(pipes | popen)))
    return _started[-1]


def finish(process: subprocess.Popen[str], code: int | None = 0) -> tuple[str, str]:
    """What a process printed, once it has ended; fails the test when it ends otherwise than with `code`."""
    out, err = process.communicate(timeout=PATIENCE)
    assert code is None or process.returncode == code, f"exit code {process.returncode}: {err}"
    return out, err


def train(program: str | Path, *arguments: str, code: int = 0, **popen: Any) -> str:
    """Runs a program to its end, which must be `code`, without a word on stderr; gives what it printed."""
    out, err = finish(start(program, *arguments, **popen), code)
    assert not err, err
    return out


def clear() -> None:
    """Kills the processes that a test left, if it failed, and closes their pipes."""
    while _started:
        with _started.pop() as process:
            process.kill()


def wait(condition: Callable[[], Any], what: str) -> Any:
    """What `condition` gives once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found


def read(run: rn.Run) -> runs.Run:
    """Finishes a run of this process, and reads it back from its files."""
    run.finish()
    return runs.read_run(run.run_dir)


def only(root: Path, pattern: str = "*/*") -> runs.Run:
    """The only run below a root whose path and id match; waits until the daemon has begun it."""
    found = wait(lambda: list((root / "runs").glob(f"{pattern}/writers")), f"there is no run {pattern} below {root}")
    assert len(found) == 1, found
    return runs.read_run(found[0].parent)


def ended(root: Path, pattern: str = "*/*", writers: int = 1) -> runs.Run:
    """That run, as soon as its files say that so many writers have ended and nothing is left of their outboxes."""
    folder = only(root, pattern).folder

    def over() -> runs.Run | None:
        run = runs.read_run(folder)
        outboxes = (places.outbox_dir() / writer["writer"] for writer in run.writers)
        told = said(folder / "status.json").get("status") == run.status != "running"
        return run if told and len(run.writers) >= writers and not any(map(Path.exists, outboxes)) else None

    run: runs.Run = wait(over, f"the run in {folder} does not end")
    return run


def said(path: Path) -> dict[str, Any]:
    """What a JSON file holds; nothing where there is none."""
    return files.read_json(path) or {}


def points(run: runs.Run) -> list[Point]:
    """The points of a run, by step and metric."""
    rows = run.points().select(["metric", "step", "value"]).to_pylist()
    return sorted(((row["metric"], row["step"], row["value"]) for row in rows), key=lambda point: (point[1], point[0]))


def text(run: runs.Run) -> list[str]:
    """The lines of a run's text, without their times."""
    return [line.partition(" | ")[2] for line in run.text().splitlines()]


def workers() -> list[psutil.Process]:
    """The worker processes that these tests themselves started."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "runid.jobs.worker" in child.cmdline()]


def processes(name: str) -> list[psutil.Process]:
    """The processes whose command line has this word."""
    return [found for found in psutil.process_iter(["cmdline"]) if name in (found.info["cmdline"] or ())]
