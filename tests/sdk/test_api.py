"""`rn.Api`: everything that was acknowledged is seen, by any process, at any time, once."""

import itertools
import math
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.cli.handmade import logged
from tests.conftest import Daemon, Home
from tests.programs import finish, start, wait

import runicorn as rn
from runicorn.api import Api, StoredRun
from runid import events
from runid.errors import DamageWarning, NotFoundError, QueryError
from runid.store import catalog

LOGGER = """
import sys
import runicorn as rn
run = rn.init("api", config={"step": 0})
for step in range(1, int(sys.argv[1]) + 1):
    run.log({"loss": step / 7, "acc": -step}, step=step)
    run.log({"note": f"object {step}"}, step=step)
    run.log_text(f"line {step}")
    run.summary({"step": step})
    run.config.update({"step": step})
    assert run.flush(30.0)
    print(run.id, flush=True)
    sys.stdin.readline()
"""

_numbers = itertools.count()


@pytest.fixture
def small_journals(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A daemon that seals all the time."""
    monkeypatch.setenv("RUNID_JOURNAL_BYTES", "4096")
    Daemon().start()
    return home


@pytest.fixture(name="stored")
def _stored(run: rn.Run) -> StoredRun:
    assert run.flush(20.0)
    return Api(run.storage_root).run(run.id)


def steps(table: pa.Table) -> list[int]:
    return [int(step) for step in table["step"].to_pylist()]


def test_what_flush_has_returned_for_is_seen_by_another_process(small_journals: Home) -> None:
    logger = start(LOGGER, "60")
    assert logger.stdout is not None
    assert logger.stdin is not None
    kept = None
    for step in range(1, 61):
        run_id = logger.stdout.readline().strip()
        api = Api(small_journals.root)
        kept = kept or api.run(run_id)
        for one in (kept, api.run(run_id)):  # one that has looked before, and one that has not
            assert one.history("loss")["value"].to_pylist() == [n / 7 for n in range(1, step + 1)]
            assert one.series("acc", 10)["min"].to_pylist()[-1] == -step
            assert one.metrics["loss"] == {"count": step, "last": step / 7, "min": 1 / 7, "max": step / 7}
            assert (one.config, one.summary) == ({"step": step}, {"step": step})
            assert [found["value"] for found in one.objects()][-1] == f"object {step}"
            assert one.text().splitlines()[-1].endswith(f"line {step}")
            assert one.status == "running"
        logger.stdin.write("\n")
        logger.stdin.flush()
    finish(logger)
    assert kept is not None
    assert kept.status == "finished"
    assert len(list((kept.run_dir / "metrics").glob("*.parquet"))) > 1, "nothing was sealed: the test shows less"


def test_following_gives_each_point_once_while_it_is_sealed(small_journals: Home) -> None:
    run = rn.init("api")
    stored = Api(small_journals.root).run(run.id) if run.flush(30.0) else None
    assert stored is not None
    given: list[pa.Table] = []

    def follow() -> None:
        given.extend(stored.follow("loss"))

    def all_is_given(step: int) -> bool:
        return sum(map(len, given)) == step

    thread = threading.Thread(target=follow)
    thread.start()
    for step in range(1, 3001):
        run.log({"loss": float(step), "other": 0.0}, step=step)
        if step % 1000 == 0:
            assert run.flush(30.0)
            wait(partial(all_is_given, step), "what flush() returned for is not given")
    run.finish()
    thread.join(60.0)
    assert not thread.is_alive()
    assert len(given) > 1
    assert [step for table in given for step in steps(table)] == list(range(1, 3001))
    assert {name for table in given for name in table["metric"].to_pylist()} == {"loss"}


def test_following_late_gives_all_from_the_segments(small_journals: Home) -> None:
    with rn.init("api") as run:
        for step in range(2000):
            run.log({"loss": 0.5}, step=step)
    daemon = Daemon()
    wait(lambda: not daemon.status()["runs"], "the run is not settled")
    daemon.stop()  # removes the journals that are sealed
    stored = Api(small_journals.root).run(run.id)
    assert not list((stored.run_dir / "journal").iterdir())
    assert sorted(step for table in stored.follow() for step in steps(table)) == list(range(2000))


def test_history_picks_metrics_ranks_and_steps(run: rn.Run, stored: StoredRun) -> None:
    for step in range(10):
        run.log({"loss": step / 2, "acc": step / 4}, step=step, stage="train")
    run.log({"loss": math.nan}, step=3, stage="val")
    assert run.flush(20.0)
    assert stored.history().column_names == ["metric", "stage", "rank", "writer", "step", "time", "value"]
    assert len(stored.history()) == 21
    assert steps(stored.history("acc", steps=(2, 4))) == [2, 3, 4]
    assert steps(stored.history(["loss"], steps=(None, 1))) == [0, 1]
    assert steps(stored.history("acc", steps=(8, None))) == [8, 9]
    assert len(stored.history(ranks=0)) == 21
    (rank,) = np.array([0])  # NumPy's integer
    assert len(stored.history(ranks=rank)) == 21
    assert sum(len(table) for table in stored.tables(["loss"], rank)) == 11
    assert len(stored.history(["loss", "acc", "loss"], [0, 0])) == 21
    assert len(stored.history(ranks=[1, 2])) == 0
    assert len(stored.history("none")) == 0
    assert len(stored.history([])) == 0


def test_wide_history_has_a_row_for_each_step_and_stage(run: rn.Run, stored: StoredRun) -> None:
    run.log({"loss": 1.0, "acc": 0.1}, step=1, stage="train")
    run.log({"loss": 2.0}, step=1, stage="val")
    run.log({"loss": 3.0}, step=1, stage="val")
    run.log({"loss": math.nan}, step=2)
    assert run.flush(20.0)
    rows = stored.history(wide=True).to_pylist()
    told = {(row["step"], row["stage"]): (row["loss"], row["acc"]) for row in rows}
    assert told == {
        (1, "train"): (1.0, 0.1),
        (1, "val"): (3.0, None),
        (2, None): (pytest.approx(math.nan, nan_ok=True), None),
    }
    assert stored.history("none", wide=True).column_names == ["step", "rank", "stage"]


def test_wide_history_of_many_metrics_takes_a_time_in_proportion(tmp_path: Path) -> None:
    def seconds(metrics: int) -> float:
        values = {f"m{number:05}": float(number) for number in range(metrics)}
        stored = StoredRun(logged(tmp_path / str(metrics), 1_000.0, [events.POINTS, 1_000.0, 1, None, values]))
        table = stored.history(wide=True)
        assert table.to_pylist() == [{"step": 1, "rank": 0, "stage": None, **values}]
        return min(_timed(partial(stored.history, wide=True)) for _ in range(3))

    # Eight times as many; with a time that grows with their square it would be 64.
    assert seconds(16_000) < 24 * seconds(2_000)


def _timed(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def test_series_of_one_stage_smoothed_over_another_metric(run: rn.Run, stored: StoredRun) -> None:
    for step in range(100):
        run.log({"epoch": step / 10, "loss": float(step % 2)}, step=step, stage="train" if step < 50 else "val")
    assert run.flush(20.0)
    found = stored.series("loss", 20, stage="val", x="epoch", smooth="mean:51", lo=5.0, hi=7.45)
    assert pc.sum(found["count"]).as_py() == 25
    assert all(abs(value - 0.5) < 0.05 for value in found["mean"].to_pylist())
    with pytest.raises(ValueError, match="is no smoothing"):
        stored.series("loss", smooth="none")


def test_many_metrics_are_told_one_by_one(run: rn.Run, stored: StoredRun) -> None:
    for step in (1, 2, 3):
        run.log({f"m{number:03}": number + step / 8 for number in range(120)}, step=step)
    assert run.flush(20.0)
    metrics = stored.metrics
    assert list(metrics) == [f"m{number:03}" for number in range(120)]
    assert metrics["m007"] == {"count": 3, "last": 7.375, "min": 7.125, "max": 7.375}
    assert metrics["m119"] == {"count": 3, "last": 119.375, "min": 119.125, "max": 119.375}
    assert "m120" not in metrics
    with pytest.raises(KeyError):
        metrics["m120"]


def test_a_run_is_found_by_id_path_and_folder_and_near_ones_are_named(root: Path) -> None:
    run = rn.init("test", run_id="distinctive")
    assert run.flush(20.0)
    api = rn.Api(root)
    for name in (run.id, f"test/{run.id}", str(run.run_dir)):
        assert api.run(name).id == run.id
    run.finish()
    wait(lambda: any(entry["run"] == run.id for entry in catalog.read(root)), "the catalog has no line of the run")
    with pytest.raises(NotFoundError, match="Did you mean distinctive"):
        api.run("distinktive")


def test_a_root_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no storage root at"):
        rn.Api(tmp_path / f"none{next(_numbers)}")


def test_what_a_run_says_of_itself(root: Path) -> None:
    run = rn.init("api/meta", alias="first", tags=["a", "b"], notes="n", config={"lr": 0.1})
    run.set_primary_metric("acc")
    run.log(acc=0.5)
    run.finish("failed")
    stored = rn.Api(root).run(run.id)
    assert (stored.id, stored.path, stored.alias, stored.tags) == (run.id, "api/meta", "first", ["a", "b"])
    assert (stored.status, stored.config, stored.summary["best_metric_value"]) == ("failed", {"lr": 0.1}, 0.5)
    assert [(one["rank"], one["status"], one["last_step"]) for one in stored.writers] == [(0, "failed", 1)]
    assert stored.exit_reason
    assert stored.meta["notes"] == "n"


def test_runs_are_those_a_query_means(root: Path) -> None:
    for lr in (0.1, 0.2, 0.4):
        with rn.init("api/query", config={"lr": lr}, tags=[f"lr{lr}"]) as run:
            run.log(acc=1 - lr)
    live = rn.init("api/query", config={"lr": 0.8})
    live.log(acc=0.0)
    assert live.flush(20.0)
    api = rn.Api(root)
    wait(lambda: len(api.runs("path:api/query")) == 4, "the catalog has no line of each run")
    assert [one.config["lr"] for one in api.runs("path:api/query", order="-acc")] == [0.1, 0.2, 0.4, 0.8]
    assert [one.listed["config"]["lr"] for one in api.runs("path:api/query lr<.3", order="lr", limit=1)] == [0.1]
    assert [one.id for one in api.runs("path:api/query status:running")] == [live.id]
    assert [one.tags for one in api.runs("tag:lr0.4")] == [["lr0.4"]]
    with pytest.raises(QueryError, match="no value behind"):
        api.runs("lr <")


def test_following_takes_any_iterable_of_metrics(run: rn.Run, stored: StoredRun) -> None:
    run.log(loss=1.0)
    assert run.flush(20.0)
    tables = stored.follow(name for name in ["loss"])
    assert next(tables)["value"].to_pylist() == [1.0]
    run.log(loss=2.0)
    assert run.flush(20.0)
    assert next(tables)["value"].to_pylist() == [2.0]


def test_following_tells_of_damage_and_goes_on_behind_it(run: rn.Run, stored: StoredRun) -> None:
    for step in range(5):
        run.log(loss=float(step))
        assert run.flush(20.0)
    (log,) = (stored.run_dir / "journal").iterdir()
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    copy = stored.run_dir.parent / f"{stored.id}-copy"
    (copy / "journal").mkdir(parents=True)
    (copy / "journal" / log.name).write_bytes(data)
    with pytest.warns(DamageWarning):
        news = next(StoredRun(copy).follow("loss"))
    assert steps(news) == steps(_history_of_damaged(copy))
    assert steps(news)[-1] == 5


def _history_of_damaged(folder: Path) -> pa.Table:
    with pytest.warns(DamageWarning):
        return StoredRun(folder).history("loss")
