"""The frozen conversations are decoded to every field, and said again to a real daemon they are answered alike."""

import json
import os
import select
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients import Client, client
from tests.conftest import Daemon, Home
from tests.programs import wait

from runid import events, wire
from runid.outbox import Outbox
from runid.store import files, runs

FOLDER = Path(__file__).parent / "v1"

Said = list[tuple[str, list[bytes]]]


def conversation(name: str) -> Said:
    """Who said it, and the frames."""
    lines = map(json.loads, (FOLDER / "conversations" / f"{name}.jsonl").read_text().splitlines())
    return [(line["by"], [bytes.fromhex(frame) for frame in line["frames"]]) for line in lines]


def messages(name: str, kind: type[wire.Message] = wire.Message) -> list[Any]:
    return [message for _, frames in conversation(name) if isinstance(message := wire.decode(frames), kind)]


def test_what_the_sdk_said() -> None:
    said = messages("sdk")
    hello, welcome = said[2:4]
    info, session, end = hello.info, welcome.session, said[-2].safe
    assert len(hello.writer) == 16
    assert hello.outbox.endswith(f"/{hello.writer.hex()}")
    named = {"root": hello.root, "path": "formats/ended", "run_id": "ended"}
    assert info.items() >= {**named, "rank": 0, "writer": hello.writer, "hostname": "node7", "forked": False}.items()
    assert info["started"] == 1_800_000_100.0
    batches = [message for message in said if isinstance(message, wire.Batch)]
    assert [batch.offset for batch in batches] == [0, len(batches[0].body)]
    assert sum(len(batch.body) for batch in batches) == end
    others = [message for message in said if not isinstance(message, wire.Batch | wire.Ack)]
    assert others == [
        wire.Find(**named),
        wire.Found(),
        wire.Hello(hello.writer, **named, outbox=hello.outbox, info=info, version="1.0.0.dev0"),
        wire.Welcome(session, 0, 8 << 20, f"{hello.root}/runs/formats/ended/ended", version="1.0.0.dev0"),
        wire.Where(session, sync=True),
        wire.Where(session, sync=True),
        wire.Bye(session),
    ]
    kinds = [event[0] for batch in batches for event in events.unpack(batch.body)]
    points, text, summary = events.POINTS, events.TEXT, events.SUMMARY
    assert kinds == [events.START, events.CONFIG, events.PRIMARY, *[points] * 4, text, summary, events.FINISH]


def test_what_was_said_by_hand() -> None:
    status, report, too_new, refused, find, found, hello, welcome, foreign, over, *rest = messages("by_hand")
    assert (status, find.run_id, found) == (wire.Status(), "nothing", wire.Found())
    assert (report.status["protocol"], report.status["host"]) == (1, "node7_f801c8db")
    assert (too_new.protocol, refused.later, refused.reason.split(":")[0]) == (99, False, "The daemon is too old")
    assert (hello.oldest, welcome.held) == (100, 100)
    assert foreign == wire.Batch(welcome.session + 1, 100)
    assert over == wire.Again(foreign.session, "the session is over")
    batch, (asked, answer, gap, again) = rest[0], rest[-4:]
    nothing = {"scanned": 0, "archived": 0, "changed": 0, "archived_entries": []}
    assert (asked.id, answer) == (answer.id, wire.Answer(welcome.session, answer.id, nothing))
    assert (batch.session, batch.offset) == (welcome.session, 100)
    assert gap == wire.Batch(welcome.session, 10_000)
    assert again == wire.Again(welcome.session, "bytes are missing before offset 10000")


def test_what_people_changed() -> None:
    edit, edited, wrong, refused, save, saved = messages("edits")
    assert (edit.path, edit.run_id) == ("formats/long", "long")
    assert edit.changes == {"notes": "edited ✓", "tags": ["best"], "flags": ["0.0.node7"], "trashed_at": None}
    assert (edited, saved) == (wire.Edited(), wire.Edited())
    assert (wrong.changes, refused.later) == ({"status": "finished"}, False)
    assert (save.name, save.view) == ("all ✓", "sort=-loss")


def test_how_the_daemon_stopped() -> None:
    hello, welcome, stop, goodbye = messages("stop")
    assert (hello.path, welcome.held, stop, goodbye) == ("formats/stop", 0, wire.Stop(), wire.Goodbye("runid stops"))


def test_the_frozen_conversations_hold_every_message() -> None:
    names = [path.stem for path in (FOLDER / "conversations").iterdir()]
    assert {type(message) for name in names for message in messages(name)} == set(wire.Message.__subclasses__())


class Replay:
    """A frozen conversation said again: its bytes, except for what names this root, outbox and session."""

    def __init__(self, home: Home, speaker: Client) -> None:
        self.home = home
        self.speaker = speaker
        self.outboxes: dict[bytes, Outbox] = {}
        self.sessions: dict[int, int] = {}
        self.acked = (0, 0)

    def say(self, frames: list[bytes]) -> None:
        said = wire.decode(frames)
        if isinstance(said, wire.Hello | wire.Find):
            said.root = str(self.home.root)
        if isinstance(said, wire.Hello):
            said.outbox = str(self._outbox(said).folder)
        elif isinstance(said, wire.Batch | wire.Where | wire.Asked | wire.Bye):
            said.session = self._now(said.session)
        if isinstance(said, wire.Asked):
            wait(lambda: self._is_done(said.id), "what was asked for is not done")
        self.speaker.say(said)

    def hear(self, frames: list[bytes]) -> None:
        """Waits for the same answer."""
        frozen: Any = wire.decode(frames)
        if isinstance(frozen, wire.Ack):
            while not self._reached(frozen):
                ack = self.speaker.hear(wire.Ack)
                assert ack.session == self._now(frozen.session)
                self.acked = (ack.received, ack.safe)
            return
        heard: Any = self.speaker.hear(type(frozen))
        if isinstance(frozen, wire.Welcome):
            self.sessions[frozen.session] = heard.session
            self.acked = (0, 0)
            frozen.run_dir = str(self.home.root / Path(*Path(frozen.run_dir).parts[-4:]))
        if isinstance(frozen, wire.Welcome | wire.Again | wire.Answer):
            frozen.session = self._now(frozen.session)
        if isinstance(frozen, wire.Report):
            assert heard.status.keys() == frozen.status.keys()
        else:
            assert heard == frozen

    def _is_done(self, name: str) -> bool:
        found = [runs.read_run(folder) for folder in runs.find_runs(self.home.root)]
        return any(name in fold.answers for run in found for fold in run.folds)

    def close(self) -> None:
        for outbox in self.outboxes.values():
            outbox.close()

    def _outbox(self, hello: wire.Hello) -> Outbox:
        """A real outbox of that writer: a daemon serves nobody without one."""
        if hello.writer not in self.outboxes:
            info = {"root": hello.root, "path": hello.path, "run_id": hello.run_id, "rank": 0, "writer": hello.writer}
            self.outboxes[hello.writer] = Outbox(info)
        return self.outboxes[hello.writer]

    def _now(self, frozen: int) -> int:
        """The session that stands for a frozen one; one that never was stays what it is."""
        return self.sessions.get(frozen, frozen)

    def _reached(self, frozen: wire.Ack) -> bool:
        """Whether as much was acknowledged: in how many steps is not determined."""
        return self.acked[0] >= frozen.received and self.acked[1] >= frozen.safe


@pytest.mark.parametrize("name", ["sdk", "by_hand"])
def test_said_again_it_makes_the_same_run(name: str, home: Home, daemon: Daemon) -> None:
    assert daemon.pid
    with client() as speaker:
        replayed = replay(name, home, speaker)
        path = messages(name, wire.Hello)[-1]
        frozen = runs.run_dir(FOLDER / "root", path.path, path.run_id)
        again = runs.run_dir(home.root, path.path, path.run_id)
        replayed.close()
    wait(lambda: list(again.glob("metrics/*.parquet")), "the run that was said again is not sealed")
    wait(lambda: (files.read_json(again / "status.json") or {})["status"] != "running", "it is not written down")
    assert told(runs.read_run(again)) == told(runs.read_run(frozen))


def test_said_again_the_daemon_stops(home: Home, daemon: Daemon) -> None:
    process = os.pidfd_open(daemon.pid)
    with client() as speaker:
        replayed = replay("stop", home, speaker)
        wait(lambda: ended(process), "the daemon has not stopped")
        replayed.close()
    os.close(process)


def replay(name: str, home: Home, speaker: Client) -> Replay:
    made = Replay(home, speaker)
    steps: dict[str, Callable[[list[bytes]], None]] = {"client": made.say, "daemon": made.hear}
    for by, frames in conversation(name):
        steps[by](frames)
    return made


def told(run: runs.Run) -> str:
    """All of a run that does not depend on when and by which host it was written; NaN equals nothing, so as text."""
    writers = [
        {name: writer[name] for name in ("number", "rank", "status", "reason", "offset", "dropped", "lost_bytes")}
        for writer in run.writers
    ]
    meta = {name: value for name, value in run.meta.items() if name != "host"}
    parts = [
        run.status,
        run.exit_reason,
        writers,
        sorted(meta.items()),
        run.config,
        run.summary,
        run.metrics,
        run.objects(),
    ]
    return repr([*parts, [line[12:] for line in run.text().splitlines()], run.points().to_pydict()])


def ended(process: int) -> bool:
    return bool(select.select([process], [], [], 0.0)[0])
