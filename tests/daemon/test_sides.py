"""Side files: whole before their events, kept until these are safe, within the outbox' budget, and opened with care."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients import NOW
from tests.conftest import Home
from tests.limits import file_size_limit

from runid import events
from runid.orphan import Orphan, Owner
from runid.outbox import Outbox
from runid.sides import _MOST_MAPPED, Side, SideError, open_side


def made(home: Home) -> Outbox:
    return Outbox({"writer": os.urandom(16), "root": str(home.root), "path": "p", "run_id": "r", "rank": 0})


@pytest.fixture(name="outbox")
def _outbox(home: Home) -> Iterator[Outbox]:
    outbox = made(home)
    yield outbox
    outbox.close()


def asks(side: Side) -> events.Event:
    return [events.ASK, NOW, "0" * 16, "image", {"side": side.path.name, "size": side.size}]


def beside(outbox: Outbox, data: bytes) -> Side | None:
    """Puts an event with these bytes beside it."""
    side = outbox.side([data[:3], data[3:]], len(data))
    if side is not None:
        assert outbox.put_beside(asks(side), side)
    return side


def found(outbox: Outbox, name: str, size: int) -> bytes:
    """The bytes as a daemon finds them."""
    owner = Owner(outbox.folder)
    try:
        with open(open_side(owner.folders(), name, size), "rb") as file:
            return file.read()
    finally:
        os.close(owner._descriptor)


def left(outbox: Outbox) -> list[str]:
    return sorted(path.name for folder in (outbox.folder, outbox.spill_folder) for path in folder.glob("*.side"))


def test_it_lies_there_whole_until_its_event_is_safe(outbox: Outbox) -> None:
    outbox.put([events.TEXT, NOW, "TEXT", "before"])
    before = outbox.head
    side = beside(outbox, b"picture")
    assert side is not None
    assert side.path.stat().st_mode & 0o777 == 0o600
    assert found(outbox, side.path.name, 7) == b"picture"
    outbox.release(before)
    assert left(outbox) == [side.path.name]
    outbox.release(outbox.head)
    assert left(outbox) == []


def test_an_event_put_from_inside_another_put_keeps_its_file(outbox: Outbox) -> None:
    """A signal handler may log while `put` is at work: the event then comes a moment later."""
    outbox._busy = True
    side = beside(outbox, b"picture")
    assert outbox.head == 0
    outbox.release(0)
    outbox._busy = False
    assert side is not None
    assert left(outbox) == [side.path.name]
    outbox.put([events.TEXT, NOW, "TEXT", "the outer one"])
    assert len(events.unpack(outbox.read(0))) == 2
    outbox.release(outbox.head - 1)
    assert left(outbox) == [side.path.name]
    outbox.release(outbox.head)
    assert left(outbox) == []


def test_beyond_half_of_shared_memory_they_go_to_disk_and_then_are_dropped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "4")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "3")
    outbox = made(home)
    sides = [beside(outbox, bytes([number]) * (1 << 20)) for number in range(6)]
    places = [side and (side.path.parent == outbox.folder) for side in sides]
    assert places == [True, True, False, False, False, None]
    assert outbox.dropped == 1
    for number, side in enumerate(sides[:5]):
        assert side is not None
        assert found(outbox, side.path.name, 1 << 20) == bytes([number]) * (1 << 20)
    for number in range(1000):
        outbox.put([events.TEXT, NOW, "TEXT", f"{number}" + "x" * 1000])
        outbox.prepare()
    assert outbox.dropped == 1, "side files took the room of events"
    outbox.release(outbox.head)
    assert left(outbox) == sorted(side.path.name for side in sides[:2] if side), "those in memory are written anew"
    assert [beside(outbox, b"x" * (1 << 20)) is None for _ in range(6)] == [False] * 5 + [True]
    outbox.close()


def test_a_large_one_becomes_the_next_of_its_size_once_its_event_is_safe(outbox: Outbox) -> None:
    first = beside(outbox, b"1" * (1 << 20))
    assert first is not None
    name, inode = first.path.name, first.path.stat().st_ino
    second = beside(outbox, b"2" * (1 << 20))
    assert second is not None
    assert second.path.stat().st_ino != inode, "the event of the first is not safe"
    outbox.release(outbox.head)
    third = beside(outbox, b"3" * (1 << 20))
    assert third is not None
    assert third.path.name not in (name, second.path.name)
    assert third.path.stat().st_ino in (inode, second.path.stat().st_ino if second.path.exists() else 0)
    assert found(outbox, third.path.name, 1 << 20) == b"3" * (1 << 20)
    other = beside(outbox, b"4" * (1 << 19))
    assert other is not None
    assert len(left(outbox)) == 3, "one of another size leaves the second for the next of its own"


def test_files_that_are_no_longer_needed_make_room(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "4")
    outbox = made(home)
    assert [beside(outbox, b"x" * (1 << 20)) is None for _ in range(2)] == [False, False]
    outbox.release(outbox.head)
    assert len(left(outbox)) == 2
    larger = beside(outbox, b"y" * (3 << 19))
    assert larger is not None
    assert (larger.path.parent, left(outbox)) == (outbox.folder, [larger.path.name])
    outbox.close()


def test_without_room_for_the_event_its_file_goes_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "0")
    outbox = made(home)
    side = outbox.side([b"picture"], 7)
    while not outbox.dropped:
        outbox.put([events.TEXT, NOW, "TEXT", "x" * 10_000])
    while outbox.dropped < 20:
        outbox.put([events.TEXT, NOW, "TEXT", ""])
    assert side is not None
    assert not outbox.put_beside(asks(side), side)
    assert (outbox.dropped, left(outbox)) == (21, [])
    outbox.close()


@pytest.mark.parametrize("parts", [[], [b""], [b"six by"], [b"eight", b"byt"]])
def test_bytes_that_do_not_come_as_they_were_announced_leave_nothing(outbox: Outbox, parts: list[bytes]) -> None:
    with pytest.raises(ValueError, match="7 bytes were to be kept"):
        outbox.side(parts, 7)
    assert (left(outbox), outbox.dropped) == ([], 0)
    assert outbox._sides.used == [0, 0]


def test_an_event_that_cannot_be_packed_leaves_nothing(outbox: Outbox) -> None:
    side = outbox.side([b"picture"], 7)
    assert side is not None
    with pytest.raises(TypeError):
        outbox.put_beside([object()], side)
    assert left(outbox) == []


def test_a_full_file_system_is_no_error(outbox: Outbox) -> None:
    with file_size_limit(1 << 20):
        assert outbox.side([bytes(2 << 20)], 2 << 20) is None
    assert (left(outbox), outbox.dropped) == ([], 1)
    assert outbox._sides.used == [0, 0]


@pytest.mark.parametrize("lost", ["all", "one", "spill"])
def test_files_that_a_cleaner_removed_come_back(home: Home, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "2")
    outbox = made(home)
    sides = [beside(outbox, bytes([number]) * (1 << 20)) for number in range(2)]
    assert sides[0] is not None
    assert sides[1] is not None
    assert sides[1].path.parent == outbox.spill_folder
    if lost == "one":
        sides[0].path.unlink()
    else:
        shutil.rmtree(outbox.folder if lost == "all" else outbox.spill_folder)
    assert not outbox.named()
    outbox.rehome()
    outbox.house()
    assert outbox.named()
    for number, side in enumerate(sides):
        assert side is not None
        assert found(outbox, side.path.name, 1 << 20) == bytes([number]) * (1 << 20)
    outbox.release(outbox.head)
    assert left(outbox) == []
    assert outbox._sides.used == [0, 0]
    outbox.close()


def test_many_of_them_leave_the_program_its_descriptors(outbox: Outbox) -> None:
    before = len(os.listdir("/proc/self/fd"))
    sides = [beside(outbox, b"picture") for _ in range(1000)]
    assert None not in sides
    assert len(os.listdir("/proc/self/fd")) <= before + _MOST_MAPPED + 10, "chunks have theirs, too"
    outbox.release(outbox.head)
    assert (left(outbox), outbox._sides.used, outbox._sides._mapped) == ([], [0, 0], 0)


def test_small_ones_take_whole_pages(outbox: Outbox) -> None:
    for _ in range(100):
        beside(outbox, b"picture")
    taken = sum(512 * path.stat().st_blocks for path in outbox.folder.glob("*.side"))
    assert outbox._sides.used == [taken, 0]


def test_of_many_that_a_cleaner_removed_some_come_back(outbox: Outbox) -> None:
    sides = [beside(outbox, b"picture") for _ in range(_MOST_MAPPED + 5)]
    shutil.rmtree(outbox.folder)
    outbox.rehome()
    outbox.house()
    assert left(outbox) == sorted(side.path.name for side in sides[:_MOST_MAPPED] if side is not None)
    outbox.release(outbox.head)
    assert (left(outbox), outbox._sides.used, outbox._sides._mapped) == ([], [0, 0], 0)


def test_what_became_safe_meanwhile_needs_no_new_home(outbox: Outbox) -> None:
    beside(outbox, b"picture")
    shutil.rmtree(outbox.folder)
    outbox.rehome()
    outbox.release(outbox.head)
    outbox.house()
    assert outbox.named()
    assert (left(outbox), outbox._sides.used) == ([], [0, 0])


def test_a_forked_child_touches_nothing_of_its_parents(outbox: Outbox) -> None:
    side = beside(outbox, b"picture")
    assert side is not None
    child = os.fork()
    if child == 0:
        mapped = str(side.path) in Path("/proc/self/maps").read_text()
        os._exit(1 if mapped else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert found(outbox, side.path.name, 7) == b"picture"


def test_who_drains_a_dead_writers_outbox_removes_them(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "2")
    outbox = made(home)
    for _ in range(2):
        beside(outbox, bytes(1 << 20))
    assert list(outbox.spill_folder.glob("*.side"))
    outbox.abandon()
    owner = Owner(outbox.folder)
    assert owner.take()
    Orphan(owner).remove()
    owner.close()
    assert not outbox.folder.exists()
    assert not outbox.spill_folder.exists()


def test_a_fifo_a_link_a_device_and_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    folder, secret = tmp_path / "outbox", tmp_path / "thesis.side"
    folder.mkdir()
    secret.write_bytes(b"precious")
    os.mkfifo(folder / "1.side")
    (folder / "2.side").symlink_to(secret)
    (folder / "3.side").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "4.side"))
    (folder / "5.side").symlink_to("/dev/zero")
    (folder / "6.side").write_bytes(b"other")
    names = [
        "../thesis.side",
        str(secret),
        "",
        ".",
        "..",
        "x.side",
        "owner",
        "1.side\0",
        "1.side\n",
        "7.side",
        "٣.side",
    ]
    for name in [*names, *(f"{number}.side" for number in range(1, 7))]:
        with pytest.raises(SideError):
            open_side([folder, tmp_path / "missing"], name, 8)
    assert secret.read_bytes() == b"precious"
    os.close(open_side([tmp_path / "missing", folder], "6.side", 5))
