"""Whatever is logged becomes plain data that msgpack gives back as it was, and nothing raises."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
import struct
import threading
from collections import OrderedDict, UserDict, deque
from collections.abc import Iterator
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn.values import ARRAY_ITEMS, DEPTH, encodable, number, plain


class Colour(enum.Enum):
    RED = "red"


class Word(str, enum.Enum):  # noqa: UP042 - unlike a StrEnum its str() is "Word.LOSS"
    LOSS = "loss"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: float
    inner: object = None


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Hostile:
    """Raises whatever the code under test may ask of it."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__

    def __float__(self) -> float:
        raise RuntimeError

    @property
    def ndim(self) -> int:
        raise RuntimeError

    dtype = shape = tolist = item = isoformat = value = ndim


class HostileMapping(UserDict[str, object]):
    def __iter__(self) -> Iterator[str]:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


class Tensor:
    """The outside of a tensor without dimensions, as torch and JAX have it: a type of its own and `item`."""

    ndim = 0
    shape = ()
    dtype = "bfloat16"

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value

    tolist = item


class EagerTensor:
    """The outside of TensorFlow's: no `item`."""

    ndim = 0

    def __float__(self) -> float:
        return 2.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (3, 3.0),
        (True, 1.0),
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int8(-3), -3.0),
        (np.uint64(2**64 - 1), float(2**64 - 1)),
        (np.bool_(True), 1.0),
        (np.array(1.5), 1.5),
        (np.array(7, dtype=np.int32), 7.0),
        (Tensor(1.5), 1.5),
        (Tensor(np.float32(0.5)), 0.5),
        (EagerTensor(), 2.5),
        (decimal.Decimal("0.25"), 0.25),
        (fractions.Fraction(1, 4), 0.25),
        (Level.HIGH, 3.0),
        (10**300, 1e300),
        (math.inf, math.inf),
        (np.float32("-inf"), -math.inf),
    ],
)
def test_numbers(value: object, expected: float) -> None:
    found = number(value)
    assert found == expected
    assert type(found) is float


@pytest.mark.parametrize("value", [math.nan, np.float32("nan"), np.array(math.nan), decimal.Decimal("nan")])
def test_nan_stays_nan(value: object) -> None:
    found = number(value)
    assert found is not None
    assert math.isnan(found)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "1.5",
        b"1.5",
        bytearray(b"1.5"),
        memoryview(b"1.5"),
        np.str_("1.5"),
        Text("1.5"),
        1j,
        np.complex64(1),
        np.complex128(1),
        Tensor(1j),
        Tensor("1.5"),
        np.datetime64("2026-11-21", "ns"),
        np.timedelta64(5, "ns"),
        np.array([1.5]),
        np.array("1.5"),
        np.array(1.5, dtype=object),
        [1.5],
        {"a": 1.5},
        10**400,
        decimal.Decimal("sNaN"),
        fractions.Fraction(10**400),
        dt.timedelta(1),
        object(),
        Hostile(),
        float,
    ],
)
def test_what_is_no_number(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ("text", "text"),
        (Text("text"), "text"),
        (Word.LOSS, "loss"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (-(2**63), -(2**63)),
        (2**64 - 1, 2**64 - 1),
        (2**64, float(2**64)),
        (-(2**63) - 1, float(-(2**63) - 1)),
        (10**400, str(10**400)),
        (np.float32(0.5), 0.5),
        (np.int64(5), 5),
        (np.bool_(False), False),
        (np.str_("text"), "text"),
        (np.longdouble(0.5), 0.5),
        (np.datetime64("2026-11-21T09:00:34.000000005", "ns"), "2026-11-21T09:00:34.000000005"),
        (np.array([["2026-11-21"]], dtype="datetime64[ns]"), [["2026-11-21T00:00:00.000000000"]]),
        (np.array([[1, 2], [3, 4]], dtype=np.int8), [[1, 2], [3, 4]]),
        (np.array(2.5), 2.5),
        (Tensor([1, (2, 3)]), [1, [2, 3]]),
        ((1, [2, "x"]), [1, [2, "x"]]),
        (deque([1, 2]), [1, 2]),
        (range(3), "range(0, 3)"),
        ({3, 1, 2.5}, [2.5, 1, 3]),
        (frozenset(["b", "a"]), ["a", "b"]),
        ({"b": 1}.keys(), ["b"]),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict({"a": {"b": 1}}), {"a": {"b": 1}}),
        (
            {1: "a", None: "b", Word.LOSS: "c", (1, 2): "d", b"e": "e"},
            {"1": "a", "None": "b", "loss": "c", "(1, 2)": "d", "e": "e"},
        ),
        (Point(1.0, Point(2)), {"x": 1.0, "inner": {"x": 2, "inner": None}}),
        (pathlib.PurePosixPath("/data/x"), "/data/x"),
        (dt.date(2026, 11, 21), "2026-11-21"),
        (dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC), "2026-11-21T09:00:00+00:00"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        (bytearray(b"x"), "x"),
        (memoryview(b"x"), "x"),
        (decimal.Decimal("0.5"), 0.5),
        (1j, "1j"),
        (int, "<class 'int'>"),
        (Point, f"{Point}"),
        (argparse.Namespace(a=1), {"a": 1}),
        (np.dtype("float32"), "float32"),
        ("a\ud800b", "a\ufffdb"),
        ({"\ud800": "\udfff"}, {"\ufffd": "\ufffd"}),
        (Hostile(), "<Hostile that cannot be shown>"),
        ([1, Hostile(), 2], [1, "<Hostile that cannot be shown>", 2]),
        ({Hostile(): 1}, {"<Hostile that cannot be shown>": 1}),
        (HostileMapping(a=1), "<HostileMapping that cannot be shown>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain(value: object, expected: object) -> None:
    made = plain(value)
    assert made == expected
    assert type(made) is type(expected)


def test_a_copy_does_not_follow_the_original() -> None:
    original: dict[str, Any] = {"layers": [1, 2], "array": np.array([1, 2])}
    made = plain(original)
    original["layers"].append(3)
    original["array"][0] = 9
    assert made == {"layers": [1, 2], "array": [1, 2]}


def test_a_large_array_becomes_a_text() -> None:
    assert plain(np.zeros(ARRAY_ITEMS)) == [0.0] * ARRAY_ITEMS
    assert plain(np.zeros((ARRAY_ITEMS, 2), np.float32)) == "ndarray of shape (10000, 2) and type float32"


def depth_of(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def test_depth_is_limited() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert depth_of(plain(deep)) == DEPTH
    assert plain({"a": {"b": [1]}}, 2) == {"a": {"b": "[1]"}}
    assert plain([1], 0) == "[1]"
    assert depth_of(msgpack.unpackb(msgpack.packb(plain(deep)))) == DEPTH


def test_what_holds_itself_ends() -> None:
    items: list[object] = [1]
    items += [items, items]
    assert plain(items) == [1, "[1, [...], [...]]", "[1, [...], [...]]"]
    table: dict[str, object] = {"items": items}
    items.append(table)
    assert plain(table) == {"items": [1, str(items), str(items), str(table)]}
    point = Point(1.0)
    point.inner = [point]
    assert plain(point) == {"x": 1.0, "inner": [str(point)]}


def test_what_occurs_twice_is_no_cycle() -> None:
    shared = [1]
    assert plain({"a": shared, "b": shared}) == {"a": [1], "b": [1]}


def test_another_thread_may_change_it_meanwhile() -> None:
    shared: dict[str, int] = {}
    stop = threading.Event()

    def change() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            shared[str(count % 1000)] = count
            shared.pop(str((count + 500) % 1000), None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert all(isinstance(plain(shared), dict) for _ in range(300))
    finally:
        stop.set()
        thread.join()


class Custom:
    """An object whose text is anything, a subclass of str included."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


any_text = st.text(st.characters(codec=None), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**66), 2**66),
    st.floats(),
    any_text,
    any_text.map(Text),
    any_text.map(Custom),
    any_text.map(Text).map(Custom),
    st.binary(max_size=8),
    st.complex_numbers(),
    st.decimals(),
    st.fractions(),
    st.datetimes(),
    st.floats(width=32).map(np.float32),
    st.integers(0, 255).map(np.uint8),
    st.lists(st.floats(), max_size=3).map(np.array),
    st.builds(Hostile),
    st.builds(HostileMapping),
    st.sampled_from([Word.LOSS, Level.HIGH, Tensor(1), object, range(3)]),
)
keys = st.one_of(any_text, st.integers(), st.none(), st.binary(max_size=4), any_text.map(Text), st.builds(Hostile))
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.sets(st.one_of(st.integers(), any_text, st.floats(), st.none()), max_size=4),
        inner.map(lambda value: Point(1.0, value)),
    ),
    max_leaves=12,
)


def same(left: object, right: object) -> bool:
    """Equal in value and type; floats bit by bit, since NaN is equal to nothing."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack("<d", left) == struct.pack("<d", right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(map(same, left.values(), right.values()))
    return left == right


@settings(max_examples=300)
@given(anything)
def test_msgpack_gives_back_what_is_plain(value: object) -> None:
    made = plain(value)
    assert same(msgpack.unpackb(msgpack.packb(made)), made)
    assert same(plain(made), made)
    assert depth_of(made) <= DEPTH


@given(anything, st.integers(0, 3))
def test_any_depth_can_be_asked_for(value: object, depth: int) -> None:
    made = plain(value, depth)
    assert depth_of(made) <= depth
    msgpack.packb(made)


@given(anything)
def test_a_number_is_a_float_or_none(value: object) -> None:
    assert type(number(value)) in (float, type(None))


@given(any_text)
def test_encodable_changes_only_what_has_no_utf8(text: str) -> None:
    made = encodable(text)
    assert made.encode().decode() == made
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert made == text
