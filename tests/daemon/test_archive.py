"""The archive job: what it says of a dataset or model, what it stores, and what it does not read again."""

import hashlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.jobs import archive as job
from runid.jobs import listing
from runid.store import blobs, seen

HOST = "node7_0a1b2c3d"
FILES = {"a/b": b"one", "a/c/d": b"two", "a-b": b"", "z": b"three"}


class Host:
    """A root and a folder to archive, and what the job tells."""

    def __init__(self, folder: Path) -> None:
        self.root, self.data = folder / "root", folder / "data"
        self.told: list[dict[str, Any]] = []
        self.root.mkdir()
        self.write(FILES)

    def write(self, contents: dict[str, bytes]) -> None:
        for name, data in contents.items():
            (self.data / name).parent.mkdir(parents=True, exist_ok=True)
            (self.data / name).write_bytes(data)

    def archive(self, path: str | Path | None = None, host: str = HOST, **ask: Any) -> dict[str, Any]:
        """The result of a job for the folder, or for another path."""
        asked = {
            "kind": "dataset", "path": str(path or self.data), "must_exist": True, "save": True, "force_save": False,
            "max_archive_bytes": 1000, "max_archive_files": 1000, **ask,
        }  # fmt: skip
        place = {"root": str(self.root), "run_dir": str(self.root / "runs/p/r"), "host": host}
        return job.archive({"name": "dataset", "id": "0" * 16, "ask": asked, **place}, self.told.append)

    def stored(self) -> dict[str, bytes]:
        """The blobs, by name."""
        paths = (self.root / "archive/blobs").glob("*/*")
        return {path.name: path.read_bytes() for path in paths}

    def reads(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The files that are read from now on."""
        read: list[str] = []
        store = blobs.store

        def counted(root: Path, source: str, told: Any, **more: Any) -> blobs.Blob:
            read.append(os.path.relpath(source, self.data))
            return store(root, source, told, **more)

        monkeypatch.setattr("runid.jobs.archive.blobs.store", counted)
        return read


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(listing, "FRESH", -1.0)  # or everything that was just written would be read again
    return Host(tmp_path)


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_folder_becomes_blobs_and_a_manifest(host: Host) -> None:
    said = host.archive()
    path = f"archive/manifests/{said['fingerprint'][:2]}/{said['fingerprint']}.json"
    assert said == {
        "saved": True, "fingerprint_kind": "sha256_manifest", "fingerprint": said["fingerprint"], "archive_path": path,
        "manifest_path": path, "file_count": 4, "total_size_bytes": 11,
    }  # fmt: skip
    assert host.stored() == {hashed(data): data for data in FILES.values()}
    manifest = json.loads((host.root / path).read_bytes())
    assert manifest["source_path"] == str(host.data)
    assert {name: about["sha256"] for name, about in manifest["files"].items()} == {
        name: hashed(data) for name, data in FILES.items()
    }


def test_a_file_becomes_a_blob(host: Host) -> None:
    sha256 = hashed(b"three")
    os.symlink("z", host.data / "latest")  # the path itself may be a link
    for name in ("z", "latest"):
        assert host.archive(host.data / name) == {
            "saved": True, "fingerprint_kind": "sha256", "fingerprint": sha256,
            "archive_path": f"archive/blobs/{sha256[:2]}/{sha256}", "file_count": 1, "total_size_bytes": 5,
        }  # fmt: skip
    assert host.stored() == {sha256: b"three"}


def test_without_save_names_sizes_and_times_tell_it_apart_and_nothing_is_written(host: Host) -> None:
    for name in FILES:
        os.utime(host.data / name, (1e9, 1e9))
    os.utime(host.data / "z", (2e9, 2e9))
    said = host.archive(save=False)
    assert said["saved"] is False
    sha256 = said["fingerprint"].pop("sha256")
    assert said["fingerprint"] == {"mtime": 2e9, "file_count": 4, "total_size_bytes": 11}
    assert host.archive(host.data / "z", save=False) == {
        "saved": False,
        "fingerprint": {"size_bytes": 5, "mtime": 2e9},
    }
    assert list(host.root.iterdir()) == []
    os.utime(host.data / "z", (2e9, 2e9))
    assert host.archive(save=False)["fingerprint"]["sha256"] == sha256
    os.utime(host.data / "a-b", (1e9, 1e9 + 1))
    assert host.archive(save=False)["fingerprint"]["sha256"] != sha256


def test_what_was_archived_is_not_read_again_by_any_host(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    first = host.archive()
    file = host.archive(host.data / "z")
    read = host.reads(monkeypatch)
    assert host.archive() == first
    assert host.archive(host="another_00000000") == first
    assert host.archive(host.data / "z") == file
    assert read == []
    assert len((host.root / f"archive/seen/{HOST}.log").read_text().split()) > 0
    assert [path.name for path in (host.root / "archive/seen").iterdir()] == [f"{HOST}.log"]


@pytest.mark.parametrize("change", ["content", "added", "removed", "renamed", "same size and time"])
def test_what_changed_since_is_read_again(host: Host, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    first = host.archive()
    read = host.reads(monkeypatch)
    path = host.data / "z"
    if change == "content":
        path.write_bytes(b"other")
    elif change == "added":
        host.write({"new": b"four"})
    elif change == "removed":
        path.unlink()
    elif change == "renamed":
        path.rename(host.data / "y")
    else:
        state = path.stat()
        path.write_bytes(b"THREE")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert host.archive()["fingerprint"] != first["fingerprint"]
    assert "a/b" in read


def test_a_blob_or_manifest_that_was_lost_is_made_again(host: Host) -> None:
    first = host.archive()
    for path in (host.root / blobs.blob_path(hashed(b"one")), host.root / first["manifest_path"]):
        path.unlink()
        assert host.archive() == first
        assert path.exists()
    torn = host.root / blobs.blob_path(hashed(b"three"))
    torn.chmod(0o644)
    os.truncate(torn, 2)
    host.archive()
    assert torn.read_bytes() == b"three"


def test_a_file_that_was_just_written_is_not_trusted_to_be_unchanged(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FRESH", 1e6)
    first = host.archive()
    read = host.reads(monkeypatch)
    assert host.archive() == first
    assert len(read) == 4


def test_what_changes_while_it_is_archived_is_said_and_read_the_next_time(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = blobs.store

    def changing(root: Path, source: str, told: Any, **more: Any) -> blobs.Blob:
        host.write({"y/late": b"it came"})
        return store(root, source, told, **more)

    monkeypatch.setattr("runid.jobs.archive.blobs.store", changing)
    host.write({"y/early": b"it was there"})
    said = host.archive()
    assert said["changed"] == {".": "something in it came, went or changed while it was archived"}
    monkeypatch.setattr("runid.jobs.archive.blobs.store", store)
    read = host.reads(monkeypatch)
    assert "changed" not in host.archive()
    assert "y/late" in read


def test_pipes_sockets_links_and_the_root_itself_are_skipped_and_told(host: Host, tmp_path: Path) -> None:
    os.mkfifo(host.data / "pipe")
    os.symlink("a", host.data / "link")
    os.symlink("..", host.data / "loop")
    host.root.rename(host.data / "root")
    host.root = host.data / "root"
    (host.root / "runs").mkdir()
    (host.root / "runs/meta.json").write_text("{}")
    with socket.socket(socket.AF_UNIX) as listening:
        at = os.open(tmp_path, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{at}/data/socket")  # its path may have 107 bytes
        os.close(at)
        for save in (True, False):
            said = host.archive(save=save)
            assert said["skipped_count"] == 5
            assert said["skipped"] == {
                "link": "a link, but to no file", "loop": "a link, but to no file", "pipe": "no regular file",
                "root": "Runicorn's own files", "socket": "no regular file",
            }  # fmt: skip
    assert host.stored() == {hashed(data): data for data in FILES.values()}


def test_links_to_files_are_files_as_in_the_cache_of_a_model_hub(host: Host, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"weights")
    os.symlink(tmp_path / "blob", host.data / "model.safetensors")
    said = host.archive()
    assert "skipped" not in said
    assert said["file_count"] == len(FILES) + 1
    assert host.stored()[hashed(b"weights")] == b"weights"


def test_of_many_that_are_skipped_ten_are_named(host: Host) -> None:
    for number in range(30):
        os.mkfifo(os.fsencode(host.data) + b"/pipe\xff%d" % number)
    said = host.archive()
    assert (said["skipped_count"], len(said["skipped"])) == (30, 10)
    assert "pipe\ufffd0" in said["skipped"]


def test_a_pipe_alone_and_a_folder_of_pipes_are_not_archived(host: Host, tmp_path: Path) -> None:
    (tmp_path / "pipes").mkdir()
    os.mkfifo(tmp_path / "pipes/pipe")
    for path, why in (("pipes", "it holds no regular files"), ("pipes/pipe", "Not a directory")):
        said = host.archive(tmp_path / path)
        assert not said["saved"]
        assert why in said["error"]


def test_what_cannot_be_read_is_skipped_and_read_the_next_time(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open
    locked = True

    def refused(path: Any, flags: int, mode: int = 0o777) -> int:
        if locked and str(path).endswith("data/a/b"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, mode)

    monkeypatch.setattr("os.open", refused)
    said = host.archive()
    assert (said["file_count"], said["skipped"]) == (3, {"a/b": "Permission denied"})
    said = host.archive(host.data / "a/b")
    assert (said["saved"], said["error"]) == (False, f"{host.data / 'a/b'} cannot be read: Permission denied.")
    locked = False
    said = host.archive()
    assert (said["file_count"], "skipped" in said) == (4, False)


@pytest.mark.parametrize("limit", [{"max_archive_files": 3}, {"max_archive_bytes": 10}])
def test_more_than_the_limits_allow_is_not_archived_unless_forced(host: Host, limit: dict[str, Any]) -> None:
    said = host.archive(**limit)
    assert said["error"].startswith("dataset too large to archive; set force_save=True or use save=False: 4 files with")
    assert (said["saved"], said["fingerprint"]["file_count"]) == (False, 4)
    assert list(host.root.iterdir()) == []
    assert host.archive(**limit, kind="pretrained")["error"].startswith("pretrained too large to archive")
    assert host.archive(**limit, force_save=True)["saved"]
    assert "error" not in host.archive(max_archive_files=4, max_archive_bytes=11)


def test_missing_path_with_save_is_not_silent(host: Host) -> None:
    for path in (host.data / "nowhere", host.data / "z/nowhere"):
        said = host.archive(path)
        assert (said["saved"], said["fingerprint"]) == (False, None)
        assert said["error"].startswith(f"{path} cannot be read on {os.uname().nodename}: ")
        assert host.archive(path, save=False, must_exist=False) == {"saved": False, "fingerprint": None}


def test_progress_is_told_at_most_once_a_second(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.4
        return now

    monkeypatch.setattr("runid.jobs.archive.time.monotonic", clock)
    host.write({f"n{number}": b"x" * 10 for number in range(6)})
    host.archive()
    assert host.told == [
        {"files": 3, "bytes": 16, "total_bytes": 71},
        {"files": 6, "bytes": 46, "total_bytes": 71},
        {"files": 9, "bytes": 71, "total_bytes": 71},
    ]


def test_what_a_crash_left_is_removed_by_the_next_archive(host: Host) -> None:
    (host.root / "archive/blobs").mkdir(parents=True)
    left = host.root / "archive/blobs/.01234567.tmp"
    left.touch()
    os.utime(left, (1e9, 1e9))
    half = [host.root / f"archive/blobs/.{of}-01234567.tmp" for of in (HOST, "another")]
    for path in half:
        path.touch()
    host.archive()
    assert [path.exists() for path in (left, *half)] == [False, False, True]


@given(st.lists(st.binary(max_size=80) | st.just(b"LISTING") | st.just(b'{"listing": "LISTING"}'), max_size=6))
def test_a_damaged_list_of_what_was_seen_costs_nothing_but_reading(tmp_path_factory: Any, parts: list[bytes]) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / "archive/seen").mkdir(parents=True)
    (root / "archive/seen/one.log").write_bytes(b"\n".join(parts))
    assert seen.find(root, "/data", "LISTING") is None
    seen.add(root, "one", "/data", "LISTING", "f" * 64)
    assert seen.find(root, "/data", "LISTING") == "f" * 64
    assert seen.find(root, "/other", "LISTING") is None
