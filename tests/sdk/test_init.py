"""`init()`: wrong arguments leave nothing behind, and nothing else stops a training that would go on without it."""

import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Daemon, Home, runid
from tests.programs import ended, finish, points, read, start, train

import runicorn as rn

WRONG: list[tuple[type[Exception], dict[str, Any]]] = [
    (TypeError, {"path": 3}),
    (ValueError, {"path": "a b"}),
    (ValueError, {"path": "a" * 201}),
    (ValueError, {"path": "a", "project": "b"}),
    (TypeError, {"project": 3}),
    (TypeError, {"alias": 3}),
    (TypeError, {"name": ["x"]}),
    (ValueError, {"alias": "a", "name": "b"}),
    (TypeError, {"storage": 5}),
    (ValueError, {"storage": "a\0b"}),
    (ValueError, {"storage": "/nowhere/\udcff"}),
    (TypeError, {"run_id": 5}),
    (ValueError, {"run_id": ""}),
    (ValueError, {"run_id": "../evil"}),
    (ValueError, {"run_id": "a/b"}),
    (ValueError, {"run_id": "x" * 129}),
    (TypeError, {"workspace_root": 5}),
    (ValueError, {"workspace_root": "~nobody-of-that-name/x"}),
    (TypeError, {"group": 3}),
    (TypeError, {"tags": "x"}),
    (TypeError, {"tags": [3]}),
    (TypeError, {"notes": b"x"}),
    (TypeError, {"config": 5}),
    (TypeError, {"config": "lr=1"}),
    (ValueError, {"resume": "maybe"}),
    (ValueError, {"resume": "must"}),
    (ValueError, {"resume": True}),
    (ValueError, {"snapshot_format": "tar"}),
    (ValueError, {"tqdm_mode": "loud"}),
    (TypeError, {"dir": "x"}),
]


@pytest.mark.parametrize(("error", "arguments"), WRONG, ids=str)
def test_a_wrong_argument_raises_and_leaves_nothing(home: Home, error: type[Exception], arguments: Any) -> None:
    threads = threading.active_count()
    with pytest.raises(error, match=f"(?i){next(iter(arguments))[:3]}"):
        rn.init(**arguments)
    assert not home.root.exists()
    assert [*home.outbox.iterdir(), *home.runtime.iterdir(), *home.folder.iterdir()] == []
    assert threading.active_count() == threads
    assert rn.get_active_run() is None


def test_where_runs_are_kept(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    by_argument = rn.init("a", storage=tmp_path / "argument")
    relative = rn.init("a", storage="relative")
    linked = rn.init("a", storage="link/below")
    by_environment = rn.init("a")
    monkeypatch.delenv("RUNICORN_DIR")
    by_default = rn.init("a")
    roots = [run.storage_root for run in (by_argument, relative, linked, by_environment, by_default)]
    assert roots == [tmp_path / "argument", tmp_path / "relative", tmp_path / "real" / "below", root,
                     tmp_path / ".runicorn"]  # fmt: skip
    for run in (by_argument, relative, linked, by_environment, by_default):
        run.log(a=1.0)
        assert points(read(run)) == [("a", 1, 1.0)]
        assert run.run_dir.is_relative_to(run.storage_root)


def test_ids(run: rn.Run) -> None:
    assert re.fullmatch(r"\d{8}_\d{6}_[0-9a-f]{6}", run.id)
    with rn.init("test", run_id="My.own-id_1") as mine:
        assert mine.id == mine.run_dir.name == "My.own-id_1"


def test_threads_begin_runs_at_once(root: Path) -> None:
    runs: list[rn.Run] = []
    threads = [threading.Thread(target=lambda: runs.append(rn.init("threads"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rn.get_active_run() in runs
    for run in runs:
        run.finish()
    assert len(list((root / "runs" / "threads").iterdir())) == 8


GONE = """\
import os
import runicorn as rn

os.rmdir(os.getcwd())
rn.init("gone").log(a=1.0)
rn.set_enabled(False)
rn.init("gone")
"""


def test_the_working_folder_may_be_gone(root: Path, tmp_path: Path) -> None:
    train(GONE, cwd=tmp_path)
    assert points(ended(root, "gone/*")) == [("a", 1, 1.0)]


def test_the_working_folder_may_have_any_name(root: Path, tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"caf\xe9")
    os.mkdir(folder)
    train("import runicorn as rn; rn.init('latin').log(a=1.0)", cwd=folder)
    run = ended(root, "latin/*")
    assert points(run) == [("a", 1, 1.0)]
    assert run.meta["workspace_root"] == f"{tmp_path}/caf\ufffd"


LOOP = """\
import runicorn as rn

run = rn.init("loop")
for step in range(1, 1001):
    run.log(value=float(step), step=step)
print("done", flush=True)
"""


def kept(home: Home, pattern: str = "loop/*") -> list[int]:
    """The steps of the run that LOOP made, once a daemon has written them."""
    return [step for _, step, _ in points(ended(home.root, pattern))]


def test_training_does_not_wait_for_a_daemon_that_hangs(home: Home, daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process = start(LOOP)
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        assert not home.root.exists()
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    assert finish(process) == ("", "")
    assert kept(home) == list(range(1, 1001))


def test_a_daemon_that_hangs_is_asked_for_a_run_once(home: Home, daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process = start(LOOP.replace('"loop"', '"loop", run_id="one", resume="must"'))
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    _, err = finish(process)
    assert re.fullmatch("runicorn: The daemon did not say within 1 s whether there is a run 'one'.*\n", err)
    assert kept(home) == list(range(1, 1001))


NO_PYTHON = "import sys\nsys.executable = '/nowhere/python'\n"


def test_training_goes_on_where_no_daemon_can_be_started(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_FINISH_TIMEOUT", "0.5")
    out, err = finish(start(NO_PYTHON + LOOP))
    assert out == "done\n"
    assert [line.split(": ")[0] for line in err.splitlines()] == ["runicorn"] * 2
    assert "/nowhere/python" in err
    assert "is not all on disk after 0.5 s" in err
    runid("start")
    assert kept(home) == list(range(1, 1001))


def test_training_goes_on_where_the_daemon_cannot_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_FINISH_TIMEOUT", "0.5")
    in_the_way = home.runtime / "runid" / "lock"
    in_the_way.mkdir(parents=True)
    out, err = finish(start(LOOP))
    assert (out, err.count("\n")) == ("done\n", 1)
    assert "is not all on disk" in err
    in_the_way.rmdir()
    runid("start")
    assert kept(home) == list(range(1, 1001))


def test_an_unwritable_root_is_one_notice(home: Home, monkeypatch: pytest.MonkeyPatch, daemon: Daemon) -> None:
    monkeypatch.setenv("RUNICORN_FINISH_TIMEOUT", "1.5")
    home.root.write_text("in the way")
    out, err = finish(start(LOOP))
    assert out == "done\n"
    assert [line for line in err.splitlines() if str(home.root) in line] == err.splitlines()[:1]
    assert "cannot be written" in err
    home.root.unlink()
    assert kept(home) == list(range(1, 1001))
    assert daemon.status()["lost_bytes"] == 0


SHOWN = """\
import runicorn as rn

run = rn.init("shown")
print(run.id)
"""


def test_one_line_on_a_terminal(home: Home, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    quiet = on_a_terminal(SHOWN)[1]
    monkeypatch.delenv("RUNICORN_QUIET")
    run_id, shown = on_a_terminal(SHOWN)
    assert (quiet, len(shown.splitlines())) == ("", 1)
    assert [word for word in (run_id, str(home.root / "runs" / "shown" / run_id), "http://") if word not in shown] == []
    assert finish(start(SHOWN))[1] == ""


def on_a_terminal(program: str) -> tuple[str, str]:
    """What a program prints, and what it says on a terminal that is its stderr."""
    ours, theirs = os.openpty()
    try:
        out = finish(start(program, stderr=theirs))[0].strip()
        os.set_blocking(ours, False)
        try:
            return out, os.read(ours, 4096).decode()
        except BlockingIOError:
            return out, ""
    finally:
        os.close(ours)
        os.close(theirs)
