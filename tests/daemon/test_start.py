"""The daemon starts once, whoever asks, and takes nothing of its starter's with it."""

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.clients import PATIENCE, daemons
from tests.conftest import Daemon, Home, runid

import runicorn as rn
from runid import endpoint, places
from runid.errors import DaemonError, FolderError

# Waits for a word, then finds or starts the daemon.
ASKS = """
import sys
from runid import endpoint, places
sys.stdin.readline()
print(endpoint.start(places.runtime_dir()).pid)
"""
STARTER = [sys.executable, "-P", "-W", "error"]


def run(*command: str, **popen: object) -> str:
    """What a command prints until all that hold its pipes have closed them."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, **popen)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_many_that_ask_at_once_start_one(home: Home) -> None:
    pipe = subprocess.PIPE
    asking = [
        subprocess.Popen([*STARTER, "-c", ASKS], stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(16)
    ]
    for one in asking:
        assert one.stdin is not None
        one.stdin.write("now\n")
        one.stdin.flush()
    answers = [one.communicate(timeout=PATIENCE) for one in asking]
    assert [err for _, err in answers if err] == []
    assert {int(out) for out, _ in answers} == {found.pid for found in daemons(home)}
    assert len(daemons(home)) == 1


def test_nothing_of_the_starter_comes_along(home: Home, tmp_path: Path) -> None:
    # A scratch folder full of traps: modules that would be imported from the working folder.
    for name in ("select", "queue", "zmq", "msgpack", "runid", "click"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'trapped')!r}, 'w')\nraise SystemExit(7)\n")
    preloaded = tmp_path / "preloaded.so"
    shutil.copy(_a_library(), preloaded)
    (tmp_path / "inherited").touch()
    descriptor = os.open(tmp_path / "inherited", os.O_RDWR)
    os.set_inheritable(descriptor, True)
    harm = {
        "LD_PRELOAD": str(preloaded),
        "PYTHONSTARTUP": str(tmp_path / "queue.py"),
        "PYTHONINSPECT": "1",
        "OMP_NUM_THREADS": "7",
        "CUDA_VISIBLE_DEVICES": "0",
    }
    program = """
import os, sys
import runicorn as rn
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
run = rn.init("pipe")
run.log({"loss": 1.0})
run.finish()
print(os.getpid(), os.getsid(0))
sys.stdout.flush()
os._exit(0)
"""
    shell = f'{sys.executable} -P -c "$0" | cat'
    out = run("sh", "-c", shell, program, cwd=tmp_path, env=os.environ | harm, close_fds=False)
    os.close(descriptor)
    starter, session = map(int, out.split())
    # The pipe is closed, or this would not have ended; the daemon lives on.
    (daemon,) = daemons(home)
    runtime = home.runtime / "runid"
    assert daemon.cwd() == "/"
    assert [os.readlink(f"/proc/{daemon.pid}/fd/{number}") for number in range(3)] == [
        "/dev/null",
        str(runtime / "runid.log"),
        str(runtime / "runid.log"),
    ]
    files = {os.readlink(path) for path in Path(f"/proc/{daemon.pid}/fd").iterdir() if path.is_symlink()}
    assert str(tmp_path / "inherited") not in files
    assert len(daemon.cpu_affinity()) == len(os.sched_getaffinity(0)), "it runs on its starter's core only"
    assert daemon.nice() == min(19, os.nice(0) + 5)
    assert daemon.ppid() not in (starter, os.getpid())
    assert os.getsid(daemon.pid) != session
    assert not harm.keys() & daemon.environ().keys()
    assert "preloaded.so" not in Path(f"/proc/{daemon.pid}/maps").read_text()
    assert not (tmp_path / "trapped").exists(), "a module of the working folder was imported"
    soft, hard = daemon.rlimit(psutil.RLIMIT_NOFILE)
    assert soft == hard


def _a_library() -> str:
    """Some shared library that Python loads anyway."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return next(line.split(maxsplit=5)[5] for line in lines if "/libm" in line or "/libc" in line)


def test_as_many_descriptors_as_the_system_allows(home: Home) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    run("sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh", *STARTER, "-m", "runid", "start")
    (daemon,) = daemons(home)
    assert daemon.rlimit(psutil.RLIMIT_NOFILE) == (hard, hard)


def test_near_its_limit_of_descriptors_it_serves_whom_it_has_and_says_so(home: Home) -> None:
    limit = 100
    run("sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh", *STARTER, "-m", "runid", "start")
    (daemon,) = daemons(home)
    log = home.runtime / "runid" / "runid.log"
    training = rn.init("served")
    training.log({"loss": 1.0})
    assert training.flush(PATIENCE)
    found = endpoint.find(places.runtime_dir())
    assert found is not None
    address = found.endpoint.removeprefix("ipc://")
    crowd: list[socket.socket] = []
    try:
        while "accepts no new writers" not in log.read_text():
            assert daemon.num_fds() < limit, "it would run out of descriptors"
            if daemon.num_fds() <= 0.8 * limit and os.path.exists(address):
                crowd.append(socket.socket(socket.AF_UNIX))
                crowd[-1].connect(address)
            time.sleep(0.005)  # it takes a moment to be accepted
        assert not os.path.exists(address), "others may still connect"
        training.log({"loss": 2.0})
        assert training.flush(PATIENCE), "whom it had is not served any more"
        late = rn.init("late")  # it is let in as soon as there is room
        late.log({"loss": 3.0})
        assert not late.flush(0.0)
    finally:
        for one in crowd:
            one.close()
    assert late.flush(PATIENCE), "nobody is accepted any more"
    for each in (training, late):
        each.finish()
    assert daemons(home) == [daemon], "another one was started beside it"


def test_a_second_start_finds_the_first(daemon: Daemon, home: Home) -> None:
    assert f"pid {daemon.pid}," in runid("start")
    assert endpoint.start(places.runtime_dir()).pid == daemon.pid
    done = subprocess.run(
        [*STARTER, "-m", "runid", "start", "--foreground"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "A daemon serves" in done.stderr
    assert [found.pid for found in daemons(home)] == [daemon.pid]


def test_a_daemon_that_cannot_start_is_an_error_that_says_where_to_look(home: Home) -> None:
    runtime = places.runtime_dir()
    (runtime / "open").write_text("not a folder")
    with pytest.raises(DaemonError, match=r"See .*runid\.log"):
        endpoint.start(runtime)
    assert "runid failed" in (runtime / "runid.log").read_text()
    (runtime / "open").unlink()
    shutil.rmtree(runtime)
    runtime.symlink_to(home.folder)
    with pytest.raises(FolderError, match="is not a folder of yours"):
        places.private(runtime)
    runtime.unlink()
