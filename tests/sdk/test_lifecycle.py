"""How processes end: the run's end state and reason are right, and the process ends as it would without Runicorn."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import Daemon, Home
from tests.programs import ended, finish, only, points, read, start, train

import runicorn as rn

# Both have as many lines, so that tracebacks are the same.
WITH = """\
import os, signal, sys, threading, time
import runicorn as rn; run = rn.init(sys.argv[1])
run.log(loss=1.0); run.flush(20)
"""
WITHOUT = """\
import os, signal, sys, threading, time
import contextlib; run = contextlib.nullcontext()
\n"""


@dataclass(frozen=True)
class End:
    """The last lines of a program, and what they make of its run."""

    lines: str
    status: str = "finished"
    reason: str | None = None


ENDS = {
    "last line": End(""),
    "sys.exit()": End("sys.exit()"),
    "sys.exit(0)": End("sys.exit(0)"),
    "sys.exit(3)": End("sys.exit(3)", "failed", "left with exit code 3"),
    "sys.exit(text)": End("sys.exit('no data')", "failed", "left with no data"),
    "surrogate": End("raise ValueError('\\ud800')", "failed", "failed with ValueError: \ufffd"),
    "sys.exit(surrogate)": End("sys.exit('\\ud800')", "failed", "left with \ufffd"),
    "exception": End("raise ValueError('no data')", "failed", "failed with ValueError: no data"),
    "KeyboardInterrupt": End("raise KeyboardInterrupt", "interrupted", "was interrupted from the keyboard"),
    "SIGINT": End(
        "os.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)", "interrupted", "was interrupted from the keyboard"
    ),
    "SIGTERM": End("os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)", "interrupted", "was interrupted by SIGTERM"),
    "SIGHUP": End("os.kill(os.getpid(), signal.SIGHUP)\ntime.sleep(60)", "interrupted", "was interrupted by SIGHUP"),
    "SIGTERM, last line": End("os.kill(os.getpid(), signal.SIGTERM)", "interrupted", "was interrupted by SIGTERM"),
    "with": End("with run: pass"),
    "with exception": End("with run: raise ValueError('x')", "failed", "failed with ValueError: x"),
    "with caught": End(
        "try:\n  with run: 1 / 0\nexcept ZeroDivisionError: pass",
        "failed",
        "failed with ZeroDivisionError: division by zero",
    ),
    "with SystemExit(0)": End("with run: raise SystemExit(0)"),
    "with SystemExit(2)": End("with run: raise SystemExit(2)", "failed", "left with exit code 2"),
    "with KeyboardInterrupt": End(
        "with run: raise KeyboardInterrupt", "interrupted", "was interrupted from the keyboard"
    ),
    "exit in thread": End("t = threading.Thread(target=sys.exit, args=(5,))\nt.start()\nt.join()"),
    "excepthook of the user": End(
        "sys.excepthook = lambda *_: print('mine')\n1 / 0", "failed", "failed with ZeroDivisionError: division by zero"
    ),
    "os._exit(0)": End("os._exit(0)", "crashed", "left with exit code 0 without a word"),
    "os._exit(7)": End("os._exit(7)", "crashed", "left with exit code 7 without a word"),
    "SIGKILL": End("os.kill(os.getpid(), signal.SIGKILL)", "crashed", "was killed by SIGKILL"),
    "SIGSEGV": End("os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "was killed by SIGSEGV"),
}


def test_the_end_state(root: Path) -> None:
    started = {name: start(WITH + end.lines, f"end{number}") for number, (name, end) in enumerate(ENDS.items())}
    # Until a process is waited for, every kernel tells how it ended.
    kept = {name: ended(root, f"end{number}/*") for number, name in enumerate(ENDS)}
    assert {name: (run.status, run.exit_reason) for name, run in kept.items()} == {
        name: (end.status, end.reason and f"the process {end.reason} at step 1") for name, end in ENDS.items()
    }
    assert {name: points(run) for name, run in kept.items()} == {name: [("loss", 1, 1.0)] for name in ENDS}
    bare = {name: start(WITHOUT + end.lines) for name, end in ENDS.items()}
    assert outcomes(started) == outcomes(bare)


def outcomes(processes: dict[str, subprocess.Popen[str]]) -> dict[str, tuple[str, str, int]]:
    """What the processes print, and how they end."""
    return {name: (*finish(process, None), process.returncode) for name, process in processes.items()}


@pytest.mark.usefixtures("root")
def test_the_words_that_finish_takes() -> None:
    meant = {
        "finished": ["finished", " Completed", "SUCCESS", "", "anything", "running"],
        "failed": ["failed", "error", "crashed"],
        "interrupted": ["interrupted", "killed", "cancelled", "Aborted "],
    }
    given = {word: status for status, words in meant.items() for word in words}
    runs = {word: rn.init("words") for word in given}
    for word, run in runs.items():
        run.finish(word)
    assert {word: read(run).status for word, run in runs.items()} == given


@pytest.mark.usefixtures("root")
def test_the_first_end_stands() -> None:
    with rn.init("first") as run:
        run.finish("interrupted")
    run.finish("failed")
    assert [writer["status"] for writer in read(run).writers] == ["interrupted"]


class SilentError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.usefixtures("root")
def test_an_exception_without_a_text() -> None:
    run = rn.init("silent")
    with pytest.raises(SilentError), run:
        raise SilentError
    assert read(run).exit_reason == "the process failed with SilentError"


HANDLERS = """\
import os, signal, sys
import runicorn as rn

signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda *_: print("mine"))
run = rn.init("handlers")
os.kill(os.getpid(), signal.SIGHUP)
os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGHUP, lambda *_: print("later"))
os.kill(os.getpid(), signal.SIGHUP)
run.log(a=1.0)
"""


def test_handlers_of_the_user_are_left_alone(root: Path) -> None:
    assert train(HANDLERS) == "mine\nlater\n"
    run = ended(root, "handlers/*")
    assert (run.status, len(points(run))) == ("finished", 1)


TERMINATED = """\
import itertools, os
import runicorn as rn

run = rn.init("terminated")
for number in itertools.count(1):
    run.log(value=float(number), step=number)
    os.write(1, b"%d\\n" % number)
"""


HANGS = """\
import ctypes
import runicorn as rn

run = rn.init("hangs")
run.log(value=1.0)
print("hangs", flush=True)
mutex = ctypes.create_string_buffer(64)
libc = ctypes.CDLL(None)
libc.pthread_mutex_lock(mutex)
libc.pthread_mutex_lock(mutex)
"""


def test_a_signal_ends_a_process_whose_main_thread_hangs_in_c(root: Path) -> None:
    process = start(HANGS)
    assert process.stdout is not None
    assert process.stdout.readline() == "hangs\n"
    process.terminate()
    finish(process, -signal.SIGTERM)
    run = ended(root, "hangs/*")
    assert (run.status, run.writers[0]["reason"]) == ("interrupted", "was interrupted by SIGTERM")
    assert len(points(run)) == 1


ASYNCIO = """\
import asyncio, os, signal
import runicorn as rn

async def main():
    run = rn.init("asyncio")
    loop = asyncio.get_running_loop()
    got = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    run.log(value=1.0)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(got.wait(), 30)
    print("heard")

asyncio.run(main())
"""


def test_an_event_loop_keeps_its_signals(root: Path) -> None:
    assert train(ASYNCIO) == "heard\n"
    assert ended(root, "asyncio/*").status == "finished"


def test_nothing_is_lost_between_a_signal_and_the_end(root: Path) -> None:
    process = start(TERMINATED)
    only(root, "terminated/*")
    process.terminate()
    logged = [int(line) for line in finish(process, -signal.SIGTERM)[0].split()]
    run = ended(root, "terminated/*")
    assert (run.status, run.writers[0]["reason"]) == ("interrupted", "was interrupted by SIGTERM")
    kept = [step for _, step, _ in points(run)]
    assert kept[: len(logged)] == logged
    assert kept == list(range(1, len(kept) + 1))


IMPATIENT = """\
import threading, time
import runicorn as rn

run = rn.init("impatient")
run.log(value=1.0)

def tell():
    while not run.is_finished:
        time.sleep(0.001)
    print("finishing", flush=True)

threading.Thread(target=tell).start()
run.finish()
"""


def test_an_interrupt_while_finish_waits(home: Home, daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process = start(IMPATIENT)
        assert process.stdout is not None
        assert process.stdout.readline() == "finishing\n"
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in finish(process, -signal.SIGINT)[1]
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    run = ended(home.root, "impatient/*")
    assert (run.status, len(points(run))) == ("finished", 1)


IN_THREAD = """\
import threading
import runicorn as rn

def train():
    rn.init("thread").log(a=1.0)

thread = threading.Thread(target=train)
thread.start()
thread.join()
"""


def test_a_run_begun_in_another_thread_than_the_main_one(root: Path) -> None:
    train(IN_THREAD)
    run = ended(root, "thread/*")
    assert (run.status, points(run)) == ("finished", [("a", 1, 1.0)])
