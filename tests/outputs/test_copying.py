"""Copies: whole, hashed on the way, and of nothing that is written meanwhile. Reflinks are shown by scripts/reflink."""

import errno
import os
import threading
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runid.store import copying
from runid.store.copying import ChangedError, copy

CONTENT = os.urandom((1 << 20) + 12345)


def clones(writer: int, reader: int) -> None:
    """What FICLONE does, for a file system that has none."""
    os.pwrite(writer, os.pread(reader, 1 << 30, 0), 0)


@pytest.fixture(params=[False, True], ids=["bytes", "reflink"])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def ioctl(writer: int, _: int, reader: int) -> None:
        if not request.param:
            raise OSError(errno.EOPNOTSUPP, "no reflinks here")
        clones(writer, reader)

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["some", "none"])
def test_a_copy(source: Path, tmp_path: Path, content: bytes) -> None:
    source.write_bytes(content)
    copied = copy(source, tmp_path / "target")
    assert (copied.sha256, copied.size) == (sha256(content).hexdigest(), len(content))
    assert (tmp_path / "target").read_bytes() == content


def test_a_log_that_grows_is_copied_up_to_where_it_was(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fstat

    def grows(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        with open(source, "ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr("os.fstat", grows)
    copied = copy(source, tmp_path / "target", growing=True)
    assert (copied.sha256, copied.size) == (sha256(CONTENT).hexdigest(), len(CONTENT))
    assert (tmp_path / "target").read_bytes() == CONTENT


def test_what_is_written_meanwhile_leaves_no_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copying._clone

    def written(reader: int, writer: int) -> bool:
        with open(source, "r+b") as file:
            file.write(b"new")
        return real(reader, writer)

    monkeypatch.setattr(copying, "_clone", written)
    with pytest.raises(ChangedError, match="while it was copied"):
        copy(source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_what_is_replaced_meanwhile_leaves_no_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copying._clone

    def replaced(reader: int, writer: int) -> bool:
        (tmp_path / "new").write_bytes(CONTENT)
        os.rename(tmp_path / "new", source)
        return real(reader, writer)

    monkeypatch.setattr(copying, "_clone", replaced)
    with pytest.raises(ChangedError):
        copy(source, tmp_path / "target")


def test_links_pipes_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    os.symlink("real", tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder", "missing"):
        with pytest.raises(OSError, match=r"symbolic links|no regular file|No such file"):
            copy(tmp_path / name, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_name_that_is_taken_stays_what_it_is(source: Path, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("other")
    with pytest.raises(FileExistsError):
        copy(source, tmp_path / "target")
    assert (tmp_path / "target").read_text() == "other"


def test_a_disk_that_is_full_is_an_error_and_leaves_no_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fcntl.ioctl", full)
    with pytest.raises(OSError, match="No space"):
        copy(source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_disk_without_room_is_not_filled_to_find_that_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    monkeypatch.setattr("os.fstatvfs", lambda _: SimpleNamespace(f_bavail=256, f_frsize=4096))
    monkeypatch.setattr("os.write", lambda *_: pytest.fail("it was written to"))
    with pytest.raises(OSError, match="No space left"):
        copy(tmp_path / "source", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_writer_that_never_ends_does_not_make_a_log_s_copy_endless(tmp_path: Path) -> None:
    path, over = tmp_path / "a.log", threading.Event()
    path.write_bytes(CONTENT)

    def write() -> None:
        with open(path, "ab") as file:
            while not over.is_set():
                file.write(CONTENT[:4096])
                if file.tell() > 64 << 20:
                    file.truncate(len(CONTENT))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copied = copy(path, tmp_path / "target", growing=True)
    finally:
        over.set()
        writer.join()
    assert copied.size == (tmp_path / "target").stat().st_size
    assert (tmp_path / "target").read_bytes()[: len(CONTENT)] == CONTENT
