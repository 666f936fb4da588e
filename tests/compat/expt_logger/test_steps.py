"""The one counter of steps, and what commits it."""

from __future__ import annotations

import logging
import os
import threading

import numpy as np
import pytest
from tests.compat.expt_logger.reading import objects, points

from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run


def steps(run: Run) -> list[int]:
    return [step for _, step, _, _ in points(run)]


def test_steps_count_from_0(experiment: Run) -> None:
    assert experiment.step == 0
    for value in range(3):
        expt_logger.log({"loss": value})
    assert experiment.step == 3
    assert steps(experiment) == [0, 1, 2]


def test_without_a_commit_the_step_is_shared(experiment: Run) -> None:
    expt_logger.log({"metric_a": 1.0}, commit=False)
    expt_logger.log({"metric_b": 2.0}, commit=False)
    expt_logger.log({"metric_c": 3.0})
    expt_logger.log({"metric_a": 4.0})
    assert points(experiment) == [
        ("train/metric_a", 0, "train", 1.0), ("train/metric_b", 0, "train", 2.0), ("train/metric_c", 0, "train", 3.0),
        ("train/metric_a", 1, "train", 4.0),
    ]  # fmt: skip


def test_a_step_that_is_given_sets_the_counter(experiment: Run) -> None:
    expt_logger.log({"a": 1}, step=10)
    expt_logger.log({"a": 2})
    expt_logger.log({"a": 3}, step=5, commit=False)
    expt_logger.log({"a": 4})
    expt_logger.log({"a": 5})
    assert [(step, value) for _, step, _, value in points(experiment)] == [(5, 3), (5, 4), (6, 5), (10, 1), (11, 2)]


def test_commit_ends_the_step(experiment: Run) -> None:
    expt_logger.log({"a": 1}, commit=False)
    expt_logger.commit()
    expt_logger.log({"a": 2}, commit=False)
    experiment.commit()
    expt_logger.log({})
    expt_logger.log({"a": 3})
    assert steps(experiment) == [0, 1, 3]


def test_all_calls_share_the_counter(experiment: Run) -> None:
    expt_logger.log({"a": 1}, commit=False)
    expt_logger.log_error("no reward", commit=False)
    expt_logger.log_environment("r1", "won")
    expt_logger.log_error("no prompt")
    expt_logger.log({"a": 2})
    assert [(line["key"], line["step"]) for line in objects(experiment)] == [
        ("errors", 0),
        ("env_logs", 0),
        ("errors", 1),
    ]
    assert steps(experiment) == [0, 2]


def test_log_environment_commits_past_k_calls(experiment: Run) -> None:
    for number in range(7):
        expt_logger.log_environment(f"r{number}", "", k=2, commit=False)
    assert [line["step"] for line in objects(experiment)] == [0, 0, 0, 1, 1, 1, 2]


def test_a_step_that_is_none_is_a_notice(experiment: Run, caplog: pytest.LogCaptureFixture) -> None:
    expt_logger.log({"a": 1}, step="tenth")  # type: ignore[arg-type]
    expt_logger.log({"a": 2}, step=np.int64(4))  # type: ignore[arg-type]
    assert steps(experiment) == [0, 4]
    (said,) = caplog.records
    assert (said.levelno, "'tenth'" in said.message) == (logging.WARNING, True)


def test_threads_never_get_the_same_step(experiment: Run) -> None:
    def train() -> None:
        for _ in range(200):
            expt_logger.log({"a": 1.0})

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps(experiment) == list(range(800))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_goes_on_while_a_thread_of_its_parent_counts(experiment: Run) -> None:
    from runicorn.compat.expt_logger import steps as counter

    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with counter._lock:
            held.set()
            go.wait(50)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(50)
    child = os.fork()
    if child == 0:
        expt_logger.log({"a": 1.0})
        experiment.end()
        os._exit(0)
    go.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0
    assert points(experiment) == [("train/a", 0, "train", 1.0)]
