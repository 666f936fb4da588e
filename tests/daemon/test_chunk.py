"""Chunks: what was published is found again by whoever reads the file, and a file that is no chunk harms nobody."""

import os
import socket
import struct
import sys
from itertools import pairwise
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.limits import file_size_limit, quick_folder

from runid import chunk
from runid.chunk import HEAD, HEADER, MAGIC, Chunk, Spill
from runid.errors import FormatError

INFO = bytes(msgpack.packb({"writer": b"w" * 16}))
SIZE = 64 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "0.chunk"


def published(path: Path, payload: bytes, base: int = 0) -> Chunk:
    """A chunk with these bytes, written and published as `Outbox.put` does."""
    made = Chunk(path, SIZE, INFO)
    made.begin(base)
    made.map[HEADER : HEADER + len(payload)] = payload
    made.words[HEAD] = base + len(payload)
    return made


def header(base: int, head: int, length: int = len(INFO)) -> bytes:
    return (MAGIC + struct.pack("=QQQ", base, head, length) + INFO).ljust(HEADER, b"\0")


@given(st.binary(min_size=1, max_size=500), st.integers(0, 1 << 50), st.data())
def test_what_was_published_is_found(payload: bytes, base: int, data: st.DataObject) -> None:
    with quick_folder() as folder:
        made = published(folder / "0.chunk", payload, base)
        found = chunk.find(folder / "0.chunk")
        assert found is not None
        assert (found.base, found.head, found.info) == (base, base + len(payload), {"writer": b"w" * 16})
        start = data.draw(st.integers(0, len(payload)))
        end = data.draw(st.integers(start, len(payload)))
        assert found.read(base + start, base + end) == payload[start:end]
        assert made.read(base + start, base + end) == payload[start:end]
        made.close()
        assert os.listdir(folder) == []


def test_a_chunk_is_empty_until_something_is_published_and_when_it_is_used_again(path: Path) -> None:
    made = Chunk(path, SIZE, INFO)
    assert chunk.find(path) is None
    made.begin(100)
    made.map[HEADER : HEADER + 4] = b"half"
    assert chunk.find(path) is None, "bytes were found that were never published"
    made.words[HEAD] = 104
    assert chunk.find(path) is not None
    made.begin(200)
    assert chunk.find(path) is None, "bytes of its earlier use were found"
    made.words[HEAD] = 204
    made.clear()
    assert chunk.find(path) is None
    made.close()


def test_without_room_a_chunk_is_refused_and_nothing_is_left(path: Path) -> None:
    with file_size_limit(SIZE // 2), pytest.raises(OSError, match="too large"):
        Chunk(path, SIZE, INFO)
    assert os.listdir(path.parent) == []


def test_a_chunk_is_never_made_in_the_place_of_another_file(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        Chunk(path, SIZE, INFO)
    with pytest.raises(FileExistsError):
        Spill(path, INFO, 0)
    assert path.read_text() == "precious"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/smaps is Linux's")
def test_a_child_does_not_get_the_map(path: Path) -> None:
    made = Chunk(path, SIZE, INFO)
    maps = Path("/proc/self/smaps").read_text().split("VmFlags: ")
    (flags,) = [after.partition("\n")[0] for before, after in pairwise(maps) if str(path) in before]
    assert "dc" in flags.split(), "it would be copied by fork, and keep its memory alive there"
    made.close()


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5), st.integers(0, 1 << 50))
def test_a_chunk_on_disk_grows_by_appending(pieces: list[bytes], base: int) -> None:
    with quick_folder() as folder:
        spill = Spill(folder / "0.chunk", INFO, base)
        assert chunk.find(spill.path) is None
        for piece in pieces:
            spill.append(piece)
        payload = b"".join(pieces)
        found = chunk.find(spill.path)
        assert found is not None
        assert (found.base, found.head, spill.head) == (base, base + len(payload), base + len(payload))
        assert found.read(base, found.head) == spill.read(base, found.head) == payload
        spill.close()
        assert os.listdir(folder) == []


def test_a_disk_that_fills_up_costs_no_byte_that_was_moved(path: Path) -> None:
    spill = Spill(path, INFO, 0)
    spill.append(b"held")
    with file_size_limit(HEADER + 50), pytest.raises(OSError, match="the disk is full"):
        spill.append(b"x" * 100)
    spill.append(b" on")
    found = chunk.find(path)
    assert found is not None
    assert found.read(0, found.head) == b"held on"
    spill.close()


def test_a_spill_that_lost_its_name_can_be_read_and_takes_no_other_file_with_it(path: Path) -> None:
    spill = Spill(path, INFO, 0)
    spill.append(b"held")
    assert spill.named()
    path.unlink()
    path.write_text("precious")
    assert not spill.named()
    assert spill.read(0, 4) == b"held"
    spill.close()
    assert path.read_text() == "precious"


NUMBERS = st.sampled_from([0, 1, HEADER, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 2, (1 << 64) - 1])
NUMBERS |= st.integers(0, (1 << 64) - 1) | st.integers(0, 300)


@given(NUMBERS, NUMBERS, NUMBERS, st.integers(0, 300), st.binary(max_size=40))
def test_a_damaged_chunk_lies_in_its_file(base: int, head: int, length: int, size: int, noise: bytes) -> None:
    with quick_folder() as folder:
        path = folder / "0.chunk"
        path.write_bytes(header(base, head, length)[: HEADER - len(noise)] + noise + bytes(size))
        found = chunk.find(path)
        if found is not None:
            assert found.base == base < found.head <= base + size
            assert found.head < 1 << 63
            assert len(found.read(found.base, found.head)) == found.head - found.base


@given(st.binary(max_size=100), st.integers(0, 2 * HEADER))
def test_garbage_is_no_chunk(data: bytes, padding: int) -> None:
    with quick_folder() as folder:
        path = folder / "0.chunk"
        path.write_bytes(data + bytes(padding))
        assert chunk.find(path) is None


def test_only_a_plain_file_of_the_users_own_is_a_chunk(tmp_path: Path) -> None:
    published(tmp_path / "good.chunk", b"bytes")
    assert chunk.find(tmp_path / "good.chunk") is not None
    (tmp_path / "link.chunk").symlink_to(tmp_path / "good.chunk")
    (tmp_path / "folder.chunk").mkdir()
    os.mkfifo(tmp_path / "fifo.chunk")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.chunk"))
    for name in ("link", "folder", "fifo", "socket"):
        assert chunk.find(tmp_path / f"{name}.chunk") is None, name
    with pytest.raises(FileNotFoundError):
        chunk.find(tmp_path / "missing.chunk")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_no_chunk(path: Path) -> None:
    published(path, b"bytes")
    os.chown(path, 12345, 12345)
    assert chunk.find(path) is None


def test_a_chunk_that_was_shortened_since_is_an_error(path: Path) -> None:
    published(path, b"bytes")
    found = chunk.find(path)
    assert found is not None
    os.truncate(path, HEADER + 3)
    with pytest.raises(FormatError, match="ends before byte 5 of its stream"):
        found.read(0, 5)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(PermissionError, match="not a plain file"):
        found.read(0, 5)
