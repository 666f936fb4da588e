"""What the viewer answers of conversations: windows of steps, prompts and samples, one of them, spans, differences."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.viewer.conftest import Answer, Viewer, shown

from harness.filling import Process, Root
from runicorn.differences import words
from runicorn.viewer import conversation, spans
from runid import events

BEGAN = 1.78e9
TRACE = {"type": "trace", "caption": None}
COUNT, EACH = 600, 20
LONG = "word " * 10_000
ODD: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": LONG},
        *({"role": "user", "content": str(number)} for number in range(450)),
    ],
    "spans": [{"id": "a", "name": "turn", "start_time": 5, "end_time": 7}],
}


def logged() -> Iterator[events.Event]:
    yield [events.START, BEGAN, {}]
    for number in range(COUNT):
        answer = {"role": "assistant", "content": f"It is {number}, and no other."}
        value = {"prompt": f"<b>{number % 4}</b>", "messages": [answer], "rewards": {"right": number / COUNT}}
        yield [events.OBJECT, BEGAN + number, number // EACH, "train", "rollouts", value, TRACE]
    yield [events.OBJECT, BEGAN, 1, None, "odd", ODD, TRACE]


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """A viewer of a run with rollouts."""
    folder = tmp_path_factory.mktemp("rollouts")
    Root(folder).add("rl", "rl_1", [Process(logged())], sealed=False)
    with shown(folder) as made:
        while made.get("runs/rl_1/rollouts")["read"] < 1:
            pass
        yield made


def test_steps_in_windows(viewer: Viewer) -> None:
    told = viewer.get("runs/rl_1/rollouts", lo=10, hi=12, step=17)
    assert [(one["key"], one["count"], one["stages"]) for one in told["sets"]] == [
        ("rollouts", COUNT, [["train", COUNT]]),
        ("odd", 1, [[None, 1]]),
    ]
    assert (told["key"], told["stage"], told["found"], told["names"]) == ("rollouts", "train", COUNT, ["right"])
    assert (told["steps"], told["at"], told["here"]) == (COUNT // EACH, 17, 17)
    rows = told["rows"]
    assert [(one["step"], one["count"]) for one in rows] == [(10, EACH), (11, EACH)]
    assert rows[0]["mean"] == pytest.approx(sum(range(200, 220)) / EACH / COUNT)
    assert all(sum(one["counts"]) == EACH for one in rows)
    assert viewer.get("runs/rl_1/rollouts")["here"] == COUNT // EACH - 1
    few = viewer.get("runs/rl_1/rollouts", q="reward.total<.1 step>0")
    assert (few["found"], few["steps"], few["here"], few["ends"]) == (40, 2, 2, told["ends"])
    none = viewer.get("runs/rl_1/rollouts", q="text~nowhere")
    assert (none["found"], none["rows"], none["here"]) == (0, [], None)


def test_prompts_and_samples_of_a_step(viewer: Viewer) -> None:
    told = viewer.get("runs/rl_1/rollouts/groups", step=3, order="-mean")
    assert told["groups"] == 4
    assert [one["prompt"] for one in told["rows"]] == ["<b>3</b>", "<b>2</b>", "<b>1</b>", "<b>0</b>"]
    prompt = told["rows"][0]["prompt_id"]
    found = viewer.get("runs/rl_1/rollouts/samples", step=3, prompt=prompt, order="-reward", lo=1, hi=3)
    assert (found["found"], found["lo"]) == (EACH // 4, 1)
    assert [one["answer"] for one in found["rows"]] == ["It is 75, and no other.", "It is 71, and no other."]
    second = found["rows"][1]["id"]
    worst = viewer.get("runs/rl_1/rollouts/samples", order="reward", hi=1, id=second)
    assert (worst["found"], worst["rows"][0]["answer"], worst["at"]) == (COUNT, "It is 0, and no other.", 71)
    over = viewer.get("runs/rl_1/rollouts/over", prompt=prompt)
    assert (over["step"], set(over["count"])) == (list(range(COUNT // EACH)), {EACH // 4})
    a, b = (one["id"] for one in found["rows"])
    told = viewer.get("runs/rl_1/rollouts/diff", a=a, b=b)
    assert told["messages"][1] == {
        "a": "assistant",
        "b": "assistant",
        "parts": [["=", "It is "], ["-", "75"], ["+", "71"], ["=", ", and no other."]],
    }


def test_one_of_any_size(viewer: Viewer) -> None:
    named = viewer.get("runs/rl_1/rollouts/samples", of="odd")["rows"][0]["id"]
    told = viewer.get("runs/rl_1/rollouts/one", of="odd", id=named)
    assert (told["count"], len(told["messages"]), told["spans"], told["reward"]) == (451, 50, 1, None)
    assert (len(told["messages"][0]["text"]), told["messages"][0]["size"]) == (conversation.MOST_TEXT, len(LONG))
    assert len(viewer.get("runs/rl_1/rollouts/one", of="odd", id=named, lo=300, hi=10**6)["messages"]) == 151
    assert asked(viewer, "message", of="odd", id=named, n=0).body.decode() == LONG
    assert asked(viewer, "message", of="odd", id=named, n=451).status == 404
    assert viewer.get("runs/rl_1/rollouts/spans", of="odd", id=named)["seconds"] == 2
    assert ["start_time", "5"] in viewer.get("runs/rl_1/rollouts/spans", of="odd", id=named, n=0)["said"]
    for wrong in ({"id": "1.2.3"}, {"id": ""}, {"of": "none"}, {"id": named, "n": 99, "of": "none"}):
        assert asked(viewer, "one", **wrong).status == 404


def asked(viewer: Viewer, part: str, **parameters: object) -> Answer:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return viewer.ask(f"/api/v1/runs/rl_1/rollouts/{part}?{query}")


def test_a_picture_is_shown_only_where_it_is_part_of_the_message() -> None:
    def part(url: object) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": url}}

    ours = "data:image/png;base64,AAAA"
    others = ["https://x/y.png", "data:image/svg+xml;base64,AAAA", "data:text/html,<b>", "javascript:x", "blob:x"]
    told = conversation.told({"role": "user", "content": [part(ours), *map(part, others), part(5), "text"]})
    assert told["images"] == [ours]
    assert all(f"[image {other}]" in told["text"] for other in others)


@pytest.mark.parametrize(
    "message",
    [
        *({}, {"role": 5, "content": 5}, {"content": {"a": [float("nan")]}}, {"content": [None, 1, {"type": 3}]}),
        {"tool_calls": [1, {"function": 5}, {"function": {"name": 1, "arguments": {"a": 1}}}]},
        *({"tokens": [None, {}]}, {"logprobs": {"content": [5, {"token": 1}]}}, {"content": "\x1b[31m\u202e\0"}),
    ],
)
def test_messages_of_any_shape(message: dict[str, Any]) -> None:
    told = conversation.told(message, shaded=True)
    assert isinstance(told["text"], str)
    assert isinstance(told["role"], str)


def test_a_prompt_stands_behind_the_system() -> None:
    system, user, answer = ({"role": role, "content": role} for role in ("system", "user", "assistant"))
    roles = [one["role"] for one in conversation.messages({"prompt": "x", "messages": [system, answer]})]
    assert roles == ["system", "prompt", "assistant"]
    assert conversation.messages({"prompt": "user", "messages": [user, answer]}) == [user, answer]
    assert conversation.messages({"prompt": [system, user], "messages": [answer]}) == [system, user, answer]
    assert conversation.messages({"prompt": [system, user], "messages": [system, user, answer]}) == [
        system,
        user,
        answer,
    ]


def test_spans_are_a_tree() -> None:
    iso, inner = "2026-05-28T20:26:40+00:00", [{"name": "inner"}, 7]
    given = [
        {"span_id": 2, "parent_id": 1, "name": "late", "start_time": 1.78e18 + 2e9, "end_time": 1.78e18 + 3e9},
        {"id": 1, "name": "all", "start_time": iso, "duration_ms": 4000, "status": {"code": "ERROR"}},
        {"id": 3, "parent": 1, "name": "early", "start": 1.78e12 + 500, "duration": 0.5, "children": inner},
        {"id": 4, "parent_id": 5},
        {"id": 5, "parent_id": 4, "error": "broken"},
        {"id": 6, "parent_id": 6},
        "no span",
    ]  # fmt: skip
    told = spans.tree(given)
    assert [(one["name"], one["depth"], one["error"]) for one in told["spans"]] == [
        *(("all", 0, True), ("early", 1, False), ("inner", 2, False), ("late", 1, False)),
        *(("span", 0, False), ("span", 0, False), ("span", 1, True)),
    ]
    assert [one["start"] for one in told["spans"][:4]] == [0, 0.5, None, 2]
    assert (told["seconds"], told["count"]) == (4, 7)
    assert spans.one(given, 5) == [("error", "broken")]
    with pytest.raises(IndexError):
        spans.one(given, 7)
    assert spans.tree(None) == spans.tree("x") == {"spans": [], "count": 0, "seconds": None}
    assert len(spans.tree([{}] * (spans.MOST + 9))["spans"]) == spans.MOST
    assert spans.tree([{"name": "untimed"}])["seconds"] is None


TEXT = st.text("ab \n.", max_size=60)


@settings(max_examples=100, deadline=None, database=None)
@given(TEXT, TEXT)
def test_differences_hold_both_texts(a: str, b: str) -> None:
    parts = words.differences(a, b)
    assert "".join(text for kind, text in parts if kind != "+") == a
    assert "".join(text for kind, text in parts if kind != "-") == b
    assert a != b or all(kind == "=" for kind, _ in parts)
