"""Hostile clients: each is refused or closed, while an honest writer logs on and nobody else's run changes."""

import os
import random
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from tests.clients import NOW, PATIENCE, Client, Writer, client, gone, point, until, writer
from tests.conftest import Daemon, Home

import runicorn as rn
from runid import endpoint, events, places, wire
from runid.errors import ProtocolError
from runid.store import journal, runs

MIB = 1 << 20
ROOM = 100 * MIB  # what the daemon may grow by under attack; a window and its copies, never what was sent in all


class Honest:
    """A writer that logs between the attacks, and whose run must hold just that."""

    def __init__(self, home: Home, daemon: Daemon) -> None:
        self.home, self.daemon = home, daemon
        self.run = rn.init("honest")
        self.step = 0
        self.goes_on("before anything has happened")
        self.before = daemon.status()

    def goes_on(self, what: str) -> None:
        """Logs, and has it safe."""
        self.step += 1
        self.run.log({"loss": float(self.step)})
        assert self.run.flush(PATIENCE), f"after {what} the others are not served"

    def unharmed(self) -> dict[str, Any]:
        """Nothing has become of the attacks but a count; gives the daemon's last status."""
        self.goes_on("all of it")
        status = self.daemon.status()
        assert status["pid"] == self.daemon.pid, "the daemon had to be started again"
        assert status["rss_bytes"] < self.before["rss_bytes"] + ROOM
        self.run.finish()
        kept = runs.read_run(self.run.run_dir)
        found = kept.points().select(["metric", "rank", "step", "value"]).to_pylist()
        expected = [{"metric": "loss", "rank": 0, "step": n, "value": float(n)} for n in range(1, self.step + 1)]
        assert [row for row in found if row["rank"] == 0] == expected
        assert kept.status == "finished"
        all_can_be_read(self.home.root)
        return status

    @property
    def session(self) -> int:
        session = self.run._sender._session
        assert session is not None
        return session


@pytest.fixture
def honest(home: Home, daemon: Daemon) -> Iterator[Honest]:
    made = Honest(home, daemon)
    yield made
    made.run.finish()


def all_can_be_read(root: Path) -> None:
    """Each run of a root can be, and no journal holds what is no event."""
    for folder in runs.find_runs(root):
        run = runs.read_run(folder)
        assert run.status
        run.points()
        run.text()
        run.objects()
        for files in journal.journals(folder / "journal").values():
            for record in journal.read_host(files):
                if record.kind == journal.BATCH:
                    events.unpack(record.body)


def answer(connection: Client) -> wire.Message:
    """What the daemon says, but for how far it has come."""
    while isinstance(said := connection.hear(wire.Message), wire.Ack):
        pass
    return said


# -- bytes ------------------------------------------------------------------------------------------------------------


def bombs() -> dict[str, bytes]:
    """Frames that are small, and say that they are not."""
    huge = struct.pack(">I", (1 << 32) - 1)
    many = struct.pack(">I", 900_000)
    return {
        "nested arrays": b"\x81\xa3say" + b"\x91" * 500_000,
        "nested maps": b"\x81\xa3say" + b"\x81\xa1x" * 300_000,
        "an array of 4 G": b"\xdd" + huge,
        "a map of 4 G": b"\xdf" + huge,
        "a string of 4 GiB": b"\x81\xa3say\xdb" + huge,
        "bytes of 4 GiB": b"\x81\xa3say\xc6" + huge,
        "an extension of 4 GiB": b"\x81\xa3say\xc9" + huge + b"\x01",
        "arrays of 900,000 in each other": (b"\x81\xa3say" + (b"\xdd" + many) * 500).ljust(1_000_000, b"\xc0"),
        "maps of 900,000 in each other": (b"\x81\xa3say" + (b"\xdf" + many) * 500).ljust(1_000_000, b"\xc0"),
    }


def test_bytes_that_are_no_message(honest: Honest) -> None:
    sent = 0
    noise = random.Random(1)
    with client() as connection:
        for frame in bombs().values():
            connection.send(frame)
            sent += 1
        for _ in range(200):
            connection.send(*(noise.randbytes(noise.randrange(200)) for _ in range(noise.randrange(1, 4))))
            sent += 1
        (hello,) = wire.encode(wire.Hello(b"w" * 16, str(honest.home.root), "p", "r", "/tmp"))
        for cut in range(len(hello)):
            connection.send(hello[:cut])
            sent += 1
        connection.send(*[b""] * 2000)
        connection.send(*[bytes(900_000)] * 40)
        connection.send(hello, hello)
        sent += 3
        for _ in range(sent):
            assert not connection.hear(wire.Refused).later
        honest.goes_on("garbage")
    assert honest.unharmed()["refused"] == sent
    log = (honest.home.runtime / "runid" / "runid.log").read_text()
    assert log.count("A client was closed") == sent


def test_connections_of_another_size_or_protocol(honest: Honest) -> None:
    for size in (wire.MESSAGE_BYTES + 1, 8 * wire.MESSAGE_BYTES):
        with client() as connection:
            connection.send(bytes(size))
        honest.goes_on("a message over the limit")
    found = endpoint.find(places.runtime_dir())
    assert found is not None
    for greeting in (
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        random.Random(2).randbytes(5000),
        b"\xff" + bytes(8) + b"\x7f\x03",
    ):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(found.endpoint.removeprefix("ipc://"))
            peer.sendall(greeting)
        honest.goes_on("a peer that does not speak ZeroMQ")
    honest.unharmed()


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_another_writers_session_is_not_to_be_had(honest: Honest) -> None:
    body = events.pack(point(99, 99.0))
    with client() as connection:
        offset = honest.run._sender._outbox.head
        for number in (honest.session, honest.session + 1, 0, -1, (1 << 63) - 1):
            for message in (wire.Batch(number, offset, body), wire.Where(number, sync=True), wire.Bye(number)):
                assert connection.ask(message, wire.Again).session == number
        honest.goes_on("what was said in its name")
        sender = honest.run._sender
        info = sender._info
        hello = wire.Hello(
            sender._outbox.writer, info["root"], info["path"], info["run_id"], str(sender._outbox.folder)
        )
        for _ in range(3):
            connection.ask(hello, wire.Welcome)
            honest.goes_on("somebody took its place")
    honest.unharmed()


def test_what_cannot_be_said(honest: Honest) -> None:
    with writer(honest.home.root) as one, client() as connection:
        body = one.points(3)
        for offset, data in ((-1, body), (-(1 << 63), body), (0, body + bytes(events.BATCH_BYTES))):
            session = connection.ask(one.hello(), wire.Welcome).session
            connection.say(wire.Batch(session, offset, data))
            assert isinstance(answer(connection), wire.Refused)
        for offset in (1, 1 << 40, (1 << 63) - 1):
            session = connection.ask(one.hello(), wire.Welcome).session
            connection.say(wire.Batch(session, offset, body))
            assert "bytes are missing" in connection.hear(wire.Again).reason
        assert connection.ask(one.hello(), wire.Welcome).held == 0
        assert "names no writer" in connection.ask(one.hello(oldest=-1), wire.Refused).reason
        honest.goes_on("impossible offsets")
        for message in (
            wire.Welcome(1, 0, 1),
            wire.Refused("no"),
            wire.Ack(honest.session, 1 << 40, 1 << 40),
            wire.Again(honest.session),
            wire.Goodbye(),
            wire.Found(),
            wire.Report(),
        ):
            assert "is the daemon's to send" in connection.ask(message, wire.Refused).reason
        honest.goes_on("what only the daemon says")
    assert honest.unharmed()["refused"] == 3 + 1 + 7


# -- names ------------------------------------------------------------------------------------------------------------


def test_runs_outside_of_a_root_are_refused(honest: Honest) -> None:
    root = str(honest.home.root)
    outside: list[dict[str, Any]] = [
        {"path": "../.."},
        {"path": "/etc"},
        {"path": "a/../../b"},
        {"path": "a\0b"},
        {"path": "a\n"},
        {"run_id": "../x"},
        {"run_id": "a/b"},
        {"run_id": ".."},
        {"run_id": "."},
        {"run_id": ""},
        {"run_id": "r" * 200},
        {"root": "relative"},
        {"root": root + "/../x"},
        {"root": root + "\0"},
        {"root": ""},
        {"writer": b"short"},
        {"writer": b""},
    ]
    with writer(honest.home.root) as one, client() as connection:
        for wrong in outside:
            assert not connection.ask(one.hello(**wrong), wire.Refused).later
            if "writer" not in wrong and wrong != {"run_id": ""}:
                asked = {"root": root, "path": "p", "run_id": "r"} | wrong
                assert isinstance(connection.ask(wire.Find(**asked), wire.Refused), wire.Refused)
        # Names that are good as names, of folders that cannot be made.
        unusable: list[dict[str, Any]] = [{"root": "/proc/none"}, {"root": "/dev/null"}, {"path": "p" * 300}]
        for wrong in unusable:
            connection.ask(one.hello(**wrong), wire.Refused)
        assert connection.ask(one.hello(), wire.Welcome).held == 0
    honest.goes_on("names of other places")
    assert {folder.name for folder in runs.find_runs(honest.home.root)} == {honest.run.id, "run"}
    assert not (honest.home.root / ".." / "x").exists()
    until(lambda: len(honest.daemon.status()["runs"]) <= 2, "runs that cannot be opened are looked after for ever")
    honest.unharmed()


def strange_outboxes(home: Home) -> Iterator[tuple[str, bytes]]:
    """Folders and writers that a hello may name, and must not."""
    for path in ("/nonexistent", "", "relative", "/", "/etc", "/a\0b", "/" + "x" * 300, str(home.root)):
        yield path, os.urandom(16)
    info = {"root": str(home.root), "path": "p", "run_id": "r"}
    good = Writer(home.root)

    def folder(**other: Any) -> tuple[Path, bytes]:
        """A folder with an owner file that agrees with it, but for what is named."""
        id_ = os.urandom(16)
        made = home.outbox / id_.hex()
        made.mkdir(mode=0o700)
        said = info | {"writer": id_, "spill": str(home.outbox / "spill" / id_.hex())} | other
        (made / "owner").write_bytes(msgpack.packb(said))
        return made, id_

    yield str(good.outbox.folder), os.urandom(16)  # somebody else's
    link = home.outbox / os.urandom(16).hex()
    link.symlink_to(good.outbox.folder)
    yield str(link), good.id
    made, id_ = folder()
    (made / "owner").rename(home.outbox / "real")
    (made / "owner").symlink_to(home.outbox / "real")
    yield str(made), id_
    for make in (os.mkfifo, os.mkdir, lambda path: path.write_bytes(b"\xc1"), lambda path: path.write_bytes(b"")):
        made, id_ = folder()
        (made / "owner").unlink()
        make(made / "owner")
        yield str(made), id_
    for wrong in ({"writer": b"w" * 16}, {"spill": "/home"}, {"spill": 5}, {"root": None}, {"writer": "x"}):
        made, id_ = folder(**wrong)
        yield str(made), id_
    made, id_ = folder(spill="/a\0b/" + os.urandom(16).hex())
    yield str(made), id_
    made, id_ = folder()
    moved = made.with_name("0" * 32)
    made.rename(moved)
    yield str(moved), id_
    if os.getuid() == 0:
        made, id_ = folder()
        os.chown(made, 12345, 12345)
        yield str(made), id_
    good.outbox.close()


def test_outboxes_of_others_and_of_nobody_are_refused(honest: Honest) -> None:
    with client() as connection:
        for outbox, id_ in strange_outboxes(honest.home):
            connection.ask(wire.Hello(id_, str(honest.home.root), "p", "r", outbox), wire.Refused)
            honest.goes_on(f"the outbox {outbox!r}")
    until(lambda: honest.daemon.status()["writers"] == 1, "sessions that never began are counted for ever")
    honest.unharmed()
    for left in honest.home.outbox.iterdir():
        remove(left)


def remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    for inside in path.iterdir():
        remove(inside)
    path.rmdir()


# -- floods -----------------------------------------------------------------------------------------------------------


def test_floods_of_questions_are_answered_and_cost_no_memory(honest: Honest) -> None:
    root = str(honest.home.root)
    with client() as connection:
        for number in range(2000):
            connection.say(wire.Find(root, "p", f"r{number}"))
        for _ in range(2000):
            assert connection.hear(wire.Found).run_id == ""
        honest.goes_on("2000 times Find")
        for _ in range(300):
            connection.say(wire.Status())
        for _ in range(300):
            connection.hear(wire.Report)
        for number in range(400):  # as many roots as somebody can think of
            connection.say(wire.Find(f"/nowhere/{number}", "p", "r"))
        for _ in range(400):
            assert isinstance(answer(connection), wire.Found | wire.Refused)
        honest.goes_on("questions about many roots")
    status = honest.unharmed()
    assert status["rss_bytes"] < honest.before["rss_bytes"] + 40 * MIB
    assert not Path("/nowhere").exists()


def test_a_flood_of_hellos_leaves_nothing_open(honest: Honest) -> None:
    with writer(honest.home.root, pid=os.getpid(), pidns=places.pid_namespace()) as one, client() as connection:
        for _ in range(200):
            connection.say(one.hello())
        for _ in range(200):
            connection.hear(wire.Welcome)
        for _ in range(200):
            connection.say(one.hello(outbox="/nonexistent"))
        for _ in range(200):
            connection.hear(wire.Refused)
        honest.goes_on("400 hellos")
        status = until(lambda: _few_sessions(honest.daemon.status()), "sessions that are over stay for ever")
        assert status["descriptors"] < honest.before["descriptors"] + 30
    honest.unharmed()


def _few_sessions(status: dict[str, Any]) -> dict[str, Any] | None:
    return status if status["writers"] <= 2 else None


def test_who_sends_without_end_is_closed(honest: Honest) -> None:
    with writer(honest.home.root) as one, client() as connection:
        session = connection.ask(one.hello(), wire.Welcome).session
        body, offset = GOOD * 8000, 0  # small events: to look at them takes longer than to receive them
        while offset < 60 * MIB:
            connection.say(wire.Batch(session, offset, body))
            offset += len(body)
        assert "does not keep to" in connection.hear(wire.Refused).reason, "all of it waits in the daemon's memory"
        honest.goes_on("a flood of batches")
    honest.unharmed()


# -- events -----------------------------------------------------------------------------------------------------------


def raw(*items: Any) -> bytes:
    return bytes(msgpack.packb(list(items)))


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


GOOD = raw(events.POINTS, NOW, 1, None, {"loss": 1.0})
BAD: dict[str, bytes] = {
    "a time that is no number": raw(events.POINTS, float("nan"), 1, None, {"loss": 1.0}),
    "a time beyond all calendars": raw(events.POINTS, 1e300, 1, None, {"loss": 1.0}),
    "a time before the epoch": raw(events.TEXT, -1.0, "TEXT", "x"),
    "no time": raw(events.POINTS),
    "a step beyond int64": raw(events.POINTS, NOW, 1 << 63, None, {"loss": 1.0}),
    "a step that is no int": raw(events.POINTS, NOW, 1.5, None, {"loss": 1.0}),
    "an object's step beyond int64": raw(events.OBJECT, NOW, 1 << 63, None, "k", "v"),
    "a metric that is no text": raw(events.POINTS, NOW, 1, None, {1: 1.0}),
    "a metric that is bytes": raw(events.POINTS, NOW, 1, None, {b"loss": 1.0}),
    "a key that is no text": raw(events.CONFIG, NOW, {5: 1}),
    "a kind that is text": raw("1", NOW, 1, None, {}),
    "no array": raw({"kind": 1})[1:],
    "an empty array": raw(),
    "no msgpack": b"\xc1",
    "msgpack without end": b"\x01" * 250_000,
    "an end inside an event": GOOD[:-1],
    "an event behind which another begins": GOOD + GOOD[:4],
    "a good one and a bad one": GOOD + raw(events.POINTS, NOW, 1 << 63, None, {}),
    "a value nested 100 deep": raw(events.CONFIG, NOW, {"x": nested(100)}),
    "a value nested 400 deep": raw(events.OBJECT, NOW, 1, None, "k", nested(400)),
    "an object that tells of itself nested 500 deep": raw(events.OBJECT, NOW, 1, None, "k", 1, {"type": nested(500)}),
    "an unheard-of end": raw(events.FINISH, NOW, "exploded", None),
    "more dropped than can be counted": raw(events.DROPPED, NOW, (1 << 64) - 1),
    "a time in msgpack's own type": raw(events.CONFIG, NOW, {"x": msgpack.Timestamp(5)}),
    "an array of 4 G": b"\xdd\xff\xff\xff\xff",
}
ODD: dict[str, bytes] = {
    "a kind of a later version": raw(77, NOW, {"anything": [1, 2]}),
    "a metric that is no UTF-8": b"\x95\x01\xcb" + struct.pack(">d", NOW) + b"\x01\xc0\x81\xa2\xff\xfe\xcb" + bytes(8),
    "a value that is no number": raw(events.POINTS, NOW, 1, None, {"loss": "high", "list": [1], "none": None}),
    "values at the edge": raw(events.POINTS, NOW, -(1 << 63), "s", {"x": (1 << 64) - 1, "y": float("nan"), "z": 1e308}),
    "names of no length and of much": raw(events.POINTS, NOW, 1, "", {"": 1.0, "n" * 100_000: 2.0}),
    "a text of lines": raw(events.TEXT, NOW, "TEXT", "\n" * 1000 + "\x1b[2J\r\0"),
    "what looks like a path": raw(events.META, NOW, {"id": "../../x", "host": "/etc/passwd", "path": "..", "alias": 5}),
    "a file's name as a key": raw(events.OBJECT, NOW, 1, None, "../../../tmp/x", {"file": "/etc/shadow"}),
    "an object of a type that is none": raw(events.OBJECT, NOW, 1, None, "k", 1, {"type": ["image"], "caption": {}}),
    "more at the end of an event": raw(events.TEXT, NOW, "TEXT", "x", "of", "a later", "version"),
}  # fmt: skip


def test_events_that_are_none_cost_only_themselves(honest: Honest) -> None:
    info = honest.run._sender._info
    before = honest.daemon.status()["refused"]
    with writer(Path(info["root"]), info["path"], info["run_id"], rank=1) as one, client() as connection:
        offset = 0
        for what, body in BAD.items():
            with pytest.raises(ProtocolError):
                events.unpack(body)
            welcome = connection.ask(one.hello(), wire.Welcome)
            assert welcome.held == offset, f"before {what}"
            connection.say(wire.Batch(welcome.session, offset, body))
            said = answer(connection)
            assert isinstance(said, wire.Again), f"{what}: {said}"
            offset += len(body)
            honest.goes_on(what)
        status = honest.daemon.status()
        assert status["refused"] == before + len(BAD), "not all of them were counted"
        assert status["lost_bytes"] == sum(map(len, BAD.values())) - 2 * len(GOOD)
        assert status["runs"][0]["records"] < 500, "garbage is kept at length"
        session = connection.ask(one.hello(), wire.Welcome).session
        # What is merely odd is kept, in the same run, and does the others no harm.
        for what, body in ODD.items():
            connection.say(wire.Batch(session, offset, body))
            offset += len(body)
            assert _acknowledged(connection, offset), what
            honest.goes_on(what)
        end = raw(events.FINISH, NOW, "finished", None)
        connection.say(wire.Batch(session, offset, end))
        connection.ask(wire.Where(session, sync=True), wire.Ack)
        connection.say(wire.Bye(session))
    honest.unharmed()
    kept = runs.read_run(honest.run.run_dir)
    assert [writer_["rank"] for writer_ in kept.writers] == [0, 1]
    theirs = [row for row in kept.points().to_pylist() if row["rank"] == 1]
    assert sum(row["metric"] == "loss" for row in theirs) == 2, "the good events beside bad ones are not kept"
    assert (kept.id, kept.meta["path"]) == (honest.run.id, "honest"), "an event has renamed the run"


def _acknowledged(connection: Client, offset: int) -> bool:
    while (ack := connection.hear(wire.Ack)).received < offset:
        pass
    return ack.received == offset


def test_whoever_says_stop_only_makes_the_others_start_it_again(honest: Honest) -> None:
    with client() as connection:
        for _ in range(5):
            connection.say(wire.Stop())
    until(lambda: gone(honest.daemon.pid), "the daemon did not stop")
    honest.goes_on("Stop")
    honest.daemon.pid = honest.daemon.status()["pid"]
    honest.unharmed()
