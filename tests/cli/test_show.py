"""`runicorn show`: what it tells of a run, of each of its writers, and of what was lost; and how a run is named."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import catalogued, listed, refused, runicorn, settled, shown
from tests.cli.handmade import logged
from tests.conftest import Daemon, Home
from tests.programs import finish, start, train, wait

from runicorn.cli import words
from runid import events
from runid.store import catalog, files, publishing, runs

RANK = """
import os, signal, sys
import runicorn as rn
config = {"lr": 0.1, "net": {"depth": 5}}
run = rn.init("job", alias="three ranks", tags=["a", "b"], notes="n", group="g", config=config)
run.set_primary_metric("loss", "min")
for step in range(1, 31):
    run.log({"loss": 1 / step, "odd": float("nan"), "up": float("inf")}, step=step)
    run.log_text(f"step {step} \\x1b[31m")
assert run.flush(20.0)
if run.rank == 1:
    os.kill(os.getpid(), signal.SIGKILL)
run.summary({"accuracy": 0.5})
"""
ALIASED = """
import sys
import runicorn as rn
with rn.init("cv", alias=sys.argv[1]) as run:
    run.log({"loss": 1.0})
"""
ONE = """
import sys
import runicorn as rn
for path in sys.argv[2:]:
    with rn.init(path, run_id=sys.argv[1]) as run:
        run.log({"loss": 1.0})
        assert run.flush(20.0)
"""
OVERFLOWING = """
import runicorn as rn
run = rn.init("flood")
print("open", flush=True)
input()
for step in range(300_000):
    run.log({"loss": 1.0, "step": step})
print("logged", flush=True)
input()
run.finish()
"""


def launch(program: str, ranks: int) -> None:
    """Runs a program once for each rank of one job; a rank may be killed."""
    job = os.environ | {"TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "host", "MASTER_PORT": "1"}
    environments = [job | {"RANK": str(rank), "WORLD_SIZE": str(ranks)} for rank in range(ranks)]
    for process in [start(program, env=environment) for environment in environments]:
        finish(process, code=None)


@pytest.mark.usefixtures("daemon")
def test_what_became_of_each_rank(home: Home) -> None:
    launch(RANK, 3)
    (folder,) = runs.find_runs(home.root)
    settled(folder)
    told = shown(folder.name)

    assert told["run_dir"] == str(folder)
    assert told["status"] == "crashed"
    assert told["exit_reason"] == "rank 1 of 3 was killed by SIGKILL at step 30; the others finished"
    assert [(writer["rank"], writer["status"]) for writer in told["writers"]] == [
        (0, "finished"), (1, "crashed"), (2, "finished"),
    ]  # fmt: skip
    assert (told["alias"], told["tags"], told["notes"], told["group"]) == ("three ranks", ["a", "b"], "n", "g")
    assert told["config"] == {"lr": 0.1, "net": {"depth": 5}}
    assert told["summary"]["accuracy"] == 0.5
    assert told["summary"]["best_metric_step"] == 30
    assert told["metrics"]["loss"] == {"count": 90, "last": 1 / 30, "min": 1 / 30, "max": 1.0}
    assert told["metrics"]["up"]["max"] == "Infinity"
    assert (told["dropped"], told["lost_bytes"]) == (0, 0)
    assert told["files"]["segments"] + told["files"]["journals"]

    text = runicorn("show", folder.name)
    assert "crashed: rank 1 of 3 was killed by SIGKILL at step 30; the others finished\n" in text
    assert re.search(r"\n +1 +\S+ +\d+ +30 +crashed +\S+ +0 +0 +was killed by SIGKILL\n", text)
    assert len(re.findall(r"\n +[02] +\S+ +\d+ +30 +finished +\S+ +0 +0(?=\n)", text)) == 2
    assert re.search(r"\nloss +90 +0.0333333 +0.0333333 +1\n", text)
    assert re.search(r"\nodd +90 +NaN +- +-\n", text)
    assert "net.depth  5\n" in text
    assert len(re.findall(r"step \d+ \n", text)) == 10
    assert f"\nfolder    {folder}\n" in text
    assert "Lost" not in text


@pytest.mark.usefixtures("daemon")
def test_a_run_is_named_by_id_by_path_and_by_folder(home: Home) -> None:
    train(ONE, "mine", "cv/a")
    folder = home.root / "runs" / "cv" / "a" / "mine"
    settled(folder)
    named = [shown(name)["run_dir"] for name in ("mine", "cv/a/mine", str(folder))]
    named.append(json.loads(runicorn("show", "mine", "--json", cwd=folder.parent))["run_dir"])
    assert named == [str(folder)] * 4


@pytest.mark.usefixtures("daemon")
def test_what_cannot_be_found_gets_what_may_have_been_meant(home: Home) -> None:
    train(ONE, "baseline-1", "cv/a")
    wait(listed, "the catalog has no run")
    assert "There is no run 'baselin-1'" in refused("show", "baselin-1")
    assert "Did you mean baseline-1 or cv/a/baseline-1?" in refused("show", "baselin-1")
    assert f"in {home.root}. Name another root with --storage DIR" in refused("show", "xyz")
    assert "cv/a is a path, not a run. Its latest run is baseline-1" in refused("show", "cv/a")


@pytest.mark.usefixtures("daemon")
def test_an_id_under_two_paths_must_be_told_apart() -> None:
    train(ONE, "twin", "cv/a", "cv/b")
    said = refused("show", "twin")
    assert re.search(r"2 runs in .* have the id twin: cv/[ab]/twin, cv/[ab]/twin\. Say which\.", said)
    assert shown("cv/b/twin")["path"] == "cv/b"


@pytest.mark.usefixtures("daemon")
def test_an_alias_names_its_run_if_no_other_has_it() -> None:
    train(ALIASED, "baseline")
    catalogued(1)
    assert shown("baseline")["alias"] == "baseline"
    assert runicorn("tail", "baseline") == ""
    train(ALIASED, "baseline")
    newest, oldest = (run["run_id"] for run in catalogued(2))
    assert f"have the alias baseline: cv/{newest}, cv/{oldest}. Say which." in refused("show", "baseline")


def test_an_alias_is_known_before_the_catalog_has_it(home: Home) -> None:
    folder = logged(home.root / "runs" / "p" / "r1", 1_000.0)
    known = runs.read_run(folder)
    catalog.Catalog(home.root, "one").add(publishing.catalog_entry(known, known.folds[0]))
    logged(folder, 1_000.0, [events.META, 1_000.0, {"alias": "later"}], host="two")
    assert shown("later")["run_id"] == "r1"


@pytest.mark.usefixtures("home")
def test_the_last_ten_lines_of_each_host_as_tail_gives_them(tmp_path: Path) -> None:
    def text(line: str) -> events.Event:
        return [events.TEXT, 1_000.0, "TEXT", line]

    folder = logged(tmp_path / "r1", 1_000.0, *(text(f"{number}\x0b\x85end") for number in range(12)))
    assert [one["line"].partition(" | TEXT | ")[2] for one in shown(folder)["text"]] == [
        f"{number}\x0b\x85end" for number in range(2, 12)
    ]
    assert "\ntext, its last 10 lines\n" in runicorn("show", folder)
    logged(folder, 1_000.0, text("of another"), host="two")
    told = shown(folder)["text"]
    assert [one["host"] for one in told] == ["one"] * 10 + ["two"]
    assert runicorn("tail", folder, "--json").split("\n")[:-1] == [files.dumps(one) for one in told]
    assert runicorn("tail", folder) in runicorn("show", folder)


def test_no_runs_names_the_root_and_how_to_name_another(home: Home) -> None:
    assert f"There is no storage root at {home.root}. Name another" in refused("show", "any")
    home.root.mkdir()
    assert f"There are no runs in {home.root}. Name another root with --storage DIR" in refused("show", "any")


def test_a_run_that_runs_says_when_it_was_heard_of(home: Home, daemon: Daemon) -> None:
    process = start(OVERFLOWING)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    folder = wait(lambda: next(runs.find_runs(home.root), None), "there is no run")
    wait(lambda: runs.read_run(folder).writers, "the run has no writer")
    daemon.kill()  # the files tell it all, without a daemon
    told = shown(folder.name)
    assert told["status"] == "running"
    assert told["writers"][0]["heard_seconds_ago"] == told["heard_seconds_ago"] >= 0.0
    assert re.search(r"\nrunning, last heard of [.\d]+ m?s ago\n", runicorn("show", folder.name))
    process.stdin.write("\n\n")
    finish(process)
    assert shown(folder.name)["status"] == "finished"


def test_what_was_dropped_is_told(home: Home, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "4")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "0")
    process = start(OVERFLOWING)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    (folder,) = wait(lambda: list(runs.find_runs(home.root)), "the run was not begun")
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    dropped = wait(lambda: told_lost(shown(folder)), "what is lost and what is kept do not come to what was logged")
    process.stdin.write("\n")
    _, err = finish(process)
    assert "The outbox is full: " in err
    assert f"\nLost: {dropped} events were dropped, because the outbox was full.\n" in runicorn("show", folder)
    assert re.search(rf" +0 +\S+ +\d+ +\d+ +finished +\S+ +{dropped} +0\n", runicorn("show", folder))
    wait(lambda: f"finished, {dropped} events dropped" in runicorn("ls"), "the catalog tells no losses")


def told_lost(told: dict[str, Any]) -> int:
    """How many events were dropped, once all that were logged are accounted for."""
    kept = told["metrics"].get("loss", {"count": 0})["count"]
    return int(told["dropped"]) if kept + told["dropped"] == 300_000 else 0


def test_a_run_folder_without_a_root_is_enough(home: Home, daemon: Daemon, tmp_path: Path) -> None:
    train(ONE, "moved", "cv/a")
    folder = home.root / "runs" / "cv" / "a" / "moved"
    before = settled(folder)
    daemon.stop()
    subprocess.run(["cp", "-r", folder, tmp_path / "elsewhere"], check=True)
    told = shown(tmp_path / "elsewhere")
    assert (told["run_id"], told["status"]) == ("moved", before.status)
    assert told["metrics"] == before.metrics


ENVIRONMENT = {
    "python_version": "3.11.7", "python_executable": "/usr/bin/python", "pip_packages": {"a": "1", "b": "2"},
    "argv": ["python", "t.py", "--name", "a b"], "cpu": {"model": "EPYC", "count": 64, "usable": 8},
    "memory": {"total_bytes": 1 << 38, "limit_bytes": 1 << 35}, "os": "Debian", "container": {"kind": "docker"},
    "scheduler": {"kind": "slurm", "job_id": "77"},
    "git_info": {"commit": "9a04b312524a3ffc", "branch": "topic", "changed_files_count": 2},
    "gpu_info": {"driver": "580.1", "cuda": "13.1", "gpus": [{"name": "NVIDIA H200", "memory_bytes": 1 << 37}] * 2},
}  # fmt: skip
SURROUNDED = """
environment
command  python t.py --name 'a b'
python   3.11.7, 2 packages, /usr/bin/python
git      9a04b312524a on topic, 2 files changed
gpu      2 x NVIDIA H200 (137.4 GB), driver 580.1, CUDA 13.1
machine  Debian, 8 of 64 CPUs (EPYC), 274.9 GB memory, limited to 34.4 GB, in docker
job      slurm 77

"""


def test_the_environment_and_config_files_in_short(tmp_path: Path) -> None:
    listed = [events.PART, 1.0, "config_files", [], {"a.yaml": None, "gone": None}]
    text = [events.PART, 1.0, "config_files", [], {"a.yaml": "a: 1\n"}]
    folder = logged(tmp_path / "known", 1.0, [events.ENVIRONMENT, 1.0, ENVIRONMENT], listed, text)
    assert SURROUNDED in runicorn("show", folder)
    assert "\nconfig files\na.yaml  5 B\ngone    not kept\n" in runicorn("show", folder)
    assert shown(folder)["environment"] == ENVIRONMENT | {"rank": 0}
    assert shown(folder)["config_files"] == {"a.yaml": "a: 1\n", "gone": None}
    without = logged(tmp_path / "without", 1.0, [events.ENVIRONMENT, 1.0, {"gpu_info": {"gpus": []}}])
    assert "\ngpu  none that NVIDIA's driver tells of\n" in runicorn("show", without)
    odd = {**dict.fromkeys(ENVIRONMENT, 5), "scheduler": None, "gpu_info": {"gpus": 1, "driver": 1, "cuda": 1}}
    assert "\nenvironment\n" not in runicorn("show", logged(tmp_path / "odd", 1.0, [events.ENVIRONMENT, 1.0, odd]))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0.0 s"), (0.26505, "265 ms"), (0.9996, "1.0 s"), (5.6965, "5.7 s"), (9.96, "10 s"), (199.6, "3 min 20 s")],
)
def test_a_duration_is_rounded_as_on_the_pages(seconds: float, told: str) -> None:
    assert words.duration(seconds) == told
