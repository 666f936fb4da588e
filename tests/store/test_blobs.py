"""Blobs and manifests: named by their content, stored once, whole whatever is killed, and never a reason to wait."""

import errno
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.store import blobs

LARGE = os.urandom(100) * 30_000  # more than is hashed before it is copied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def written(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def archived(root: Path) -> list[Path]:
    """All files below a root, temporary ones too."""
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("data", [b"", b"abc", LARGE], ids=["empty", "small", "large"])
def test_a_blob_is_named_by_its_bytes_and_stored_once(root: Path, tmp_path: Path, data: bytes) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    read: list[int] = []
    blob = blobs.store(root, written(tmp_path, data), read.append)
    path = f"archive/blobs/{sha256[:2]}/{sha256}"
    assert blob == (path, sha256, len(data), False)
    assert archived(root) == [root / path]
    assert (root / path).read_bytes() == data
    assert (root / path).stat().st_mode & 0o222 == 0
    assert sum(read) == len(data)
    inode = (root / path).stat().st_ino
    assert blobs.store(root, written(tmp_path, data, "another")).path == path
    assert archived(root) == [root / path]
    assert (root / path).stat().st_ino == inode


def test_put_takes_bytes_that_are_written_already(root: Path) -> None:
    for name in ("one.tmp", "two.tmp"):
        assert blobs.put(root, written_in_archive(root, name), "ab" + "0" * 62) == "archive/blobs/ab/ab" + "0" * 62
    assert archived(root) == [root / "archive/blobs/ab" / ("ab" + "0" * 62)]


def written_in_archive(root: Path, name: str) -> Path:
    (root / "archive/blobs").mkdir(parents=True, exist_ok=True)
    return written(root / "archive/blobs", b"bytes", name)


def test_a_torn_blob_is_replaced(root: Path, tmp_path: Path) -> None:
    source = written(tmp_path, LARGE)
    path = root / blobs.store(root, source).path
    path.chmod(0o644)
    os.truncate(path, 1000)
    assert not blobs.is_whole(root, path.name, len(LARGE))
    blobs.store(root, source)
    assert path.read_bytes() == LARGE
    assert archived(root) == [path]


def test_a_whole_blob_of_a_faster_host_stays(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def late(source: Path, target: Path) -> None:
        target.write_bytes(LARGE)
        link(source, target)

    monkeypatch.setattr("runid.store.blobs.os.link", late)
    blob = blobs.store(root, written(tmp_path, LARGE))
    assert (root / blob.path).stat().st_mode & 0o222, "it must be the other host's"
    assert archived(root) == [root / blob.path]


def test_many_store_the_same_at_once(root: Path, tmp_path: Path) -> None:
    source, start = written(tmp_path, LARGE), threading.Barrier(6)
    paths: list[str] = []

    def store() -> None:
        start.wait()
        paths.append(blobs.store(root, source).path)

    threads = [threading.Thread(target=store) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == paths[:1] * 6
    assert archived(root) == [root / paths[0]]
    assert (root / paths[0]).read_bytes() == LARGE


def test_a_file_that_changes_while_it_is_copied_is_copied_again(root: Path, tmp_path: Path) -> None:
    source = written(tmp_path, LARGE)
    changes = 1

    def change(_: int) -> None:
        nonlocal changes
        if changes:
            changes -= 1
            with open(source, "ab") as file:
                file.write(b"more")

    blob = blobs.store(root, source, change)
    assert not blob.changed
    assert (root / blob.path).read_bytes() == LARGE + b"more"
    changes = 1_000_000
    assert blobs.store(root, source, change).changed
    assert len(archived(root)) == 2


def test_what_is_no_file_is_refused_and_nothing_hangs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.symlink(written(tmp_path, b"abc"), tmp_path / "link")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes
        listening.bind("socket")
        for name in ("pipe", "link", "socket", "missing", "."):
            with pytest.raises(blobs.UnreadableError):
                blobs.store(root, tmp_path / name)
    assert archived(root) == []


def test_a_disk_without_room_is_not_filled_up(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runid.store.blobs._clone", lambda _file, _out: False)
    monkeypatch.setattr("os.fstatvfs", lambda _: SimpleNamespace(f_bavail=1, f_frsize=4096))
    with pytest.raises(OSError, match="No space") as caught:
        blobs.store(root, written(tmp_path, LARGE))
    assert caught.value.errno == errno.ENOSPC
    assert archived(root) == []


def test_a_root_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        blobs.store(tmp_path / "root", written(tmp_path, b"abc"))
    assert not (tmp_path / "root").exists()


ROWS = [("a/b", "1" * 64, 3), ("a/c/d", "2" * 64, 4), ("a-b", "3" * 64, 0)]


def manifest(root: Path, source: str, rows: list[tuple[str, str, int]]) -> blobs.Manifest:
    """That of blobs which nobody has stored, but whose folders are there."""
    for _, sha256, _ in rows:
        (root / "archive/blobs" / sha256[:2]).mkdir(parents=True, exist_ok=True)
    return blobs.manifest(root, source, rows)


def test_a_manifest_says_what_a_folder_holds_and_equal_folders_have_one(root: Path) -> None:
    made = manifest(root, "/data/a", ROWS)
    assert made.path == f"archive/manifests/{made.fingerprint[:2]}/{made.fingerprint}.json"
    said = json.loads((root / made.path).read_bytes())
    assert said == blobs.read_manifest(root, made.fingerprint)
    assert {name: value for name, value in said.items() if name != "created_at"} == {
        "source_path": "/data/a",
        "fingerprint": made.fingerprint,
        "total_size_bytes": 7,
        "file_count": 3,
        "files": {name: {"sha256": sha256, "size_bytes": size} for name, sha256, size in ROWS},
    }
    assert list(blobs.files_of(said)) == ROWS
    assert manifest(root, "/data/b", ROWS) == made
    assert json.loads((root / made.path).read_bytes()) == said, "the first one stays"
    assert archived(root) == [root / made.path]
    assert manifest(root, "/data/b", ROWS[:2]).fingerprint != made.fingerprint
    text = b"a/b\0" + b"1" * 64 + b"\x003\n" + b"a/c/d\0" + b"2" * 64 + b"\x004\n" + b"a-b\0" + b"3" * 64 + b"\x000\n"
    assert made.fingerprint == hashlib.sha256(text).hexdigest()


def test_a_manifest_in_another_order_is_none(root: Path) -> None:
    for rows in (ROWS[::-1], ROWS[:1] * 2):
        with pytest.raises(ValueError, match="does not come behind"):
            manifest(root, "/data", rows)
    assert archived(root) == []


NAMES = st.binary(min_size=1, max_size=9).filter(lambda name: not set(name) & {0, 0x2F}).map(os.fsdecode)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(PATHS, st.integers(0, 1 << 50), max_size=5))
def test_a_manifest_reads_as_it_was_written_whatever_the_files_are_called(files: dict[str, int]) -> None:
    rows = [(path, f"{files[path]:064x}", files[path]) for path in sorted(files, key=lambda path: path.split("/"))]
    with tempfile.TemporaryDirectory() as folder:
        found = blobs.read_manifest(Path(folder), manifest(Path(folder), "/data", rows).fingerprint)
    assert found is not None
    assert list(blobs.files_of(found)) == rows
    assert found["total_size_bytes"] == sum(files.values())


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"files": []}', b"x", None])
def test_a_damaged_manifest_is_none_and_a_torn_one_is_replaced(root: Path, damage: bytes | None) -> None:
    made = manifest(root, "/data", ROWS)
    path = root / made.path
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole.replace(b"111", b"112", 1) if damage is None else damage)
    assert blobs.read_manifest(root, made.fingerprint) is None
    path.write_bytes(whole[:-10])
    assert blobs.read_manifest(root, made.fingerprint) is None
    manifest(root, "/data", ROWS)
    assert blobs.read_manifest(root, made.fingerprint) is not None


def test_what_a_crash_left_is_told_once_nobody_can_be_writing_it(root: Path, tmp_path: Path) -> None:
    assert blobs.leftovers(root) == []
    blobs.store(root, written(tmp_path, LARGE))
    manifest(root, "/data", ROWS)
    old, young = (written_in_archive(root, f".{digits}.tmp") for digits in ("00000000", "11111111"))
    os.utime(old, (1e9, 1e9))
    assert blobs.leftovers(root) == [old]
    assert young.exists()


DIES = """
import os, signal, sys
from pathlib import Path
from runid.store import blobs
root, source, name, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
real = getattr(os, name)
def deadly(*given, **named):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
setattr(os, name, deadly)
def stored():
    for path in sorted(os.listdir(source)):
        blob = blobs.store(root, f"{source}/{path}", listed=True)
        yield path, blob.sha256, blob.size
blobs.manifest(root, source, stored())
"""


@pytest.mark.parametrize("call", [("link", 1), ("link", 2), ("link", 3), ("fsync", 2), ("fsync", 6), ("unlink", 1)])
def test_killed_at_any_step_it_is_whole_the_next_time(root: Path, tmp_path: Path, call: tuple[str, int]) -> None:
    source = tmp_path / "data"
    source.mkdir()
    contents = {"a": LARGE, "b": b"small"}
    for name, data in contents.items():
        written(source, data, name)
    died = subprocess.run([sys.executable, "-c", DIES, root, source, call[0], str(call[1])], check=False)
    assert died.returncode == -signal.SIGKILL
    for path in archived(root):
        if path.suffix != ".tmp" and "blobs" in path.parts:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    subprocess.run([sys.executable, "-c", DIES, root, source, call[0], "-1"], check=True)
    whole = [path for path in archived(root) if path.suffix != ".tmp"]
    assert sorted(path.read_bytes() for path in whole if "blobs" in path.parts) == sorted(contents.values())
    (manifest,) = (path for path in whole if "manifests" in path.parts)
    assert blobs.read_manifest(root, manifest.stem) is not None
