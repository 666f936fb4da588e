"""Folders are the user's own or not used, and the outboxes' budget is what the machine can spare."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from runid import places
from runid.errors import FolderError

MIB = 1 << 20


def test_a_private_folder_is_made_with_those_above(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert places.private(folder) == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert places.private(folder) == folder, "it may exist"


def test_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    places.private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_to_a_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(FolderError, match="is not a folder of yours"):
        places.private(tmp_path / "link")
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o755


def test_a_file_and_a_link_to_nowhere_are_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link", "file/below"):
        with pytest.raises(FolderError, match=r"Make it writable or name another|is not a folder of yours"):
            places.private(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


def test_another_users_folder_is_not_used(tmp_path: Path) -> None:
    folder = Path("/")
    if os.getuid() == 0:
        folder = tmp_path / "theirs"
        folder.mkdir()
        os.chown(folder, 12345, 12345)
    mode = folder.stat().st_mode
    with pytest.raises(FolderError, match="is not a folder of yours, so nothing is put there"):
        places.private(folder)
    assert folder.stat().st_mode == mode


def test_the_first_folder_that_can_be_had_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert places.runtime_dir() == tmp_path / "runid"
    shared = tmp_path / "shm"
    shared.mkdir()
    monkeypatch.delenv("RUNICORN_OUTBOX", raising=False)
    monkeypatch.setattr(places, "_SHARED_MEMORY", shared)
    assert places.outbox_dir() == shared / f"runid-{os.getuid()}"
    shutil.rmtree(places.outbox_dir())
    (shared / f"runid-{os.getuid()}").symlink_to(tmp_path)
    assert places.outbox_dir() == tmp_path / "runid" / "outbox", "somebody else holds the name"
    (tmp_path / "runid" / "outbox").rmdir()
    (tmp_path / "runid" / "outbox").write_text("")
    with pytest.raises(FolderError) as none:
        places.outbox_dir()
    assert str(shared) in str(none.value), "each of the folders is named"
    assert "outbox" in str(none.value)


def test_a_named_outbox_holds_its_spill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX", str(tmp_path / "disk"))
    assert places.outbox_dir() == tmp_path / "disk"
    assert places.spill_dir() == tmp_path / "disk" / "spill"
    assert stat.S_IMODE((tmp_path / "disk" / "spill").stat().st_mode) == 0o700


V2 = ("0::/job\n", "/sys/fs/cgroup/job/memory.max", "/sys/fs/cgroup/job/memory.current")
V1 = (
    "5:cpu,cpuacct:/x\n4:memory:/job\n",
    "/sys/fs/cgroup/memory/job/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/job/memory.usage_in_bytes",
)


@pytest.mark.parametrize(
    ("cgroup", "limit", "used", "share"),
    [
        (V2, f"{80 * MIB}", f"{16 * MIB}", 8 * MIB),
        (V1, f"{80 * MIB}", f"{16 * MIB}", 8 * MIB),
        (V2, f"{80 * MIB}", f"{90 * MIB}", 0),
        (V2, "max", f"{16 * MIB}", None),
        (V1, "9223372036854771712", f"{16 * MIB}", None),
        (V2, "", "", None),
        (("", "", ""), "", "", None),
    ],
)
def test_the_budget_is_an_eighth_of_what_there_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cgroup: tuple[str, str, str],
    limit: str,
    used: str,
    share: int | None,
) -> None:
    told = {"/proc/self/cgroup": cgroup[0], cgroup[1]: limit, cgroup[2]: used}
    monkeypatch.setattr(places, "_read", lambda path: told.get(str(path), ""))
    whole = os.statvfs(tmp_path)
    eighth = whole.f_blocks * whole.f_frsize // 8
    assert places.outbox_budget(tmp_path) == (eighth if share is None else min(eighth, share))
    assert places.outbox_budget(tmp_path / "missing") == 0


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("2", 2 * MIB), ("0.5", MIB // 2), *((text, 7 * MIB) for text in ("", "much", "nan", "inf", None))],
)
def test_a_setting_in_mebibytes(monkeypatch: pytest.MonkeyPatch, text: str | None, bytes_: int) -> None:
    monkeypatch.delenv("RUNICORN_OUTBOX_MB", raising=False)
    if text is not None:
        monkeypatch.setenv("RUNICORN_OUTBOX_MB", text)
    assert places.megabytes("RUNICORN_OUTBOX_MB", 7) == bytes_


def test_a_process_is_told_by_its_start_whatever_its_name(tmp_path: Path) -> None:
    program = tmp_path / "a) b (c"
    sleep = shutil.which("sleep")
    assert sleep is not None
    program.symlink_to(sleep)
    with subprocess.Popen([str(program), "60"]) as process:
        try:
            assert places.process_start(process.pid) >= places.process_start(os.getpid()) > 0
        finally:
            process.kill()
    assert places.process_start(process.pid) == 0


def test_this_boot_and_this_namespace_have_names() -> None:
    assert len(places.boot_id()) == 36
    assert places.pid_namespace().startswith("pid:[")
