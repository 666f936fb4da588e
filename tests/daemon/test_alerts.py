"""Alerts on their way to webhooks: each is sent once, tried again, and given up in a sentence that all can read."""

from pathlib import Path
from typing import Any

import msgpack
import pytest

from runid import events
from runid.alerts import Alerts
from runid.asks import Asks
from runid.jobs.pool import Again, Done
from runid.store import alerts, journal
from runid.store.fold import Fold

WRITER = b"w" * 16
ID = "0123456789abcdef"
URLS = ["https://hooks.slack.com/a", "http://b/"]


class Host:
    """A fold, the alerts in it, and the jobs that they became."""

    def __init__(self) -> None:
        self.fold = Fold("one")
        self.jobs: list[tuple[dict[str, Any], Done]] = []
        self.works: list[dict[str, Any]] = []
        self.now = 0.0
        self.alerts = self.new()
        self.apply(journal.WRITER, msgpack.packb({"number": 1, "rank": 2}))

    def new(self) -> Alerts:
        """As a daemon has them that has just begun."""
        return Alerts("cv/resnet", "r1", self.submit)

    def submit(self, job: dict[str, Any], done: Done, _: object = None) -> None:
        self.jobs.append((job, done))

    def apply(self, kind: int, body: bytes) -> None:
        self.fold.apply(journal.Record(self.fold.through + 1, self.fold.offset(WRITER), WRITER, kind, body))

    def raised(self, name: str = ID, webhooks: int = 2) -> None:
        what = {"title": "hot", "text": None, "level": "error", "step": 7, "webhooks": webhooks}
        self.apply(journal.BATCH, events.pack([events.ASK, 5.0, name, "alert", what]))

    def ended(self) -> None:
        self.apply(journal.END, msgpack.packb({"status": "crashed", "reason": "was killed", "time": 6.0}))

    def tick(self, after: float = 0.0) -> list[str]:
        """The webhooks that something has been sent to by then."""
        self.now += after
        self.alerts.tick(self.fold, self.record, self.now)
        return [job["url"] for job, _ in self.jobs]

    def record(self, work: dict[str, Any]) -> None:
        self.works.append(work)
        self.apply(journal.WORK, msgpack.packb(work))

    def answer(self, *, sent: bool = False, again: bool = True, wait: float | None = None) -> None:
        """What the worker says of the last job."""
        failed = {"why": "it answered 500", "again": again, "wait": wait}
        self.jobs[-1][1]({"sent": sent} | ({} if sent else failed), None)

    def told(self) -> list[tuple[object, object]]:
        return [(alert["delivered"], alert["problem"]) for alert in alerts.told([self.fold])]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr("runid.alerts.time.monotonic", lambda: made.now)
    return made


def test_an_alert_is_sent_to_each_webhook_once(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS})
    host.raised()
    assert host.told() == [(None, None)]
    assert host.tick() == URLS
    assert host.jobs[0][0] == {
        "name": "alert",
        "url": URLS[0],
        "alert": {
            "level": "error", "title": "hot", "text": None, "step": 7, "project": "cv/resnet", "run": "r1",
            "url": "http://127.0.0.1:23300/run/r1", "timestamp": 5.0,
        },
    }  # fmt: skip
    for _, done in host.jobs:
        done({"sent": True}, None)
    host.tick()
    host.tick()
    assert len(host.jobs) == 2
    assert host.works == [{"id": ID, "result": {"delivered": 2, "problem": None}}]
    assert host.told() == [(2, None)]


@pytest.mark.parametrize("webhooks", [0, -1, None, "many", True])
def test_nobody_is_to_be_told(host: Host, webhooks: Any) -> None:
    host.raised(webhooks=webhooks)
    assert host.tick() == []
    assert host.told() == [(0, None)]


def test_no_count_of_webhooks_is_believed(host: Host) -> None:
    host.raised(webhooks=1 << 60)
    host.ended()
    host.tick()
    host.tick(10.0)
    assert len(str(host.told())) < 10_000


def test_it_is_tried_again_later_each_time_and_at_last_given_up(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS[1:]})
    host.raised(webhooks=1)
    host.tick()
    for count, wait in enumerate((1.0, 4.0, 16.0, 60.0), 1):
        host.answer()
        assert len(host.tick(wait - 0.1)) == count
        assert len(host.tick(0.1)) == count + 1
    assert host.told() == [(None, None)]
    host.answer()
    host.tick()
    assert host.told() == [(0, "Webhook 1 does not have it: it answered 500, 5 tries.")]
    host.tick(1000.0)
    assert len(host.jobs) == 5


def test_a_webhook_says_when_it_wants_to_be_asked_again(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS[:1]})
    host.raised(webhooks=1)
    host.tick()
    host.answer(wait=30.0)
    assert len(host.tick(29.0)) == 1
    assert len(host.tick(1.0)) == 2
    host.answer(sent=True)
    host.tick()
    assert host.told() == [(1, None)]


def test_one_webhook_fails_for_good_and_the_other_has_it(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS})
    host.raised()
    host.tick()
    host.jobs[0][1]({"sent": True}, None)
    host.answer(again=False)
    host.tick()
    assert len(host.jobs) == 2
    assert host.told() == [(1, "Webhook 2 does not have it: it answered 500.")]


def test_no_worker_is_a_try_like_any_other(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS[:1]})
    host.raised(webhooks=1)
    host.tick()
    host.jobs[0][1](None, Again("stopping"))
    assert len(host.tick(1.0)) == 2
    host.jobs[1][1](None, "This alert job is set aside")
    host.tick()
    assert host.told() == [(0, "Webhook 1 does not have it: This alert job is set aside, 2 tries.")]


def test_after_a_daemon_it_is_sent_when_the_writer_comes_again(host: Host) -> None:
    host.raised()
    host.alerts = host.new()
    assert host.tick(3600.0) == [], "it lives, and will say where to"
    host.alerts.meet(WRITER, {"webhooks": URLS})
    assert host.tick() == URLS


def test_after_a_daemon_and_the_writer_nobody_knows_where_to(host: Host) -> None:
    host.raised()
    host.ended()
    host.tick()
    host.tick(9.0)
    assert host.works == [], "its outbox may be found, or it says hello"
    host.tick(1.0)
    gone = "does not have it: the daemon that knew its address has ended."
    assert host.told() == [(0, f"Webhook 1 {gone} Webhook 2 {gone}")]
    assert host.jobs == []


def test_no_alert_is_a_job_of_the_other_asks(host: Host) -> None:
    host.raised()
    asks = Asks(Path("/r"), Path("/r/runs/p/r"), "one", host.submit)
    asks.tick(host.fold, host.record, 0.0)
    assert (host.jobs, host.works) == ([], [])


def test_a_record_that_cannot_be_written_is_written_later(host: Host) -> None:
    def refuse(work: dict[str, Any]) -> None:
        raise OSError(f"no room for {work['id']}")

    host.alerts.meet(WRITER, {"webhooks": URLS[:1]})
    host.raised(webhooks=1)
    host.tick()
    host.answer(sent=True)
    with pytest.raises(OSError, match="no room"):
        host.alerts.tick(host.fold, refuse, host.now)
    host.tick()
    assert len(host.jobs) == 1
    assert host.told() == [(1, None)]


def test_a_record_that_was_lost_again_costs_no_second_message(host: Host) -> None:
    host.alerts.meet(WRITER, {"webhooks": URLS[:1]})
    host.raised(webhooks=1)
    safe = host.fold.saved()
    host.tick()
    host.answer(sent=True)
    host.tick()
    host.fold = Fold.of("one", safe)  # an fsync failed
    host.tick()
    assert len(host.jobs) == 1
    assert host.told() == [(1, None)]


def test_only_the_last_alerts_are_kept(host: Host) -> None:
    for number in range(1005):
        host.raised(f"{number:016x}", webhooks=0)
        host.tick()
    found = alerts.told([host.fold])
    assert [found[0]["id"], found[-1]["id"], len(found)] == [f"{5:016x}", f"{1004:016x}", 1000]


def test_alerts_are_taken_from_what_was_published(host: Host) -> None:
    host.raised(webhooks=0)
    host.tick()
    published = {"alerts": [*alerts.told([host.fold]), "none", {"id": "x"}, {"id": 5}]}
    empty = Fold("one")
    alerts.restore(empty, published)
    assert alerts.told([empty]) == alerts.told([host.fold])
    alerts.restore(empty, {"alerts": 7})
    assert len(empty.assets) == 1
