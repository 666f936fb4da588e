"""Rollouts, and the steps that they share with metrics."""

from __future__ import annotations

from typing import Any

import pytest
from tests.compat.expt_logger.reading import objects, points

from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run

MESSAGES = [{"role": "assistant", "content": "The answer is 4."}]
REWARDS = {"correctness": 1.0, "format": 0.9}


def roll(**given: Any) -> None:
    expt_logger.log_rollout(**{"prompt": "What is 2+2?", "messages": MESSAGES, "rewards": REWARDS} | given)


def test_a_rollout_is_a_trace_with_rewards(experiment: Run) -> None:
    roll(mode="eval", id="r1")
    assert objects(experiment) == [
        {
            "key": "rollouts", "step": 0, "stage": "eval",
            "value": {"id": "r1", "prompt": "What is 2+2?", "messages": MESSAGES, "rewards": REWARDS},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": {"content": "What is 2+2?"}},
        {"rewards": [{"name": name, "value": value} for name, value in REWARDS.items()]},
        {"mode": None},
    ],
)
def test_the_forms_of_both_generations_are_the_same(experiment: Run, given: dict[str, Any]) -> None:
    roll()
    roll(step=0, **given)
    first, second = objects(experiment)
    assert first == second


def test_calls_that_commit_are_steps_of_their_own(experiment: Run) -> None:
    expt_logger.log({"loss": 0.5})
    roll()
    expt_logger.log({"loss": 0.4})
    assert [line["step"] for line in objects(experiment)] == [1]
    assert [step for _, step, _, _ in points(experiment)] == [0, 2]


def test_rollouts_share_the_step_of_metrics_that_are_not_committed(experiment: Run) -> None:
    for loss in (0.5, 0.4):
        expt_logger.log({"loss": loss}, commit=False)
        roll(commit=False)
        roll()
    roll(commit=False)
    expt_logger.log({"loss": 0.3})
    assert [line["step"] for line in objects(experiment)] == [0, 0, 1, 1, 2]
    assert [step for _, step, _, _ in points(experiment)] == [0, 1, 2]


def test_a_rollout_s_step_sets_the_counter(experiment: Run) -> None:
    roll(step=5)
    expt_logger.log({"loss": 0.5})
    assert points(experiment) == [("train/loss", 6, "train", 0.5)]


def test_what_is_no_rollout_is_a_notice(experiment: Run, caplog: pytest.LogCaptureFixture) -> None:
    roll(messages="The answer is 4.")
    roll(rewards="good")
    assert objects(experiment) == []
    assert len(caplog.records) == 2
