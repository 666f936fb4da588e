"""A real keeper on real files: what it calls safe is there, once, whatever fails and wherever it is killed."""

import contextlib
import json
import shutil
import time as clocks
from collections import deque
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runid import events, keeper
from runid.errors import ProtocolError
from runid.keeper import HEARTBEAT_EVERY, SAVE_EVERY, SYNC_EVERY, Keeper, Place, TroubleError
from runid.store import files, journal, runs, sealing
from runid.store.seals import Done
from tests.clients import NOW, point
from tests.limits import file_size_limit

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
ENOUGH = 1 << 30


class Clock:
    """The clock of the keepers: it stands still until it is told to go on."""

    time = staticmethod(clocks.time)

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(keeper, "time", made)
    return made


class Desk:
    """A keeper of one run, the streams of its writers, and the worker that seals for it."""

    def __init__(self, root: Path, host: str = "one", journal_bytes: int = ENOUGH) -> None:
        self.place = Place(root, "p", "r1", host)
        self.folder = self.place.folder
        self.journal_bytes = journal_bytes
        self.streams: dict[bytes, bytes] = {}
        self.jobs: deque[tuple[dict[str, Any], Done]] = deque()
        self.keeper = self.new()

    def new(self) -> Keeper:
        return Keeper(self.place, self.journal_bytes, lambda job, done: self.jobs.append((job, done)))

    def log(self, writer: bytes, *found: events.Event) -> None:
        """Puts events into a writer's stream."""
        self.streams[writer] = self.streams.get(writer, b"") + b"".join(map(events.pack, found))

    def deliver(self, writer: bytes, known: bool = False) -> None:
        """Hands the keeper all that it does not hold of a stream, as a sender does."""
        held = self.keeper.hello(writer, {"rank": sorted(self.streams).index(writer)}, 0, known)
        assert self.keeper.batch(writer, held, self.streams[writer][held:])

    def deliver_all(self, known: bool = False) -> None:
        for writer in self.streams:
            self.deliver(writer, known)

    def work(self) -> None:
        """Does what a worker process would."""
        while self.jobs:
            job, done = self.jobs.popleft()
            done({"seal": sealing.seal, "merge": sealing.merge}[job["name"]](job), None)

    def finish(self) -> runs.Run:
        """The run as it reads at its end."""
        while not self.keeper.finish():
            self.work()
        self.keeper.save()
        self.keeper.close()
        return self.read()

    def crash(self) -> None:
        """The keeper is gone between two system calls; a new one comes."""
        self.keeper._drop_journal()  # or the test would leak the descriptor; nothing is written
        self.jobs.clear()
        self.keeper = self.new()

    def read(self) -> runs.Run:
        return runs.read_run(self.folder)

    def values(self) -> list[float]:
        return sorted(self.read().points()["value"].to_pylist())

    def last_journal(self) -> Path:
        return journal.journals(self.folder / "journal")[self.place.host][-1][1]


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:  # noqa: ARG001  the keeper's
    return Desk(tmp_path)


def values(*steps: int) -> list[events.Event]:
    return [point(step, float(step)) for step in steps]


# -- offsets ----------------------------------------------------------------------------------------------------------


def test_what_is_held_already_is_dropped_and_a_gap_is_refused(desk: Desk) -> None:
    desk.log(A, *values(1, 2, 3, 4))
    stream = desk.streams[A]
    each = len(stream) // 4
    assert desk.keeper.hello(A, {}, 0, False) == 0
    assert desk.keeper.batch(A, 0, stream[: 2 * each])
    assert desk.keeper.batch(A, 0, stream[: 2 * each]), "all of it is held"
    assert desk.keeper.batch(A, 0, b"")
    assert not desk.keeper.batch(A, 3 * each, stream[3 * each :]), "bytes before it are missing"
    assert not desk.keeper.batch(A, 1 << 62, stream)
    assert desk.keeper.batch(A, each, stream[each:]), "half of it is held"
    assert desk.keeper.fold.offset(A) == len(stream)
    assert desk.finish().points()["value"].to_pylist() == [1.0, 2.0, 3.0, 4.0]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=10))
def test_batches_may_overlap_as_they_like(tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[int, int]]) -> None:
    desk = Desk(tmp_path_factory.mktemp("root"))
    desk.log(A, *values(*range(6)))
    each = len(desk.streams[A]) // 6
    desk.keeper.hello(A, {}, 0, False)
    held = 0
    for start, end in parts:
        good = desk.keeper.batch(A, start * each, desk.streams[A][start * each : end * each])
        assert good == (start <= held)
        held = max(held, end) if good else held
        assert desk.keeper.fold.offset(A) == held * each
    assert desk.values() == [float(step) for step in range(held)]
    desk.crash()


def test_a_batch_that_is_no_sequence_of_events_is_refused_whole(desk: Desk) -> None:
    desk.log(A, *values(1))
    desk.deliver(A)
    offset = len(desk.streams[A])
    good = events.pack(point(2))
    for body in (b"\xc1", good + b"\xc1", good[:-1], good + good[:5], b"\x01", good + events.pack([1, 0.0, "x", None, {}])):
        with pytest.raises(ProtocolError):
            desk.keeper.batch(A, offset, body)
        assert desk.keeper.fold.offset(A) == offset
    with pytest.raises(ProtocolError):
        desk.keeper.batch(A, offset - 3, bytes(3) + b"\x01")  # what is left of it begins inside an event
    assert desk.values() == [1.0]


@pytest.mark.parametrize("held", [0, 1])
def test_bytes_that_the_outbox_has_no_more_are_a_counted_hole(desk: Desk, held: int) -> None:
    desk.log(A, *values(1, 2, 3))
    each = len(desk.streams[A]) // 3
    if held:
        desk.keeper.hello(A, {}, 0, False)
        assert desk.keeper.batch(A, 0, desk.streams[A][:each])
    assert desk.keeper.hello(A, {}, 2 * each, True) == 2 * each
    assert desk.keeper.batch(A, 2 * each, desk.streams[A][2 * each :])
    assert desk.keeper.status()["lost_bytes"] == (2 - held) * each
    run = desk.finish()
    assert [writer["lost_bytes"] for writer in run.writers] == [(2 - held) * each]
    assert run.points()["value"].to_pylist() == ([1.0, 3.0] if held else [3.0])


def test_what_another_host_holds_is_not_kept_twice(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path, host="two")
    for one in (desk, other):
        one.log(A, *values(1, 2), [events.TEXT, NOW, "TEXT", "said once"])
    other.deliver(A)
    other.keeper.save()
    more = values(3), [[events.TEXT, NOW, "TEXT", "said later"]]
    for one in (desk, other):
        for found in more:
            one.log(A, *found)
    desk.deliver(A, known=True)
    other.crash()
    for one in (desk, other):
        run = one.finish()
    assert run.points()["value"].to_pylist() == [1.0, 2.0, 3.0]
    assert sorted(line.rpartition(" | ")[2] for line in run.text().splitlines()) == ["said later", "said once"]
    assert (desk.folder / "logs" / "one.txt").exists() != (desk.folder / "logs" / "two.txt").exists()


# -- what time brings -------------------------------------------------------------------------------------------------


def test_what_is_received_is_safe_within_a_second(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1))
    desk.deliver(A)
    desk.keeper.tick(clock.now)
    clock.now += SYNC_EVERY
    desk.keeper.tick(clock.now)
    assert desk.keeper.safe == {A.hex(): len(desk.streams[A])}
    desk.log(A, *values(2))
    desk.deliver(A)
    desk.keeper.tick(clock.now)
    assert desk.keeper.safe[A.hex()] < len(desk.streams[A]), "nothing was made safe since"
    desk.keeper.sync()
    assert desk.keeper.safe[A.hex()] == len(desk.streams[A])


def test_a_live_run_has_a_heartbeat_and_an_ended_one_has_none(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1))
    desk.deliver(A)

    def beats() -> int:
        for _ in range(5):
            clock.now += HEARTBEAT_EVERY
            desk.keeper.tick(clock.now)
        files_ = journal.journals(desk.folder / "journal")["one"]
        return sum(record.kind == journal.HEARTBEAT for record in journal.read_host(files_))

    assert beats() == 5
    desk.keeper.end(A, "crashed", "disappeared without a word", NOW)
    assert beats() == 5


def test_each_journal_can_be_sealed_alone_though_its_writers_came_long_before(tmp_path: Path, clock: Clock) -> None:
    desk = Desk(tmp_path, journal_bytes=2000)
    for step in range(100):
        desk.log(A, *values(2 * step))
        desk.log(B, *values(2 * step + 1))
        desk.deliver_all()
        clock.now += 0.01
        desk.keeper.tick(clock.now)
    assert len(desk.jobs) > 5
    assert desk.keeper.status()["unsealed"] >= len(desk.jobs)
    desk.work()
    for folder in (desk.folder / "journal").iterdir():
        if folder != desk.last_journal():
            folder.unlink()
    assert desk.values() == [float(value) for value in range(200)]
    assert desk.finish().metrics["loss"]["count"] == 200


def test_a_catalog_entry_comes_with_each_change_but_not_with_each_tick(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1), [events.META, NOW, {"alias": "base"}])
    desk.deliver(A)
    entries = []
    for _ in range(10):
        clock.now += SAVE_EVERY / 2
        entries.append(desk.keeper.tick(clock.now))
    (entry,) = filter(None, entries)
    assert (entry["run"], entry["path"], entry["alias"], entry["status"]) == ("r1", "p", "base", "running")
    assert entry["metrics"]["loss"] == {"count": 1, "last": 1.0, "min": 1.0, "max": 1.0}
    assert json.loads((desk.folder / "status.json").read_text())["status"] == "running"


# -- what fails -------------------------------------------------------------------------------------------------------


def fail_once(desk: Desk, what: str) -> None:
    """The next call of this method of the open journal fails, as it does on a full or dying disk."""
    open_journal = desk.keeper._journal
    assert open_journal is not None

    def failing(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    setattr(open_journal, what, failing)


@pytest.mark.parametrize("known", [False, True])
def test_after_a_failed_fsync_what_is_not_safe_comes_again_into_a_new_journal(
    desk: Desk, clock: Clock, known: bool
) -> None:
    desk.log(A, *values(1), [events.TEXT, NOW, "TEXT", "safe"])
    desk.deliver(A)
    desk.keeper.sync()
    safe = dict(desk.keeper.safe)
    desk.log(A, *values(2), [events.TEXT, NOW, "TEXT", "not safe"])
    desk.deliver(A)
    fail_once(desk, "sync")
    with pytest.raises(TroubleError, match="Input/output error. What is logged waits in the outbox"):
        desk.keeper.sync()
    assert desk.keeper.safe == safe
    for refused in (desk.keeper.sync, lambda: desk.deliver(A), lambda: desk.keeper.tick(clock.now), desk.keeper.sync_):
        with pytest.raises(TroubleError):
            refused()
    assert desk.keeper.safe == safe, "bytes of which the disk said nothing good were freed in the outbox"
    assert desk.keeper.status()["trouble"]
    clock.now += 1.0
    desk.deliver(A, known)
    desk.keeper.sync()
    assert desk.keeper.safe == {A.hex(): len(desk.streams[A])}
    assert desk.keeper.status()["trouble"] == ""
    journals = journal.journals(desk.folder / "journal")["one"]
    assert len(journals) == 2, "something was appended behind a tail that may be damaged"
    assert desk.values() == [1.0, 2.0]
    run = desk.finish()
    assert [line.rpartition(" | ")[2] for line in run.text().splitlines()] == ["safe", "not safe"]
    assert run.points()["value"].to_pylist() == [1.0, 2.0]
