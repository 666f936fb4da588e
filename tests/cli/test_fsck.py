"""`runicorn fsck`: what it says of a root, what it mends, and what it leaves alone."""

import json
import os
import shutil
import signal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.cli.commands import call, listed, on_terminal, refused, runicorn, settled
from tests.conftest import Daemon, Home
from tests.programs import finish, start, train, wait

import runicorn as rn
from runicorn.cli import checking
from runid.store import catalog, fsck, runs
from runid.store.fsck import Finding, Look

TRAINING = """
import sys
import runicorn as rn
run = rn.init("cv/a", run_id=sys.argv[1], config={"lr": 0.1})
for step in range(1, 41):
    run.log({"loss": 1 / step})
run.log_text("a line")
assert run.flush(20.0)
print("logged", flush=True)
if len(sys.argv) > 2:
    input()
run.finish()
"""


@pytest.fixture
def root(home: Home, daemon: Daemon) -> Path:
    """A root with the runs `one` and `two`, whose daemon has ended."""
    for name in ("one", "two"):
        train(TRAINING, name)
        wait(partial(runs.sealed, home.root / "runs" / "cv" / "a" / name), "the run is not sealed")
    wait(lambda: [line["status"] for line in catalog.read(home.root)] == ["finished"] * 2, "the catalog lags")
    daemon.stop()
    return home.root


def found(*arguments: str | Path, code: int = 1) -> dict[str, Any]:
    """What `runicorn fsck --json` prints."""
    out, err = call("runicorn", "fsck", "--json", *arguments, code=code)
    assert not err
    told: dict[str, Any] = json.loads(out)
    return told


def test_a_whole_root_is_said_to_be_whole(root: Path) -> None:
    assert runicorn("fsck") == "2 runs checked: all is whole.\n"
    assert runicorn("fsck", "one") == runicorn("fsck", root / "runs" / "cv" / "a" / "one")
    assert runicorn("fsck", "--repair") == "2 runs checked: all is whole.\n"
    assert found(code=0) == {"runs": 2, "mended": [], "found": []}
    assert "checking" in on_terminal(100, "runicorn", "fsck")


def test_damage_is_said_mended_and_then_gone(root: Path) -> None:
    shutil.rmtree(root / "catalog")
    (root / "runs" / "cv" / "a" / "two" / "meta.json").unlink()
    (root / "runs" / "cv" / "a" / "one" / "status.json").write_text("{")
    out, _ = call("runicorn", "fsck", code=1)
    assert "cv/a/one\n  status.json: It is damaged: it holds no JSON object. To mend it, it is made again.\n" in out
    assert "cv/a/two\n  meta.json: It is missing. " in out
    assert "the root\n  catalog: It does not list 2 runs: cv/a/one, cv/a/two. To mend it, it gets their lines.\n" in out
    assert out.endswith("2 runs checked: 3 left damaged. `runicorn fsck --repair` can mend 3.\n")
    told = found("one")
    assert [(one["run"], one["file"], one["mendable"]) for one in told["found"]] == [
        ("cv/a/one", "status.json", True), (None, "catalog", True),
    ]  # fmt: skip

    out = runicorn("fsck", "--repair")
    assert "cv/a/one, mended\n  status.json: It is damaged: it holds no JSON object. Mended: it is made again.\n" in out
    assert out.endswith("2 runs checked: all is whole.\n")
    assert {line["run"]: line["status"] for line in catalog.read(root)} == {"one": "finished", "two": "finished"}
    assert (root / "runs" / "cv" / "a" / "one" / "status.json.damaged").read_text() == "{"
    assert found(code=0)["found"] == []


def test_a_removed_run_is_no_longer_listed(root: Path) -> None:
    folder = root / "runs" / "cv" / "a" / "two"
    kept = shutil.copytree(folder, root / "kept")
    shutil.rmtree(folder)
    assert [entry["run_id"] for entry in listed()] == [run.id for run in rn.Api(root).runs()] == ["one"]
    assert [entry["run_id"] for entry in listed("--order", "-created", "--limit", "1")] == ["one"]
    assert found("one", code=0)["found"] == [], "only that run was asked for"
    (told,) = found()["found"]
    assert told["found"] == "It lists what is gone: there is no folder of 1 run: cv/a/two."
    assert "catalog: It lists what is gone: " in runicorn("fsck", "--repair")
    assert found("--repair", code=0) == {"runs": 1, "mended": [], "found": []}
    assert {line["run"]: line["status"] for line in catalog.read(root)} == {"one": "finished", "two": "removed"}

    kept.rename(folder)
    assert {entry["run_id"]: entry["status"] for entry in listed()} == {"one": "finished", "two": "finished"}
    runicorn("fsck", "--repair")
    assert {line["run"]: line["status"] for line in catalog.read(root)} == {"one": "finished", "two": "finished"}


def test_a_run_that_was_copied_into_the_root_is_listed_once_repaired(root: Path) -> None:
    shutil.copytree(root / "runs" / "cv" / "a" / "two", root / "runs" / "cv" / "b" / "two")
    assert len(listed()) == 2
    assert "catalog: It does not list 1 run: cv/b/two. Mended: it gets their lines.\n" in runicorn("fsck", "--repair")
    assert {(entry["path"], entry["run_id"]) for entry in listed("two")} == {("cv/a", "two"), ("cv/b", "two")}


def test_what_cannot_be_mended_is_said_by_those_who_read_it(root: Path) -> None:
    (segment,) = runs.sealed(root / "runs" / "cv" / "a" / "one")
    os.truncate(segment.path, 100)
    told = found("one", "--repair")
    assert told["mended"] == []
    assert [one["mendable"] for one in told["found"]] == [False]
    assert "Not mendable: nothing else holds its points" in call("runicorn", "fsck", code=1)[0]
    (root / "runs" / "cv" / "a" / "one" / "logs.txt").unlink()
    (next((root / "runs" / "cv" / "a" / "one" / "writers").glob("*"))).write_text("?")
    assert ".." not in call("runicorn", "fsck", code=1)[0]
    shown = runicorn("show", "one")
    assert "Damaged: " in shown
    assert shown.startswith("run one of cv/a\nfinished\n"), "status.json told it"


def test_a_run_that_lives_is_never_repaired(home: Home, daemon: Daemon) -> None:
    process = start(TRAINING, "live", "stay")
    assert process.stdout is not None
    process.stdout.readline()
    folder = home.root / "runs" / "cv" / "a" / "live"
    path = wait(lambda: next((folder / "writers").glob("*.json"), None), "the run was not saved")
    wait((folder / "status.json").exists, "the run was not saved")
    out, _ = call("runicorn", "fsck", code=0)
    assert out == "1 run checked: all is whole.\n"
    assert "Say `runid stop`, repair, then `runid start`" in refused("fsck", "--repair")

    os.kill(daemon.pid, signal.SIGSTOP)  # what is damaged stays so
    path.write_text("{")
    (one,) = found("live")["found"]
    assert (one["mendable"], "the daemon of this machine has the run open" in one["repair"]) == (False, True)
    os.kill(daemon.pid, signal.SIGCONT)
    process.stdin.write("\n")  # type: ignore[union-attr]
    finish(process)
    assert settled(folder).status == "finished"


def test_what_another_machine_may_be_writing_is_left_alone(root: Path, home: Home) -> None:
    (home.runtime / "runid" / "lineage.json").unlink()
    (root / "runs" / "cv" / "a" / "one" / "status.json").unlink()  # it may be about to be written
    assert runicorn("fsck", "--repair") == "2 runs checked: all is whole.\n"
    assert not (root / "runs" / "cv" / "a" / "one" / "status.json").exists()
    for path in (root / "runs").rglob("*"):
        os.utime(path, (1e9, 1e9))
    assert [one["file"] for one in found()["found"]] == ["status.json"]
    assert "all is whole" in runicorn("fsck", "--repair")


def test_a_run_that_another_machine_resumes_meanwhile_is_left_alone(
    root: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.runtime / "runid" / "lineage.json").unlink()
    one, two = folders = [root / "runs" / "cv" / "a" / name for name in ("one", "two")]
    next((one / "writers").glob("*.json")).write_text("{")
    (two / "status.json").unlink()
    shutil.rmtree(root / "catalog")
    for path in (root / "runs").rglob("*"):
        os.utime(path, (1e9, 1e9))

    def repair(look: Look) -> list[Finding]:
        if look.folder == one:
            os.utime(next((two / "writers").glob("*.json")))
        return fsck.repair(look)

    monkeypatch.setattr(checking, "fsck", SimpleNamespace(repair=repair))
    told = checking.repair(root, folders, entire=True)
    assert {mended["run"] for mended in told} == {"cv/a/one", None}
    assert not (two / "status.json").exists()
    assert [line["run"] for line in catalog.read(root)] == ["one"], "what the repair itself has changed is no sign"
