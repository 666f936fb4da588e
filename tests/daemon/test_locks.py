"""Record locks prove that a process lives: through fork, exec, SIGKILL and from another pid namespace."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.clients import until

from runid import locks

# Takes the lock of a file, says so, and keeps it until told to do something else.
HOLDER = """
import os, sys
from pathlib import Path
from runid import locks
lock = locks.open_lockable(Path(sys.argv[1]), create=True)
print(locks.take(lock), os.getpid(), flush=True)
if sys.stdin.readline() == "exec\\n":
    os.execvp("sh", ["sh", "-c", "echo executed; read line"])
elif sys.argv[2:] == ["fork"]:
    child = os.fork()
    if child:
        print(child, flush=True)
        os.kill(os.getpid(), 9)
    sys.stdin.readline()
"""


@contextmanager
def holder(path: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock."""
    command = [*prefix, sys.executable, "-c", HOLDER, str(path), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert line(process).startswith("True ")
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str], say: str | None = None) -> str:
    """The next line of a process, to which something may be said first."""
    assert process.stdin is not None
    assert process.stdout is not None
    if say is not None:
        process.stdin.write(say + "\n")
        process.stdin.flush()
    return process.stdout.readline()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "owner"


@pytest.fixture
def lock(path: Path) -> Iterator[int]:
    """A descriptor of the lock file; it must not be opened twice in one process."""
    descriptor = locks.open_lockable(path, create=True)
    yield descriptor
    os.close(descriptor)


def test_a_lock_is_held_as_long_as_its_process_lives(path: Path, lock: int) -> None:
    assert not locks.held(lock)
    with holder(path) as process:
        assert locks.held(lock)
        assert locks.holder(lock) == process.pid
        assert not locks.take(lock)
        process.kill()
        process.wait()
        assert not locks.held(lock)
        assert locks.holder(lock) is None
    assert locks.take(lock)


def test_to_look_is_not_to_take(path: Path, lock: int) -> None:
    assert not locks.held(lock)
    with holder(path):  # says that it could take it
        pass


def test_a_forked_child_does_not_hold_what_its_parent_held(path: Path, lock: int) -> None:
    with holder(path, "fork") as process:
        child = int(line(process, "fork"))
        process.wait()
        try:
            os.kill(child, 0)  # it lives
            assert not locks.held(lock)
        finally:
            os.kill(child, 9)


def test_what_another_program_takes_over_is_not_held(path: Path, lock: int) -> None:
    with holder(path) as process:
        assert locks.held(lock)
        assert line(process, "exec") == "executed\n"
        assert process.poll() is None
        assert not locks.held(lock)


def test_a_lock_is_seen_from_another_pid_namespace(path: Path, lock: int) -> None:
    with holder(path, prefix=("unshare", "-Urpf", "--kill-child")) as process:
        assert locks.held(lock)
        process.kill()
        until(lambda: not locks.held(lock), "the lock outlives its process")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("precious")
    (tmp_path / "owner").symlink_to(tmp_path / "thesis")
    with pytest.raises(OSError, match="symbolic links"):
        locks.open_lockable(tmp_path / "owner", create=True)
    with pytest.raises(FileNotFoundError):
        locks.open_lockable(tmp_path / "missing")


def test_a_lock_file_is_the_users_alone_and_not_inherited(path: Path, lock: int) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert not os.get_inheritable(lock)
