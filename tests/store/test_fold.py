"""The fold adds records up once, wherever it is put down and taken up again, and refuses what is no fold."""

import contextlib
import json
import math
import time
from typing import Any

import msgpack
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runid import events
from runid.errors import FormatError
from runid.store import files, journal
from runid.store.fold import LOGS, OBJECTS, Fold, checksum
from runid.store.journal import Record

HOST = "node_a1b2c3d4"
A, B = b"a" * 16, b"b" * 16
NOBODY = bytes(16)
NOW = 1_700_000_000.25

NAMES = st.sampled_from(["loss", "acc", "sys/cpu"])
INTS = st.integers(-(1 << 63), (1 << 64) - 1)
NUMBERS = st.floats() | INTS
ODD = st.none() | st.text(max_size=2) | st.booleans()
KEYS = st.dictionaries(st.sampled_from("xyz"), INTS | st.floats(), max_size=2)
TEXTS = st.text("ab \n", max_size=6)
STEPS = st.integers(-5, 1 << 40)
TIMES = st.floats(NOW, NOW + 1e6)

POINTS = st.tuples(TIMES, STEPS, st.none() | st.just("train"), st.dictionaries(NAMES, NUMBERS | ODD, max_size=3))
EVENTS = st.one_of(
    POINTS.map(lambda items: [events.POINTS, *items]),
    POINTS.map(lambda items: [events.POINTS, *items]),
    st.tuples(TIMES, st.just("TEXT"), TEXTS).map(lambda items: [events.TEXT, *items]),
    st.tuples(TIMES, KEYS).map(lambda items: [events.CONFIG, *items]),
    st.tuples(TIMES, KEYS).map(lambda items: [events.SUMMARY, *items]),
    st.tuples(TIMES, KEYS).map(lambda items: [events.META, *items]),
    st.tuples(TIMES, KEYS).map(lambda items: [events.ENVIRONMENT, *items]),
    st.tuples(
        TIMES, st.sampled_from(["args", "extra", "config_files", "later"]), st.lists(st.sampled_from("xyz")), KEYS
    ).map(lambda items: [events.PART, *items]),
    st.tuples(TIMES, KEYS).map(lambda items: [events.START, *items]),
    st.tuples(TIMES, NAMES, st.sampled_from(["max", "min"])).map(lambda items: [events.PRIMARY, *items]),
    st.tuples(TIMES, STEPS, st.none(), st.just("key"), st.lists(INTS, max_size=2)).map(
        lambda items: [events.OBJECT, *items]
    ),
    st.tuples(TIMES, st.integers(0, 1 << 40)).map(lambda items: [events.DROPPED, *items]),
    st.tuples(TIMES, st.sampled_from(events.ENDS), st.none() | TEXTS).map(lambda items: [events.FINISH, *items]),
    TIMES.map(lambda when: [99, when, "of a later version"]),
)
BATCHES = st.lists(st.tuples(st.sampled_from([A, B]), st.lists(EVENTS, min_size=1, max_size=4)), max_size=8)


class Stream:
    """Records as a keeper numbers them, each writer introduced in the first of them."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.offsets: dict[bytes, int] = {}

    def add(self, kind: int, writer: bytes, body: bytes, offset: int = 0) -> None:
        self.records.append(Record(len(self.records) + 1, offset, writer, kind, body))

    def writer(self, writer: bytes, **info: Any) -> None:
        named = {"number": len(self.offsets) + 1, "rank": len(self.offsets)}
        self.add(journal.WRITER, writer, msgpack.packb(named | info), self.offsets.setdefault(writer, 0))

    def batch(self, writer: bytes, *found: events.Event) -> None:
        if writer not in self.offsets:
            self.writer(writer)
        body = b"".join(map(events.pack, found))
        self.add(journal.BATCH, writer, body, self.offsets[writer])
        self.offsets[writer] += len(body)


def stream(batches: list[tuple[bytes, list[events.Event]]]) -> Stream:
    made = Stream()
    for writer, found in batches:
        made.batch(writer, *found)
    return made


def folded(records: list[Record], fold: Fold | None = None) -> Fold:
    fold = fold or Fold(HOST)
    for record in records:
        fold.apply(record)
    return fold


def one(*found: events.Event) -> Fold:
    """The fold of one writer's events."""
    return folded(stream([(A, list(found))]).records)


def whole(fold: Fold) -> Any:
    """All of a fold, so that two can be compared: NaN is not equal to itself."""
    return json.loads(files.dumps(fold.saved()))


@settings(max_examples=60)
@given(BATCHES, st.data())
def test_a_fold_put_down_and_taken_up_goes_on_as_if_it_had_not_been(batches: Any, data: st.DataObject) -> None:
    records = stream(batches).records
    through = folded(records)
    fold, made = Fold(HOST), {LOGS: "", OBJECTS: ""}
    for record in records:
        fold.apply(record)
        if data.draw(st.booleans()):
            for what, text in made.items():
                made[what] = text + "".join(fold.pending[what])
            fold = Fold.of(HOST, json.loads(files.dumps(fold.saved())))
    assert whole(fold) == whole(through)
    for what, text in made.items():
        assert text + "".join(fold.pending[what]) == "".join(through.pending[what])


@settings(max_examples=60)
@given(BATCHES)
def test_how_events_are_put_into_batches_makes_no_difference(batches: Any) -> None:
    single = [(writer, [event]) for writer, found in batches for event in found]
    together, apart = folded(stream(batches).records), folded(stream(single).records)
    assert whole(together) | {"through": 0, "crc": 0} == whole(apart) | {"through": 0, "crc": 0}
    assert together.pending == apart.pending


@settings(max_examples=60)
@given(BATCHES)
def test_metrics_in_short_are_those_of_the_points(batches: Any) -> None:
    fold = folded(stream(batches).records)
    values: dict[str, list[float]] = {}
    steps: dict[str, list[int]] = {}
    for writer, found in batches:
        for event in found:
            if event[0] == events.POINTS:
                steps.setdefault(writer.hex(), []).append(event[2])
            for metric, value in events.points(event) if event[0] == events.POINTS else ():
                values.setdefault(metric, []).append(value)
    assert {key: one.last_step for key, one in fold.writers.items() if key in steps} == {
        key: max(found) for key, found in steps.items()
    }
    assert not fold.system.keys() - {"sys/cpu"}
    stats = fold.metrics | fold.system
    assert {name: stat.count for name, stat in stats.items() if stat.count} == {
        name: len(found) for name, found in values.items()
    }
    for metric, found in values.items():
        stat, real = stats[metric], [value for value in found if not math.isnan(value)]
        assert repr(stat.last) == repr(found[-1])
        assert (stat.min, stat.max) == ((min(real), max(real)) if real else (None, None))


@settings(max_examples=60)
@given(BATCHES)
def test_the_best_value_is_the_first_of_the_best_since_the_primary_metric_was_named(batches: Any) -> None:
    fold = folded(stream(batches).records)
    primary, best = None, None
    for event in (event for _, found in batches for event in found):
        if event[0] == events.PRIMARY and event[2:] != primary:  # each rank says it, and a resumed program again
            primary, best = event[2:], None
        elif event[0] == events.POINTS and primary:
            value = dict(events.points(event)).get(primary[0], math.nan)
            sign = 1 if primary[1] == "max" else -1
            if not math.isnan(value) and (best is None or sign * value > sign * best["value"]):
                best = {"value": value, "step": event[2]}
    assert (fold.primary, fold.best) == (primary, best)


@settings(max_examples=60)
@given(BATCHES, st.data())
def test_a_damaged_fold_is_refused_and_nothing_else(batches: Any, data: st.DataObject) -> None:
    saved = whole(folded(stream(batches).records))
    name = data.draw(st.sampled_from(sorted(saved)))
    assume(name != "host")
    with pytest.raises(FormatError, match="damaged"):
        Fold.of(HOST, {key: value for key, value in saved.items() if key != name})
    before = saved[name]
    saved[name] = data.draw(st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.just({"x": 1}))
    if files.dumps(saved[name]) != files.dumps(before):
        with pytest.raises(FormatError, match="checksum"):
            Fold.of(HOST, saved)
    saved["crc"] = checksum(saved)  # written so, by whatever version
    with contextlib.suppress(FormatError):
        folded([Record(9, 0, NOBODY, journal.HEARTBEAT, msgpack.packb(1.0))], Fold.of(HOST, saved)).saved()


def test_no_more_than_50_metrics_but_always_the_primary_one() -> None:
    found = one(*([events.POINTS, NOW, 1, None, {f"m{number}": 1.0}] for number in range(60)))
    assert len(found.metrics) == 50
    named = one(
        *([events.POINTS, NOW, 1, None, {f"m{number}": 1.0}] for number in range(50)),
        [events.PRIMARY, NOW, "late", "max"],
        [events.POINTS, NOW, 2, None, {"late": 3.0, "later": 4.0}],
    )
    assert named.metrics["late"].last == 3.0
    assert len(named.metrics) == 51


def test_text_becomes_lines_with_time_and_level() -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(NOW)) + ".250"
    found = one([events.TEXT, NOW, "INFO", "one\n\n  two\n"], [events.TEXT, NOW, "TEXT", ""])
    assert found.pending[LOGS] == [f"{clock} | INFO | one\n", "\n", f"{clock} | INFO |   two\n", "\n"]


def test_text_names_the_rank_once_there_are_several() -> None:
    made = Stream()
    made.batch(A, [events.TEXT, NOW, "TEXT", "alone"])
    made.writer(B)
    made.batch(A, [events.TEXT, NOW, "TEXT", "first"])
    made.batch(B, [events.TEXT, NOW, "TEXT", "second"])
    lines = [line.split(" | ") for line in folded(made.records).pending[LOGS]]
    assert [(line[0] if line[0].startswith("rank") else "", line[-1]) for line in lines] == [
        ("", "alone\n"),
        ("rank 0", "first\n"),
        ("rank 1", "second\n"),
    ]


def test_an_object_becomes_a_line_of_json() -> None:
    (line,) = one([events.OBJECT, NOW, 7, "train", "table", {"rows": [1, math.nan]}]).pending[OBJECTS]
    assert json.loads(line) == {
        "key": "table",
        "step": 7,
        "stage": "train",
        "time": NOW,
        "rank": 0,
        "type": "json",
        "value": {"rows": [1, "NaN"]},
    }


def test_a_hole_is_counted_and_the_stream_goes_on_behind_it() -> None:
    made = Stream()
    made.writer(A)
    made.add(journal.HOLE, A, msgpack.packb({"to": 500}), offset=100)
    fold = folded(made.records)
    assert (fold.offset(A), fold.writers[A.hex()].lost_bytes) == (500, 400)


def test_a_writer_that_was_given_up_and_comes_back_runs_again() -> None:
    made = Stream()
    made.writer(A)
    end = {"status": "crashed", "reason": "disappeared without a word", "time": NOW}
    made.add(journal.END, A, msgpack.packb(end))
    gone = folded(made.records)
    assert [writer.reason for writer in gone.writers.values()] == ["disappeared without a word"]
    assert not gone.live()
    made.writer(A, number=1)
    (back,) = folded(made.records).live()
    assert (back.reason, back.ended) == (None, None)


def test_what_a_writer_said_of_its_own_end_stands() -> None:
    made = stream([(A, [[events.FINISH, NOW, "failed", "raised ValueError"]])])
    made.writer(A, number=1)
    (writer,) = folded(made.records).writers.values()
    assert (writer.status, writer.reason, writer.ended) == ("failed", "raised ValueError", NOW)


def test_records_of_nobody_and_of_unknown_kind_change_nothing() -> None:
    made = Stream()
    made.add(journal.HEARTBEAT, NOBODY, msgpack.packb(NOW))
    made.add(77, A, b"of a later version")
    made.add(journal.BATCH, A, events.pack([events.CONFIG, NOW, {"x": 1}]))
    fold = folded(made.records)
    assert (fold.through, fold.heartbeat, fold.writers, fold.config) == (3, NOW, {}, {})


def test_a_batch_that_holds_no_events_counts_as_held_and_the_run_can_be_read() -> None:
    made = Stream()
    made.batch(A, [events.CONFIG, NOW, {"x": 1}])
    made.add(journal.BATCH, A, b"\xc1", made.offsets[A])
    made.offsets[A] += 1
    made.batch(A, [events.CONFIG, NOW, {"y": 2}])
    fold = folded(made.records)
    assert (fold.offset(A), fold.config) == (made.offsets[A], {"x": 1, "y": 2})


def test_the_parts_of_a_config_are_laid_over_each_other() -> None:
    fold = one(
        [events.CONFIG, NOW, {"lr": 1, "seed": 2}],
        [events.PART, NOW, "args", [], {"lr": 3, "a": 4, "b": 5}],
        [events.PART, NOW, "extra", ["nothing"], {"model": "vit"}],
        [events.PART, NOW, "args", ["b"], {"a": 6}],
        [events.PART, NOW, "of a later version", ["seed"], {"seed": 7}],
    )
    assert (fold.args, fold.config) == ({"lr": 3, "a": 6}, {"seed": 2, "model": "vit"})


def test_the_text_of_a_config_file_that_left_the_list_is_passed_over() -> None:
    fold = one(
        [events.PART, NOW, "config_files", [], {"a": None}],
        [events.PART, NOW, "config_files", ["a"], {"b": None, "c": None}],
        [events.PART, NOW, "config_files", [], {"a": "read late"}],
        [events.PART, NOW, "config_files", [], {"b": "read"}],
    )
    assert fold.config_files == {"b": "read", "c": None}


def test_the_environment_is_that_of_the_lowest_rank() -> None:
    made = Stream()
    for rank, writer in ((1, A), (0, B)):
        made.writer(writer, rank=rank)
    made.batch(A, [events.ENVIRONMENT, NOW, {"argv": ["one"], "only": "one"}])
    assert folded(made.records).environment == {"argv": ["one"], "only": "one", "rank": 1}
    made.batch(B, [events.ENVIRONMENT, NOW, {"argv": ["zero"]}], [events.ENVIRONMENT, NOW, {"os": "x"}])
    made.batch(A, [events.ENVIRONMENT, NOW, {"argv": ["late"]}])
    assert folded(made.records).environment == {"argv": ["zero"], "os": "x", "rank": 0}
