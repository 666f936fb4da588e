"""What writers ask for: a job each, whose result is recorded once, whatever fails on the way."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgpack
import pytest

from runid import events
from runid.asks import _AT_ONCE, Asks, Work
from runid.errors import ProtocolError
from runid.jobs.pool import Again, Done, Told
from runid.store import assets, journal
from runid.store.fold import Fold

WRITER = b"w" * 16
ID = "0123456789abcdef"


class Host:
    """A fold, the asks in it, and the jobs they became."""

    def __init__(self) -> None:
        self.fold = Fold("one")
        self.jobs: list[tuple[dict[str, Any], Done, Told | None]] = []
        self.works: list[Work] = []
        self.now = 0.0
        self.asks = self.new()
        self.apply(journal.WRITER, msgpack.packb({"number": 1, "rank": 2}))

    def new(self) -> Asks:
        return Asks(Path("/nowhere"), Path("/nowhere/runs/p/r"), "one", self.submit)

    def submit(self, job: dict[str, Any], done: Done, told: Told | None = None) -> None:
        self.jobs.append((job, done, told))

    def apply(self, kind: int, body: bytes) -> None:
        self.fold.apply(journal.Record(self.fold.through + 1, self.fold.offset(WRITER), WRITER, kind, body))

    def ask(self, kind: str = "test", name: str = ID, **what: object) -> None:
        self.apply(journal.BATCH, events.pack([events.ASK, 5.0, name, kind, what]))

    def record(self, work: Work) -> None:
        self.works.append(work)
        self.apply(journal.WORK, msgpack.packb(work))

    def tick(self, after: float = 0.0) -> None:
        self.now += after
        self.asks.tick(self.fold, self.record, self.now)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    def done(fold: Fold, name: str, asked: dict[str, Any], result: dict[str, Any] | None, error: str | None) -> None:
        fold.assets[name] = {"kind": "test", "of": asked["of"], "result": result, "error": error}

    monkeypatch.setitem(assets.KINDS, "test", done)
    made = Host()
    monkeypatch.setattr("runid.asks.time.monotonic", lambda: made.now)
    return made


def test_many_media_of_a_run_are_handed_out_a_few_at_a_time(host: Host) -> None:
    names = [f"{number:016x}" for number in range(_AT_ONCE + 2)]
    for name in names:
        host.ask("image", name)
    host.ask(of="x")
    host.tick()
    host.tick()
    assert [job["id"] for job, _, _ in host.jobs] == [*names[:_AT_ONCE], ID], "one of another kind need not wait"
    for name in names[_AT_ONCE:]:
        host.jobs[0][1]({}, None)
        del host.jobs[0]
        host.tick()
        host.tick()
        assert host.jobs[-1][0]["id"] == name


def test_an_ask_becomes_a_job_and_its_result_a_record(host: Host) -> None:
    host.ask(of="x")
    host.tick()
    host.tick()
    [(job, done, _)] = host.jobs
    assert job == {
        "name": "test", "id": ID, "root": "/nowhere", "run_dir": "/nowhere/runs/p/r", "host": "one",
        "ask": {"of": "x", "kind": "test", "time": 5.0, "rank": 2, "writer": WRITER.hex()},
    }  # fmt: skip
    assert host.asks.status(host.fold) == [{"kind": "test", "name": None, "progress": None}]
    done({"n": 1}, None)
    host.tick()
    host.tick()
    assert host.works == [{"id": ID, "result": {"n": 1}}]
    assert host.fold.asked == {}
    assert host.fold.assets == {ID: {"kind": "test", "of": "x", "result": {"n": 1}, "error": None}}


def test_what_is_pending_when_the_daemon_dies_is_done_by_the_next(host: Host) -> None:
    host.ask(of=1)
    host.ask(of=2, name="f" * 16)
    host.tick()
    host.jobs[0][1]({}, None)
    host.tick()
    host.asks, host.jobs = host.new(), []
    host.fold = Fold.of("one", host.fold.saved())
    host.tick()
    assert [job["ask"]["of"] for job, _, _ in host.jobs] == [2]


def test_an_error_that_may_pass_is_tried_again_and_another_is_recorded(host: Host) -> None:
    host.ask(of="x")
    host.tick()
    host.jobs[0][1](None, Again("the disk is full"))
    assert host.asks.trouble == "the disk is full"
    host.tick()
    assert len(host.jobs) == 1
    host.tick(after=5.0)
    host.jobs[1][1](None, "it is no image")
    host.tick()
    assert host.asks.trouble == ""
    assert host.works == [{"id": ID, "error": "it is no image"}]
    assert host.fold.assets[ID]["error"] == "it is no image"


def test_a_record_that_cannot_be_written_is_written_later(host: Host) -> None:
    def refuse(work: Work) -> None:
        raise OSError(f"no room for {work['id']}")

    host.ask(of="x")
    host.tick()
    host.jobs[0][1]({}, None)
    with pytest.raises(OSError, match="no room"):
        host.asks.tick(host.fold, refuse, host.now)
    host.tick()
    assert host.works == [{"id": ID, "result": {}}]
    assert len(host.jobs) == 1


def test_another_thread_may_ask_for_the_status_at_any_time(host: Host) -> None:
    """The loop's: what it raised closed the client that had asked."""

    def change() -> None:
        for number in range(300):
            for asked in range(20):
                host.ask(name=f"{number * 20 + asked:016x}", of="x")
            host.tick()
            for _, done, _ in host.jobs:
                done({}, None)
            host.tick()
            host.tick()
            host.jobs.clear()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as other:
            changed = other.submit(change)
            while not changed.done():
                assert host.asks.trouble == ""
                assert len(host.asks.status(host.fold)) <= 20
        changed.result()
    finally:
        sys.setswitchinterval(before)


def test_progress_is_told_now_and_then(host: Host) -> None:
    host.ask(of="x")
    host.tick(after=10.0)
    told = host.jobs[0][2]
    assert told is not None
    for files in range(3):
        told({"files": files})
        host.tick()
    host.tick(after=2.0)
    assert [work["progress"]["files"] for work in host.works] == [0, 2]
    assert host.asks.status(host.fold)[0]["progress"] == {"files": 2}


def test_a_kind_that_nobody_knows_is_refused_and_no_job_of_the_daemon_s_own(host: Host) -> None:
    for number, kind in enumerate(("dance", "seal")):
        host.ask(kind, f"{number:016x}")
    host.tick()
    host.tick()
    assert host.jobs == []
    assert [work["error"] for work in host.works] == [
        f"This daemon does not know what {kind!r} is: update runicorn." for kind in ("dance", "seal")
    ]
    assert host.fold.asked == {}


def test_a_result_too_large_to_be_kept_is_an_error(host: Host) -> None:
    host.ask(of="x")
    host.tick()
    host.jobs[0][1]({"much": "x" * journal.MAX_BODY}, None)
    host.tick()
    assert "may be kept" in host.works[0]["error"]


@pytest.mark.parametrize("name", ["", "../../../../etc/pw", "0123456789ABCDEF", ID + "0", ID + "\n"])
def test_an_id_that_is_none_is_no_event(name: str) -> None:
    with pytest.raises(ProtocolError):
        events.unpack(events.pack([events.ASK, 5.0, name, "test", {}]))
