"""What Trackio gets wrong (spec/trackio-and-expt_logger.md 1.2, 1.5, 5), and works here: a test each."""

from __future__ import annotations

import logging
import math
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import programs
from tests.compat.trackio.reading import logged, points, runs, stored
from tests.conftest import Daemon, Home
from tests.seeds.running import image

import runicorn as rn
from runicorn.compat import trackio

IMPORT = "import os, signal, sys\nimport runicorn.compat.trackio as trackio\n"


class Tensor:
    """A 0-d tensor, as far as logging is concerned."""

    ndim = 0

    def item(self) -> float:
        return 0.5

    def __float__(self) -> float:
        return 0.5


# -- runs -------------------------------------------------------------------------------------------------------------


def test_defect_a_new_thread_had_no_run(run: trackio.Run) -> None:
    thread = threading.Thread(target=lambda: trackio.log({"loss": 1.0}))
    thread.start()
    thread.join()
    assert logged(run) == [("loss", 0, 1.0)]


def test_defect_a_failing_init_finished_the_run_before(run: trackio.Run) -> None:
    wrongs: list[dict[str, Any]] = [{"resume": "must", "name": "nobody"}, {"config": 5}, {"name": 5}, {"resume": "x"}]
    for wrong in wrongs:
        with pytest.raises((ValueError, TypeError)):
            trackio.init(run.project, **wrong)
        trackio.log({"loss": 1.0})
    assert len(logged(run)) == 4


def test_defect_a_run_that_never_logged_was_not_recorded(project: str) -> None:
    trackio.init(project, name="empty", config={"lr": 0.1})
    trackio.finish()
    (run,) = runs(project)
    assert (run.name, run.config, run.status) == ("empty", {"lr": 0.1}, "finished")


def test_defect_similar_projects_shared_a_database(root: Path) -> None:  # noqa: ARG001
    names = ("my.defect", "mydefect", "my defect", "my-defect")
    for name in names:
        trackio.init(name)
        trackio.finish()
    assert [len(runs(name)) for name in names] == [1] * 4


def test_defect_runs_without_a_name_got_the_same(project: str) -> None:
    names = set()
    for _ in range(5):
        names.add(trackio.init(project).name)
        trackio.finish()
    assert len(names) == 5


def test_defect_resuming_wiped_the_config(project: str) -> None:
    trackio.init(project, name="one", config={"lr": 0.1})
    trackio.finish()
    run = trackio.init(project, name="one", resume="must")
    assert run.config["lr"] == trackio.config.lr == 0.1
    assert stored(run).config == {"lr": 0.1}


def test_defect_runs_had_no_status_and_no_end(root: Path, project: str) -> None:
    program = f"{IMPORT}trackio.init({project!r}); trackio.log({{'loss': 1.0}}); 1 / 0"
    assert "ZeroDivisionError" in programs.finish(programs.start(program), 1)[1]
    run = rn.Api(root).run(programs.ended(root, f"{project}/*").id)
    assert (run.status, run.exit_reason) == (
        "failed",
        "the process failed with ZeroDivisionError: division by zero at step 0",
    )


# -- config -----------------------------------------------------------------------------------------------------------


def test_defect_changes_of_the_config_after_the_first_log_were_lost(run: trackio.Run) -> None:
    trackio.log({"loss": 1.0})
    trackio.config["late"] = 1
    trackio.config.later = 2
    run.config.update({"latest": 3})
    assert stored(run).config == {"late": 1, "later": 2, "latest": 3}


def test_defect_config_had_no_attributes(project: str) -> None:
    trackio.init(project, config={"learning_rate": 0.1})
    assert trackio.config.learning_rate == trackio.config["learning_rate"] == 0.1


def test_defect_update_stored_its_own_argument(run: trackio.Run) -> None:
    trackio.config.update({"lr": 0.1}, allow_val_change=True)
    assert stored(run).config == {"lr": 0.1}


def test_defect_keys_of_the_config_that_begin_with_an_underscore_raised(project: str) -> None:
    run = trackio.init(project, config={"_attn": "sdpa"})
    trackio.log({"loss": 1.0})
    assert stored(run).config == {"_attn": "sdpa"}  # and nothing that nobody gave, such as a user's name


# -- values and steps -------------------------------------------------------------------------------------------------


def test_defect_common_names_were_renamed(run: trackio.Run) -> None:
    values = dict.fromkeys(("project", "run", "timestamp", "time", "metrics", "__mine"), 1.0)
    trackio.log(values)
    assert logged(run) == [(name, 0, 1.0) for name in sorted(values)]


def test_defect_nan_and_infinity_were_texts_and_vanished_from_charts(run: trackio.Run) -> None:
    for value in (math.nan, math.inf, -math.inf):
        trackio.log({"loss": value})
    trackio.log({"nested": {"loss": math.nan}})
    found = stored(run)
    assert [str(value) for _, _, value in points(found)] == ["nan", "inf", "-inf"]
    assert found.series("loss")["nan"].to_pylist()[0] == 1


@pytest.mark.parametrize("value", [Tensor(), np.array(0.5), np.float32(0.5)])
def test_defect_tensors_and_arrays_of_one_number_were_left_out(run: trackio.Run, value: Any) -> None:
    trackio.log({"loss": value, "other": 1.0})
    assert logged(run) == [("loss", 0, 0.5), ("other", 0, 1.0)]


def test_defect_one_bad_value_took_others_with_it(run: trackio.Run) -> None:
    class Bad:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("no")

    trackio.log({"bad": Bad(), "loss": 1.0})
    assert logged(run) == [("loss", 0, 1.0)]


@pytest.mark.parametrize(("given", "step"), [(np.int64(7), 7), ("7", 7), (7.0, 7), (-3, -3)])
def test_defect_a_step_of_another_type_was_a_blob_or_lost_the_call(project: str, given: Any, step: int) -> None:
    run = trackio.init(project, name="one")
    trackio.log({"loss": 1.0}, step=given)
    run.finish()
    again = trackio.init(project, name="one", resume="must")
    trackio.log({"loss": 2.0})
    assert logged(again) == [("loss", step, 1.0), ("loss", step + 1, 2.0)]


def test_defect_a_step_that_is_none_lost_the_call(run: trackio.Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        trackio.log({"loss": 1.0}, step="last")  # type: ignore[arg-type]
    assert "step='last' is no whole number" in caplog.text
    assert logged(run) == [("loss", 0, 1.0)]


def test_defect_times_were_those_of_the_flush(run: trackio.Run) -> None:
    for _ in range(3):
        trackio.log({"loss": 1.0})
    assert len(set(stored(run).history()["time"].to_pylist())) == 3


def test_defect_runs_of_one_name_shared_their_media(project: str) -> None:
    for value in (0, 255):
        trackio.init(project, name="one")
        trackio.log({"image": trackio.Image(np.full((2, 2), value, np.uint8))})
        trackio.finish()
    files = [run.media("image")[0]["path"] for run in runs(project)]
    assert files[0].parent != files[1].parent
    assert [image(file).getpixel((0, 0)) for file in files] == [0, 255]


# -- what is lost -----------------------------------------------------------------------------------------------------

KILLED = """
run = trackio.init(sys.argv[1], name="killed", config={"lr": 0.1})
for step in range(1000):
    trackio.log({"loss": float(step)})
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, "crashed"), (signal.SIGTERM, "interrupted")])
def test_defect_a_killed_run_lost_its_last_half_second_and_its_config(
    root: Path, project: str, number: signal.Signals, status: str
) -> None:
    programs.finish(programs.start(IMPORT + KILLED, project, str(int(number))), -number)
    run = rn.Api(root).run(programs.ended(root, f"{project}/*").id)
    assert (run.alias, run.config, run.status) == ("killed", {"lr": 0.1}, status)
    assert points(run) == [("loss", step, float(step)) for step in range(1000)]


def test_defect_init_and_log_waited_for_a_hung_server(home: Home, daemon: Daemon) -> None:
    program = IMPORT + "trackio.init('hung', name='a')\nfor step in range(1000): trackio.log({'loss': 1.0})\n"
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process = programs.start(program + "print('goes on', flush=True)")
        assert process.stdout is not None
        assert process.stdout.readline() == "goes on\n"
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    programs.finish(process)
    assert rn.Api(home.root).run(programs.ended(home.root, "hung/*").id).count() == 1000


WORKERS = """
import multiprocessing

def work(number):
    for _ in range(50):
        trackio.log({"child": float(number)})

trackio.init(sys.argv[1])
trackio.log({"parent": 1.0})
workers = [multiprocessing.get_context("fork").Process(target=work, args=(number,)) for number in range(2)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
trackio.finish()
"""


def test_defect_forked_workers_lost_their_last_rows(root: Path, project: str) -> None:
    programs.train(IMPORT + WORKERS, project)
    run = rn.Api(root).run(programs.ended(root, f"{project}/*", writers=3).id)
    assert sorted(run.history("child")["value"].to_pylist()) == [0.0] * 50 + [1.0] * 50
    assert set(run.history("child")["step"].to_pylist()) == set(range(1, 51))
