"""Outboxes of the dead are drained once and whole; those of the living, and what is none, are left alone."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clients import Writer, client, ended, lines, point, trainer, until, values, writer
from tests.conftest import Daemon, Home
from tests.limits import quick_folder

from runid import events, wire
from runid.chunk import Spill
from runid.orphan import Orphan, Owner, outboxes
from runid.store import runs


def dead(made: Writer, *found: events.Event) -> Path:
    """Lets go of a writer's outbox, as its death does; gives its folder."""
    made.put(*found)
    made.outbox.abandon()
    return made.outbox.folder


def drained(folder: Path) -> None:
    until(lambda: not folder.exists(), f"{folder} is not drained")


@pytest.fixture
def looked(home: Home) -> Callable[[], None]:
    """Returns when the daemon has looked for orphans since: when it has drained one that came later."""

    def look() -> None:
        made = Writer(home.root, "looked", os.urandom(4).hex())
        drained(dead(made, point(1)))

    return look


def test_when_both_die_the_next_daemon_brings_it_to_its_end(home: Home, daemon: Daemon) -> None:
    with trainer(home, "killed") as killed:
        killed.log(0, 100)
        assert killed.flush()
        os.kill(daemon.pid, signal.SIGSTOP)
        killed.log(100, 5000)
        daemon.kill()
        killed.kill()
    assert outboxes(home.outbox), "nothing is left behind: the test shows nothing"
    daemon.start()
    run = ended(killed.folder)
    assert values(run) == [float(step) for step in range(5000)]
    assert lines(run) == ["until 100", "until 5000"]
    assert run.config == {"who": "me"}
    assert (run.status, run.exit_reason) == ("crashed", "the process disappeared without a word at step 4999")
    until(lambda: not outboxes(home.outbox), "the outbox is not removed")


@pytest.mark.usefixtures("daemon")
def test_while_the_writer_lives_nobody_touches_its_outbox(home: Home, looked: Callable[[], None]) -> None:
    with writer(home.root, "alive") as alive:
        alive.points(3)
        before = sorted(path.name for path in alive.outbox.folder.iterdir())
        looked()
        assert sorted(path.name for path in alive.outbox.folder.iterdir()) == before
        assert not runs.run_dir(home.root, "alive", "run").exists()


@pytest.mark.usefixtures("daemon")
def test_what_was_moved_to_disk_is_drained_with_the_rest(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "0.5")
    with writer(home.root) as one:
        for step in range(8000):
            one.outbox.put(point(step, float(step)))
            if step % 500 == 0:
                one.outbox.prepare()
                one.outbox.spill()
        assert one.outbox.dropped == 0
        assert list(one.outbox.spill_folder.iterdir()), "nothing was moved to disk: the test shows nothing"
        spill = one.outbox.spill_folder
        drained(dead(one))
    run = ended(runs.run_dir(home.root, "by/hand", "run"))
    assert values(run) == [float(step) for step in range(8000)]
    assert not spill.exists()


def test_bad_chunks_cost_what_was_in_them_and_nothing_else(home: Home, daemon: Daemon) -> None:
    daemon.stop()
    one = Writer(home.root)
    body = one.put(*(point(step, float(step)) for step in range(100)))
    folder = dead(one)
    packed = bytes(msgpack.packb(one.info))
    # What a disk, a cleaner or a user may have put between the good ones.
    os.mkfifo(folder / "a.chunk")
    (folder / "b.chunk").symlink_to("/dev/zero")
    (folder / "c.chunk").mkdir()
    (folder / "d.chunk").write_bytes(os.urandom(9000))
    (folder / "e.chunk").write_bytes(b"")
    other = Spill(folder / "f.chunk", bytes(msgpack.packb(one.info | {"writer": b"o" * 16})), 0)
    other.append(events.pack(point(1, -1.0)))
    # Events that no version ever had, and then good ones again.
    bad = Spill(folder / "g.chunk", packed, len(body))
    nonsense = events.pack([events.POINTS, "no time", 1, None, {}])
    bad.append(nonsense)
    end = bad.head
    good = Spill(folder / "h.chunk", packed, end + 1000)
    good.append(events.pack(point(100, 100.0)))
    for spill in (other, bad, good):
        os.close(spill._descriptor)
    daemon.start()
    drained(folder)
    run = ended(runs.run_dir(home.root, "by/hand", "run"))
    assert values(run) == [float(step) for step in range(101)]
    assert [one["lost_bytes"] for one in run.writers] == [len(nonsense) + 1000]


def strangers(home: Home, good: Path) -> Iterator[Path]:
    """What may lie in the folder of the outboxes and is none of the daemon's."""
    precious = home.folder / "thesis"
    (precious / "chapter").mkdir(parents=True)
    (precious / "chapter" / "one.txt").write_text("precious")
    (home.outbox / "notes").mkdir()
    (home.outbox / "notes" / "one.txt").write_text("precious")
    (home.outbox / ("z" * 32)).mkdir()
    (home.outbox / ("a" * 31)).mkdir()
    (home.outbox / ("0" * 32)).write_text("a file")
    (home.outbox / ("1" * 32)).symlink_to(precious)
    (home.outbox / ("2" * 32)).symlink_to(good)
    yield from (home.outbox / name for name in ("notes", "z" * 32, "a" * 31, "0" * 32, "1" * 32, "2" * 32))

    def folder(number: int, **other: Any) -> Path:
        id_ = bytes([number]) * 16
        made = home.outbox / id_.hex()
        made.mkdir()
        info = {"writer": id_, "root": str(home.root), "path": "p", "run_id": "r", "spill": str(precious / id_.hex())}
        (made / "owner").write_bytes(msgpack.packb(info | other))
        return made

    yield folder(0x31, spill=str(precious))
    yield folder(0x32, writer=b"x" * 16)
    yield folder(0x33, root="../..")
    yield folder(0x34, path="../../x")
    yield folder(0x35, run_id="a/b")
    yield folder(0x36, spill=7)
    yield folder(0x37, spill="relative/" + "37" * 16)
    made = folder(0x38)
    (made / "owner").unlink()
    (made / "owner").symlink_to(precious / "chapter" / "one.txt")
    yield made
    made = folder(0x39)
    (made / "owner").unlink()
    os.mkfifo(made / "owner")
    yield made


def test_what_is_no_outbox_is_left_as_it_is(home: Home, daemon: Daemon, looked: Callable[[], None]) -> None:
    with writer(home.root) as alive:
        left = list(strangers(home, alive.outbox.folder))
        before = [sorted(str(path) for path in folder.rglob("*")) for folder in left]
        looked()
        assert [sorted(str(path) for path in folder.rglob("*")) for folder in left] == before
        assert (home.folder / "thesis" / "chapter" / "one.txt").read_text() == "precious"
        assert [folder.name for folder in runs.find_runs(home.root)] != []
        assert {folder.parent.name for folder in runs.find_runs(home.root)} == {"looked"}
        assert daemon.status()["pid"] == daemon.pid
    for path in left:
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)


@pytest.mark.usefixtures("daemon")
def test_of_a_spill_that_somebody_named_only_chunks_are_removed(home: Home) -> None:
    precious = home.folder / "thesis"
    one = Writer(home.root)
    named = precious / one.id.hex()
    named.mkdir(parents=True)
    (named / "one.txt").write_text("precious")
    owner = one.outbox.folder / "owner"
    os.pwrite(one.outbox._owners[-1], msgpack.packb(one.info | {"spill": str(named)}), 0)
    assert owner.exists()
    drained(dead(one, point(1)))
    assert (named / "one.txt").read_text() == "precious"
    ended(runs.run_dir(home.root, "by/hand", "run"))


@pytest.mark.usefixtures("daemon")
def test_a_writer_that_nobody_knew_and_that_said_nothing_makes_no_run(home: Home) -> None:
    drained(dead(Writer(home.root, "silent")))
    assert not runs.run_dir(home.root, "silent", "run").exists()


@pytest.mark.usefixtures("daemon")
def test_the_end_of_a_writer_that_was_killed_is_told_with_its_evidence(home: Home) -> None:
    with trainer(home, "killed") as killed:
        killed.log(0, 10)
        assert killed.flush()
        killed.process.kill()  # and not reaped yet: as long as that, the system says how it ended
        run = ended(killed.folder)
    assert run.exit_reason == "the process was killed by SIGKILL at step 9"
    assert values(run) == [float(step) for step in range(10)]


@pytest.mark.usefixtures("daemon")
def test_a_late_batch_of_a_writer_that_was_buried_is_dropped(home: Home) -> None:
    with writer(home.root) as one, client() as connection:
        body = one.points(3)
        session = connection.ask(one.hello(), wire.Welcome).session
        connection.say(wire.Batch(session, 0, body))
        one.outbox.abandon()
        drained(one.outbox.folder)
        connection.say(wire.Batch(session, len(body), body))
        connection.hear(wire.Again)
    run = ended(runs.run_dir(home.root, "by/hand", "run"))
    assert values(run) == [1.0] * 3


# -- reading one ------------------------------------------------------------------------------------------------------

STREAM = [events.pack(point(number, float(number))) for number in range(12)]
EDGES = [0, *(sum(map(len, STREAM[: number + 1])) for number in range(len(STREAM)))]
WHOLE = b"".join(STREAM)
PIECES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 12)).filter(lambda piece: piece[0] < piece[1]), max_size=6
)


@settings(max_examples=40)
@given(PIECES, st.integers(0, 11))
def test_pieces_that_overlap_give_the_stream_and_its_holes(pieces: list[tuple[int, int]], start: int) -> None:
    with quick_folder() as folder:
        id_ = os.urandom(16)
        outbox, spill = folder / id_.hex(), folder / "spill" / id_.hex()
        outbox.mkdir()
        spill.mkdir(parents=True)
        info = bytes(msgpack.packb({"writer": id_, "root": "/r", "path": "p", "run_id": "r", "spill": str(spill)}))
        (outbox / "owner").write_bytes(info)
        for number, (first, last) in enumerate(pieces):
            made = Spill((outbox, spill)[number % 2] / f"{number}.chunk", info, EDGES[first])
            made.append(WHOLE[EDGES[first] : EDGES[last]])
            os.close(made._descriptor)
        owner = Owner(outbox)
        orphan = Orphan(owner)
        held = {event for first, last in pieces for event in range(first, last)}
        assert orphan.head == max((EDGES[last] for _, last in pieces), default=0)
        found, offset = [], EDGES[start]
        while offset < orphan.head:
            at, body = orphan.next(offset)
            assert at >= offset
            found += _events(at, body)
            offset = at + len(body)
            if not body:
                break
        assert found == sorted(event for event in held if event >= start)
        assert orphan.next(orphan.head) == (orphan.head, b"")
        owner.close()
        orphan.remove()
        assert not outbox.exists()
        assert not spill.exists()


def _events(start: int, body: bytes) -> list[int]:
    """Which events of the stream these are; they must be whole."""
    first, last = EDGES.index(start), EDGES.index(start + len(body))
    assert WHOLE[start : start + len(body)] == body
    return list(range(first, last))


def test_only_hexadecimal_names_are_outboxes(tmp_path: Path) -> None:
    for name in ("0" * 32, "0" * 31, "g" * 32, "F" * 32, "." + "0" * 31, "spill"):
        (tmp_path / name).mkdir()
    assert outboxes(tmp_path) == [tmp_path / ("0" * 32)]
    assert outboxes(tmp_path / "missing") == []
