"""What lies beside an outbox reaches the run's folder before its event is safe, once, wherever the daemon is killed."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from PIL import Image
from tests.clients import NOW, Writer, client, ended, trainer, until, writer
from tests.conftest import Daemon, Home
from tests.limits import file_size_limit

from runid import events, wire
from runid.jobs.pool import Done
from runid.keeper import Keeper, Place, TroubleError
from runid.media.image import encode
from runid.orphan import Owner
from runid.store import media, runs
from runid.store.journal import HEARTBEAT

NAME = "media/1_abcdef_key.png"


def asked(side: object, size: object = 4, file: object = NAME, **other: object) -> events.Event:
    """An ask about four bytes of grey."""
    source = {"kind": "array", "dtype": "|u1", "layout": "HW", "shape": [2, 2]}
    what = {"key": "key", "step": 3, "caption": None, "file": file, "format": "png", "quality": 90, "source": source}
    return [events.ASK, NOW, os.urandom(8).hex(), "image", what | {"side": side, "size": size} | other]


def logged(one: Writer, data: bytes = b"grey") -> events.Event:
    """Logs an image as the SDK does; gives its event."""
    side = one.outbox.side([data], len(data))
    assert side is not None
    event = asked(side.path.name, len(data))
    assert one.outbox.put_beside(event, side)
    return event


class Desk:
    """A keeper in the test's hands, and the one writer it serves."""

    def __init__(self, home: Home) -> None:
        self.place = Place(home.root, "p", "r1", "one")
        self.folder = self.place.folder
        self.writer = Writer(home.root, "p", "r1")
        self.jobs: list[tuple[dict[str, Any], Done]] = []
        self.owner = Owner(self.writer.outbox.folder)
        self.keeper = self.new()

    def new(self) -> Keeper:
        return Keeper(self.place, 1 << 30, self.submit)

    def submit(self, job: dict[str, Any], done: Done, told: object = None) -> None:  # noqa: ARG002  they tell nothing
        self.jobs.append((job, done))

    def deliver(self) -> None:
        """What a hello and a batch bring."""
        self.keeper.asks.incoming.serve(self.owner)
        held = self.keeper.hello(self.writer.id, {"rank": 0}, 0, known=False)
        assert self.keeper.batch(self.writer.id, held, self.writer.outbox.read(held))

    def killed(self) -> None:
        """The daemon is killed, and another one opens the run."""
        self.keeper._drop_journal()
        self.jobs.clear()
        self.keeper = self.new()
        self.keeper.sync()

    @property
    def safe(self) -> int:
        return self.keeper.safe.get(self.writer.id.hex(), 0)

    def incoming(self) -> dict[str, bytes]:
        return {path.name.removeprefix("one-"): path.read_bytes() for path in (self.folder / media.INCOMING).glob("*")}

    def work(self) -> None:
        """Does what is pending."""
        self.keeper.asks.tick(self.keeper.fold, self.keeper._work, 0.0)
        for job, done in self.jobs:
            try:
                done(encode(job, print), None)
            except (OSError, ValueError) as error:
                done(None, str(error))
        self.jobs.clear()
        self.keeper.asks.tick(self.keeper.fold, self.keeper._work, 0.0)
        self.keeper.asks.tick(self.keeper.fold, self.keeper._work, 0.0)

    def images(self) -> list[dict[str, Any]]:
        self.keeper.save()
        return runs.read_run(self.folder).media()


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    made = Desk(home)
    yield made
    made.keeper.close()
    made.owner.close()
    made.writer.outbox.close()


def test_the_bytes_are_in_the_runs_folder_before_their_event_is_safe(desk: Desk) -> None:
    event = logged(desk.writer)
    desk.deliver()
    assert (desk.safe, desk.incoming()) == (0, {})
    desk.work()
    assert not (desk.folder / NAME).exists(), "it was made of what is not there yet"
    desk.keeper.sync()
    assert desk.incoming() == {event[2]: b"grey"}
    assert desk.safe == desk.writer.outbox.head
    desk.work()
    assert (desk.folder / NAME).exists()
    assert desk.incoming() == {}
    (image,) = desk.images()
    shown = {"key": "key", "step": 3, "stage": None, "time": NOW, "rank": 0, "type": "image"}
    assert image == shown | {"id": event[2], "file": NAME, "caption": None, "format": "png"}


def test_what_is_large_is_copied_for_a_moment_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread answers all other runs of the root: an image of 800 MB stalled them for four seconds."""
    monkeypatch.setattr("runid.incoming._PIECE", 1000)
    monkeypatch.setattr("runid.incoming._BLOCK", 300)
    monkeypatch.setattr("runid.incoming._MOMENT", 0.0)
    data = os.urandom(2500)
    large, small = logged(desk.writer, data), logged(desk.writer)
    desk.deliver()
    desk.keeper.sync()
    assert (desk.safe, desk.keeper.asks.incoming.unfinished) == (0, {desk.writer.id.hex()})
    assert [name for name in desk.incoming() if not name.startswith(".")] == []
    assert not desk.keeper.brought(desk.writer.id)
    while large[2] not in desk.incoming():
        desk.keeper.tick(0.0)
    assert desk.incoming() == {large[2]: data}
    desk.keeper.tick(0.0)
    assert desk.incoming() == {large[2]: data, small[2]: b"grey"}
    assert desk.safe == desk.writer.outbox.head
    assert desk.keeper.brought(desk.writer.id)


def test_many_that_wait_are_not_all_looked_at_each_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand small images, looked for ten times a second, took the thread all its time."""
    looked: list[object] = []

    def exists(_: Path, ask: dict[str, Any]) -> bool:
        looked.append(ask)
        return False

    monkeypatch.setattr("runid.incoming._MOMENT", 0.0)
    monkeypatch.setattr("runid.incoming.media.exists", exists)
    count = 20
    for _ in range(count):
        logged(desk.writer)
    desk.deliver()
    while not desk.keeper.brought(desk.writer.id):
        pass
    assert len(desk.incoming()) == count
    assert len(looked) <= 2 * count, "not one each time"


def test_a_copy_that_does_not_come_to_its_end_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runid.incoming._PIECE", 10)
    monkeypatch.setattr("runid.incoming._BLOCK", 10)
    monkeypatch.setattr("runid.incoming._MOMENT", 0.0)
    logged(desk.writer, bytes(100))
    desk.deliver()
    desk.keeper.sync()
    assert len(desk.incoming()) == 1
    desk.keeper.close()
    assert desk.incoming() == {}
    desk.keeper = desk.new()
    desk.keeper.sync()
    assert desk.safe == 0, "what was not copied counts as safe"


def test_killed_before_they_were_copied_they_come_again(desk: Desk) -> None:
    event = logged(desk.writer)
    desk.deliver()
    desk.killed()
    assert (desk.safe, desk.incoming()) == (0, {}), "safe, although its bytes are nowhere but in the outbox"
    desk.work()
    desk.keeper.asks.incoming.serve(desk.owner)
    desk.keeper.hello(desk.writer.id, {"rank": 0}, 0, known=True)
    desk.keeper.sync()
    assert desk.incoming() == {event[2]: b"grey"}
    assert desk.safe == desk.writer.outbox.head
    desk.work()
    assert [image.get("error") for image in desk.images()] == [None]


def test_killed_before_the_image_was_made_it_is_made_without_the_outbox(desk: Desk) -> None:
    logged(desk.writer)
    desk.deliver()
    desk.keeper.sync()
    desk.writer.outbox.release(desk.safe)
    assert not list(desk.writer.outbox.folder.glob("*.side"))
    desk.killed()
    desk.work()
    assert (desk.folder / NAME).exists()
    assert len(desk.images()) == 1


def test_killed_before_the_end_was_recorded_nothing_is_made_twice(desk: Desk) -> None:
    logged(desk.writer)
    desk.deliver()
    desk.keeper.sync()
    desk.keeper.asks.tick(desk.keeper.fold, desk.keeper._work, 0.0)
    encode(desk.jobs[0][0], print)
    before = (desk.folder / NAME).stat().st_mtime_ns
    desk.killed()
    desk.work()
    assert (desk.folder / NAME).stat().st_mtime_ns == before
    assert [image.get("error") for image in desk.images()] == [None]
    assert desk.incoming() == {}


def test_what_a_killed_daemon_did_not_come_to_remove_is_swept(desk: Desk) -> None:
    event = logged(desk.writer)
    desk.deliver()
    desk.keeper.sync()
    folder = desk.folder / media.INCOMING
    mine = [folder / name for name in ("one-0123456789abcdef", ".one-0123456789abcdef.tmp")]
    other = folder / "other-0123456789abcdef"
    for path in (*mine, other):
        path.touch()
    desk.killed()
    assert desk.incoming() == {event[2]: b"grey", other.name: b""}


def test_a_disk_that_is_full_leaves_them_in_the_outbox(desk: Desk) -> None:
    event = logged(desk.writer, bytes(300_000))
    desk.deliver()
    with file_size_limit(200_000), pytest.raises(TroubleError):
        desk.keeper.sync()
    assert desk.safe == 0
    assert event[2] not in desk.incoming()
    until(lambda: _opens(desk), "the run does not open again")
    desk.deliver()
    desk.keeper.sync()
    assert desk.incoming()[event[2]] == bytes(300_000)


def _opens(desk: Desk) -> bool:
    try:
        desk.keeper.sync()
    except TroubleError:
        return False
    return True


@pytest.mark.parametrize("works", [True, False], ids=["image", "no image"])
@pytest.mark.parametrize("after", ["asked", "begun", "done"])
def test_a_disk_that_fails_to_sync_loses_no_ask_and_doubles_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, after: str, works: bool
) -> None:
    """What was recorded since the last sync counts for nothing then, and comes again or is done again."""
    logged(desk.writer, b"grey" if works else b"gray, but longer")
    desk.deliver()
    if after != "asked":
        desk.keeper.sync()
        desk.writer.outbox.release(desk.safe)
        desk.keeper.asks.tick(desk.keeper.fold, desk.keeper._work, 0.0)
    if after == "done":
        desk.work()
        assert desk.keeper.fold.asked == {}
    desk.keeper._record(HEARTBEAT, bytes(16), 0, msgpack.packb(NOW))
    with monkeypatch.context() as patch:
        patch.setattr("runid.store.journal.Journal.sync", failed)
        with pytest.raises(TroubleError):
            desk.keeper.sync()
    until(lambda: _opens(desk), "the run does not open again")
    desk.deliver()
    desk.keeper.sync()
    for _ in range(3):
        desk.work()
    (image,) = desk.images()
    assert desk.keeper.fold.asked == {}
    assert ("error" in image) is not works
    assert (desk.folder / NAME).exists() is works
    assert desk.incoming() == {}
    assert len(runs.read_run(desk.folder).objects()) == (1 if works else 2)


def failed(_: object) -> None:
    raise OSError(errno.EIO, "the disk failed")


def test_an_outbox_that_moves_is_waited_for(desk: Desk) -> None:
    """A cleaner has removed it, and its writer, who still has the bytes, needs a moment to notice."""
    event = logged(desk.writer)
    desk.deliver()
    shutil.rmtree(desk.writer.outbox.folder)
    desk.keeper.sync()
    assert (desk.safe, desk.incoming()) == (0, {})
    desk.writer.outbox.rehome()
    desk.writer.outbox.house()
    desk.owner.close()
    desk.owner = Owner(desk.writer.outbox.folder)
    desk.keeper.asks.incoming.serve(desk.owner)
    desk.keeper.sync()
    assert desk.incoming() == {event[2]: b"grey"}
    assert desk.safe == desk.writer.outbox.head


def test_what_cannot_be_had_any_more_ends_with_a_sentence(desk: Desk) -> None:
    logged(desk.writer)
    desk.deliver()
    for path in desk.writer.outbox.folder.glob("*.side"):
        path.unlink()
    desk.keeper.sync()
    assert desk.safe == desk.writer.outbox.head
    (image,) = desk.images()
    assert image["error"] == "What was to be kept is lost: The side file 1.side is gone."
    assert desk.keeper.fold.asked == {}


def test_a_file_in_the_place_of_the_folder_does_not_stop_the_run(desk: Desk) -> None:
    """The run's folder is its user's, too."""
    desk.keeper.hello(desk.writer.id, {"rank": 0}, 0, known=False)
    (desk.folder / "media").write_text("the user's")
    logged(desk.writer)
    desk.deliver()
    desk.keeper.sync()
    assert desk.safe == desk.writer.outbox.head
    (image,) = desk.images()
    assert (
        image["error"]
        == f"What was to be kept is lost: {desk.folder}/media is in the way: a file of the user's, perhaps."
    )
    assert (desk.folder / "media").read_text() == "the user's"


def test_a_run_that_was_removed_is_not_made_again_for_an_image(desk: Desk) -> None:
    desk.keeper.hello(desk.writer.id, {"rank": 0}, 0, known=False)
    logged(desk.writer)
    desk.deliver()
    shutil.rmtree(desk.folder)
    for _ in range(2):
        with pytest.raises(TroubleError):
            desk.keeper.sync()
    assert not desk.folder.exists()


def test_when_nothing_is_left_of_the_outbox_the_ask_is_given_up(desk: Desk) -> None:
    logged(desk.writer)
    desk.deliver()
    desk.killed()
    desk.keeper.give_up(desk.writer.id.hex())
    (image,) = desk.images()
    assert image["error"] == "What was to be kept is lost: its outbox is gone."


# -- against a whole daemon -------------------------------------------------------------------------------------------


def hostile(folder: Path, secret: Path) -> list[events.Event]:
    """Asks that nobody should make."""
    os.mkfifo(folder / "101.side")
    (folder / "102.side").symlink_to(secret)
    (folder / "103.side").mkdir()
    (folder / "104.side").write_bytes(b"longer than it says")
    sides = ["../../thesis", str(secret), "", "owner", "..", "101.side", "102.side", "103.side", "104.side", "105.side"]
    found = [asked(side, 7) for side in sides]
    found += [asked(7), asked(None), asked("104.side", "4"), asked("104.side", -1), asked("104.side", 1 << 60)]
    (folder / "106.side").write_bytes(b"grey")
    files = [
        "../../thesis",
        "media/../../x.png",
        "media/.incoming/x.png",
        str(secret),
        None,
        5,
        "media/1_abcdef_a/b.png",
    ]
    return found + [asked("106.side", 4, file) for file in files]


def test_asks_that_nobody_should_make_do_no_harm(home: Home, daemon: Daemon) -> None:
    secret = home.folder / "thesis"
    secret.write_bytes(b"precious")
    with writer(home.root) as one, client() as connection:
        session = connection.ask(one.hello(), wire.Welcome).session
        bad = hostile(one.outbox.folder, secret)
        (home.outbox / "thesis").symlink_to(secret)
        one.put(*bad)
        good = logged(one)
        one.put([events.FINISH, NOW, "finished", None])
        body = one.outbox.read(0)
        connection.say(wire.Batch(session, 0, body), wire.Where(session, sync=True))
        until(lambda: connection.ask(wire.Where(session), wire.Ack).safe == len(body), "it does not become safe")
        connection.say(wire.Bye(session))
        run = ended(runs.run_dir(home.root, "by/hand", "run"))
        until(lambda: _work(run.folder) >= len(bad) + 1, "not all asks end")
        (one.outbox.folder / "103.side").rmdir()
    (home.outbox / "thesis").unlink()
    assert [path.name for path in (run.folder / "media").iterdir() if path.is_file()] == [Path(good[4]["file"]).name]
    until(lambda: not list((run.folder / media.INCOMING).iterdir()), "what was incoming stays")
    assert secret.read_bytes() == b"precious"
    lines = runs.read_run(run.folder).objects()
    assert sum("error" in line for line in lines) == len(bad)
    assert {line["file"] for line in lines} == {NAME, None}
    assert daemon.status()["pid"] == daemon.pid


@pytest.mark.usefixtures("daemon")
def test_a_run_whose_outbox_was_removed_with_its_writer_comes_to_its_end(home: Home) -> None:
    with writer(home.root) as one, client() as connection:
        session = connection.ask(one.hello(), wire.Welcome).session
        logged(one)
        body = one.outbox.read(0)
        shutil.rmtree(one.outbox.folder)
        connection.say(wire.Batch(session, 0, body))
        until(lambda: connection.ask(wire.Where(session), wire.Ack).received == len(body), "it is not received")
        one.outbox.abandon()
        run = ended(runs.run_dir(home.root, "by/hand", "run"))
        until(lambda: _work(run.folder), "it waits for ever")
    (image,) = runs.read_run(run.folder).media()
    assert image["error"] == "What was to be kept is lost: its outbox is gone."


@pytest.mark.usefixtures("daemon")
def test_a_writer_that_dies_before_it_tells_where_its_outbox_is_now_loses_nothing(home: Home) -> None:
    with writer(home.root) as one, client() as connection:
        session = connection.ask(one.hello(), wire.Welcome).session
        logged(one)
        body = one.outbox.read(0)
        shutil.rmtree(one.outbox.folder)
        connection.say(wire.Batch(session, 0, body))
        until(lambda: connection.ask(wire.Where(session), wire.Ack).received == len(body), "it is not received")
        one.outbox.rehome()
        one.outbox.house()
        one.outbox.abandon()
        run = ended(runs.run_dir(home.root, "by/hand", "run"))
        until(lambda: _work(run.folder), "it waits for ever")
    (image,) = runs.read_run(run.folder).media()
    assert "error" not in image


def _work(folder: Path) -> int:
    """How many asks have come to an end."""
    objects = runs.read_run(folder).objects()
    return sum("error" in line for line in objects) + sum(1 for path in folder.glob("media/*.png"))


LOGS = "run.log_image('noise', numpy.random.default_rng(1).integers(0, 256, (1500, 1500, 3), numpy.uint8))"


def once(folder: Path, names: list[str]) -> list[Path]:
    """The images' files, when all are there; each must be there and be told of once."""
    files = [folder / name for name in names]
    until(lambda: all(path.exists() for path in files), f"an image of {names} does not come")
    until(lambda: not list((folder / media.INCOMING).iterdir()), "what was incoming stays")
    assert sorted(folder.glob("media/*.png")) == sorted(files)
    objects = runs.read_run(folder).objects()
    assert [line["file"] for line in objects] == names
    return files


def brought(folder: Path) -> bool:
    return any(not path.name.startswith(".") for path in (folder / media.INCOMING).glob("*"))


def at_once(folder: Path) -> bool:
    return folder.name != ""


@pytest.mark.parametrize("when", [at_once, Path.exists, brought])
def test_the_daemon_is_killed_and_the_image_is_there_once(
    home: Home, daemon: Daemon, when: Callable[[Path], bool]
) -> None:
    with trainer(home, "killed") as training:
        training.do("globals().update(numpy=__import__('numpy'))")
        names = [json.loads(training.do(LOGS).replace("'", '"'))]
        until(lambda: when(training.folder), "the daemon does not begin")
        daemon.kill()
        names.append(json.loads(training.do(LOGS).replace("'", '"')))
        assert training.flush()
        files = once(training.folder, names)
        training.do("run.finish()")
    expected = np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), np.uint8)
    for path in files:
        with Image.open(path) as image:
            assert (np.asarray(image) == expected).all()


def test_both_are_killed_and_the_image_is_there_once(home: Home, daemon: Daemon) -> None:
    with trainer(home, "both") as training:
        training.do("globals().update(numpy=__import__('numpy'))")
        assert training.flush()
        name = json.loads(training.do(LOGS).replace("'", '"'))
        daemon.kill()
        training.kill()
    daemon.start()
    once(training.folder, [name])
    ended(training.folder)
    until(lambda: not list(home.outbox.rglob("*.side")), "a side file is left")
