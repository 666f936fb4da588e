"""The daemon ends when it is told to, or is needed no more, in an order that loses nothing; and stays ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients import PATIENCE, daemons, gone, until
from tests.conftest import Daemon, Home, runid

import runicorn as rn
from runid import endpoint, locks, places
from runid.store import catalog, runs

# A daemon that is idle sooner than it is by default.
IDLE = """
import sys
from runid import detach, places, server
server.IDLE_EXIT = float(sys.argv[1])
detach.serve(places.runtime_dir(), lambda line: print(line, flush=True), idle_exit=sys.argv[2] == "exit")
"""


def values(run: rn.Run) -> list[float]:
    found: list[float] = runs.read_run(run.run_dir).points()["value"].to_pylist()
    return found


def signalled(daemon: Daemon, number: signal.Signals) -> None:
    os.kill(daemon.pid, number)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often a sender of this process has looked for the note that keeps it from starting a daemon."""
    seen: list[bool] = []
    stopped = endpoint.stopped

    def look(runtime: Path) -> bool:
        seen.append(stopped(runtime))
        return seen[-1]

    monkeypatch.setattr(endpoint, "stopped", look)
    return seen


def test_after_stop_only_start_or_a_new_run_brings_it_back(home: Home, daemon: Daemon, looks: list[bool]) -> None:
    run = rn.init("stopped")
    for step in range(3):
        run.log({"loss": float(step)})
    assert run.flush(PATIENCE)
    daemon.stop()
    assert gone(daemon.pid)
    assert (home.runtime / "runid" / "stopped").exists()
    for step in range(3, 6):
        seen = len(looks)
        run.log({"loss": float(step)})
        until(lambda seen=seen: len(looks) > seen + 3, "the sender does not look for a daemon")  # type: ignore[misc]
    assert all(looks), "the note was taken away"
    assert home.processes() == [], "a sender has started what was stopped"
    daemon.start()
    assert run.flush(PATIENCE)
    daemon.stop()
    run.log({"loss": 6.0})
    other = rn.init("new")
    other.log({"loss": 0.0})
    assert other.flush(PATIENCE), "a new run does not start it"
    assert run.flush(PATIENCE)
    for one in (run, other):
        one.finish()
    assert values(run) == [float(step) for step in range(7)]


def test_a_daemon_that_comes_up_after_stop_was_said_ends(home: Home) -> None:
    runid("stop")
    started = [sys.executable, "-P", "-m", "runid", "start", "--detached"]  # as a sender did it, a moment before
    subprocess.run(started, check=True, timeout=PATIENCE)
    log = home.runtime / "runid" / "runid.log"
    until(lambda: log.exists() and "runid has ended" in log.read_text(), "it goes on")
    assert (home.runtime / "runid" / "stopped").exists(), "the note was taken away"
    until(lambda: not home.processes(), "it is still there")


def test_told_to_end_it_serves_the_writers_it_has_to_their_end(home: Home, daemon: Daemon) -> None:
    run = rn.init("preempted")
    run.log({"loss": 0.0})
    assert run.flush(PATIENCE)
    signalled(daemon, signal.SIGTERM)
    log = home.runtime / "runid" / "runid.log"
    until(lambda: "SIGTERM" in log.read_text(), "it did not hear the signal")
    for step in range(1, 4):
        run.log({"loss": float(step)})
        assert run.flush(PATIENCE)
        signalled(daemon, signal.SIGINT)
    assert [found.pid for found in daemons(home)] == [daemon.pid]
    run.finish()
    until(lambda: gone(daemon.pid), "it did not end with its last writer")
    assert values(run) == [0.0, 1.0, 2.0, 3.0]
    assert not (home.runtime / "runid" / "stopped").exists(), "nobody said stop"


def test_told_to_end_without_writers_it_ends(daemon: Daemon) -> None:
    signalled(daemon, signal.SIGHUP)
    until(lambda: gone(daemon.pid), "it serves nobody")


def test_what_it_leaves_when_it_has_ended(home: Home, daemon: Daemon) -> None:
    runtime = home.runtime / "runid"
    run = rn.init("finished")
    run.log({"loss": 1.0})
    run.log_text("text")
    run.finish()
    until(lambda: _quiet(daemon), "it does not settle")
    with subprocess.Popen([sys.executable, "-P", "-m", "runid", "stop"], stdout=subprocess.PIPE) as stopping:
        lock = locks.open_lockable(runtime / "lock")
        while True:
            held = locks.held(lock)
            left = [path.name for path in runtime.iterdir() if path.name.startswith(("endpoint", "d-"))]
            if not held:
                assert left == [], "the lock was given back before the rest was put away"
                break
        assert stopping.wait(PATIENCE) == 0
    os.close(lock)
    assert sorted(path.name for path in runtime.iterdir()) == [
        "lineage.json",
        "lock",
        "open",
        "runid.log",
        "starting",
        "stopped",
    ]
    assert list((runtime / "open").iterdir()) == [], "the next daemon would open a run that needs nothing"
    folder = Path(run.run_dir)
    assert list((folder / "journal").iterdir()) == [], "all of it is sealed"
    assert [path.name for path in folder.rglob(".*")] == [], "temporary files are left"
    assert json.loads((folder / "status.json").read_text())["status"] == "finished"
    assert values(run) == [1.0]
    assert list(home.outbox.glob("*/*")) == []


@pytest.mark.parametrize("removed", ["run", "root"])
def test_what_was_removed_since_is_not_made_again(home: Home, daemon: Daemon, removed: str) -> None:
    run, other = rn.init("removed"), rn.init("other", storage=home.folder / "other")
    for one in (run, other):
        one.log({"loss": 1.0})
        assert one.flush(PATIENCE)
        one.finish()
    daemon.kill()  # its notes on open runs stay
    shutil.rmtree(run.run_dir if removed == "run" else home.root)
    assert list((home.runtime / "runid" / "open").iterdir()), "no notes are left: the test shows nothing"
    daemon.start()
    until(lambda: _quiet(daemon, waits=removed == "root"), "it does not settle")
    daemon.stop()
    assert not Path(run.run_dir).exists()
    assert home.root.exists() == (removed == "run")
    assert values(other) == [1.0]


def _quiet(daemon: Daemon, waits: bool = False) -> bool:
    """Whether all runs are settled; `waits`: but for those of a root that is not there."""
    status = daemon.status()
    return not status["runs"] and status["backlog"] == waits


def test_the_endpoint_is_put_back_when_it_vanishes(home: Home, daemon: Daemon) -> None:
    path = home.runtime / "runid" / "endpoint.json"
    before = path.read_bytes()
    run = rn.init("found")
    path.unlink()
    run.log({"loss": 1.0})
    assert run.flush(PATIENCE)
    run.finish()
    until(path.exists, "it cannot be found any more")
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    until(lambda: [found.pid for found in daemons(home)] == [daemon.pid], "another one serves beside it")


@pytest.fixture
def idle(home: Home) -> Iterator[subprocess.Popen[str]]:  # noqa: ARG001  its daemon
    """A daemon that ends after 0.3 s without anything to do."""
    runtime = places.runtime_dir()
    command = [sys.executable, "-P", "-c", IDLE, "0.3", "exit"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
    assert runtime.exists()


def test_a_daemon_that_nobody_needs_ends(home: Home, idle: subprocess.Popen[str]) -> None:
    assert idle.wait(PATIENCE) == 0
    assert idle.stdout is not None
    assert "nobody has needed it for a while" in idle.stdout.read()
    assert not (home.runtime / "runid" / "endpoint.json").exists()
    assert not (home.runtime / "runid" / "stopped").exists(), "a sender must be free to start the next"


def test_a_daemon_with_a_writer_is_not_idle_however_long_nothing_is_logged(
    home: Home, idle: subprocess.Popen[str]
) -> None:
    until(lambda: endpoint.find(places.runtime_dir()), "it does not come up")
    run = rn.init("quiet")
    run.log({"loss": 1.0})
    assert run.flush(PATIENCE)
    until(lambda: time.time() - json.loads(runid("status", "--json"))["started"] > 1.0, "it does not answer")
    assert idle.poll() is None
    run.finish()
    assert idle.wait(PATIENCE) == 0
    assert values(run) == [1.0]
    assert home.processes() == []


def test_the_catalog_knows_how_the_runs_stood_when_the_daemon_was_stopped(home: Home, daemon: Daemon) -> None:
    with rn.init("over", config={"lr": 0.1}) as over:
        over.log(loss=1.0)
    goes_on = rn.init("goes/on")
    goes_on.log(loss=2.0)
    assert goes_on.flush(PATIENCE)
    daemon.stop()
    found = {entry["path"]: entry for entry in catalog.read(home.root)}
    assert [found[path]["status"] for path in ("over", "goes/on")] == ["finished", "running"]
    assert [found[path]["metrics"]["loss"]["last"] for path in ("over", "goes/on")] == [1.0, 2.0]
    assert found["over"]["config"] == {"lr": 0.1}
