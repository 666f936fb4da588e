"""Which system calls are made: by a caller of log(), and by the daemon inside a root. scripts/waits and scripts/rules
do the same at full length, and measure times too."""

import subprocess
import sys
from pathlib import Path

import pytest

from benches import rules, strace, waits
from benches.home import Home
from benches.waiting import STATES

pytestmark = pytest.mark.usefixtures("strace")

BREAKS_EVERY_RULE = """
import fcntl, mmap, os, sys
root = sys.argv[1]
mine, theirs = root + "/mine-1", root + "/theirs-1"
with open(mine, "xb") as file:
    file.write(bytes(4096))
with open(mine, "r+b") as file:
    mmap.mmap(file.fileno(), 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    fcntl.lockf(file, fcntl.LOCK_EX)
    fcntl.flock(file, fcntl.LOCK_UN)
    file.truncate(10)
open(theirs, "ab").close()
os.rename(theirs, root + "/theirs-2")
folder = os.open(root, os.O_RDONLY)
os.unlink("theirs-2", dir_fd=folder)
os.close(os.open("meta.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, dir_fd=folder))
"""


@pytest.mark.parametrize("state", STATES)
def test_log_makes_no_system_call_but_futex(state: str) -> None:
    assert not set(waits.traced(state, 20_000)) - waits.ALLOWED


def test_the_daemon_keeps_the_rules_of_a_root() -> None:
    with Home(RUNID_JOURNAL_BYTES="65536") as home:
        whole = rules.whole_run(home, 20_000)
    assert whole.did["opened to append"]
    assert not whole.broken


@pytest.mark.long
def test_the_daemon_leaves_the_files_of_other_hosts_alone() -> None:
    with Home(RUNID_JOURNAL_BYTES="65536") as home:
        shared = rules.shared_run(home, 5_000)
    assert shared.did["opened to append"]
    assert not shared.broken


@pytest.mark.long
def test_recovery_keeps_the_rules_of_a_root() -> None:
    with Home(RUNID_JOURNAL_BYTES="65536") as home:
        killed, recovery = rules.killed_run(home, 5_000)
    assert killed.did["opened to append"]
    assert recovery.did["opened to append"]
    assert not killed.broken + recovery.broken


def test_what_breaks_a_rule_is_seen(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    output = tmp_path / "calls"
    program = [sys.executable, "-c", BREAKS_EVERY_RULE, str(tmp_path / "root")]
    subprocess.run([*rules.tracer(output), *program], check=True, timeout=30.0)
    with output.open(errors="replace") as lines:
        seen = rules.Seen(str(tmp_path / "root"), "mine").look(strace.calls(lines))
    assert [call.partition(":")[0] for call in seen.broken] == [
        "made under a name of its own",  # the second time it was there
        "mapped, shared",
        "locked",
        "flock",
        "cut back",
        "opened to append",  # to a file of another host's
        "renamed, linked, removed",
        "renamed, linked, removed",
        "made under a name of its own",
    ]


def test_calls_that_others_interrupted_are_put_together_again() -> None:
    lines = [
        '1  openat(AT_FDCWD, "/a", O_RDONLY <unfinished ...>',
        "2  getppid() = 1",
        "1  <... openat resumed>) = 3",
        "--- SIGCHLD ---",
        '1  unlink("/b") = -1 ENOENT (No such file or directory)',
    ]
    assert list(strace.calls(lines)) == [
        strace.Call(2, "getppid", "", "1", failed=False),
        strace.Call(1, "openat", 'AT_FDCWD, "/a", O_RDONLY', "3", failed=False),
        strace.Call(1, "unlink", '"/b"', "-1", failed=True),
    ]
