"""When outputs are scanned: once, at an interval, sooner when something happened, and a last time at the end."""

from pathlib import Path
from typing import Any

import msgpack
import pytest

from runid import asks, events, fsevents
from runid.jobs.pool import Again, Done, Told
from runid.store import journal, outputs
from runid.store.fold import Fold
from runid.watches import Watches

A, B = b"a" * 16, b"b" * 16
FINISH = [events.FINISH, 9.0, "finished", None]
WHAT = {
    "workspace_root": "/w", "output_dirs": ["/w/out"], "patterns": ["*.pt"], "mode": "rolling", "stable_required": 2,
    "min_age_sec": 1.0, "log_snapshot_interval_sec": 60.0, "state_gc_after_sec": 9.0, "keep_last": None,
    "keep_best": None, "max_bytes": None,
}  # fmt: skip
NOTHING: dict[str, Any] = {
    "scanned": 3, "archived": 0, "changed": 0, "archived_entries": [], "failed": [], "mended": [], "removed": [],
    "state": b"s", "more": False,
}  # fmt: skip


def entry(key: str) -> dict[str, Any]:
    return {"key": key, "mode": "rolling", "saved": True, "stamp": "1:1", "archive_path": key, "archived_at": 1}


class Events(fsevents.FolderEvents):
    """What is watched, and nothing happens but by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.watched: dict[str, list[str]] = {}

    def watch(self, name: str, folders: list[str], ignored: str) -> None:
        assert ignored == "/nowhere"
        self.watched[name] = folders

    def unwatch(self, name: str) -> None:
        del self.watched[name]

    def happen(self) -> None:
        self._fired.update(self.watched)


class Host:
    """A fold with two writers, the watches in it, and the jobs they became."""

    def __init__(self) -> None:
        self.fold = Fold("one")
        self.jobs: list[tuple[dict[str, Any], Done]] = []
        self.works: list[asks.Work] = []
        self.now = 100.0
        self.events = Events()
        self.watches = self.new()
        for rank, writer in enumerate((A, B)):
            self.apply(journal.WRITER, msgpack.packb({"number": rank + 1, "rank": rank}), writer)

    def new(self) -> Watches:
        return Watches(Path("/nowhere"), Path("/nowhere/runs/p/r"), "one", self.submit)

    def submit(self, job: dict[str, Any], done: Done, told: Told | None = None) -> None:
        assert told is None
        self.jobs.append((job, done))

    def apply(self, kind: int, body: bytes, writer: bytes = A) -> None:
        self.fold.apply(journal.Record(self.fold.through + 1, self.fold.offset(writer), writer, kind, body))

    def say(self, *event: Any, writer: bytes = A) -> None:
        self.apply(journal.BATCH, events.pack(list(event)), writer)

    def ask(self, kind: str, name: str, writer: bytes = A, **what: Any) -> None:
        whole = what if kind == "unwatch" else WHAT | ({"interval_sec": 10.0} if kind == "watch" else {}) | what
        self.say(events.ASK, 5.0, name * 16, kind, whole, writer=writer)

    def record(self, work: asks.Work) -> None:
        self.works.append(work)
        self.apply(journal.WORK, msgpack.packb(work))

    def tick(self, after: float = 0.0) -> None:
        self.now += after
        self.watches.tick(self.fold, self.record, self.now)

    def done(self, **result: Any) -> None:
        """The job that was begun last is done, and what follows from that."""
        self.jobs[-1][1](NOTHING | result, None)
        self.tick()

    def outputs(self) -> list[dict[str, Any]]:
        return outputs.published([outputs.read(Path("/nowhere/runs/p/r"), self.fold)])

    def pending(self) -> list[str]:
        return [name[0] for name in self.fold.asked]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(fsevents, "FOLDERS", made.events)
    return made


def test_a_scan_is_answered(host: Host) -> None:
    host.ask("scan", "1")
    host.tick()
    host.tick()
    [(job, _)] = host.jobs
    place = {"name": "scan", "root": "/nowhere", "run_dir": "/nowhere/runs/p/r", "host": "one"}
    assert job == WHAT | place | {
        "final": False, "killed": None, "counts": True, "metric": None, "step": None, "state": None,
        "entries": [],
    }  # fmt: skip
    host.done(archived_entries=[entry("a")], archived=1, changed=1)
    assert host.fold.answers == {
        "1" * 16: {
            "writer": A.hex(),
            "result": {"scanned": 3, "archived": 1, "changed": 1, "archived_entries": [entry("a")]},
        }
    }
    assert host.outputs() == [entry("a")]
    assert host.pending() == []


def test_ranks_that_scan_at_once_are_all_answered(host: Host) -> None:
    """None of them may have come to ask for its answer before the last one has one."""
    ranks = [bytes([number]) * 16 for number in range(9)]
    for number, rank in enumerate(ranks):
        host.apply(journal.WRITER, msgpack.packb({"number": 3 + number, "rank": number}), rank)
        host.ask("scan", f"{number}", writer=rank)
    for _ in ranks:
        host.tick()
        host.done()
    assert len(host.fold.answers) == len(ranks)
    host.say(*FINISH, writer=ranks[0])
    for name in "abcdef":
        host.ask("scan", name, writer=ranks[1])
        host.tick()
        host.done()
    of = [answer["writer"] for answer in host.fold.answers.values()]
    assert (of.count(ranks[0].hex()), of.count(ranks[1].hex()), len(of)) == (0, 4, 11)


def test_a_watch_scans_at_its_interval(host: Host) -> None:
    host.ask("watch", "1")
    host.tick()
    host.done()
    host.tick(after=9.0)
    assert len(host.jobs) == 1
    host.tick(after=1.1)
    host.tick(after=99.0)
    assert len(host.jobs) == 2, "one is in flight at a time"
    assert host.jobs[1][0]["state"] == b"s"
    assert host.works == [], "a scan that found nothing is not worth a record"
    host.done(state=None)
    host.tick(after=10.1)
    assert host.jobs[2][0]["state"] == b"s"


def test_a_watch_scans_sooner_when_something_was_written(host: Host) -> None:
    host.ask("watch", "1")
    host.tick()
    host.done()
    assert list(host.events.watched.values()) == [["/w/out"]]
    host.events.happen()
    host.tick(after=0.5)
    assert len(host.jobs) == 1
    host.tick(after=0.6)
    assert len(host.jobs) == 2
    host.done()
    host.tick(after=5.0)
    assert len(host.jobs) == 2


def test_a_slow_scan_is_not_repeated_at_every_event(host: Host) -> None:
    host.ask("watch", "1", interval_sec=60.0)
    host.tick()
    host.tick(after=2.0)
    host.done()
    host.events.happen()
    host.tick(after=19.0)
    assert len(host.jobs) == 1
    host.tick(after=1.1)
    assert len(host.jobs) == 2


@pytest.mark.parametrize("finished", [True, False], ids=["finished", "killed"])
def test_the_end_of_its_writer_is_a_last_scan(host: Host, finished: bool) -> None:
    """0.7.2 did not scan at finish: what was written last was missing."""
    host.ask("watch", "1")
    host.tick()
    host.done()
    if finished:
        host.say(*FINISH)
    else:
        host.apply(journal.END, msgpack.packb({"status": "crashed", "reason": "", "time": 1.0}))
    host.tick()
    assert host.jobs[-1][0]["final"]
    assert (host.jobs[-1][0]["killed"] is None) == finished
    assert host.pending() == ["1"]
    host.done(archived_entries=[entry("a")])
    assert host.pending() == []
    assert host.works[-1] == {"id": "1" * 16, "result": {}}
    host.tick(after=99.0)
    assert len(host.jobs) == 2
    assert host.events.watched == {}


def test_a_watch_that_is_stopped_scans_a_last_time(host: Host) -> None:
    host.ask("watch", "1")
    host.tick()
    host.ask("unwatch", "2", watch="1" * 16)
    host.done()
    assert host.jobs[-1][0]["final"]
    host.done()
    host.tick()
    assert host.pending() == []


def test_a_newer_watch_takes_the_place_of_the_older(host: Host) -> None:
    """0.7.2 ignored the second call while the first watch lived."""
    host.ask("watch", "1")
    host.tick()
    host.done()
    host.ask("watch", "2", patterns=["*.ckpt"])
    host.tick()
    assert host.pending() == ["2"]
    assert (host.jobs[-1][0]["patterns"], host.jobs[-1][0]["final"]) == (["*.ckpt"], False)
    host.done()
    assert len(host.events.watched) == 1


def test_watches_of_several_ranks_that_ask_for_the_same_are_one(host: Host) -> None:
    host.ask("watch", "1", A)
    host.ask("watch", "2", B)
    host.tick()
    host.done()
    host.tick(after=9.0)
    assert len(host.jobs) == 1
    host.say(*FINISH, writer=A)
    host.tick()
    assert (len(host.jobs), host.pending()) == (1, ["2"])
    host.tick(after=1.1)
    host.done()
    host.say(*FINISH, writer=B)
    host.tick()
    assert host.jobs[-1][0]["final"]
    host.done()
    assert host.pending() == []


def test_a_rank_may_end_just_when_the_next_scan_is_due(host: Host) -> None:
    host.ask("watch", "1", A)
    host.ask("watch", "2", B)
    host.say(*FINISH, writer=A)
    host.tick()
    host.done(archived_entries=[entry("a")])
    assert host.outputs() == [entry("a")]
    assert not host.jobs[-1][0]["final"]


def test_what_does_not_fit_into_one_record_is_recorded_in_several(host: Host) -> None:
    host.ask("scan", "1")
    host.tick()
    host.done(archived_entries=[entry("a")], more=True)
    assert host.fold.answers == {}
    assert [job["counts"] for job, _ in host.jobs] == [True, False]
    host.done(archived_entries=[entry("b")])
    [answer] = host.fold.answers.values()
    assert [one["key"] for one in answer["result"]["archived_entries"]] == ["a", "b"]
    assert answer["result"]["archived"] == 2


def test_a_new_daemon_begins_with_what_the_fold_knows(host: Host) -> None:
    host.ask("watch", "1")
    host.tick()
    host.done(archived_entries=[entry("a")])
    host.watches = host.new()
    scans, host.fold = host.fold.scans, Fold.of("one", host.fold.saved())
    host.fold.scans = scans
    host.tick()
    assert (host.jobs[-1][0]["state"], host.jobs[-1][0]["entries"]) == (None, [entry("a")])


def test_after_trouble_with_the_disk_what_a_scan_came_to_counts_for_nothing(host: Host) -> None:
    host.ask("scan", "1")
    host.tick()
    host.watches.forget()
    host.done(archived_entries=[entry("a")])
    assert host.works == []
    assert len(host.jobs) == 2
    assert host.jobs[-1][0]["state"] is None


def test_a_scan_that_fails_is_tried_again_where_that_helps(host: Host) -> None:
    host.ask("scan", "1")
    host.tick()
    host.jobs[-1][1](None, Again("no worker"))
    host.tick()
    assert "The outputs of run r could not be scanned: no worker" in host.watches.trouble
    host.tick(after=5.1)
    assert len(host.jobs) == 2
    host.done()
    assert host.watches.trouble == ""
    assert host.pending() == []


def test_a_scan_that_cannot_be_done_is_told(host: Host) -> None:
    host.ask("scan", "1")
    host.tick()
    host.jobs[-1][1](None, "set aside")
    host.tick()
    assert host.fold.answers == {"1" * 16: {"writer": A.hex(), "error": "set aside"}}
    assert [one["last_error"] for one in host.outputs()] == ["set aside"]


@pytest.mark.parametrize("watch", ["1" * 16, "2" * 16, "nothing", [], {}, None])
def test_an_unwatch_of_what_is_no_watch_ends_at_once(host: Host, watch: object) -> None:
    host.ask("unwatch", "1", watch=watch)
    host.ask("unwatch", "2", watch="1" * 16)
    host.tick()
    assert host.pending() == []


def test_what_cannot_be_understood_is_refused_and_ends_nothing(host: Host) -> None:
    host.say(events.ASK, 5.0, "1" * 16, "watch", {"output_dirs": "no list"})
    host.say(events.ASK, 5.0, "2" * 16, "unwatch", {})
    host.ask("watch", "3", interval_sec="soon")
    host.ask("scan", "4")
    host.tick()
    assert ["error" in work for work in host.works] == [True, True, True]
    host.done()
    host.tick()
    assert host.pending() == []


def test_a_scan_knows_how_good_the_run_is(host: Host) -> None:
    host.say(events.PRIMARY, 1.0, "acc", "max")
    for value in (0.9, 0.7):
        host.say(events.POINTS, 2.0, 1, None, {"acc": value})
    host.ask("scan", "1")
    host.tick()
    assert host.jobs[0][0]["metric"] == {"name": "acc", "mode": "max", "value": 0.7}
