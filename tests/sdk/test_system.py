"""System metrics in runs: whose they are, at which step, that they change nothing else, and what a kill leaves."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from tests.cli.commands import runicorn
from tests.conftest import Daemon, Home, runid
from tests.programs import ended, finish, only, start, text, wait

import runicorn as rn
from runicorn import settings
from runid.store import files, runs
from runid.store.fold import METRICS
from runid.store.refold import refold

LEVELS = {"sys/memory", "sys/memory/used", "sys/disk/free", "sys/process/memory", "sys/process/threads"}
RATES = {"sys/cpu", "sys/cpu/cores", "sys/process/cpu"}

Found = dict[str, list[tuple[int, int, float]]]


@pytest.fixture(autouse=True)
def _on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  home turns them off
    monkeypatch.setenv(settings.SYSTEM, "1")


def system(folder: Path) -> Found:
    """The system metrics of a run: name → (rank, step, value) in order of time."""
    found: Found = {}
    for row in sorted(runs.read_run(folder).points().to_pylist(), key=lambda row: row["time"]):
        if row["metric"].startswith("sys/"):
            found.setdefault(row["metric"], []).append((row["rank"], row["step"], row["value"]))
    return found


def sampled(folder: Path, names: set[str]) -> Found:
    """The same, once these are there."""
    found: Found = wait(lambda: found if names <= (found := system(folder)).keys() else None, f"{names} do not come")
    return found


def test_a_run_has_them_at_its_last_step_and_is_what_it_is_without_them(home: Home, daemon: Daemon) -> None:
    with rn.init("system", config={"lr": 1}) as run:
        run.log({"loss": 0.5}, step=41, stage="train")
        run.log({"loss": 0.5}, step=42, stage="train")
        assert run.flush()
        found = sampled(run.run_dir, LEVELS | RATES)
        assert found["sys/process/memory"][0][2] > 1 << 20
        assert 0 <= found["sys/memory"][0][2] <= 100
        assert {rank for values in found.values() for rank, _, _ in values} == {0}
        assert found["sys/cpu"][-1][1] == 42
        assert re.search(r": 1 writers, \d+ % of a core, [1-9]\d* MB", runid("status"))
    stored = ended(home.root)
    assert (stored.status, stored.exit_reason, len(stored.writers)) == ("finished", None, 1)
    assert stored.writers[0]["last_step"] == 42
    assert list(stored.metrics) == ["loss"]
    assert stored.system.keys() >= LEVELS | RATES
    assert text(stored) == []
    wait(lambda: daemon.status()["runs"] == [], "the daemon keeps the run open")
    api = rn.Api().run(run.id)
    names = list(api.metrics)
    assert names[0] == "loss"
    assert names[1:] == sorted(names[1:])
    assert len(api.series("sys/process/memory", x="time")) >= 2
    logged = [("loss", 41, "train"), ("loss", 42, "train")]
    for table in (api.history(), *api.tables(), *api.follow()):
        assert [(row["metric"], row["step"], row["stage"]) for row in table.to_pylist()] == logged
    assert api.history(wide=True).column_names == ["step", "rank", "stage", "loss"]
    assert api.count() == 2
    assert set(api.history(["sys/cpu", "loss"])["metric"].to_pylist()) == {"sys/cpu", "loss"}
    assert runicorn("export-data", run.id).count("\n") == 3
    out = runicorn("show", run.id)
    assert out.index("\nmetrics") < out.index("\nloss") < out.index("\nsystem") < out.index("\nsys/memory")
    assert rn.Api().run(run.id).metrics["sys/cpu"]["count"] == len(system(stored.folder)["sys/cpu"])


def test_another_run_of_the_machine_has_them_too_and_one_that_wants_none_has_none(
    home: Home,
    daemon: Daemon,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with rn.init("first") as first, rn.init("second") as second:
        monkeypatch.setenv(settings.SYSTEM, "0")
        with rn.init("third") as third:
            for run in (first, second):
                sampled(run.run_dir, LEVELS | RATES)
            assert system(third.run_dir) == {}
    for path in ("first", "second", "third"):
        ended(home.root, f"{path}/*")


RANK = """
import sys
import runicorn as rn
run = rn.init("ranks")
run.log(loss=1.0, step=10 + run.rank)
print(run.flush(), flush=True)
sys.stdin.read()
run.finish()
"""


def test_ranks_have_their_own_process_and_the_lowest_has_the_machine(home: Home, daemon: Daemon) -> None:  # noqa: ARG001
    job = os.environ | {"TORCHELASTIC_RUN_ID": "j", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "4"}
    ranks = [start(RANK, env=job | {"RANK": str(rank)}) for rank in (2, 3)]
    for process in ranks:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
    folder = only(home.root, "ranks/*").folder

    def both() -> Found | None:
        found = system(folder)
        return found if {(2, 12), (3, 13)} <= {one[:2] for one in found.get("sys/process/cpu", ())} else None

    found = wait(both, "one of the ranks is not looked at")
    # Whichever came first was the lowest at the time; from then on it is rank 2.
    assert [rank for rank, _, _ in found["sys/memory"]][-1] == 2
    for process in ranks:
        finish(process)
    run = ended(home.root, "ranks/*", writers=2)
    assert [(one["rank"], one["last_step"], one["status"]) for one in run.writers] == [
        (2, 12, "finished"),
        (3, 13, "finished"),
    ]


def test_a_daemon_that_is_killed_goes_on_in_the_same_stream(home: Home, daemon: Daemon) -> None:
    with rn.init("killed") as run:
        run.log({"loss": 0.5})
        before = sampled(run.run_dir, LEVELS)
        daemon.kill()
        run.log({"loss": 0.4})
        wait(
            lambda: len(system(run.run_dir)["sys/memory"]) > len(before["sys/memory"]) + 1,
            "the next daemon does not go on",
        )
    found = ended(home.root)
    rows = Counter((row["metric"], row["rank"], row["time"]) for row in found.points().to_pylist())
    assert set(rows.values()) == {1}
    # One daemon follows the other under the same name, so there is one writer of the system's metrics.
    assert Counter(writer.role for fold in found.folds for writer in fold.writers.values()) == {"": 1, "system": 1}
    assert found.status == "finished"


def test_they_push_none_of_the_user_s_metrics_out_of_the_short_list(home: Home, daemon: Daemon) -> None:  # noqa: ARG001
    with rn.init("many") as run:
        run.log({"loss": 1.0})
        sampled(run.run_dir, LEVELS | RATES)
        run.log({f"metric {number:02}": 1.0 for number in range(METRICS + 5)})
    found = ended(home.root)
    assert len(found.metrics) == METRICS
    assert not any(name.startswith("sys/") for name in found.metrics)


def test_a_fold_that_is_lost_is_made_again_with_the_system_beside(home: Home, daemon: Daemon) -> None:
    with rn.init("lost") as run:
        run.log({"loss": 1.0})
        sampled(run.run_dir, LEVELS)
        run.alert("kept")
    was = ended(home.root)
    wait(lambda: daemon.status()["runs"] == [], "the daemon keeps the run open")
    for path in was.folder.glob("journal/*"):
        path.unlink()
    (path,) = was.folder.glob("writers/*.json")
    saved = files.read_json(path)
    assert saved is not None
    path.unlink()
    fold, _ = refold(was.folder, path.stem)
    now = runs.Run(was.folder, [fold])
    assert len(now.writers) == 1
    assert (now.metrics, now.system.keys(), now.alerts) == (was.metrics, was.system.keys(), was.alerts)
