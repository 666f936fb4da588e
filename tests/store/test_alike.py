"""What is decoded by the thousand is what would have been unpacked one by one."""

from __future__ import annotations

import math

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runid import events
from runid.errors import ProtocolError
from runid.store import alike

FLOATS = st.floats(allow_nan=False)
STEPS = st.integers(-(1 << 63), (1 << 63) - 1) | st.sampled_from([0, 127, 128, 255, 256, 65535, 65536, 1 << 32, -33])
STAGES = st.none() | st.sampled_from(["train", "val", "é"])
NAMES = st.sampled_from(["loss", "acc", "grad/norm", "метрика"])
MIXED = st.dictionaries(NAMES, FLOATS | st.integers(-9, 9) | st.booleans() | st.none(), max_size=3)
OTHER = st.just([events.TEXT, 1.0, "TEXT", "hello"]) | st.just([77, 1.0, {"later": 1}])

Flat = list[tuple[int, str, float, int, str | None, float]]


@st.composite
def runs(draw: st.DrawFn) -> list[events.Event]:
    """Events that look alike but for their step, which may grow in width."""
    first, count = draw(STEPS), draw(st.integers(1, 40))
    stage, values = draw(STAGES), draw(st.dictionaries(NAMES, FLOATS, min_size=1, max_size=3))
    last = min(first + count, 1 << 63)
    return [[events.POINTS, 1e9 + step % 7, step, stage, values] for step in range(first, last)]


STREAMS = st.lists(
    runs() | st.lists(st.tuples(st.just(1), st.floats(0, 1e9), STEPS, STAGES, MIXED).map(list) | OTHER),
    max_size=6,
).map(lambda parts: [event for part in parts for event in part])


def one_by_one(stream: list[events.Event]) -> Flat:
    """The points, unpacked the plain way: (place in the stream, metric, time, step, stage, value)."""
    return sorted(
        (place, metric, event[1], event[2], event[3] or "", value)
        for place, event in enumerate(stream)
        if event[0] == events.POINTS
        for metric, value in events.points(event)
    )


def together(body: bytes) -> Flat:
    """The same from blocks."""
    found: Flat = []
    for block in alike.blocks(body)[0]:
        stages = block.stage * len(block.step) if len(block.stage) == 1 else block.stage
        for row, metric in enumerate(block.metrics):
            for n in range(len(block.step)):
                if block.is_number is None or block.is_number[row, n]:
                    place, when, step = int(block.order[n]), float(block.time[n]), int(block.step[n])
                    found.append((place, metric, when, step, stages[n] or "", float(block.value[row, n])))
    return sorted(found)


@settings(deadline=None)
@given(STREAMS)
def test_blocks_hold_what_the_events_hold(stream: list[events.Event]) -> None:
    body = b"".join(map(events.pack, stream))
    assert together(body) == one_by_one(stream)
    assert alike.blocks(body)[1] == len(stream)


def test_a_body_that_ends_within_the_beginning_of_points_is_refused() -> None:
    whole = events.pack([events.POINTS, 1.0, 1, None, {"loss": 1.0}])
    for size in range(1, len(whole)):
        with pytest.raises(ProtocolError):
            alike.blocks(whole[:size])


@settings(deadline=None)
@given(STREAMS, st.binary(min_size=1, max_size=3), st.data())
def test_a_damaged_body_is_refused_as_it_is_one_by_one(
    stream: list[events.Event], junk: bytes, data: st.DataObject
) -> None:
    body = bytearray(b"".join(map(events.pack, stream)))
    at = data.draw(st.integers(0, len(body)))
    body[at : at + len(junk)] = junk
    try:
        expected = repr(one_by_one(events.unpack(bytes(body))))
    except ProtocolError:
        with pytest.raises(ProtocolError):
            alike.blocks(bytes(body))
    else:
        assert repr(together(bytes(body))) == expected  # NaN equals itself there


@pytest.mark.parametrize("count", [1, 15, 16, 511, 512, 513, 5000])
def test_long_stretches_are_read_to_their_end(count: int) -> None:
    stream: list[events.Event] = [
        [events.POINTS, 1e9, 70_000 + n, "train", {"a": n / 7, "b": -1.0}] for n in range(count)
    ]
    stream.append([events.POINTS, 1e9, 70_000 + count, "train", {"a": 0.0, "c": -1.0}])
    assert together(b"".join(map(events.pack, stream))) == one_by_one(stream)


def test_not_a_number_is_a_number() -> None:
    stream: list[events.Event] = [
        [events.POINTS, 1e9, n, None, {"a": value}] for n, value in enumerate([math.nan, math.inf, -math.inf] * 9)
    ]
    assert repr([one[-1] for one in together(b"".join(map(events.pack, stream)))]).count("nan") == 9


@pytest.mark.parametrize("when", [-1.0, math.nan, 1e12])
def test_a_time_that_is_none_is_refused(when: float) -> None:
    stream = [[events.POINTS, 1e9, n, None, {"a": 0.5}] for n in range(99)]
    stream[50][1] = when
    with pytest.raises(ProtocolError, match="time"):
        alike.blocks(b"".join(map(msgpack.packb, stream)))
