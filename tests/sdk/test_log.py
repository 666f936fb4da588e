"""What `log()` keeps of what it is given, read back from the run's files; and that it does not raise."""

import decimal
import enum
import fractions
import math
import threading
from collections import UserDict
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from tests.programs import Point, points, read, text

import runicorn as rn
from runid.store import runs


class Hostile:
    """A value of a user whose code fails wherever it is called."""

    def __float__(self) -> float:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


class Tensor:
    """What a 0-d tensor of a framework looks like from outside."""

    ndim = 0
    shape = ()
    dtype = "float32"

    def item(self) -> float:
        return 0.25


class Colour(enum.Enum):
    RED = "red"


def values(run: runs.Run) -> dict[str, float]:
    return {metric: value for metric, _, value in points(run)}


def objects(run: runs.Run) -> dict[str, Any]:
    return {line["key"]: line["value"] for line in run.objects()}


def steps(run: runs.Run) -> list[int]:
    return [step for metric, step, _ in points(run) if metric == "a"]


def test_numbers_become_points(run: rn.Run) -> None:
    given = {
        "float": 0.1, "int": 3, "bool": True, "big": 2**70, "negative": -(2**63), "float32": np.float32(0.1),
        "float64": np.float64(0.2), "int64": np.int64(-4), "bool_": np.bool_(False), "0-d array": np.array(0.5),
        "tensor": Tensor(), "decimal": decimal.Decimal("0.7"), "fraction": fractions.Fraction(1, 4),
        "nan": math.nan, "inf": math.inf, "-inf": np.float32(-np.inf), "tiny": 5e-324,
    }  # fmt: skip
    run.log(given)
    kept = values(read(run))
    assert math.isnan(kept.pop("nan"))
    assert kept == {
        "float": 0.1, "int": 3.0, "bool": 1.0, "big": 2.0**70, "negative": -(2.0**63),
        "float32": float(np.float32(0.1)), "float64": 0.2, "int64": -4.0, "bool_": 0.0, "0-d array": 0.5,
        "tensor": 0.25, "decimal": 0.7, "fraction": 0.25, "inf": math.inf, "-inf": -math.inf, "tiny": 5e-324,
    }  # fmt: skip


def test_other_values_become_objects(run: rn.Run) -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    given = {
        "text": "grün", "none": None, "list": [1, "two", None], "dict": {"a": {"b": 1.5}, 3: (True,)}, "empty": {},
        "array": np.arange(3), "too big": 10**400, "complex": 1j, "bytes": b"\xff", "surrogate": "\ud800",
        "enum": Colour.RED, "hostile": Hostile(), "set": {2, 1},
    }  # fmt: skip
    run.log({**given, "deep": deep}, step=7, stage="eval")
    read_back = read(run)
    kept = objects(read_back)
    assert "[[[" in str(kept.pop("deep"))
    assert kept == {
        "text": "grün", "none": None, "list": [1, "two", None], "dict": {"a": {"b": 1.5}, "3": [True]}, "empty": {},
        "array": [0, 1, 2], "too big": str(10**400), "complex": "1j", "bytes": "\ufffd", "surrogate": "\ufffd",
        "enum": "red", "hostile": "<Hostile that cannot be shown>", "set": [1, 2],
    }  # fmt: skip
    assert {(line["step"], line["stage"], line["rank"]) for line in read_back.objects()} == {(7, "eval", 0)}
    assert not points(read_back)


def test_keywords_win(run: rn.Run) -> None:
    run.log({"a": 1, "b": 2}, b=3, c=4)
    assert values(read(run)) == {"a": 1.0, "b": 3.0, "c": 4.0}


def test_steps(run: rn.Run) -> None:
    """Auto steps start with 1; an explicit step sets the counter, wherever that is, and the next is one more."""
    given: list[Any] = [None, None, 10, None, 3.9, "20", True, np.int64(8), None, -5, None, 0, 2**63 - 1, -(2**63), 4]
    for step in given:
        run.log(a=0.5, step=step)
    run.log()
    run.log({})
    run.log(None, a=0.5)
    assert run.step == 7
    expected = [1, 2, 10, 11, 3, 20, 1, 8, 9, -5, -4, 0, 2**63 - 1, -(2**63), 4, 7]
    assert steps(read(run)) == sorted(expected)


def test_names_that_are_steps(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[tuple[dict[str, Any], int | None]] = [
        ({"step": 5, "a": 0.0}, None),
        ({"global_step": np.int32(7), "a": 1.0}, None),
        ({"train/global_step": 9, "a": 2.0}, None),
        ({"trainer/global_step": 11, "a": 3.0}, None),
        ({"step": 100, "global_step": 200, "train/global_step": 300, "a": 4.0}, 13),
        ({"step": 2.5, "a": 5.0}, None),
        ({"step": True, "a": 6.0}, None),
        ({"step": "x", "a": 7.0}, None),
    ]
    for data, step in calls:
        run.log(data, step=step)
    assert points(read(run)) == [
        ("a", 5, 0.0), ("a", 7, 1.0),
        ("a", 9, 2.0), ("train/global_step", 9, 9.0),
        ("a", 11, 3.0), ("trainer/global_step", 11, 11.0),
        ("a", 13, 4.0), ("train/global_step", 13, 300.0),
        ("a", 14, 5.0), ("a", 15, 6.0), ("a", 16, 7.0),
    ]  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == [
        "runicorn: 'step' is no integer but 2.5: it is not taken for the step and left out. Give log() step=."
    ]


def test_stages(run: rn.Run) -> None:
    given: list[Any] = [None, "train", "train", "\ud800", "s" * 600, 3, ["x"], Hostile()]
    for stage in given:
        run.log(a=0.5, stage=stage)
    run.log({"a": 0.5, "stage": "warmup"})
    run.log({"a": 0.5, "stage": "warmup"}, stage="given")
    run.log(a=0.5, stage="x" * 300_000)
    run.log({"stage": 2})
    table = read(run).points().sort_by("step")
    assert table.column("metric").to_pylist()[-1] == "stage"
    assert table.column("stage").to_pylist() == [
        None, "train", "train", "\ufffd", "s" * 512, "3", "['x']", "<Hostile that cannot be shown>",
        "warmup", "given", "x" * 512, "2",
    ]  # fmt: skip


@pytest.mark.parametrize("step", ["7.5", math.nan, math.inf, 2**63, -(2**63) - 1, [1], "x", 1j, Hostile()])
def test_a_wrong_step_is_one_notice_and_an_auto_step(step: Any, caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    run.log(a=0.5, step=10)
    run.log(a=0.5, step=step)
    run.log(a=0.5, step=step)
    assert len(caplog.messages) == 1
    assert "is no whole number; the last step plus 1 is taken." in caplog.text
    assert steps(read(run)) == [10, 11, 12]


def test_wrong_names_are_one_notice_each_and_the_rest_is_kept(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    wrong = {"": 1.0, "n" * 513: 2.0, "line\nbreak": 3.0, Hostile(): 4.0}
    for _ in range(3):
        run.log({**wrong, "a": 5.0, "b": "text"})  # type: ignore[dict-item]
    assert len(caplog.messages) == len(wrong)
    assert [word for word in ("empty", "513 bytes", "control characters", "no text") if word not in caplog.text] == []
    kept = read(run)
    assert points(kept) == [("a", 1, 5.0), ("a", 2, 5.0), ("a", 3, 5.0)]
    assert len(kept.objects()) == 3


def test_names_become_text(run: rn.Run) -> None:
    run.log({3: 1.0, Colour.RED: 2.0, "\ud800": 3.0, ("a", 1): 4.0, np.str_("n"): 5.0})  # type: ignore[dict-item]
    assert values(read(run)) == {"3": 1.0, "Colour.RED": 2.0, "\ufffd": 3.0, "('a', 1)": 4.0, "n": 5.0}


def test_ten_thousand_metrics_in_one_call(run: rn.Run) -> None:
    given = {f"metric/{number}": number / 3 for number in range(10_000)}
    run.log(given, step=3)
    kept = points(read(run))
    assert {step for _, step, _ in kept} == {3}
    assert {metric: value for metric, _, value in kept} == given
    assert len(kept) == 10_000


def test_long_names_are_cut_into_events_that_fit(run: rn.Run) -> None:
    given = {f"{number:04}" + "ä" * 254: float(number) for number in range(1_500)}
    for _ in range(2):
        run.log(given)
    assert len(read(run).points()) == 3_000


def test_long_text_is_kept(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    lines = [f"{number} " + "ü" * 100 for number in range(5_000)]
    run.log_text("\n".join(lines))
    run.log_text("x" * 700_000)
    kept = text(read(run))
    assert kept[:5_000] == [f"TEXT | {line}" for line in lines]
    assert "".join(line.removeprefix("TEXT | ") for line in kept[5_000:]) == "x" * 700_000
    assert not caplog.messages


def test_a_value_too_large_is_one_notice_and_the_rest_is_kept(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    for _ in range(2):
        run.log({"large": "x" * 300_000, "a": 1.0, "small": "x"})
        run.summary({"large": ["x" * 300_000], "small": 1})
        run.config.update({"large": {"x": "x" * 300_000}, "small": 2})
    assert sorted(message.split(" has ")[0] for message in caplog.messages) == [
        "runicorn: The value of 'large'", "runicorn: config['large']", "runicorn: summary['large']"
    ]  # fmt: skip
    kept = read(run)
    assert points(kept) == [("a", 1, 1.0), ("a", 2, 1.0)]
    assert [line["key"] for line in kept.objects()] == ["small", "small"]
    assert (kept.summary, kept.config) == ({"small": 1}, {"small": 2})


def test_what_is_no_mapping_raises_and_nothing_else_does(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    wrong: Any
    for wrong in (5, "loss", [("loss", 1.0)], {"loss"}, np.zeros(2)):
        with pytest.raises(TypeError, match=f"log\\(\\) needs a mapping of names to values.*{type(wrong).__name__}"):
            run.log(wrong)
        with pytest.raises(TypeError, match="log\\(\\) needs a mapping"):
            run.log(wrong, a=1.0)
    assert run.step == 0
    run.log(None)
    wrong = 5
    run.log_text(wrong)
    run.summary(wrong)
    run.config.update(wrong)
    run.set_primary_metric("")
    assert len(caplog.messages) == 4
    assert not points(read(run))


class FailingMapping(UserDict[str, float]):
    def keys(self) -> Any:
        raise FailedError(Hostile())


class FailedError(Exception):
    pass


def test_mappings_of_all_kinds(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    run.log(UserDict(a=1.0, b="text"))
    run.log(MappingProxyType({"a": 2.0}))
    run.log(FailingMapping(a=3.0))
    run.log(FailingMapping(a=3.0))
    run.log(a=4.0)
    assert len(caplog.messages) == 1
    assert "An event could not be logged: FailedError" in caplog.text
    assert [value for _, _, value in points(read(run))] == [1.0, 2.0, 4.0]


def test_a_later_change_does_not_leak_in(run: rn.Run) -> None:
    data: dict[str, Any] = {"a": 1.0, "list": [1], "array": np.zeros(2), "scalar": np.array(1.0)}
    run.log(data)
    data["a"] = 2.0
    data["list"].append(2)
    data["array"] += 1
    data["scalar"] += 1
    kept = read(run)
    assert values(kept) == {"a": 1.0, "scalar": 1.0}
    assert objects(kept) == {"list": [1], "array": [0.0, 0.0]}


@pytest.fixture(name="changed")
def _changed() -> Iterator[dict[Any, Any]]:
    """A dict that another thread changes all the time; "a" stays."""
    changed: dict[Any, Any] = {"a": 1.0}
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            for key in ("b", "c", 5, "d"):
                changed[key] = 2.0
            for key in ("b", "c", 5, "d"):
                del changed[key]

    thread = threading.Thread(target=change)
    thread.start()
    yield changed
    over.set()
    thread.join()


def test_a_dict_that_another_thread_changes(changed: dict[Any, Any], run: rn.Run) -> None:
    expected: list[Point] = []
    for step in range(1, 5_001):
        run.log(changed)
        run.log(changed, b=3.0)
        expected += [("a", 2 * step - 1, 1.0), ("a", 2 * step, 1.0)]
    assert [point for point in points(read(run)) if point[0] == "a"] == expected


def test_all_kinds_of_events_in_the_order_of_their_calls(run: rn.Run) -> None:
    run.log_text("first\n\nsecond")
    run.set_primary_metric("a", "min")
    for value in (3.0, 1.0, math.nan, 2.0, 1.0):
        run.log(a=value)
    run.log_text("third")
    kept = read(run)
    assert text(kept) == ["TEXT | first", "", "TEXT | second", "TEXT | third"]
    assert kept.summary == {
        "best_metric_name": "a", "best_metric_mode": "min", "best_metric_value": 1.0, "best_metric_step": 2
    }  # fmt: skip
