"""Events: what is packed is unpacked; what is no batch is a ProtocolError, at little cost."""

import tracemalloc
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid import events
from runid.errors import ProtocolError

TIMES = st.floats(0.0, 4e9)
STEPS = st.integers(-(1 << 63), (1 << 63) - 1)
STAGES = st.none() | st.text(max_size=8)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(1 << 63), (1 << 64) - 1)
PLAIN = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.binary(max_size=8)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
MAPS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)
POINTS = st.dictionaries(st.text(max_size=8), NUMBERS | PLAIN, max_size=5)

ITEMS: dict[int, tuple[st.SearchStrategy[Any], ...]] = {
    events.START: (MAPS,),
    events.POINTS: (STEPS, STAGES, POINTS),
    events.TEXT: (st.text(), st.text()),
    events.CONFIG: (MAPS,),
    events.SUMMARY: (MAPS,),
    events.PRIMARY: (st.text(), st.text()),
    events.META: (MAPS,),
    events.FINISH: (st.sampled_from(events.ENDS), STAGES),
    events.OBJECT: (STEPS, STAGES, st.text(), VALUES),
    events.DROPPED: (st.integers(0, 1 << 40),),
    events.PART: (st.text(), st.lists(st.text(max_size=4), max_size=3), MAPS),
    events.ENVIRONMENT: (MAPS,),
    99: (VALUES,),
}
EVENTS = st.sampled_from(sorted(ITEMS)).flatmap(
    lambda kind: st.tuples(st.just(kind), TIMES, *ITEMS[kind], *[PLAIN] * (kind % 2)).map(list)
)
POINT = [events.POINTS, 1.0, 7, None, {"loss": 0.5}]


@given(st.lists(EVENTS, max_size=6))
def test_what_is_packed_is_unpacked(batch: list[events.Event]) -> None:
    assert events.unpack(b"".join(map(events.pack, batch))) == batch


@given(st.lists(EVENTS, min_size=1, max_size=4))
def test_only_whole_events_make_a_batch(batch: list[events.Event]) -> None:
    packed = [events.pack(event) for event in batch]
    body = b"".join(packed)
    ends = list(accumulate(map(len, packed), initial=0))
    for cut in range(len(body) + 1):
        if cut in ends:
            assert events.unpack(body[:cut]) == batch[: ends.index(cut)]
        else:
            with pytest.raises(ProtocolError):
                events.unpack(body[:cut])


@given(st.lists(EVENTS, min_size=1, max_size=4))
def test_whole_is_where_the_last_whole_event_ends(batch: list[events.Event]) -> None:
    ends = list(accumulate((len(events.pack(event)) for event in batch), initial=0))
    body = b"".join(map(events.pack, batch))
    for start, stop in pairwise(ends):
        for cut in range(start, stop):
            assert events.whole(body[:cut]) == start
    assert events.whole(body) == len(body)


@given(
    st.binary(max_size=200) | st.lists(EVENTS, max_size=3).map(lambda batch: b"".join(map(events.pack, batch))),
    st.data(),
)
def test_no_bytes_raise_anything_but_a_protocol_error(body: bytes, data: st.DataObject) -> None:
    damaged = bytearray(body)
    for place in data.draw(st.lists(st.integers(0, max(0, len(body) - 1)), max_size=3)):
        damaged[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    assert 0 <= events.whole(bytes(damaged)) <= len(damaged)
    try:
        batch = events.unpack(bytes(damaged))
    except ProtocolError:
        return
    for event in batch:
        if event[0] == events.POINTS:
            assert all(type(metric) is str and type(value) is float for metric, value in events.points(event))


@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        [],
        [events.POINTS],
        ["1", 1.0],
        [True, 1.0],
        [events.TEXT, 1, "TEXT", "whole seconds are no float"],
        [events.TEXT, float("nan"), "TEXT", "no time"],
        [events.TEXT, -1.0, "TEXT", "before the epoch"],
        [events.TEXT, 1e300, "TEXT", "no calendar has it"],
        [events.TEXT, 1.0, "no text"],
        [events.POINTS, 1.0, 0.5, None, {}],
        [events.POINTS, 1.0, 1 << 63, None, {}],
        [events.POINTS, 1.0, 0, 5, {}],
        [events.POINTS, 1.0, 0, None, ["loss", 1.0]],
        [events.POINTS, 1.0, 0, None, {b"loss": 1.0}],
        [events.CONFIG, 1.0, {b"key": 1}],
        [events.OBJECT, 1.0, 1 << 63, None, "key", 1],
        [events.FINISH, 1.0, "somehow", None],
        [events.PART, 1.0, "args", {"key": 1}],
        [events.PART, 1.0, "args", [5], {"key": 1}],
        [events.PART, 1.0, "args", [], {b"key": 1}],
        [events.ENVIRONMENT, 1.0, {b"key": 1}],
        [events.ENVIRONMENT, 1.0, "text"],
    ],
)
def test_a_malformed_event_makes_the_whole_batch_an_error(event: Any) -> None:
    good = events.pack(POINT)
    with pytest.raises(ProtocolError):
        events.unpack(good + events.pack(event) + good)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xdd\xff\xff\xff\xff" * 50_000, id="arrays that claim 4 G items"),
        pytest.param(b"\xdd\x00\x03\xff\xff" * 50_000, id="arrays that claim the whole body"),
        pytest.param(b"\xdf\x00\x01\xff\xff\xa1a" * 37_000, id="maps in maps"),
        pytest.param(b"\xdb\xff\xff\xff\xff", id="a string of 4 GiB"),
        pytest.param(b"\xc9\xff\xff\xff\xff\x05", id="an extension of 4 GiB"),
        pytest.param(b"\x91" * 262_144, id="arrays in arrays"),
        pytest.param(b"\x90" * 262_144, id="empty arrays"),
        pytest.param(b"\x80" * 262_144, id="empty maps"),
    ],
)
def test_a_hostile_batch_costs_no_more_memory_than_its_size_allows(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            events.unpack(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(body) + 1_000_000


def test_only_numbers_are_points() -> None:
    values = {"float": 1.5, "int": 2, "nan": float("nan"), "bool": True, "text": "3", "nothing": None, "list": [4]}
    found = dict(events.points([events.POINTS, 1.0, 0, None, values]))
    assert list(found) == ["float", "int", "nan"]
    assert found["int"] == 2.0
