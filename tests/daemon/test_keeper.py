"""A real keeper on real files: what it calls safe is there, once, whatever fails and wherever it is killed."""

import contextlib
import json
import shutil
import time as clocks
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clients import NOW, point
from tests.limits import file_size_limit, quick_folder

from runid import events, keeper
from runid.errors import ProtocolError
from runid.keeper import HEARTBEAT_EVERY, SAVE_EVERY, SYNC_EVERY, Keeper, Place, TroubleError
from runid.store import files, journal, runs, sealing
from runid.store.seals import Done

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
ENOUGH = 1 << 30


class Clock:
    """The clock of the keepers: it stands still until it is told to go on."""

    time = staticmethod(clocks.time)

    def __init__(self) -> None:
        self.now = 1000.0
        self.cpu = self.cost = 0.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        self.cpu += self.cost
        return self.cpu


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
        return Keeper(self.place, self.journal_bytes, self.submit)

    def submit(self, job: dict[str, Any], done: Done, told: object = None) -> None:  # noqa: ARG002  they tell nothing
        self.jobs.append((job, done))

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

    def text(self) -> str:
        """What stands in logs.txt."""
        path = self.folder / "logs.txt"
        return path.read_text() if path.exists() else ""

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


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=10))
def test_batches_may_overlap_as_they_like(parts: list[tuple[int, int]]) -> None:
    with quick_folder() as folder:
        desk = Desk(folder)
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
    for body in (
        b"\xc1",
        good + b"\xc1",
        good[:-1],
        good + good[:5],
        b"\x01",
        good + events.pack([1, 0.0, "x", None, {}]),
    ):
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
    for turn, one in enumerate((desk, other, desk, other)):  # as after each kill of the daemon that served it
        for both in (desk, other):
            both.log(A, *values(turn), [events.TEXT, NOW, "TEXT", f"said {turn}"])
        one.deliver(A, known=True)
        one.keeper.save()
    run = [one.finish() for one in (desk, other)][-1]
    assert run.points()["value"].to_pylist() == [0.0, 1.0, 2.0, 3.0]
    assert sorted(line.rpartition(" | ")[2] for line in run.text().splitlines()) == [
        f"said {turn}" for turn in range(4)
    ]
    assert (desk.folder / "logs.txt").exists()
    assert [path.name for path in (desk.folder / "logs").iterdir()] == ["two.txt"]


# -- what time brings -------------------------------------------------------------------------------------------------


def test_what_is_received_is_safe_within_a_second(desk: Desk, clock: Clock) -> None:
    for step in range(3):
        desk.log(A, *values(step))
        desk.deliver(A)
        clock.now += 0.9 * SYNC_EVERY
        desk.keeper.tick(clock.now)
        clock.now += 0.1 * SYNC_EVERY
        desk.keeper.tick(clock.now)
        assert desk.keeper.safe == {A.hex(): len(desk.streams[A])}
    desk.log(A, *values(3))
    desk.deliver(A)
    desk.keeper.tick(clock.now)
    assert desk.keeper.safe[A.hex()] < len(desk.streams[A]), "an fsync for each batch"
    desk.keeper.sync()
    assert desk.keeper.safe[A.hex()] == len(desk.streams[A])


def test_what_is_costly_to_put_down_is_put_down_rarely(desk: Desk, clock: Clock) -> None:
    """Each save of ten thousand outputs took 0.6 s, every two seconds, in the thread that answers all other runs."""
    clock.cost = 1.0
    desk.log(A, *values(1))
    desk.deliver(A)
    saves = 0
    for second in range(40):
        clock.now += 1.0
        desk.log(A, *values(2 + second))
        desk.deliver(A)
        saves += desk.keeper.tick(clock.now) is not None
    assert saves == 4


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
    with pytest.raises(TroubleError, match=r"Input/output error\. What is logged waits in the outbox"):
        desk.keeper.sync()
    tries: list[Callable[[], object]] = [desk.keeper.sync, desk.keeper.save]
    tries += [lambda: desk.deliver(A), lambda: desk.keeper.tick(clock.now)]
    for refused in tries:
        with pytest.raises(TroubleError):
            refused()
        assert desk.keeper.safe == safe, "bytes of which the disk said nothing good are freed in the outbox"
    assert "Input/output error" in desk.keeper.status()["trouble"]
    assert desk.values() in ([1.0], [1.0, 2.0])
    clock.now += 1.0
    desk.deliver(A, known)
    assert desk.values() == [1.0, 2.0]
    assert desk.keeper.status()["trouble"] == ""
    assert len(journal.journals(desk.folder / "journal")["one"]) == 2, "it was appended behind a tail that may be bad"
    desk.keeper.sync()
    assert desk.keeper.safe == {A.hex(): len(desk.streams[A])}
    run = desk.finish()
    assert [line.rpartition(" | ")[2] for line in run.text().splitlines()] == ["safe", "not safe"]
    assert run.points()["value"].to_pylist() == [1.0, 2.0]


@pytest.mark.parametrize("what", ["append", "sync"])
def test_a_writer_that_goes_on_as_if_nothing_had_failed_loses_nothing(desk: Desk, clock: Clock, what: str) -> None:
    desk.log(A, *values(1))
    desk.log(B, *values(101))
    desk.deliver_all()
    desk.keeper.sync()
    desk.log(A, *values(2))
    desk.deliver(A)  # received, not safe
    sent = len(desk.streams[A])
    fail_once(desk, what)
    desk.log(B, *values(102))
    with contextlib.suppress(TroubleError):
        desk.deliver(B)
        desk.keeper.sync()
    assert desk.keeper.status()["trouble"], "nothing has failed: the test shows nothing"
    clock.now += 1.0
    desk.log(A, *values(3))
    # Nobody has told this writer: it sends what is behind what was received.
    assert not desk.keeper.batch(A, sent, desk.streams[A][sent:]), "the bytes before it were never safe"
    desk.deliver_all()
    assert desk.values() == [1.0, 2.0, 3.0, 101.0, 102.0]
    assert desk.finish().points()["value"].to_pylist() == [1.0, 2.0, 3.0, 101.0, 102.0]


def test_a_write_that_is_cut_short_ends_the_journal_and_costs_nothing(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1))
    desk.log(B, *values(101))
    desk.deliver_all()
    for round_ in range(2, 5):
        for writer, first in ((A, 0), (B, 100)):
            desk.log(writer, *values(first + round_))
            desk.log(writer, [events.TEXT, NOW, "TEXT", f"{first + round_} " + "x" * 500])
        size = desk.last_journal().stat().st_size
        with file_size_limit(size + 60), pytest.raises(TroubleError, match=r"only \d+ of \d+ bytes could be written"):
            desk.deliver(A)
        with file_size_limit(size + 200), contextlib.suppress(TroubleError):
            desk.deliver(B)  # there is room for a little, and then for none
        clock.now += 1.0
        desk.deliver_all()
        assert desk.values() == [float(first + step) for first in (0, 100) for step in range(1, round_ + 1)]
    run = desk.finish()
    lines = [line.split(" | ")[-1].split(" ")[0] for line in run.text().splitlines()]
    assert sorted(lines, key=int) == ["2", "3", "4", "102", "103", "104"]


def test_a_run_whose_folder_is_removed_is_not_made_again(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1), [events.TEXT, NOW, "TEXT", "text"], [events.OBJECT, NOW, 1, None, "k", "v"])
    desk.deliver(A)
    desk.keeper.save()
    shutil.rmtree(desk.folder)
    for _ in range(4):
        desk.log(A, *values(2), [events.TEXT, NOW, "TEXT", "more"], [events.OBJECT, NOW, 1, None, "k", "w"])
        with contextlib.suppress(TroubleError):
            desk.deliver(A)
        with contextlib.suppress(TroubleError):
            desk.keeper.tick(clock.now)
        clock.now += SAVE_EVERY
        assert not desk.folder.exists()
    assert "removed" in desk.keeper.status()["trouble"]


def test_a_run_whose_folder_is_moved_away_and_back_goes_on(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    desk.log(A, *values(1), [events.TEXT, NOW, "TEXT", "one"])
    desk.deliver(A)
    desk.keeper.save()
    desk.folder.rename(tmp_path / "elsewhere")
    desk.log(A, *values(2), [events.TEXT, NOW, "TEXT", "two"])
    for _ in range(3):
        with contextlib.suppress(TroubleError):
            desk.deliver(A)
        clock.now += SAVE_EVERY
        with contextlib.suppress(TroubleError):
            desk.keeper.tick(clock.now)
    (tmp_path / "elsewhere").rename(desk.folder)
    clock.now += 1.0
    desk.deliver(A)
    run = desk.finish()
    assert run.points()["value"].to_pylist() == [1.0, 2.0]
    assert [line.rpartition(" | ")[2] for line in run.text().splitlines()] == ["one", "two"]


@pytest.mark.parametrize("damaged", ["", "{", '{"through": 3}', "[]"])
def test_a_damaged_checkpoint_is_trouble_and_costs_nothing(desk: Desk, clock: Clock, damaged: str) -> None:
    desk.log(A, *values(1), [events.TEXT, NOW, "TEXT", "one"])
    desk.deliver(A)
    desk.keeper.save()
    desk.crash()
    saved = desk.folder / "writers" / "one.json"
    good = saved.read_bytes()
    saved.write_text(damaged)
    with pytest.raises(TroubleError, match="damaged"):
        desk.deliver(A)
    assert (desk.folder / "logs.txt").read_text().endswith("one\n"), "the text was cut by what could not be read"
    saved.write_bytes(good)
    clock.now += 1.0
    desk.deliver(A)
    assert desk.finish().points()["value"].to_pylist() == [1.0]


# -- writers ----------------------------------------------------------------------------------------------------------


def test_a_run_ends_as_its_writers_do(desk: Desk) -> None:
    desk.log(A, *values(1), [events.FINISH, NOW + 5, "finished", None])
    desk.log(B, *values(2))
    desk.log(C, *values(3))
    desk.deliver_all()
    assert desk.read().status == "running"
    desk.keeper.end(A, "crashed", "was killed by SIGKILL", NOW + 9)
    desk.keeper.end(B, "crashed", "was killed by SIGKILL", NOW + 9)
    assert [writer.writer for writer in desk.keeper.fold.live()] == [C.hex()]
    desk.log(C, [events.FINISH, NOW + 10, "finished", None])
    desk.deliver(C)
    run = desk.finish()
    assert run.status == "crashed"
    assert run.exit_reason == "rank 1 of 3 was killed by SIGKILL at step 2; the others finished"
    status = json.loads((desk.folder / "status.json").read_text())
    assert (status["status"], status["ended_at"]) == ("crashed", NOW + 10)


def test_a_writer_keeps_its_number_and_comes_back_to_life(desk: Desk, clock: Clock) -> None:
    desk.log(A, *values(1))
    desk.log(B, *values(2))
    desk.deliver_all()
    desk.keeper.end(A, "crashed", "disappeared without a word", NOW)
    desk.keeper.save()
    desk.crash()
    desk.log(A, *values(3))
    desk.deliver_all()
    clock.now += SAVE_EVERY
    desk.keeper.tick(clock.now)
    assert [(writer["number"], writer["status"]) for writer in desk.read().writers] == [(1, "running"), (2, "running")]
    found = desk.finish().points()
    assert sorted(zip(found["writer"].to_pylist(), found["value"].to_pylist(), strict=True)) == [
        (1, 1.0),
        (1, 3.0),
        (2, 2.0),
    ]


HOSTILE = [
    {"rank": 1 << 40},
    {"rank": -1},
    {"rank": True},
    {"rank": "0", "world": [], "pid": None, "hostname": 7, "started": "x"},
    {"rank": 1 << 63, "world": 1 << 63, "pid": 1 << 63, "started": float("nan")},
    {"hostname": "x" * 100_000, "number": 7, "offset": 9, "status": "crashed"},
]


@pytest.mark.parametrize("info", HOSTILE, ids=str)
def test_whatever_a_writer_says_of_itself_the_run_can_be_sealed(desk: Desk, info: dict[str, Any]) -> None:
    desk.log(A, *values(1))
    desk.keeper.hello(A, info, 0, False)
    assert desk.keeper.batch(A, 0, desk.streams[A])
    desk.log(B, *values(2))
    desk.deliver(B)
    run = desk.finish()
    assert run.points()["value"].to_pylist() == [1.0, 2.0]
    assert list((desk.folder / "metrics").glob("*.parquet"))
    assert all(len(writer["hostname"]) < 300 for writer in run.writers)


# -- killed -----------------------------------------------------------------------------------------------------------

LOGGED = st.tuples(st.sampled_from(["point", "text", "object", "config", "summary"]), st.integers(0, 9))
THEN = st.sampled_from(["", "", "sync", "save", "seal", "work", "make", "kill", "kill", "kill while saving"])
STEPS = st.lists(st.tuples(st.sampled_from([A, B]), st.lists(LOGGED, max_size=3), THEN), max_size=12)


def event(writer: bytes, what: str, number: int) -> events.Event:
    """An event that tells whose it is: how two writers' events mix is not the same after a kill."""
    who = writer[:1].decode()
    made: dict[str, events.Event] = {
        "point": [events.POINTS, NOW, number, None, {"loss": float(number)}],
        "text": [events.TEXT, NOW, "TEXT", f"{who} {number}"],
        "object": [events.OBJECT, NOW, number, None, "key", {"n": number}],
        "config": [events.CONFIG, NOW, {f"{who}{number % 3}": number}],
        "summary": [events.SUMMARY, NOW, {f"{who}{number % 3}": number}],
    }
    return made[what]


class Disk:
    """What a machine may lose of a run when it dies: nothing that was synced, anything behind it."""

    def __init__(self, desk: Desk, data: st.DataObject) -> None:
        self.desk = desk
        self.data = data
        self.synced: dict[Path, int] = {}
        self.safe: dict[str, int] = {}
        self.checkpoint: bytes | None = None

    def note(self) -> None:
        """All that was received is safe now."""
        self.safe = dict(self.desk.keeper.safe)
        for path in (self.desk.folder / "journal").iterdir():
            self.synced[path] = path.stat().st_size

    def saved(self) -> None:
        """And the files made from it are, too."""
        self.note()
        saved = self.desk.folder / "writers" / "one.json"
        self.checkpoint = saved.read_bytes()
        for what, path in self.desk.keeper._made():
            self.synced[path] = self.desk.keeper.fold.lengths[what]

    def die(self) -> None:
        """Loses what can be lost, and more is there than should be."""
        for path in (*(self.desk.folder / "journal").iterdir(), *(path for _, path in self.desk.keeper._made())):
            if path.exists():
                size = self.data.draw(st.integers(self.synced.get(path, 0), path.stat().st_size))
                path.write_bytes(
                    path.read_bytes()[:size] + self.data.draw(st.sampled_from([b"", b"", b"torn", bytes(9)]))
                )
        self.desk.crash()
        self.desk.keeper._ready()
        self.note()  # what was found is synced before it is called safe


def outcome(run: runs.Run) -> Any:
    """All of a run that its users logged, each user's in order."""
    points = run.points().select(["writer", "step", "value"]).to_pylist()
    text = sorted((line.rpartition(" | ")[2] for line in run.text().splitlines()), key=lambda line: line[:1])
    objects = sorted(((line["rank"], line["step"], line["value"]) for line in run.objects()), key=lambda line: line[0])
    return points, text, objects, run.config, run.summary


@settings(deadline=None, max_examples=40)
@given(STEPS, st.data())
def test_killed_anywhere_and_however_often_it_comes_to_the_same(
    steps: list[tuple[bytes, list[tuple[str, int]], str]], data: st.DataObject
) -> None:
    with quick_folder() as folder:
        killed, quiet = Desk(folder / "killed"), Desk(folder / "quiet")
        disk = Disk(killed, data)
        both = (killed, quiet)
        for desk in both:
            for writer in (A, B):
                desk.log(writer, [events.START, NOW, {}])
            desk.deliver_all()
        for writer, logged, then in steps:
            for desk in both:
                desk.log(writer, *(event(writer, *one) for one in logged))
                desk.deliver_all()
            _then(then, killed, disk)
            killed.deliver_all()
            for key, offset in disk.safe.items():
                assert killed.keeper.fold.writers[key].offset >= offset, "what was called safe is gone"
        for desk in both:
            for writer in (A, B):
                desk.log(writer, [events.FINISH, NOW, "finished", None])
            desk.deliver_all()
        run = killed.finish()
        assert outcome(run) == outcome(quiet.finish())
        # And what a crash left behind the text is gone, for whoever reads the file alone.
        assert run.text() == killed.text()


def _then(what: str, desk: Desk, disk: Disk) -> None:
    if what == "sync":
        desk.keeper.sync()
        disk.note()
    elif what == "save":
        desk.keeper.save()
        disk.saved()
    elif what == "make":
        desk.keeper._make()
    elif what == "seal":
        desk.keeper._seal()
        disk.note()
    elif what == "work":
        desk.keeper.seals.tick(1e9)
        desk.work()
    elif what == "kill while saving":
        desk.keeper.save()
        disk.note()
        saved = desk.folder / "writers" / "one.json"
        if disk.checkpoint is None:
            saved.unlink()
        else:  # the new one had not got its name yet
            files.replace_json(saved, json.loads(disk.checkpoint))
        disk.die()
    elif what == "kill":
        disk.die()


def test_a_kill_between_the_journal_and_the_text_does_not_double_the_text(desk: Desk) -> None:
    desk.log(A, [events.TEXT, NOW, "TEXT", "one"], [events.OBJECT, NOW, 1, None, "k", 1])
    desk.deliver(A)
    desk.keeper.sync()
    desk.crash()  # neither logs.txt nor objects were written
    desk.deliver(A)
    desk.log(A, [events.TEXT, NOW, "TEXT", "two"], [events.OBJECT, NOW, 2, None, "k", 2])
    desk.deliver(A)
    desk.keeper._make()
    desk.crash()  # both were, and nothing says so
    desk.deliver(A)
    run = desk.finish()
    assert [line.rpartition(" | ")[2] for line in run.text().splitlines()] == ["one", "two"]
    assert [line["value"] for line in run.objects()] == [1, 2]
    assert run.text() == (desk.folder / "logs.txt").read_text()


def test_a_recovered_run_counts_each_record_once(desk: Desk, clock: Clock) -> None:
    for step in range(5):
        desk.log(A, *values(step))
        desk.deliver(A)
        desk.keeper.save()
        desk.crash()
        clock.now += 1.0
    desk.deliver(A)
    assert desk.keeper.fold.metrics["loss"].count == 5
    numbers = [record.number for record in journal.read_host(journal.journals(desk.folder / "journal")["one"])]
    assert numbers == list(range(1, len(numbers) + 1))
    desk.finish()


def test_a_journal_that_is_missing_is_no_reason_to_stop(desk: Desk) -> None:
    desk.log(A, *values(1, 2))
    desk.deliver(A)
    desk.keeper.save()
    desk.last_journal().unlink()
    desk.crash()
    desk.log(A, *values(3))
    desk.deliver(A)
    run = desk.finish()
    assert run.points()["value"].to_pylist() == [3.0]
    assert run.metrics["loss"]["count"] == 3
