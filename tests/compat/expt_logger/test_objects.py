"""What is logged besides numbers: errors, and what environments say."""

from __future__ import annotations

from typing import Any

from tests.compat.expt_logger.reading import ended, objects

from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run


def failed() -> ValueError:
    try:
        raise ValueError("no reward")
    except ValueError as error:
        return error


def only(run: Run) -> dict[str, Any]:
    (found,) = objects(run)
    return found


def test_an_error_is_kept_with_its_traceback(experiment: Run) -> None:
    expt_logger.log_error(failed(), mode="eval")
    found = only(experiment)
    trace = found["value"].pop("traceback")
    assert found == {
        "key": "errors", "step": 0, "stage": "eval", "value": {"message": "no reward", "error_type": "ValueError"}
    }  # fmt: skip
    assert trace.startswith("Traceback (most recent call last):\n")
    assert trace.endswith("ValueError: no reward\n")
    assert ended(experiment).text().endswith("TEXT | ValueError: no reward\n")


def test_an_error_without_its_traceback_and_a_text(experiment: Run) -> None:
    expt_logger.log_error(failed(), include_traceback=False, step=3)
    expt_logger.log_error("the sandbox is gone")
    assert [(line["step"], line["stage"], line["value"]) for line in objects(experiment)] == [
        (3, "train", {"message": "no reward", "error_type": "ValueError", "traceback": None}),
        (4, "train", {"message": "the sandbox is gone", "error_type": None, "traceback": None}),
    ]


def test_an_error_that_cannot_be_shown_raises_nothing(experiment: Run) -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    expt_logger.log_error(SilentError())
    assert only(experiment)["value"]["error_type"] == "SilentError"


def test_what_an_environment_says(experiment: Run) -> None:
    expt_logger.log_environment("r1", "The door is open.")
    assert only(experiment) == {
        "key": "env_logs", "step": 0, "stage": None, "value": {"rollout_id": "r1", "content": "The door is open."}
    }  # fmt: skip
