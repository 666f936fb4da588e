"""Two daemons of one user on one machine do no harm, and a daemon that stands still is waited for."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.clients import NOW, PATIENCE, Writer, client, daemons, ended, gone, lines, until, values, writer
from tests.conftest import Daemon, Home

import runicorn as rn
from runid import endpoint, events, wire
from runid.orphan import outboxes
from runid.store import files, journal, runs, segments

# Logs to the daemon of its own runtime folder until it is told to end.
TRAINS = """
import sys
import runicorn as rn
first = int(sys.argv[1])
run = rn.init("shared", run_id="r1")
for step in range(first, first + 500):
    run.log({"loss": float(step)}, step=step)
run.log_text(f"from {first}")
assert run.flush(20.0)
print(run.run_dir, flush=True)
sys.stdin.readline()
for step in range(first + 500, first + 1000):
    run.log({"loss": float(step)}, step=step)
run.finish()
"""


class Second:
    """A second runtime folder, as a job container or a cron job has it, and the daemon in it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.runtime = base / "runid"
        self.environment = os.environ | {"XDG_RUNTIME_DIR": str(base)}

    def runid(self, *arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "runid", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        return done.stdout

    @property
    def pid(self) -> int:
        found = endpoint.find(self.runtime)
        assert found is not None
        return found.pid


@pytest.fixture
def second(home: Home) -> Iterator[Second]:  # noqa: ARG001  its root and outbox are the test's
    made = Second(Path(tempfile.mkdtemp(prefix="rn-", dir="/tmp")))
    try:
        yield made
        if made.runtime.exists():
            made.runid("stop")
    finally:
        shutil.rmtree(made.base)


def lineage(runtime: Path) -> str:
    return str((files.read_json(runtime / "lineage.json") or {})["host"])


def trainer(first: int, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TRAINS, str(first)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_daemons_keep_one_run_and_no_file_is_both(
    home: Home, daemon: Daemon, second: Second, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNID_JOURNAL_BYTES", "4096")
    daemon.stop()
    daemon.start()
    second.environment["RUNID_JOURNAL_BYTES"] = "4096"
    with trainer(0, dict(os.environ)) as one, trainer(1000, second.environment) as two:
        for each in (one, two):
            assert each.stdout is not None
            folder = Path(each.stdout.readline().strip())
        hosts = {lineage(home.runtime / "runid"), lineage(second.runtime)}
        assert len(hosts) == 2
        for each in (one, two):
            each.communicate("", timeout=PATIENCE)
            assert each.returncode == 0
    assert second.pid != daemon.pid
    run = ended(folder)
    assert values(run) == [float(step) for step in range(2000)]
    assert sorted(lines(run)) == ["from 0", "from 1000"]
    assert (run.status, len(run.writers)) == ("finished", 2)
    until(lambda: not daemon.status()["runs"], "the first daemon does not settle")
    until(lambda: not json.loads(second.runid("status", "--json"))["runs"], "the second daemon does not settle")
    assert values(runs.read_run(folder)) == [float(step) for step in range(2000)]
    told = runs.read_run(folder).metrics["loss"]
    assert (told["count"], told["min"], told["max"]) == (2000, 0.0, 1999.0)
    assert {one.host for one in segments.segments(folder / "metrics")} == hosts
    assert set(journal.journals(folder / "journal")) <= hosts
    assert {path.stem for path in (folder / "writers").iterdir()} == hosts
    assert {path.stem for path in (home.root / "catalog").iterdir()} == hosts
    status = json.loads((folder / "status.json").read_text())
    assert status["status"] == "finished"


def test_a_lineage_is_continued_after_a_kill_but_not_after_a_boot(home: Home, daemon: Daemon) -> None:
    runtime = home.runtime / "runid"
    run = rn.init("lineage")
    for step in range(3):
        run.log({"loss": float(step)})
        assert run.flush(PATIENCE)
        before = lineage(runtime)
        if step == 2:
            break
        os.kill(daemon.pid, signal.SIGSTOP)  # so that nobody starts another one before the file is changed
        if step == 1:
            files.replace_json(runtime / "lineage.json", {"host": before, "boot": "another boot"})
        daemon.kill()
        run.log({"loss": step + 0.5})
        assert run.flush(PATIENCE)
        daemon.pid = daemon.status()["pid"]
        assert (lineage(runtime) == before) == (step == 0)
    run.finish()
    found = ended(Path(run.run_dir))
    assert values(found) == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert len(runs.hosts(Path(run.run_dir))) == 2


def test_a_writer_that_one_daemon_serves_is_not_taken_by_another(home: Home, daemon: Daemon, second: Second) -> None:
    second.runid("start")
    with writer(home.root) as one, client() as first, client(second.runtime) as other:
        body = one.points(10)
        session = first.ask(one.hello(), wire.Welcome).session
        first.say(wire.Batch(session, 0, body))
        first.ask(wire.Where(session, sync=True), wire.Ack)
        refused = other.ask(one.hello(known=True), wire.Refused)
        assert "nother daemon still serves" in refused.reason
        assert refused.later
        daemon.kill()
        # As soon as the first is gone the second takes over, and knows what is held already.
        welcome = other.ask(one.hello(known=True), wire.Welcome)
        assert welcome.held == len(body)
        other.say(wire.Batch(welcome.session, len(body), one.put([events.FINISH, NOW, "finished", None])))
        other.ask(wire.Where(welcome.session, sync=True), wire.Ack)
        other.say(wire.Bye(welcome.session))
    run = ended(runs.run_dir(home.root, "by/hand", "run"))
    assert values(run) == [1.0] * 10
    assert run.status == "finished"
    daemon.start()  # it removes what a killed one leaves


def test_an_outbox_that_one_daemon_drains_is_left_alone_by_the_other(
    home: Home, daemon: Daemon, second: Second
) -> None:
    second.runid("start")
    with client() as connection:
        one = Writer(home.root, "first")
        session = connection.ask(one.hello(), wire.Welcome).session
        body = one.points(100)
        connection.say(wire.Batch(session, 0, body))
        connection.ask(wire.Where(session, sync=True), wire.Ack)
        os.kill(daemon.pid, signal.SIGSTOP)
        one.points(100, first=101)
        one.outbox.abandon()  # dead, while its daemon stands still
        later = Writer(home.root, "later")
        later.points(1)
        later.outbox.abandon()
        until(lambda: not later.outbox.folder.exists(), "the second daemon does not look for orphans")
        assert one.outbox.folder.exists(), "it took a writer that the first serves"
        os.kill(daemon.pid, signal.SIGCONT)
    run = ended(runs.run_dir(home.root, "first", "run"))
    assert values(run) == [1.0] * 200
    assert runs.hosts(run.folder) == [lineage(home.runtime / "runid")]
    until(lambda: not outboxes(home.outbox), "the outbox is not removed")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The daemons that senders of this process have started."""
    started: list[Path] = []
    start: Callable[..., endpoint.Endpoint] = endpoint.start

    def counted(runtime: Path, idle_exit: bool = True) -> endpoint.Endpoint:
        started.append(runtime)
        return start(runtime, idle_exit)

    monkeypatch.setattr(endpoint, "start", counted)
    return started


def test_a_daemon_that_stands_still_is_waited_for(home: Home, daemon: Daemon, starts: list[Path]) -> None:
    run = rn.init("patient")
    run.log({"loss": 0.0})
    assert run.flush(PATIENCE)
    sender = run._sender
    os.kill(daemon.pid, signal.SIGSTOP)
    for step in range(1, 4):
        run.log({"loss": float(step)})
        before = sender._checked
        until(lambda before=before: sender._checked > before, "the sender does not look after its daemon")  # type: ignore[misc]
        assert not run.flush(0.0)
    assert starts == []
    assert [process.pid for process in daemons(home)] == [daemon.pid]
    os.kill(daemon.pid, signal.SIGCONT)
    assert run.flush(PATIENCE)
    run.finish()
    assert values(runs.read_run(run.run_dir)) == [0.0, 1.0, 2.0, 3.0]
    assert not gone(daemon.pid)
