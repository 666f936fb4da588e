"""Roots that fill up, cannot be written, or vanish: what was logged waits, and all of it arrives when they are back.

A file system of one's own needs a mount namespace; there this file runs as a program, see `apart`.
"""

import contextlib
import json
import logging
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from tests.clients import PATIENCE, trainer, until, values
from tests.conftest import Daemon, Home, runid

import runicorn as rn
from runid.store import runs

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
    while not select.select([sys.stdin], [], [], 0.01)[0]:
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
    root = mount("size=16m")
    with filling() as one, filling() as two:
        found = full_for_a_while(root)
        ends = [each.communicate("", timeout=PATIENCE) for each in (one, two)]
    runid("stop")
    print(json.dumps(found | {"runs": [kept(*out.split(), said=err) for out, err in ends]}))


def filling() -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*HERE, train.__name__], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def full_for_a_while(root: Path) -> dict[str, Any]:
    """What the daemon says while the disk is full, until it does not say so any more."""
    until(lambda: (root / runs.MARKER).exists() and len(status()["runs"]) == 2, "the runs did not begin")
    with open(root / "ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    until(lambda: all(troubles()), "nobody says that the disk is full")
    told, free, waiting = troubles(), status()["roots"][0]["free_bytes"], in_outboxes()
    until(lambda: in_outboxes() > waiting + (1 << 20), "the trainers do not go on")
    told += troubles()
    (root / "ballast").unlink()
    until(lambda: not any(troubles()), "the daemon did not go on when there was room")
    return {"told": told, "free": free}


def in_outboxes() -> int:
    """Bytes that wait in shared memory and in what was moved out of it."""
    return sum(path.stat().st_size for path in Path(os.environ["RUNICORN_OUTBOX"]).rglob("*.chunk"))


def kept(count: str, folder: str, *, said: str) -> dict[str, Any]:
    """What a trainer logged, and what its run has of it."""
    run = runs.read_run(folder)
    points = run.points().select(["metric", "value"]).to_pylist()
    return {
        "count": int(count),
        "points": [sorted(row["value"] for row in points if row["metric"] == metric) for metric in ("loss", "other")],
        "text": [int(line.split(" | ")[-1].split()[0]) for line in run.text().splitlines()],
        "counts": [run.config["count"], run.summary["count"]],
        "ended": [run.status, (Path(folder) / "status.json").exists()],
        "said": said,
    }


def test_a_disk_that_fills_up_loses_nothing_once_it_has_room_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("RUNID_JOURNAL_BYTES", "65536")  # so that sealing and merging happen meanwhile
    found = apart(fill)
    assert len(found["told"]) == 4
    for trouble in found["told"]:
        assert any(words in trouble for words in NO_ROOM), trouble
        assert "What is logged waits in the outbox until it can." in trouble
    assert found["free"] < 100_000
    for run in found["runs"]:
        count = run["count"]
        assert run["points"] == [[float(n) for n in range(1, count + 1)], [0.0] * count]
        assert run["text"] == list(range(50, count + 1, 50))
        assert run["counts"] == [count, count]
        assert run["ended"] == ["finished", True]
        assert run["said"].count("What is logged waits in the outbox until it can.") >= 1, "the user was told nothing"


# -- not writable, and gone -------------------------------------------------------------------------------------------


def read_only() -> None:
    """A run begins on a root that cannot be written, and goes on when it can be."""
    root = mount("size=3m")
    subprocess.run(["mount", "-o", "remount,bind,ro", str(root)], check=True)
    told: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logging.getLogger("runicorn").addHandler(QueueHandler(told))
    run = rn.init("readonly")
    run.log({"loss": 1.0})
    flushed = run.flush(0.0)
    said = told.get(timeout=PATIENCE).getMessage()
    run.log({"loss": 2.0})
    subprocess.run(["mount", "-o", "remount,bind,rw", str(root)], check=True)
    safe = run.flush(PATIENCE)
    run.finish()
    runid("stop")
    values = runs.read_run(run.run_dir).points()["value"].to_pylist()
    print(json.dumps({"flushed": [flushed, safe], "values": values, "told": said}))


def test_a_root_that_cannot_be_written_is_waited_for(home: Home) -> None:
    found = apart(read_only)
    assert found["flushed"] == [False, True]
    assert found["values"] == [1.0, 2.0]
    assert f"The root {home.root} cannot be written: Read-only file system." in found["told"]


def test_a_root_that_is_moved_away_is_not_made_again_and_is_found_when_it_is_back(
    home: Home,
    daemon: Daemon,  # noqa: ARG001
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = rn.init("moved")
    run.log({"loss": 1.0})
    assert run.flush(PATIENCE)
    elsewhere = home.root.with_name("elsewhere")
    home.root.rename(elsewhere)
    for step in range(3):
        run.log({"loss": 2.0 + step})
        until(lambda: "has vanished" in caplog.text, "the user is not told that the root has vanished")
        assert not run.flush(0.0)
    assert not home.root.exists()
    elsewhere.rename(home.root)
    assert run.flush(PATIENCE)
    run.finish()
    found = runs.read_run(run.run_dir)
    assert found.points()["value"].to_pylist() == [1.0, 2.0, 3.0, 4.0]
    assert [writer["lost_bytes"] for writer in found.writers] == [0]


def test_a_root_that_is_removed_is_never_made_again_and_others_are_served(home: Home, daemon: Daemon) -> None:
    other = rn.init("other", storage=home.folder / "other")
    with trainer(home, "removed") as removed:
        removed.log(0, 10)
        assert removed.flush()
        shutil.rmtree(home.root)
        removed.log(10, 20)
        until(lambda: "has vanished" in removed.said(), "the user is not told that the root has vanished")
        (trouble,) = [root["trouble"] for root in status()["roots"] if root["root"] == str(home.root)]
        assert "has vanished" in trouble
        removed.log(20, 30)
        for step in range(3):
            other.log({"loss": float(step)})
            assert other.flush(PATIENCE)
        assert in_outboxes() > 0, "what was logged does not wait"
        removed.kill()
    other.finish()
    daemon.stop()
    assert not home.root.exists()
    assert values(runs.read_run(other.run_dir)) == [0.0, 1.0, 2.0]
    forget_outboxes(home)


def test_a_run_that_is_removed_is_not_made_again_and_others_are_served(home: Home, daemon: Daemon) -> None:
    other = rn.init("other")
    with trainer(home, "removed") as removed:
        removed.log(0, 10)
        assert removed.flush()
        until(lambda: gone(removed.folder), "the daemon writes into a run faster than it can be removed")
        removed.log(10, 20)
        until(lambda: "the folder was removed" in removed.said(), "the user is not told that the run was removed")
        removed.log(20, 30)
        for step in range(3):
            other.log({"loss": float(step)})
            assert other.flush(PATIENCE)
        assert in_outboxes() > 0, "what was logged does not wait"
        removed.kill()
    other.finish()
    daemon.stop()
    assert not removed.folder.exists()
    assert values(runs.read_run(other.run_dir)) == [0.0, 1.0, 2.0]
    forget_outboxes(home)


def gone(folder: Path) -> bool:
    """Removes a folder, into which somebody may just be writing."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def forget_outboxes(home: Home) -> None:
    """Removes what waits for a place that will not come back."""
    for left in home.outbox.iterdir():
        shutil.rmtree(left)


if __name__ == "__main__":
    {made.__name__: made for made in (train, fill, read_only)}[sys.argv[1]]()
