"""What expt_logger was seen to do wrong, each by its name; Ctrl-C and SIGTERM are in test_signals.py."""

from __future__ import annotations

import math
import os
import signal
import socket
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from tests import programs
from tests.compat.expt_logger.reading import ended, objects, points

import runicorn as rn
from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run


def test_defect_the_first_step_was_1(experiment: Run) -> None:
    expt_logger.log({"loss": 1.0})
    assert points(experiment) == [("train/loss", 0, "train", 1.0)]


def test_defect_changes_of_the_config_were_never_sent(experiment: Run) -> None:
    experiment.config.lr = 0.1
    assert ended(experiment).config == {"lr": 0.1}


def test_defect_a_config_had_no_keys_items_and_len(experiment: Run) -> None:
    experiment.config.update({"lr": 0.1})
    config = experiment.config
    assert (list(config), list(config.items()), len(config)) == (["lr"], [("lr", 0.1)], 1)


def test_defect_a_config_value_that_is_no_json_raised(experiment: Run) -> None:
    experiment.config.root = Path("data")
    assert ended(experiment).config == {"root": "data"}


def test_defect_two_thousand_logs_in_a_row_lost_a_sixth(experiment: Run) -> None:
    names = [f"m{number}" for number in range(5)]
    for step in range(2000):
        expt_logger.log(dict.fromkeys(names, float(step)))
    found = ended(experiment).history().to_pydict()
    assert len(found["value"]) == 10_000
    # Dropped commits merged steps; retries doubled points.
    kept = set(zip(found["metric"], found["step"], found["value"], strict=True))
    assert kept == {(f"train/{name}", step, float(step)) for name in names for step in range(2000)}


def test_defect_points_had_no_times_of_their_own(experiment: Run) -> None:
    for _ in range(3):
        expt_logger.log({"loss": 1.0})
    times = ended(experiment).history()["time"].to_pylist()
    assert len(set(times)) == 3


KILLED = """
import os, signal
from runicorn.compat import expt_logger
run = expt_logger.init(name="killed", config={"lr": 0.1})
expt_logger.log({"loss": 1.0}, commit=False)
expt_logger.log_error("so far", commit=False)
print(run.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_defect_what_was_not_committed_died_with_the_process(root: Path) -> None:
    run_id = programs.train(KILLED, code=-signal.SIGKILL).strip()
    programs.ended(root, f"expt_logger/{run_id}")
    run = rn.Api().run(run_id)
    assert (run.config, [row["value"] for row in run.history().to_pylist()]) == ({"lr": 0.1}, [1.0])
    assert [line["value"]["message"] for line in run.objects()] == ["so far"]


@pytest.mark.usefixtures("root")
def test_defect_a_server_that_is_down_or_hangs_was_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        run = expt_logger.init(name="alone", base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        expt_logger.log({"loss": 1.0})
        assert points(run) == [("train/loss", 0, "train", 1.0)]
        with pytest.raises(BlockingIOError):  # nobody has connected
            silent.accept()


@pytest.mark.usefixtures("root")
def test_defect_a_file_in_the_temporary_folder_joined_jobs_that_were_strangers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = expt_logger.init(name="mine")
    program = "from runicorn.compat import expt_logger\nprint(expt_logger.init(name='other').id)"
    stranger = {name: value for name, value in os.environ.items() if not name.startswith("EXPT_LOGGER_")}
    assert programs.train(program, env=stranger | {"TMPDIR": str(tmp_path)}).strip() != run.id
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("root")
def test_defect_init_outside_the_main_thread_raised() -> None:
    runs: list[Run] = []
    thread = threading.Thread(target=lambda: runs.append(expt_logger.init(name="thread")))
    thread.start()
    thread.join()
    expt_logger.log({"loss": 1.0})  # the active run is that of all threads
    assert points(runs[0]) == [("train/loss", 0, "train", 1.0)]


def test_defect_numpy_numbers_bools_and_what_is_not_finite_were_refused(experiment: Run) -> None:
    expt_logger.log({"a": np.float32(0.5), "b": True, "c": math.nan, "d": math.inf, "e": np.zeros(())})
    values = [value for *_, value in points(experiment)]
    assert (values[:2], math.isnan(values[2]), values[3:]) == ([0.5, 1.0], True, [math.inf, 0.0])


def test_defect_a_wrong_value_raised_into_training(experiment: Run, caplog: pytest.LogCaptureFixture) -> None:
    for wrong in ([1], None, 7, "loss"):
        expt_logger.log(wrong)  # type: ignore[arg-type]
    expt_logger.log({"": 1, "text": "kept", "bad\n": 2, "good": 1}, mode=np.zeros(2))  # type: ignore[arg-type]
    expt_logger.log({"": 1, "text": "kept", "bad\n": 2, "good": 1}, mode=3)  # type: ignore[arg-type]
    expt_logger.log({"good": 1}, step=-1)
    assert [(step, name) for name, step, *_ in points(experiment)] == [(-1, "train/good"), (0, "3/good")]
    assert [line["value"] for line in objects(experiment)] == ["kept"]
    said = [record.message for record in caplog.records]
    assert "log() was given is left out: TypeError: it needs a mapping of names to values, but it got list." in said[0]
    assert len(said) == 4  # the array as mode, the empty name, and the one with a line's end


def test_defect_the_last_of_two_equal_names_in_a_step_won(experiment: Run) -> None:
    expt_logger.log({"loss": 1.0}, commit=False)
    expt_logger.log({"loss": 2.0})
    assert [value for *_, value in points(experiment)] == [1.0, 2.0]


def test_defect_k_was_compared_with_what_another_thread_held(experiment: Run) -> None:
    def tell() -> None:
        for _ in range(100):
            expt_logger.log_environment("r", "", k=9, commit=False)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = [line["step"] for line in objects(experiment)]
    assert sorted(steps) == [step for step in range(40) for _ in range(10)]


@pytest.mark.usefixtures("root")
def test_defect_a_second_init_lost_what_it_was_asked_for() -> None:
    expt_logger.init(name="sweep", config={"lr": 0.1})
    second = expt_logger.init(name="sweep", config={"lr": 0.2})
    assert ended(second).config == {"lr": 0.2}
