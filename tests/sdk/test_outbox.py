"""The outbox alone: what is put can be read by its writer, and by whoever drains it when its writer is dead."""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Home
from tests.programs import start

from runid import chunk, events
from runid import outbox as outbox_module
from runid.errors import FolderError, FormatError
from runid.orphan import Orphan, Owner, outboxes
from runid.outbox import LARGEST, SMALLEST, Outbox
from runid.sides import open_side

NOW = 1_700_000_000.0


def made(home: Home) -> Outbox:
    """An outbox of a writer of its own."""
    named = {"root": str(home.root), "path": "p", "run_id": "r", "rank": 0}
    return Outbox({"writer": os.urandom(16), **named})


@pytest.fixture(name="outbox")
def _outbox(home: Home) -> Iterator[Outbox]:
    outbox = made(home)
    yield outbox
    outbox.close()


def event(number: int, size: int = 10) -> events.Event:
    return [events.TEXT, NOW, "TEXT", f"{number} " + "x" * size]


def packed(wanted: list[events.Event]) -> bytes:
    return b"".join(map(events.pack, wanted))


def sent(outbox: Outbox, offset: int) -> bytes:
    """The stream from an offset on, as the sender reads it: in batches of whole events."""
    batches = []
    while batch := outbox.read(offset):
        assert len(batch) <= events.BATCH_BYTES
        assert events.whole(batch) == len(batch)
        batches.append(batch)
        offset += len(batch)
    assert offset == outbox.head
    return b"".join(batches)


def drained(folder: Path, offset: int = 0) -> tuple[bytes, list[tuple[int, int]]]:
    """The stream of a dead writer from an offset on, and what of it could not be had: from, to."""
    owner = Owner(folder)
    try:
        assert owner.take()
        orphan, batches, holes = Orphan(owner), [], []
        while offset < orphan.head:
            begin, batch = orphan.next(offset)
            holes += [(offset, begin)] if begin != offset else []
            assert len(batch) <= events.BATCH_BYTES
            batches.append(batch)
            offset = begin + len(batch)
        assert orphan.next(offset) == (offset, b"")
        return b"".join(batches), holes
    finally:
        owner.close()


def test_what_is_put_can_be_read(outbox: Outbox) -> None:
    assert outbox.read(0) == b""
    given = [event(number, number % 200) for number in range(30_000)]
    for one in given:
        outbox.put(one)
    assert outbox.head == len(packed(given))
    assert sent(outbox, 0) == packed(given)
    middle = len(packed(given[:12_345]))
    assert sent(outbox, middle) == packed(given[12_345:])
    outbox.release(outbox.head)
    assert (outbox.safe, sent(outbox, outbox.head), outbox.dropped) == (outbox.head, b"", 0)


SIZES = st.sampled_from([0, 1, 100, 5_000, 60_000, 65_536, 131_072, 200_000, 262_000])
STEPS = st.one_of(
    st.tuples(st.just("put"), SIZES | st.integers(0, 262_000)),
    st.tuples(st.just("beside"), SIZES | st.integers(1, 3_000_000)),
    st.tuples(st.just("release"), st.floats(0, 1)),
    st.tuples(st.sampled_from(["prepare", "spill", "wipe", "wipe outbox", "wipe spill"]), st.none()),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=60))
def test_any_life_of_an_outbox(home: Home, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, Any]]) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "4")
    outbox = made(home)
    try:
        live(outbox, steps)
    finally:
        outbox.close()
    assert not home.files_left()


def live(outbox: Outbox, steps: list[tuple[str, Any]]) -> None:
    kept: list[bytes] = []
    beside: dict[int, tuple[str, bytes]] = {}  # by the offset behind the event
    for number, (step, argument) in enumerate(steps):
        if step == "put":
            kept.append(events.pack(event(number, argument)))
            outbox.put(event(number, argument))
            outbox.spill()
        elif step == "beside" and argument:
            data = bytes([number]) * argument
            side = outbox.side([data], len(data))
            assert side is not None
            kept.append(events.pack(event(number)))
            assert outbox.put_beside(event(number), side)
            beside[outbox.head] = side.path.name, data
        elif step == "release":
            outbox.release(max(outbox.safe, len(b"".join(kept[: int(argument * len(kept))]))))
        elif step == "prepare":
            outbox.prepare()
        elif step == "spill":
            outbox.spill()
        else:
            wipe(outbox, step)
    stream = b"".join(kept)
    assert (outbox.head, outbox.dropped) == (len(stream), 0)
    assert outbox.oldest <= outbox.safe or outbox.safe == outbox.head
    assert sent(outbox, outbox.safe) == stream[outbox.safe :]
    safe = outbox.safe
    outbox.release(safe)
    for end, (name, data) in beside.items():
        assert end <= safe or opened(outbox, name, len(data)) == data
    outbox.abandon()
    assert drained(outbox.folder, safe) == (stream[safe:], [])


def opened(outbox: Outbox, name: str, size: int) -> bytes:
    """A side file as the daemon reads it."""
    with open(open_side([outbox.folder, outbox.spill_folder], name, size), "rb") as file:
        return file.read()


def wipe(outbox: Outbox, what: str) -> None:
    """Removes folders as a cleaner of temporary files does, and has the sender notice."""
    folders = {"wipe outbox": [outbox.folder], "wipe spill": [outbox.spill_folder]}
    for folder in folders.get(what, [outbox.folder, outbox.spill_folder]):
        shutil.rmtree(folder, ignore_errors=True)
    if not outbox.named():
        outbox.rehome()
        outbox.house()
    assert outbox.named()


def test_an_outbox_that_was_removed_goes_on_before_anybody_notices(outbox: Outbox) -> None:
    given = [event(number, 1_000) for number in range(3_000)]
    for one in given[:100]:
        outbox.put(one)
    shutil.rmtree(outbox.folder)
    for one in given[100:]:
        outbox.put(one)
    assert not outbox.named()
    assert sent(outbox, 0) == packed(given)
    outbox.rehome()
    outbox.house()
    assert outbox.named()
    assert sent(outbox, 0) == packed(given)
    outbox.abandon()
    assert drained(outbox.folder) == (packed(given), [])


def test_what_cannot_be_packed_changes_nothing(outbox: Outbox) -> None:
    outbox.put(event(1))
    wrong: list[Any] = [[object()], ["\ud800"], [2**64], [events.TEXT, NOW, "x" * events.BATCH_BYTES]]
    for one in wrong:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            outbox.put(one)
    outbox.put(event(2))
    assert sent(outbox, 0) == packed([event(1), event(2)])


class Interrupt:
    """Raises KeyboardInterrupt in an outbox where Python looks for signals: behind calls, at the start of functions."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, frame: FrameType, what: str, _: object) -> None:
        if what in ("call", "c_return") and frame.f_code.co_filename in (outbox_module.__file__, chunk.__file__):
            self.left -= 1
            if self.left < 0:
                sys.setprofile(None)
                raise KeyboardInterrupt


def test_an_interrupt_wherever_python_looks_for_one(outbox: Outbox) -> None:
    chance = random.Random(1)
    read, kept = 0, b""
    for number in range(3_000):
        one, before = event(number, 20_000), outbox.head
        with contextlib.suppress(KeyboardInterrupt):
            sys.setprofile(Interrupt(chance.randrange(40)))
            try:
                outbox.put(one)
            finally:
                sys.setprofile(None)
        kept += packed([one]) if outbox.head > before else b""
        if number % 100 == 0:
            assert sent(outbox, read) == kept
            read, kept = outbox.head, b""
            outbox.release(read)
            outbox.prepare()
    assert sent(outbox, read) == kept
    before = outbox.head
    outbox.put(event(0))
    assert sent(outbox, before) == packed([event(0)])


def test_threads_put_at_once(outbox: Outbox) -> None:
    def put(thread: int) -> None:
        for number in range(5_000):
            outbox.put(event(10_000 * thread + number))

    threads = [threading.Thread(target=put, args=(thread,)) for thread in range(4)]
    for one in threads:
        one.start()
    read = b""
    while any(thread.is_alive() for thread in threads) or len(read) < outbox.head:
        outbox.prepare()
        read += outbox.read(len(read))
        outbox.release(len(read))
    numbers = [int(text.split()[0]) for _, _, _, text in events.unpack(read)]
    for thread in range(4):
        assert [n for n in numbers if n // 10_000 == thread] == list(range(10_000 * thread, 10_000 * thread + 5_000))


def test_chunks_are_used_again(outbox: Outbox) -> None:
    """However much goes through it, an outbox of which nearly all is safe stays small."""
    largest = safe = 0
    names = set()
    for number in range(40_000):
        outbox.put(event(number, 500))
        if number % 100 == 0:
            outbox.release(safe)
            outbox.prepare()
            safe = outbox.head
            largest = max(largest, on_disk(outbox.folder))
            names |= set(os.listdir(outbox.folder))
    assert outbox.head > 20 * LARGEST
    assert largest <= 5 * LARGEST
    assert len(names) <= 12


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.chunk"))


def test_an_outbox_begins_small(outbox: Outbox) -> None:
    assert on_disk(outbox.folder) == SMALLEST
    outbox.put(event(1))
    assert on_disk(outbox.folder) == SMALLEST


def test_past_all_caps_the_newest_events_are_dropped_and_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "0")
    outbox = made(home)
    given = [event(number, 1_000) for number in range(2_000)]
    for one in given:
        outbox.put(one)
        outbox.spill()
    kept = len(given) - outbox.dropped
    assert 500 < kept < 1_050
    assert sent(outbox, 0) == packed(given[:kept])
    assert not list(outbox.spill_folder.glob("*"))
    assert outbox.note_dropped()
    assert not outbox.note_dropped()
    told = events.unpack(sent(outbox, 0))[-1]
    assert (told[0], told[2]) == (events.DROPPED, 2_000 - kept)
    assert outbox.put_vital([events.FINISH, NOW, "finished", None])
    assert events.unpack(sent(outbox, 0))[-1][0] == events.FINISH
    outbox.release(outbox.head)
    before = outbox.head
    outbox.put(event(1))
    assert sent(outbox, before) == packed([event(1)])
    outbox.close()


def test_a_full_outbox_goes_to_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "3")
    outbox = made(home)
    given = [event(number, 1_000) for number in range(6_000)]
    for one in given:
        outbox.put(one)
        outbox.spill()
    kept = len(given) - outbox.dropped
    assert on_disk(outbox.folder) <= 1 << 20
    assert 2 << 20 < on_disk(outbox.spill_folder) <= (3 << 20) + 16_384
    assert 3_300 < kept < 4_200
    assert sent(outbox, 0) == packed(given[:kept])
    outbox.abandon()
    assert drained(outbox.folder) == (packed(given[:kept]), [])
    outbox.release(outbox.head)
    assert not list(outbox.spill_folder.glob("*"))
    outbox.close()


def test_a_disk_that_refuses_leaves_the_bytes_in_memory(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "2")
    outbox = made(home)
    outbox.spill_folder.write_text("in the way")
    given = [event(number, 1_000) for number in range(1_500)]
    for one in given:
        outbox.put(one)
    for _ in range(2):
        with pytest.raises(OSError, match="File exists"):
            outbox.spill()
    assert sent(outbox, 0) == packed(given)
    outbox.spill_folder.unlink()
    outbox.spill()
    assert list(outbox.spill_folder.iterdir())
    assert sent(outbox, 0) == packed(given)
    outbox.close()


def test_pieces_that_overlap_are_read_once(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A writer may die between moving a chunk to disk and giving it up."""
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    outbox = made(home)
    given = [event(number, 1_000) for number in range(700)]
    for one in given:
        outbox.put(one)
    shutil.copytree(outbox.folder, tmp_path / "before")
    outbox.spill()
    for path in (tmp_path / "before").glob("*.chunk"):
        shutil.copy(path, outbox.folder)
    outbox.abandon()
    pieces = len(list(outbox.folder.glob("*.chunk"))) + len(list(outbox.spill_folder.glob("*.chunk")))
    assert pieces > len(list((tmp_path / "before").glob("*.chunk")))
    assert drained(outbox.folder) == (packed(given), [])
    assert drained(outbox.folder, len(packed(given[:300]))) == (packed(given[300:]), [])
    outbox.close()


def test_a_piece_that_is_gone_is_a_hole(outbox: Outbox) -> None:
    given = [event(number, 1_000) for number in range(600)]
    for one in given:
        outbox.put(one)
    outbox.abandon()
    chunks = sorted(outbox.folder.glob("*.chunk"), key=lambda path: int(path.stem))
    chunks[1].unlink()
    kept, holes = drained(outbox.folder)
    ((begin, end),) = holes
    assert kept == packed(given)[:begin] + packed(given)[end:]
    assert 0 < begin < end < outbox.head


def test_files_that_are_no_chunks_are_passed_over(outbox: Outbox, home: Home) -> None:
    outbox.put(event(1))
    other = made(home)
    other.put(event(2))
    outbox.abandon()
    folder = outbox.folder
    (folder / "empty.chunk").touch()
    (folder / "garbage.chunk").write_bytes(os.urandom(20_000))
    shutil.copy(next(iter(other.folder.glob("0.chunk"))), folder / "foreign.chunk")
    other.close()
    assert drained(folder) == (packed([event(1)]), [])


def test_close_leaves_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    open_before = os.listdir("/proc/self/fd")
    outbox = made(home)
    for number in range(2_000):
        outbox.put(event(number, 1_000))
        outbox.spill()
    wipe(outbox, "wipe")
    assert len(os.listdir("/proc/self/fd")) > len(open_before)
    outbox.close()
    assert os.listdir("/proc/self/fd") == open_before
    assert not home.files_left()
    mapped = Path("/proc/self/maps").read_text()
    assert str(home.outbox) not in mapped


def test_an_outbox_is_private(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = made(home)
    paths = [home.outbox, *home.outbox.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}
    outbox.close()
    monkeypatch.setenv("RUNICORN_OUTBOX", "/dev/null/x")
    with pytest.raises(FolderError, match="/dev/null/x cannot be used"):
        made(home)


# Prints the outbox's folder and waits for the end of stdin; what happens then is the test's.
WRITER = """\
import os, sys
from runid.outbox import Outbox

outbox = Outbox({"writer": os.urandom(16), "root": "/r", "path": "p", "run_id": "r"})
for number in range(1000):
    outbox.put([2, 0.0, "TEXT", str(number)])
print(outbox.folder, flush=True)
"""
LIVES = "sys.stdin.read()\n"
FORKS = "if os.fork() == 0: sys.stdin.read()\nos._exit(0)\n"
EXECS = "os.execv(sys.executable, [sys.executable, '-c', 'import sys; sys.stdin.read()'])\n"


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    """Lets a process come to its end, and waits for it and those it has forked."""
    process.communicate(timeout=20.0)


def test_the_lock_tells_whether_the_writer_lives(home: Home) -> None:
    process = start(WRITER + LIVES)
    owner = Owner(folder_of(process))
    assert owner.alive()
    assert not owner.take()
    end(process)
    assert not owner.alive()
    assert owner.take()
    orphan = Orphan(owner)
    assert len(events.unpack(orphan.next(0)[1])) == 1000
    assert outboxes(home.outbox) == [owner.folder]
    orphan.remove()
    owner.close()
    assert not outboxes(home.outbox)


@pytest.mark.parametrize("how", [FORKS, EXECS])
def test_neither_fork_nor_exec_inherits_the_lock(home: Home, how: str) -> None:
    process = start(WRITER + how)
    folder = folder_of(process)
    owner = Owner(folder)
    while owner.alive():
        assert process.poll() in (None, 0)
    assert len(home.processes()) == 1
    owner.close()
    assert len(events.unpack(drained(folder)[0])) == 1000
    end(process)
    shutil.rmtree(folder)


SERVER = """\
import sys
from pathlib import Path
from runid.orphan import Owner

print(Owner(Path(sys.argv[1])).serve(), flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("home")
def test_one_daemon_at_a_time_serves_a_writer() -> None:
    writer = start(WRITER + LIVES)
    folder = folder_of(writer)
    first = start(SERVER, str(folder))
    assert first.stdout is not None
    assert first.stdout.readline() == "True\n"
    owner = Owner(folder)
    assert not owner.serve()
    end(first)
    assert owner.serve()
    assert owner.alive()
    owner.close()
    end(writer)
    shutil.rmtree(folder)


def test_what_is_no_outbox(home: Home) -> None:
    with pytest.raises(FormatError):
        Owner(home.outbox / "missing")
    folder = home.outbox / ("ab" * 16)
    folder.mkdir()
    with pytest.raises(OSError, match="owner"):
        Owner(folder)
    for content in (b"", b"\xc1", b"\x80", events.pack([1, 2.0])):
        (folder / "owner").write_bytes(content)
        with pytest.raises(FormatError, match="does not say whose outbox it is"):
            Owner(folder)
    (home.folder / "link").symlink_to(folder)
    with pytest.raises(FormatError, match="no outbox of this user's"):
        Owner(home.folder / "link")
    shutil.rmtree(folder)


def test_a_chunk_that_is_given_back_meanwhile_is_not_missed(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.prepare()
    assert outbox.named()
    small = outbox._ready[0]
    exists = Path.exists

    def look(path: Path) -> bool:
        if path == small.path and small in outbox._ready:  # a thread inside `put` needs a larger one just now
            outbox._ready.remove(small)
            small.close()
        return exists(path)

    monkeypatch.setattr(Path, "exists", look)
    assert outbox.named()
    monkeypatch.undo()
