"""What is told of this machine, over HTTP: with a daemon, without one, and of what nobody else may know."""

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Daemon, Home
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn
from harness.filling import Process, Root
from runid import endpoint, events


@pytest.mark.filterwarnings("ignore")
def test_the_daemon_and_what_goes_on_here(viewer: Viewer, daemon: Daemon, home: Home) -> None:
    run = rn.init("cv", run_id="open", alias="mine")
    told = wait(lambda: _with_run(viewer), "the run is not told")
    status = daemon.status()
    for name in ("pid", "version", "host", "started", "writers", "refused"):
        assert told["daemon"][name] == status[name], name
    assert told["daemon"]["running"]
    assert told["daemon"]["rss_bytes"] > 1 << 20
    (open_run,) = told["runs"]
    assert {name: open_run[name] for name in ("run", "path", "root", "writers", "trouble", "used")} == {
        "run": "open", "path": "cv", "root": 0, "writers": 1, "trouble": "", "used": {},
    }  # fmt: skip
    assert open_run["alias"] == "mine"
    assert (told["outboxes"]["live"], told["outboxes"]["dead"]) == (1, 0)
    (root,) = told["roots"]
    assert (root["root"], root["runs"], root["lossy"], root["trouble"]) == (str(home.root), 1, 0, "")
    assert 0 < root["free_bytes"] < root["total_bytes"]
    machine = told["machine"]
    assert machine["hostname"] == socket.gethostname()
    assert machine["cores"] > 0
    assert 0 < machine["memory"]["used"] < machine["memory"]["total"]

    daemon.stop()
    run.log({"loss": 1.0})
    told = viewer.get("host")
    assert told["daemon"] == {"running": False, "stopped": True, "elsewhere": 0}
    assert [one["run"] for one in told["runs"]] == ["open"], "its files tell it as well"
    assert told["outboxes"]["live"] == 1
    assert told["outboxes"]["bytes"] > 0
    assert endpoint.find(home.runtime / "runid") is None, "it was started"
    daemon.start()
    run.finish()
    assert wait(lambda: viewer.get("host")["outboxes"]["live"] == 0, "the outbox is still there")


@pytest.mark.filterwarnings("ignore")
def test_of_other_roots_only_how_many_runs_they_have_open(viewer: Viewer, daemon: Daemon, tmp_path: Path) -> None:
    with rn.init("secret/path", run_id="hidden", storage=tmp_path / "elsewhere"):
        wait(lambda: daemon.status()["runs"], "the daemon does not have it open")
        answer = viewer.ask("/api/v1/host")
        assert answer.json["daemon"]["elsewhere"] == 1
        assert answer.json["runs"] == []
        for word in (b"secret", b"hidden", b"elsewhere/", str(tmp_path).encode()):
            assert word not in answer.body


def test_what_was_lost_and_of_which_run_and_a_root_that_is_gone(viewer: Viewer) -> None:
    root = Root(viewer.root)
    for number, said in enumerate(([], [[events.DROPPED, 1.78e9 + 1, 12]], [])):
        begins, ends = [events.START, 1.78e9, {"created_at": 1.78e9}], [events.FINISH, 1.78e9 + 2, "finished", None]
        logged: list[events.Event] = [begins, *said, ends]
        root.add("cv", f"run_{number}", [Process(logged)])
    (told,) = viewer.get("host")["roots"]
    assert (told["runs"], told["lossy"]) == (3, 1)
    assert told["lost"] == [{"run": "run_1", "path": "cv", "alias": None, "dropped": 12, "lost_bytes": 0}]
    shutil.rmtree(viewer.root)
    (told,) = viewer.get("host")["roots"]
    assert (told["free_bytes"], told["runs"]) == (None, 0)
    assert told["trouble"] == f"{viewer.root} does not answer: it is gone, or its disk hangs."


def _with_run(viewer: Viewer) -> dict[str, Any] | None:
    """What is told as soon as both the daemon and the files tell of a run."""
    told: dict[str, Any] = viewer.get("host")
    return told if [one for one in told["runs"] if one.get("alias") and "used" in one] else None
