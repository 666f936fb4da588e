"""What a snapshot holds and leaves out, that equal code gives equal bytes, and that nothing in a folder stops it."""

import json
import os
import socket
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from tests.programs import train

import runicorn as rn
from runid.snapshot import archive, taking
from runid.snapshot.walk import Limits, walk
from runid.store.runs import MARKER


@pytest.fixture(name="code")
def _code(tmp_path: Path) -> Path:
    """A workspace of two files."""
    code = tmp_path / "code"
    (code / "package").mkdir(parents=True)
    (code / "train.py").write_text("import package\n")
    (code / "package" / "net.py").write_text("depth = 50\n")
    return code


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        return found.namelist()


def modes(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as found:
        return {entry.filename: stat.filemode(entry.external_attr >> 16) for entry in found.infolist()}


def test_what_it_returns(code: Path, tmp_path: Path) -> None:
    out = tmp_path / "snapshot.zip"
    assert rn.snapshot_workspace(code, out) == {
        "workspace_root": str(code), "archive_path": str(out), "format": "zip", "file_count": 2, "total_bytes": 26,
        "changed": [], "skipped": {},
    }  # fmt: skip
    assert names(out) == ["package/net.py", "train.py"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code", "snapshot.zip"]


def test_all_seven_parameters(code: Path, tmp_path: Path) -> None:
    (code / "mine").write_text("*.md\n")
    (code / "a.md").touch()
    out = tmp_path / "out.zip"
    with pytest.raises(ValueError, match="too many files"):
        rn.snapshot_workspace(root=code, out_zip=out, ignore_file="mine", extra_excludes=["mine"], max_files=1)
    told = rn.snapshot_workspace(
        root=code, out_zip=out, ignore_file="mine", extra_excludes=["mine"], max_total_bytes=1, max_files=1,
        force_snapshot=True,
    )  # fmt: skip
    assert told["file_count"] == 2


def test_a_workspace_may_be_the_working_folder(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(code)
    told = rn.snapshot_workspace(Path(), "snapshot.zip")
    assert (told["workspace_root"], told["archive_path"]) == (str(code), str(code / "snapshot.zip"))
    assert rn.snapshot_workspace(Path(), "snapshot.zip")["file_count"] == 2


@pytest.mark.parametrize(
    ("limits", "what"), [({"max_files": 1}, "too many files"), ({"max_total_bytes": 15}, "total bytes exceeded")]
)
def test_what_is_too_large_says_what_is_and_leaves_nothing_behind(
    code: Path, tmp_path: Path, limits: dict[str, int], what: str
) -> None:
    with pytest.raises(ValueError, match=f"code snapshot too large: {what}: .*(package|train.py).*force_snapshot=True"):
        rn.snapshot_workspace(code, tmp_path / "out.zip", **limits)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == [code]
    assert rn.snapshot_workspace(code, tmp_path / "out.zip", max_files=2, max_total_bytes=26)["file_count"] == 2


def test_equal_code_gives_equal_bytes(code: Path, tmp_path: Path) -> None:
    (code / "run.sh").write_text("#!/bin/sh\n")
    (code / "run.sh").chmod(0o755)
    (code / "link").symlink_to("train.py")
    other = tmp_path / "elsewhere"
    for name in ("train.py", "run.sh", "package/net.py"):  # made in another order, by a user with another umask
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((code / name).read_bytes())
        (other / name).chmod(0o700 if name == "run.sh" else 0o600)
        os.utime(other / name, (1e9, 1e9))
    (other / "link").symlink_to("train.py")
    for folder in (code, other):
        rn.snapshot_workspace(folder, tmp_path / f"{folder.name}.zip")
    assert (tmp_path / "code.zip").read_bytes() == (tmp_path / "elsewhere.zip").read_bytes()
    assert modes(tmp_path / "code.zip") == {
        "link": "lrwxrwxrwx", "package/net.py": "-rw-r--r--", "run.sh": "-rwxr-xr-x", "train.py": "-rw-r--r--",
    }  # fmt: skip
    (other / "run.sh").chmod(0o600)
    rn.snapshot_workspace(other, tmp_path / "elsewhere.zip")
    assert (tmp_path / "code.zip").read_bytes() != (tmp_path / "elsewhere.zip").read_bytes()


@pytest.mark.parametrize("missing", [True, False])
def test_a_missing_root_is_an_error_and_no_empty_zip(tmp_path: Path, missing: bool) -> None:
    place = tmp_path / "code"
    if not missing:
        place.touch()
    with pytest.raises(FileNotFoundError if missing else NotADirectoryError, match="There is no code to snapshot"):
        rn.snapshot_workspace(place, tmp_path / "out.zip")
    assert not list(tmp_path.glob("*zip*"))


def test_a_zip_inside_the_root_is_not_included_the_next_time(code: Path) -> None:
    out = code / "my [1].zip"
    sizes = [rn.snapshot_workspace(code, out)["total_bytes"] for _ in range(2)]
    assert sizes == [26, 26]
    (code / f".{out.name}.01234567.tmp").touch()  # of a process that was killed
    rn.snapshot_workspace(code, out)
    assert names(out) == ["package/net.py", "train.py"]


def test_no_storage_root_is_swallowed_wherever_it_is_and_whatever_is_said(code: Path, tmp_path: Path) -> None:
    for place in (".runicorn", "logs/mine"):
        (code / place / "runs").mkdir(parents=True)
        (code / place / MARKER).touch()
        (code / place / "runs" / "a").touch()
    (code / ".rnignore").write_text("!.runicorn/\n!mine\n")
    rn.snapshot_workspace(code, tmp_path / "out.zip")
    assert names(tmp_path / "out.zip") == ["package/net.py", "train.py"]


def test_a_workspace_that_is_the_storage_root_keeps_its_code(code: Path, tmp_path: Path) -> None:
    for place in ("runs/p/r", "archive/blobs"):
        (code / place).mkdir(parents=True)
        (code / place / "a").touch()
    (code / MARKER).touch()
    (code / "package" / "runs").touch()
    rn.snapshot_workspace(code, tmp_path / "out.zip")
    assert names(tmp_path / "out.zip") == ["package/net.py", "package/runs", "train.py"]


def test_links_are_kept_as_links_and_never_followed(code: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    targets = {"in": "train.py", "package/up": "../train.py", "loop": ".", "out": "../secret", "abs": str(code / "x"),
               "nowhere": "gone", "folder": "package"}  # fmt: skip
    for name, target in targets.items():
        (code / name).symlink_to(target)
    told = rn.snapshot_workspace(code, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as found:
        links = {
            entry.filename: found.read(entry).decode()
            for entry in found.infolist()
            if stat.S_ISLNK(entry.external_attr >> 16)
        }
    assert links == targets
    assert told["file_count"] == 2 + len(targets)
    assert list(told["skipped"]) == ["out"]
    assert "out of the workspace" in told["skipped"]["out"]


def test_files_from_before_1980_are_taken(code: Path, tmp_path: Path) -> None:
    os.utime(code / "train.py", (0, 0))
    os.utime(code / "package" / "net.py", (-1e9, -1e9))
    assert rn.snapshot_workspace(code, tmp_path / "out.zip")["skipped"] == {}


def test_what_is_no_file_is_skipped_and_nothing_waits_for_it(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(code)  # the path of a socket has 108 bytes at most
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    assert rn.snapshot_workspace(code, tmp_path / "out.zip")["skipped"] == {"fifo": "a FIFO", "socket": "a socket"}
    assert names(tmp_path / "out.zip") == ["package/net.py", "train.py"]


def test_an_ignore_file_that_is_a_fifo_or_a_folder_says_nothing(code: Path, tmp_path: Path) -> None:
    os.mkfifo(code / ".rnignore")
    (code / ".gitignore").mkdir()
    told = rn.snapshot_workspace(code, tmp_path / "out.zip")
    assert (told["file_count"], told["skipped"]) == (2, {})


UNPRIVILEGED = """
import ctypes, json, sys
header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capset(header, nothing) == 0  # what root may read is what its owner may
import runicorn
print(json.dumps(runicorn.snapshot_workspace(sys.argv[1], sys.argv[2])["skipped"]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_what_cannot_be_read_is_skipped(code: Path, tmp_path: Path) -> None:
    (code / "train.py").chmod(0)
    (code / "package").chmod(0)
    told = train(UNPRIVILEGED, str(code), str(tmp_path / "out.zip"))
    (code / "package").chmod(0o700)
    assert json.loads(told) == {"package/": "Permission denied", "train.py": "Permission denied"}


def test_names_that_are_no_utf8_are_escaped(code: Path, tmp_path: Path) -> None:
    (code / os.fsdecode(b"caf\xe9.py")).write_text("x")
    (code / "naïve.py").write_text("x")
    assert rn.snapshot_workspace(code, tmp_path / "out.zip")["file_count"] == 4
    assert set(names(tmp_path / "out.zip")) >= {r"caf\xe9.py", "naïve.py"}


def test_what_becomes_of_files_between_finding_and_reading_them(code: Path, tmp_path: Path) -> None:
    for name in ("gone", "fifo", "link", "longer", "same_size", "replaced"):
        (code / name).write_text(name)
    tree = walk(code, ".rnignore", (), Limits())
    (code / "gone").unlink()
    for name in ("fifo", "link"):
        (code / name).unlink()
    os.mkfifo(code / "fifo")
    (code / "link").symlink_to("train.py")
    with open(code / "longer", "a") as file:
        file.write("!")
    (code / "same_size").write_text("same_SIZE")
    (code / "new").write_text("replaced")
    (code / "new").rename(code / "replaced")
    with open(tmp_path / "out.zip", "xb") as out:
        assert archive.write(tree, out)[0] == 5
    assert tree.skipped.keys() == {"gone", "fifo", "link"}
    assert tree.skipped["gone"] == "vanished"
    assert taking.changed(tree) == ["longer", "replaced", "same_size"]


def test_a_file_that_grows_while_it_is_read_has_an_end(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time some of it is read it has become longer, and in the archive it is as long as it was at first."""
    growing = code / "grows.log"
    growing.write_bytes(b"x" * 3_000_000)
    read = archive._read

    def grow(*arguments: object) -> bytes:
        with open(growing, "ab") as file:
            file.write(b"y" * 2_000_000)
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "_read", grow)
    (code / "package" / "net.py").unlink()
    (code / "train.py").unlink()
    told = rn.snapshot_workspace(code, tmp_path / "out.zip")
    assert told["total_bytes"] == 3_000_000
    assert told["changed"] == ["grows.log"]


def test_a_file_written_to_after_the_snapshot_was_asked_for_is_told(code: Path, tmp_path: Path) -> None:
    for path in code.rglob("*"):
        os.utime(path, (1_000.0, 1_000.0))
    os.utime(code / "train.py", (2_000.0, 2_000.0))
    assert taking.take(code, tmp_path / "one.zip", Limits(), since=1_500.0).changed == ["train.py"]
    assert taking.take(code, tmp_path / "two.zip", Limits(), since=2_500.0).changed == []


def test_a_process_killed_meanwhile_leaves_the_older_archive(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.zip"
    rn.snapshot_workspace(code, out)
    before = out.read_bytes()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "write", die)
    with pytest.raises(KeyboardInterrupt):
        rn.snapshot_workspace(code, out)
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code", "out.zip"]


def test_folders_as_deep_as_they_come(code: Path, tmp_path: Path) -> None:
    deep = "/".join(["d" * 100] * 20)
    (code / deep).mkdir(parents=True)
    (code / deep / "a.py").touch()
    assert f"{deep}/a.py" in (rn.snapshot_workspace(code, tmp_path / "out.zip") and names(tmp_path / "out.zip"))
