"""`runicorn ls`: which runs it lists, in what order, and what it says when there are none."""

import json
import re
import shutil

import pytest
from tests.cli.commands import call, catalogued, listed, on_terminal, refused, runicorn
from tests.conftest import Daemon, Home
from tests.programs import finish, start, train

from runid.store import runs
from runid.store.catalog import Catalog

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
        r"cv/resnet50 +base +finished +1 +[-\d]+ [:\d]+ +.* m?s +accuracy 0.75 @ 3 +loss 0.333333 ", lines[2]
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
    assert call("python", "-m", "runicorn", "--version")[0].endswith(", version 1.0.0.dev0\n")


@pytest.fixture
def listable(home: Home) -> Home:
    """A root with a catalog of five ended runs, as a daemon leaves it."""
    home.root.mkdir()
    log = Catalog(home.root, "node_1")
    for number in range(5):
        runs.run_dir(home.root, ["cv/resnet", "nlp"][number % 2], f"r{number}").mkdir(parents=True)
        log.add(
            {
                "run": f"r{number}",
                "path": ["cv/resnet", "nlp"][number % 2],
                "time": 1000.0 + number,
                "started_at": 900.0 + number,
                "ended_at": 1000.0,
                "status": "failed" if number == 4 else "finished",
                "tags": ["base"] if number < 2 else None,
                "config": {"lr": 10.0**-number, "opt": "adam" if number else None},
                "metrics": {"val/acc": {"count": 1, "last": [0.5, 0.9, 0.7, "NaN", 0.95][number], "min": 0, "max": 1}},
            }
        )
    return home


def names(*arguments: str) -> str:
    """The numbers of the runs that are listed."""
    return "".join(entry["run_id"][1:] for entry in listed(*arguments))


@pytest.mark.usefixtures("listable")
def test_a_query_an_order_and_a_limit() -> None:
    assert names() == "43210"
    assert names("val/acc>=.9 status:finished") == "1"
    assert names("lr<=1e-2", "status=finished") == "32"
    assert names("tag:base", "or", "not", "status=finished") == "410"
    assert names("--order", "-val/acc") == "41203"
    assert names("--order", "status", "--order", "-lr") == "40123"
    assert names("--limit", "2") == "43"
    assert names("--order", "lr", "--limit", "2", "path:cv/**") == "42"
    assert names("before:1971-01-01") == "43210"


@pytest.mark.usefixtures("listable")
def test_the_first_word_is_a_path_where_runs_lie_there_and_text_elsewhere() -> None:
    for path in ("cv", "cv/resnet", "/cv/resnet/"):
        assert names(path) == "420"
    assert names("cv", "lr<.5") == "42"
    assert names("cv", "or", "r1") == "4210"
    assert names("cv/res") == "420", "a part of a path"
    assert names("base") == "10", "a tag"
    assert names("r3") == "3"
    assert names("r3", "cv") == ""
    assert "There are no runs under cv/resnte" in runicorn("ls", "cv/resnte")
    assert "Did you mean cv/resnet?" in runicorn("ls", "cv/resnte")
    assert "No run in " in runicorn("ls", "lr>100")


@pytest.mark.parametrize(("kind", "most"), [("metrics", 50), ("config", 200), ("summary", 200)])
def test_what_a_query_cannot_know_is_said_where_it_finds_nothing(listable: Home, kind: str, most: int) -> None:
    log = Catalog(listable.root, "node_1")
    for count, said in ((most - 1, False), (most, True)):
        log.add({"run": "many", "path": "cv", "time": 2000.0 + count, kind: {f"m{n}": n for n in range(count)}})
        assert ("It knows the first 50 metrics of a run, and the first 200 keys" in runicorn("ls", "m999>1")) == said


@pytest.mark.usefixtures("listable")
def test_groups() -> None:
    groups = listed("--group", "opt")
    assert [(group["value"], [run["run_id"] for run in group["runs"]]) for group in groups] == [
        ("adam", ["r4", "r3", "r2", "r1"]),
        (None, ["r0"]),
    ]
    head, *lines = runicorn("ls", "--group", "path", "--order", "path").splitlines()
    assert head.startswith("run ")
    assert [line.split()[0] for line in lines if line] == ["path", "r4", "r2", "r0", "path", "r3", "r1"]
    assert "path cv/resnet, 3 runs" in lines


@pytest.mark.usefixtures("listable")
def test_a_wrong_query_is_marked_where_it_is_wrong() -> None:
    out, err = call("runicorn", "ls", "cv", "日本 lr<<3", code=2)
    assert not out
    sentence, text, mark = err.splitlines()
    assert "'<<' is no operator" in sentence
    assert text == "  path:cv 日本 lr<<3"
    assert mark == "                 ^^"


def test_a_line_that_no_daemon_wrote_is_listed_or_passed_over(listable: Home) -> None:
    strange = {
        "run": "odd",
        "path": "cv",
        "time": 5000,
        "metrics": {"a": 1},
        "tags": 3,
        "ended_at": "now",
        "config": [],
    }
    runs.run_dir(listable.root, "cv", "odd").mkdir()
    with open(listable.root / "catalog" / "other.log", "w") as log:
        log.write(f"{json.dumps(strange | {'run': chr(0)})}\n")
        log.write(f"{json.dumps(strange)}\n[1]\n{{}}\nrubbish\n{json.dumps(strange)}")
    assert names("lr<.5") == "4321"
    assert runicorn("ls").splitlines()[1].split()[:3] == ["odd", "cv", "unknown"]
