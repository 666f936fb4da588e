"""`runid doctor`: what it finds where something is wrong, and that it finds nothing where nothing is."""

import json
import os
import signal
from pathlib import Path

import pytest
from tests.cli.commands import call
from tests.conftest import Daemon, Home
from tests.programs import finish, start, train

from runid import doctor

NAMES = [
    "runtime folder", "daemon", "open runs", "outbox", "outboxes", "spill folder", "storage root", "space",
    "file system", "descriptors", "clock", "versions", "job", "logout",
]  # fmt: skip
ABANDONING = """
import os, signal
import runicorn as rn
run = rn.init("test")
run.log({"loss": 1.0})
os.kill(os.getpid(), signal.SIGKILL)
"""


def check(name: str) -> doctor.Check:
    return next(found for found in doctor.examine() if found.name == name)


def test_where_all_is_well_nothing_is_wrong(home: Home, daemon: Daemon) -> None:
    home.root.mkdir()
    found = {one.name: one for one in doctor.examine()}
    assert list(found) == NAMES
    # Of the machine itself nothing is known here: its space, file systems and limits may be anything.
    for name in ("runtime folder", "daemon", "open runs", "outboxes", "storage root", "clock", "versions"):
        assert found[name].good, found[name]
    assert f"pid {daemon.pid} answers" in found["daemon"].found
    assert str(home.outbox) in found["outbox"].found


@pytest.mark.usefixtures("daemon")
def test_the_command_prints_the_checks_and_its_exit_code_sums_them_up(home: Home) -> None:
    home.root.mkdir()
    expected = int(not all(one.good for one in doctor.examine()))
    as_json = json.loads(call("runid", "doctor", "--json", code=expected)[0])
    assert [one["name"] for one in as_json] == NAMES
    assert all(one.keys() == {"name", "good", "found", "advice"} for one in as_json)

    home.root.rmdir()
    home.root.write_text("")  # a file where the root should be
    out = call("runid", "doctor", code=1)[0]
    assert f"WRONG  storage root: {home.root} cannot be written" in out
    assert "ok     daemon: " in out


def test_the_root_is_looked_at_and_never_made(home: Home) -> None:
    found = check("storage root")
    assert found.good
    assert f"{home.root} does not exist yet, {home.root.parent} is writable" in found.found
    assert not home.root.exists()
    home.root.mkdir()
    assert "is writable, an fsync took" in check("storage root").found
    assert not list(home.root.iterdir())


def test_a_daemon_that_hangs_is_told_from_one_that_is_not_there(daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        found = check("daemon")
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    assert not found.good
    assert f"pid {daemon.pid} lives, but has not answered" in found.found
    assert f"kill -CONT {daemon.pid}" in found.advice

    daemon.stop()
    stopped = check("daemon")
    assert not stopped.good
    assert "runid stop" in stopped.found


@pytest.mark.usefixtures("home")
def test_no_daemon_is_no_fault() -> None:
    assert check("daemon") == doctor.Check("daemon", True, "does not run; the next init() starts it", "")
    assert check("open runs").good


def test_what_a_dead_writer_left_waits_for_a_daemon(daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    finish(start(ABANDONING), code=-signal.SIGKILL)
    daemon.kill()
    found = check("outboxes")
    assert not found.good
    assert found.found.startswith("0 of live writers, 1 of dead ones")
    assert "runid start" in found.advice
    call("runid", "start")


def test_a_strange_outbox_is_named(home: Home) -> None:
    strange = home.outbox / ("0" * 32)
    strange.mkdir()
    (strange / "owner").write_bytes(b"no owner")
    found = check("outboxes")
    assert not found.good
    assert str(strange) in found.found
    (strange / "owner").unlink()


def test_a_runtime_folder_too_long_for_a_socket(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.runtime / ("x" * 90)
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    found = check("runtime folder")
    assert not found.good
    assert "107 may be" in found.found


def test_what_cannot_be_looked_at_is_a_finding(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.folder / "file"
    file.touch()
    monkeypatch.setenv("RUNICORN_OUTBOX", str(file))
    found = {one.name: one for one in doctor.examine()}
    assert list(found) == NAMES
    for name in ("outbox", "outboxes", "spill folder"):
        assert not found[name].good
        assert str(file) in found[name].found


def test_a_small_shared_memory_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LEAST_OUTBOX", 1 << 60)
    found = check("outbox")
    assert not found.good
    assert "--shm-size" in found.advice
    assert str(home.outbox) in found.found


@pytest.mark.parametrize(
    ("mounts", "path", "kind"),
    [
        ("a / ext4 rw 0 0\nb /home nfs4 rw 0 0", "/home/me/runs", "nfs4"),
        ("a / ext4 rw 0 0\nb /home nfs4 rw 0 0", "/homes/me", "ext4"),
        ("a / overlay rw 0 0\nb /my\\040disk xfs rw 0 0", "/my disk/runs", "xfs"),
        ("a /mnt autofs rw 0 0\nb /mnt lustre rw 0 0", "/mnt/runs", "lustre"),
        ("", "/mnt/runs", "unknown"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(
    mounts: str, path: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounts").write_text(mounts)
    monkeypatch.setattr(doctor, "_MOUNTS", tmp_path / "mounts")
    assert doctor._file_system(Path(path)) == kind


@pytest.mark.usefixtures("home")
def test_a_job_is_told_how_its_end_may_lose_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert "Slurm" in check("job").found
    assert "may end with the job" in check("job").advice
    assert "RUNICORN_OUTBOX" not in check("job").advice  # it is set
    monkeypatch.delenv("RUNICORN_OUTBOX")
    assert "RUNICORN_OUTBOX" in check("job").advice


@pytest.mark.usefixtures("home")
def test_it_loads_neither_numpy_nor_pyarrow() -> None:
    program = "import sys; from runid import doctor; doctor.examine(); print({'numpy', 'pyarrow'} & set(sys.modules))"
    assert train(program) == "set()\n"
