"""`rn.Trace` and `run.log_rollout`: conversations, in a line or in a file."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tests.media.kept import lines, load, loaded, told

import runicorn as rn

CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 2}'}}
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief ✓"},
    {"role": "user", "content": [{"type": "text", "text": "2 + 2?"}, {"type": "image_url", "image_url": {"url": "x"}}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "4"},
]
SPANS = [{"id": "s1", "name": "add", "kind": "tool", "start_time": 1.5, "usage": {"tokens": 12}, "status": None}]
LONG = [{"role": "user", "content": "✓" * 1000} for _ in range(400)]


@pytest.mark.parametrize("messages", [MESSAGES, LONG], ids=["inline", "file"])
def test_a_trace_comes_back_as_it_was(run: rn.Run, messages: list[dict[str, Any]]) -> None:
    (found,) = loaded(run, rn.Trace(messages, metadata={"model": "tiny", "n": 3}, spans=SPANS))
    assert found == {"messages": messages, "metadata": {"model": "tiny", "n": 3}, "spans": SPANS}


def test_a_long_one_has_a_file_and_tells_how_long_it_is(run: rn.Run) -> None:
    run.log({"long": rn.Trace(LONG), "short": rn.Trace(MESSAGES)})
    assert told(run, "messages", key="long") == 400
    long, short = lines(run, type="trace")
    assert (long["format"], "value" in long) == ("json", False)
    assert (short.get("file"), short["value"]["messages"]) == (None, MESSAGES)


def test_a_list_of_traces_keeps_its_order(run: rn.Run) -> None:
    run.log({"rollouts": [rn.Trace([{"role": "user", "content": str(n)}]) for n in range(3)]}, step=5)
    found = lines(run, key="rollouts")
    assert [(line["index"], line["step"]) for line in found] == [(0, 5), (1, 5), (2, 5)]
    assert [load(run, line)["messages"][0]["content"] for line in found] == ["0", "1", "2"]


@dataclass
class Message:
    """What clients of models give."""

    role: str
    content: Any


def test_values_are_copied_and_become_plain(run: rn.Run) -> None:
    messages: list[Any] = [Message("user", np.float32(0.5)), Message("assistant", float("nan"))]
    run.log({"it": rn.Trace(messages, metadata={1: {"tags"}})})
    messages.clear()
    (line,) = lines(run, key="it")
    assert load(run, line) == {
        "messages": [{"role": "user", "content": 0.5}, {"role": "assistant", "content": "NaN"}],
        "metadata": {"1": ["tags"]},
        "spans": None,
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (MESSAGES[0], MESSAGES[:1]),
        (["hello", None], [{"content": "hello"}, {"content": None}]),
        (tuple(MESSAGES), MESSAGES),
        ([], []),
    ],
)
def test_other_shapes_are_kept_as_far_as_they_can_be(run: rn.Run, given: Any, kept: Any) -> None:
    assert loaded(run, rn.Trace(given))[0]["messages"] == kept


class Vicious(dict[str, Any]):
    """A mapping that is none."""

    def items(self) -> Any:
        raise RuntimeError("gotcha")


def test_what_no_list_can_be_made_of_is_one_notice(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        for given in ("a text", 5, None, "another"):
            run.log({"it": rn.Trace(given)})
    why = "its messages must be a list of mappings with role and content"
    assert caplog.messages == [f"runicorn: The trace 'it' is left out: {why}."]
    assert "gotcha" not in str(loaded(run, rn.Trace([Vicious(a=1)])))


# -- rollouts ---------------------------------------------------------------------------------------------------------

ANSWER = [{"role": "assistant", "content": "The answer is 4."}]
REWARDS = {"correctness": 1.0, "format": 0.9}


@pytest.mark.parametrize("prompt", ["2 + 2?", {"content": "2 + 2?"}, {"role": "user", "content": "2 + 2?"}])
@pytest.mark.parametrize(
    "rewards", [REWARDS, [{"name": name, "value": value} for name, value in REWARDS.items()]], ids=["mapping", "list"]
)
def test_a_rollout_comes_back_as_it_was(run: rn.Run, prompt: Any, rewards: Any) -> None:
    run.log_rollout(prompt, ANSWER, rewards)
    line = lines(run, key="rollouts")[-1]
    assert line["type"] == "trace"
    assert load(run, line) == {"prompt": "2 + 2?", "messages": ANSWER, "rewards": REWARDS}


def test_a_rollout_with_an_id(run: rn.Run) -> None:
    rn.log_rollout("2 + 2?", ANSWER, REWARDS, id="r1")
    (line,) = lines(run, key="rollouts")
    assert load(run, line) == {"id": "r1", "prompt": "2 + 2?", "messages": ANSWER, "rewards": REWARDS}


def test_step_and_mode(run: rn.Run) -> None:
    run.log(loss=1.0, step=5)
    run.log_rollout("?", ANSWER, REWARDS)
    rn.log_rollout("?", ANSWER, REWARDS, step=2, mode="eval")
    run.log(loss=2.0)
    assert run.step == 6, "a rollout moved the step"
    assert [(line["step"], line["stage"]) for line in lines(run, key="rollouts")] == [(5, "train"), (2, "eval")]


def test_a_long_rollout_has_a_file(run: rn.Run) -> None:
    run.log_rollout("?", LONG, REWARDS)
    (line,) = lines(run, key="rollouts")
    assert load(run, line) == {"prompt": "?", "messages": LONG, "rewards": REWARDS}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": np.float32(0.5), "b": True, "c": 2}, {"a": 0.5, "b": 1.0, "c": 2.0}),
        ({"a": None, "b": "good", "c": float("nan")}, {"a": None, "b": "good", "c": "NaN"}),
        (0.5, {"reward": 0.5}),
        ({}, {}),
        ([], {}),
    ],
)
def test_rewards_are_numbers_where_they_can_be(run: rn.Run, given: Any, kept: Any) -> None:
    run.log_rollout("?", ANSWER, given)
    assert load(run, lines(run, key="rollouts")[-1])["rewards"] == kept


@pytest.mark.parametrize("rewards", [None, "good", [1.0, 2.0], [{"name": "a"}], object()])
def test_rewards_without_names_are_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture, rewards: Any) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log_rollout("?", ANSWER, rewards)
    why = "its rewards must be {name: number} or a list of {name, value}"
    assert caplog.messages == [f"runicorn: The trace 'rollouts' is left out: {why}."]


@pytest.mark.parametrize("call", [rn.Run.log_rollout, lambda _, *given: rn.log_rollout(*given)], ids=["run", "module"])
def test_wrong_arguments_never_raise(run: rn.Run, caplog: pytest.LogCaptureFixture, call: Callable[..., None]) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        call(run, object(), ANSWER, REWARDS, "x", object())
    assert "step='x' is no whole number" in caplog.text
    assert len(lines(run, key="rollouts")) == 1


def test_after_the_end_it_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    run.finish()
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log_rollout("?", ANSWER, REWARDS)
    assert "has finished" in caplog.text
