"""`runicorn ls`: which runs it lists, in what order, and what it says when there are none."""

import re
import shutil

import pytest
from tests.cli.commands import call, catalogued, listed, on_terminal, refused, runicorn
from tests.conftest import Daemon, Home
from tests.programs import finish, start, train

THREE_RUNS = """
import runicorn as rn
for path, alias in ("cv/resnet50", "base"), ("cv/resnet50/wide", None), ("cv/resnet50x", "\\x1b[2J no [bold]markup"):
    with rn.init(path, alias=alias, config={"lr": 0.1, "net": {"depth": 50}}) as run:
        run.set_primary_metric("accuracy", "max")
        for step in 1, 2, 3:
            run.log({"loss": 1 / step, "accuracy": step / 4, "c": 1.0, "d": 1.0, "e": 1.0}, step=step)
"""
WAITING = """
import runicorn as rn
run = rn.init("slow")
run.log({"loss": 1.0})
assert run.flush(20.0)
print("logged", flush=True)
input()
run.finish()
"""


@pytest.mark.usefixtures("daemon")
def test_runs_newest_first_with_what_became_of_them() -> None:
    train(THREE_RUNS)
    entries = catalogued(3)

    assert [entry["path"] for entry in entries] == ["cv/resnet50x", "cv/resnet50/wide", "cv/resnet50"]
    oldest = entries[-1]
    assert (oldest["status"], oldest["alias"], oldest["ranks"]) == ("finished", "base", 1)
    assert oldest["config"] == {"lr": 0.1, "net.depth": 50}
    assert oldest["summary"]["best_metric_value"] == 0.75
    assert oldest["metrics"]["loss"] == {"count": 3, "last": 1 / 3, "min": 1 / 3, "max": 1.0}
    assert oldest["run_dir"].endswith(f"/runs/cv/resnet50/{oldest['run_id']}")

    head, *lines = runicorn("ls").splitlines()
    assert head.split() == ["run", "path", "alias", "status", "ranks", "started", "duration", "best", "last", "values"]
    assert [line.split()[0] for line in lines] == [entry["run_id"] for entry in entries]
    assert re.search(
        r"cv/resnet50 +base +finished +1 +[-\d]+ [:\d]+ +.* s +accuracy 0.75 @ 3 +loss 0.333333 ", lines[2]
    )
    assert lines[2].endswith("c 1  +2")


@pytest.mark.usefixtures("daemon")
def test_a_path_lists_the_runs_below_it() -> None:
    train(THREE_RUNS)
    catalogued(3)
    for path in ("cv/resnet50", "cv/resnet50/", "/cv/resnet50"):
        assert [entry["path"] for entry in listed(path)] == ["cv/resnet50/wide", "cv/resnet50"]
    assert len(listed("cv")) == 3


@pytest.mark.usefixtures("daemon")
def test_text_of_the_user_never_steers_the_terminal() -> None:
    train(THREE_RUNS)
    catalogued(3)
    assert "\ufffd[2J no [bold]markup" in runicorn("ls")
    out = on_terminal(200, "runicorn", "ls")
    assert "\ufffd[2J no [bold]markup" in out
    assert "\x1b[2J" not in out


@pytest.mark.usefixtures("daemon")
def test_colours_and_width_are_those_of_the_terminal() -> None:
    train(THREE_RUNS)
    catalogued(3)
    wide, narrow = (on_terminal(columns, "runicorn", "ls") for columns in (200, 90))
    assert "\x1b[32mfinished" in wide
    assert "last values" in wide
    assert "last values" not in narrow
    plain = re.sub(r"\x1b\[\d*m", "", narrow)
    assert max(map(len, plain.splitlines())) <= 90
    assert "accuracy 0.75 @ 3" in plain
    assert "\x1b" not in runicorn("ls")


@pytest.mark.usefixtures("daemon")
def test_a_run_that_runs_is_told_from_its_files() -> None:
    process = start(WAITING)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "logged\n"

    (entry,) = listed()
    assert entry["status"] == "running"
    assert entry["heard_seconds_ago"] >= 0.0
    assert "running, heard of " in runicorn("ls")

    # What finish() has returned for is listed at once, however late the catalog is.
    process.stdin.write("\n")
    finish(process)
    (entry,) = listed()
    assert entry["status"] == "finished"
    assert entry["heard_seconds_ago"] is None


def test_a_lost_catalog_is_made_up_for(home: Home, daemon: Daemon) -> None:
    train(THREE_RUNS)
    entries = catalogued(3)
    daemon.stop()
    shutil.rmtree(home.root / "catalog")
    again = listed()
    assert [(entry["run_id"], entry["status"], entry["metrics"]) for entry in again] == [
        (entry["run_id"], entry["status"], entry["metrics"]) for entry in entries
    ]


def test_no_runs_names_the_root_and_how_to_name_another(home: Home) -> None:
    assert f"There is no storage root at {home.root}. Name another root with --storage DIR" in refused("ls")
    home.root.mkdir()
    assert listed() == []
    assert f"There are no runs in {home.root}. Name another root" in runicorn("ls")
    assert f"There is no storage root at {home.root}/other." in refused("ls", "--storage", home.root / "other")


@pytest.mark.usefixtures("daemon")
def test_a_mistyped_path_gets_the_path_that_was_meant() -> None:
    train(THREE_RUNS)
    catalogued(3)
    assert "Did you mean cv/resnet50" in runicorn("ls", "cv/resnet05")
    assert listed("nowhere") == []


def test_the_version() -> None:
    assert call("runicorn", "--version")[0] == "runicorn, version 1.0.0.dev0\n"
