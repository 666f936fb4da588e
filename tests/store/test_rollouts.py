"""A run's conversations as columns: what they tell in short, queries, sums, orders, and lines that are none of ours."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.filling import Process, Root
from runid import events
from runid.errors import QueryError
from runid.media import rollout
from runid.store import rollout_query, rollout_sums, runs
from runid.store.rollout_index import RolloutIndex
from runid.store.rollouts import Rollouts

BEGAN = 1.78e9
TRACE = {"type": "trace", "caption": None}


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def logged(number: int) -> events.Event:
    """Steps 0 to 4, twelve each, of three prompts; of every fourth no reward is known, and of one NaN."""
    rewards = {} if number % 4 == 3 else {"right": number / 10, "brief": float("nan") if number == 5 else 0.5}
    value: dict[str, Any] = {"prompt": f"p{number % 3}", "messages": [said(f"answer {number}")], "rewards": rewards}
    value |= {"advantage": 5.0 - number, "truncated": number % 10 == 0}
    stage = "eval" if number == 59 else "train"
    return [events.OBJECT, BEGAN + number, number // 12, stage, "rollouts", value, TRACE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chat = {"messages": [{"role": "user", "content": "hi?"}, said("ho")], "metadata": {"score": 2}, "spans": [{}]}
    all_ = [[events.START, BEGAN, {}], *map(logged, range(60)), [events.OBJECT, BEGAN, 3, None, "chat", chat, TRACE]]
    return Root(tmp_path_factory.mktemp("rollouts")).add("rl", "rl_1", [Process(all_)], sealed=False)


@pytest.fixture(scope="module")
def index(folder: Path) -> RolloutIndex:
    made = RolloutIndex(folder)
    assert made.refresh() == 1
    return made


@pytest.fixture(scope="module")
def of(index: RolloutIndex) -> Rollouts:
    return index.of["rollouts", "trace"]


def test_columns(index: RolloutIndex, of: Rollouts) -> None:
    assert [(key, kind, len(one)) for (key, kind), one in index.of.items()] == [
        ("rollouts", "trace", 60),
        ("chat", "trace", 1),
    ]
    assert (of["step"].tolist(), of.stages) == ([number // 12 for number in range(60)], ["train", "eval"])
    assert (of["total"][2], of["advantage"][2], of["truncated"][:2].tolist()) == (0.7, 3.0, [1, 0])
    assert np.isnan(of["total"][[3, 5]]).all()
    assert of.names == ["right", "brief"]
    assert len(set(of["prompt"].tolist())) == 3
    assert (len(of.of_stage("eval")), len(of.of_stage("none")), len(of.of_stage(None))) == (1, 0, 60)
    assert index.value(of, 7)[1]["messages"] == [said("answer 7")]
    chat = index.of["chat", "trace"]
    assert (chat["total"][0], chat["spans"][0], chat.names) == (2.0, 1, ["score"])


def test_an_identity_lasts(folder: Path, index: RolloutIndex, of: Rollouts) -> None:
    names = [of.identity(place, index.hosts) for place in range(60)]
    again = RolloutIndex(folder)
    while again.refresh(0.0) < 1:  # no line is read then
        again.refresh()
    assert [again.of["rollouts", "trace"].place(name, again.hosts) for name in names] == list(range(60))
    for wrong in ("", ".", "0", "0.0", "0.0.other", "x.0.filled_1", "-1.0.filled_1", "1" * 99 + ".0.filled_1"):
        assert of.place(wrong, index.hosts) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("reward>5", [47, 48, 49, 50, 52, 53, 54, 56, 57, 58]),
        ("reward.right>=5.6 step=4", [56, 57, 58]),
        ("right<.3", [0, 1, 2]),
        ("advantage>3 not truncated=true", [1]),
        ("text~'answer 1$'", [1]),
        ("'ANSWER 12'", [12]),
        ("p1 step=0", [1, 4, 7, 10]),
        ("prompt=p2 len>8 step=0", [11]),
        ("stage=eval", [59]),
        ("flag=true", [2]),
        ("none>1", []),
        ("", list(range(60))),
    ],
)
def test_queries(index: RolloutIndex, of: Rollouts, text: str, meant: list[int]) -> None:
    if text == "reward>5":
        meant = [place for place in range(60) if place % 4 != 3 and place / 10 + 0.5 > 5]
    flags = [of.identity(2, index.hosts)]
    assert rollout_query.chosen(index, of, text, of.of_stage(None), flags).tolist() == meant


def test_a_query_that_is_none(index: RolloutIndex, of: Rollouts) -> None:
    with pytest.raises(QueryError):
        rollout_query.chosen(index, of, "reward<", of.of_stage(None))


def test_sums(of: Rollouts) -> None:
    places = of.of_stage(None)
    steps = rollout_sums.by(of["step"], places)
    assert len(steps) == 5
    totals = of["total"][np.arange(12)]
    known = totals[np.isfinite(totals)]
    worth = rollout_sums.worth(of, steps.part(0))
    assert worth == {
        "count": 12,
        "mean": pytest.approx(known.mean()),
        "std": pytest.approx(known.std()),
        "lo": 0.5,
        "hi": pytest.approx(known.max()),
        "truncated": 2 / 12,
    }
    each = [rollout_sums.worth(of, steps.part(number))["std"] for number in range(5)]
    assert rollout_sums.deviations(of, steps).tolist() == pytest.approx(each)
    ends = rollout_sums.ends(of, places)
    assert ends is not None
    assert sum(sum(rollout_sums.counts(of, steps.part(number), *ends)) for number in range(5)) == 60 - 15 - 1
    over = rollout_sums.over_steps(of, places[of["prompt"][places] == of["prompt"][0]])
    assert (over["step"], over["count"]) == ([0, 1, 2, 3, 4], [4] * 5)
    nothing = places[:0]
    assert len(rollout_sums.by(of["step"], nothing)) == 0
    assert rollout_sums.worth(of, nothing)["mean"] is rollout_sums.ends(of, nothing) is None
    assert rollout_sums.over_steps(of, nothing)["step"] == []


@pytest.mark.parametrize("order", rollout_sums.ORDERS)
def test_orders(of: Rollouts, order: str) -> None:
    places = rollout_sums.ordered(of, of.of_stage(None), order)
    assert sorted(places.tolist()) == list(range(60))
    values = of[{"reward": "total", "len": "length", "": "time"}.get(order.strip("-"), "advantage")][places]
    known = values[np.isfinite(values)]
    assert np.isfinite(values[: len(known)]).all(), "what is not known is last"
    assert known.tolist() == sorted(known.tolist(), reverse=order.startswith("-"))


def test_what_is_told_in_short() -> None:
    told = rollout.facts(
        {"prompt": "x " * 500, "messages": [said("four", finish_reason="length")], "rewards": {"r": 2}}
    )
    assert (len(told["prompt"]), told["length"], told["unit"], told["truncated"]) == (200, 4, "characters", True)
    assert "advantage" not in told
    tokens = said("a b", logprobs={"content": [{"token": "a", "logprob": -1}, {"token": "b", "logprob": "-Infinity"}]})
    assert rollout.facts({"messages": [tokens]})["unit"] == "tokens"
    assert rollout.tokens(tokens) == [{"token": "a", "logprob": -1.0}, {"token": "b", "logprob": float("-inf")}]
    beside = said("a", tokens=["a", 1], logprobs=[-1], advantages=[0.5, None])
    assert rollout.tokens(beside) == [
        {"token": "a", "logprob": -1.0, "advantage": 0.5},
        {"token": "1", "advantage": None},
    ]
    asked = [{"role": "user", "content": [{"type": "text", "text": "what?"}, {"type": "image_url"}]}]
    assert rollout.facts({"messages": [*asked, said("that")]})["prompt"] == "what? [image_url]"
    assert rollout.facts({"prompt": asked, "messages": []})["prompt_id"] == rollout.identity(asked)
    given: list[dict[str, float]] = [{}, {"a": 1.0, "b": 2.0}, {"a": 1.0, "total": 5.0}, {"reward": 3.0, "a": 1.0}]
    assert [rollout.total(one) for one in given] == [None, 3.0, 5.0, 3.0]


def test_lines_that_nobody_of_ours_has_written(tmp_path: Path) -> None:
    folder = Root(tmp_path).add("rl", "rl_1", [Process([[events.START, BEGAN, {}], logged(0)])], sealed=False)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    base = {"key": "rollouts", "type": "trace", "step": 1}
    odd: list[Any] = [None, [], "text", {"messages": 5, "rewards": [1], "prompt": deep}]
    large = {"prompt_id": "f" * 40, "rewards": {}, "length": 10**30, "messages": 1, "spans": 0}
    lines: list[Any] = [
        *(1, [], {}, {"type": "trace"}, base | {"step": "1", "value": {}}, base | {"key": 3, "value": {}}),
        *(base | {"within": "media/x", "value": {}}, base | {"file": "../../secret", "format": "json"}),
        *({**base, "value": one} for one in odd),
        *(base | {"value": {}, "facts": one} for one in ({}, {"rewards": 3}, {"prompt_id": "x", "rewards": {"a": ""}})),
        base | {"rank": "0", "time": "now", "stage": 5, "value": {"messages": [3, None, {"role": [], "content": {}}]}},
        base | {"messages": 1, "file": "../../../etc/passwd"},
        base | {"messages": 1, "file": "media/1_000000_x.json", "facts": large},
        {"key": "completions", "type": "table", "step": 1, "rows": 3, "file": "media/1_000000_x.parquet"},
    ]  # fmt: skip
    path = runs.objects_path(folder, "filled_1")
    data = path.read_text() + "".join(json.dumps(line) + "\n" for line in lines) + "no json\n"
    path.write_text(data)
    fold = folder / "writers" / "filled_1.json"
    saved = runs.saved_fold(folder, "filled_1")
    saved.lengths["objects"] = len(data.encode())
    fold.write_text(json.dumps(saved.saved()))
    index = RolloutIndex(folder)
    assert index.refresh() == 1
    of = index.of["rollouts", "trace"]
    assert len(of) == 1 + 4 + 3 + 1 + 2
    assert len(list(index.values(of, of.of_stage(None)))) == len(of)
    for text in ("x", "text~x", "prompt~x", "reward<1"):
        rollout_query.chosen(index, of, text, of.of_stage(None))
