"""`runid` as its users call it: starting, stopping, asking how it is."""

import json
import os
import subprocess

import pytest
from tests.cli.commands import PROGRAMS, call
from tests.conftest import Daemon, Home
from tests.programs import PATIENCE, finish, start, wait

from runid import __version__, endpoint, places

LOGGING = """
import sys
import runicorn as rn
run = rn.init("test")
run.log({"loss": 1.0})
assert run.flush(20.0)
print(run.id, flush=True)
for line in sys.stdin:
    run.log({"loss": 2.0})
    print(run.flush(float(line)), flush=True)
run.finish()
"""


def status() -> dict[str, object]:
    found: dict[str, object] = json.loads(call("runid", "status", "--json")[0])
    return found


def test_start_says_who_serves_and_a_second_start_starts_no_other(home: Home) -> None:
    first, second = (call("runid", "start")[0] for _ in range(2))
    assert first == second == f"runid runs, pid {status()['pid']}, version {__version__}.\n"
    assert [process.pid for process in home.processes()] == [status()["pid"]]


@pytest.mark.usefixtures("home")
def test_what_does_not_run_is_told_with_exit_code_3() -> None:
    assert call("runid", "status", code=3)[0] == "runid does not run.\n"
    assert json.loads(call("runid", "status", "--json", code=3)[0]) == {"running": False}
    assert call("runid", "stop")[0] == "runid does not run.\n"


def test_stop_ends_it_and_leaves_a_note_until_the_next_start(daemon: Daemon) -> None:
    assert call("runid", "stop")[0].startswith("runid has stopped.")
    assert not os.path.exists(f"/proc/{daemon.pid}") or status_of(daemon.pid) == "Z"
    assert endpoint.stopped(places.runtime_dir())
    call("runid", "start")
    assert not endpoint.stopped(places.runtime_dir())


def test_what_is_stopped_is_not_started_by_training(home: Home, daemon: Daemon) -> None:
    process = start(LOGGING)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    daemon.stop()
    process.stdin.write("0.5\n")
    process.stdin.flush()
    assert process.stdout.readline() == "False\n"
    assert home.processes() == [other for other in home.processes() if other.pid == process.pid]
    call("runid", "start")
    finish(process)


def test_restart_serves_on(daemon: Daemon) -> None:
    process = start(LOGGING)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    call("runid", "restart")
    assert status()["pid"] != daemon.pid
    wait(lambda: status()["writers"] == 1, "a writer that has nothing to say does not come back")
    process.stdin.write("20.0\n")
    process.stdin.flush()
    assert process.stdout.readline() == "True\n"
    assert not finish(process)[1]


def test_status_tells_runs_and_writers(home: Home, daemon: Daemon) -> None:
    process = start(LOGGING)
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    said = status()
    assert said["running"] is True
    assert (said["pid"], said["version"], said["writers"]) == (daemon.pid, __version__, 1)
    runs = said["runs"]
    assert isinstance(runs, list)
    assert [(run["run"], run["path"], run["root"], run["writers"]) for run in runs] == [
        (run_id, "test", str(home.root), 1)
    ]
    text = call("runid", "status")[0]
    assert f"runid {__version__} runs, pid {daemon.pid}" in text
    assert f"test/{run_id}: 1 writers" in text
    finish(process)


def test_logs_are_the_daemons_words(home: Home) -> None:
    assert "no daemon was started here" in call("runid", "logs", code=1)[1]
    call("runid", "start")
    assert f"serves {home.runtime}/runid" in call("runid", "logs")[0]
    assert call("runid", "logs", "-n", "1")[0].count("\n") == 1


def test_in_the_foreground_it_ends_with_a_signal(home: Home) -> None:
    command = [str(PROGRAMS / "runid"), "start", "--foreground"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"serves {home.runtime}/runid" in process.stderr.readline()
        assert "serves" in call("runid", "start", "--foreground", code=1)[1]
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_the_version() -> None:
    assert call("runid", "--version")[0] == f"runid, version {__version__}\n"


def status_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]
