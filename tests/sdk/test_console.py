"""`init(capture_console=True)`: what Python, C and children print is the run's text, and the terminal shows it too."""

import io
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import psutil
import pytest
from tests.programs import COMMAND, PATIENCE, ended, finish, only, start, text, train, wait

import runicorn as rn
from runicorn.console import copier as copier_module

PRELUDE = """
import ctypes, os, signal, subprocess, sys, time
import runicorn as rn
from runicorn.console import capture
run = rn.init({path!r}, capture_console=True)
"""


def program(path: str, body: str) -> str:
    return PRELUDE.format(path=path) + body


def level(run: Any, name: str) -> list[str]:
    """The lines of one stream of a run's text."""
    lines = [line.split(" | ", 1) for line in text(run) if line]
    return [line[1] for line in lines if line[0] == name]


def printed(root: Path, pattern: str, stream: str, lines: list[str]) -> Any:
    """The run, as soon as its text has all these lines of a stream; of a killed trainer it may come after the end."""
    ended(root, pattern)
    wait(lambda: len(level(only(root, pattern), stream)) >= len(lines), f"not all of {stream} is in the text")
    run = only(root, pattern)
    assert level(run, stream) == lines
    return run


def copier(trainer: int) -> psutil.Process:
    found = [
        child
        for child in psutil.Process(trainer).children()
        if any(word.endswith("copier.py") for word in child.cmdline())
    ]
    assert len(found) == 1
    return found[0]


def on_terminal(source: str, code: int = 0, rows: int = 0) -> str:
    """What a program shows on a terminal of its own."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [*COMMAND, "-c", source])
    if rows:
        import termios

        termios.tcsetwinsize(terminal, (rows, 77))
    shown = b""
    try:
        while data := os.read(terminal, 65536):
            shown += data
    except OSError:  # so says a terminal that nobody writes to any more
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code, shown.decode()
    return shown.decode()


def test_what_python_c_and_children_print_is_told_apart(root: Path) -> None:
    source = program(
        "all",
        "print('python', flush=True); print('python err', file=sys.stderr)\n"
        "ctypes.CDLL(None).write(1, b'c\\n', 2); os.write(2, b'c err\\n')\n"
        "subprocess.run('echo child; echo child err >&2', shell=True, check=True)\n"
        "run.log_text('said')\nrun.finish(); print('after')\n",
    )
    out, err = finish(start(source))
    assert out == "python\nc\nchild\nafter\n"
    assert err == "python err\nc err\nchild err\n"
    run = ended(root, "all/*")
    assert level(run, "stdout") == ["python", "c", "child"]
    assert level(run, "stderr") == ["python err", "c err", "child err"]
    assert level(run, "TEXT") == ["said"]
    assert all(
        re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} \| (stdout|stderr|TEXT) \| .+", line)
        for line in run.text().split("\n")[:-1]
    )
    assert len(run.writers) == 1
    assert run.status == "finished"


def test_colours_crlf_and_blank_lines_are_kept(root: Path) -> None:
    said = "\x1b[31mred\x1b[0m\r\n\nbehind a blank line\n"
    train(program("kept", f"sys.stdout.write({said!r})"), stderr=None)
    lines = [line.partition(" | stdout | ")[2] for line in ended(root, "kept/*").text().split("\n")]
    assert lines == ["\x1b[31mred\x1b[0m\r", "", "behind a blank line", ""]


def test_c_code_that_holds_the_interpreters_lock_prints_10_mb(root: Path) -> None:
    body = (
        "line, write = b'x' * 99_999 + b'\\n', ctypes.PyDLL(None).write\n"
        "print(sum(write(1, line * 10, 1_000_000) for _ in range(10)))"
    )
    out = train(program("gil", body))
    assert out.count("x") == 99_999 * 100
    assert out.endswith("\n10000000\n")
    assert "".join(level(ended(root, "gil/*"), "stdout")).count("x") == 99_999 * 100


def test_nothing_is_lost_or_reordered_when_the_trainer_is_killed(root: Path) -> None:
    body = "for i in range(20_000):\n    print(i, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    out, _ = finish(start(program("killed", body)), -signal.SIGKILL)
    assert out.split() == [str(i) for i in range(20_000)]
    run = printed(root, "killed/*", "stdout", out.split())
    assert run.status == "crashed"
    assert run.writers[0]["reason"] == "was killed by SIGKILL"
    assert len(run.writers) == 1


def test_both_streams_keep_their_order_on_one_terminal(root: Path) -> None:
    body = (
        "for i in range(3000):\n"
        "    print('out', i)\n"
        "    print('err', i, file=sys.stderr)\n"
        "sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    shown = on_terminal(program("order", body), -signal.SIGKILL)
    assert shown.split("\r\n")[:-1] == [f"{name} {i}" for i in range(3000) for name in ("out", "err")]
    printed(root, "order/*", "stdout", [f"out {i}" for i in range(3000)])
    printed(root, "order/*", "stderr", [f"err {i}" for i in range(3000)])


def test_both_streams_keep_their_order_in_one_file(root: Path, tmp_path: Path) -> None:
    body = "for i in range(3000):\n    print('out', i, flush=True)\n    print('err', i, file=sys.stderr)\n"
    with open(tmp_path / "log", "w") as log:
        finish(start(program("file", body), stdout=log, stderr=log))
    assert (tmp_path / "log").read_text().split("\n")[:-1] == [
        f"{name} {i}" for i in range(3000) for name in ("out", "err")
    ]
    assert level(ended(root, "file/*"), "stderr") == [f"err {i}" for i in range(3000)]


def test_a_terminal_stays_one_of_the_same_size(root: Path) -> None:
    body = "print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size(1) == os.get_terminal_size(0))"
    assert on_terminal(program("tty", body), rows=33) == "True True True\r\n"
    assert level(ended(root, "tty/*"), "stdout") == ["True True True"]


@pytest.mark.parametrize(
    ("mode", "expected"), [("smart", ["100%", "done"]), ("all", [" 0%", " 50%", "100%", "done"]), ("none", ["done"])]
)
def test_progress_bars(root: Path, tmp_path: Path, mode: str, expected: list[str]) -> None:
    body = (
        "for frame in '\\r 0%', '\\r 50%', '\\r100%', '\\n':\n    print(frame, end='', file=sys.stderr, flush=True)\n"
    )
    source = program(f"bar-{mode}", body + "print('done', file=sys.stderr)")
    source = source.replace("capture_console=True", f"capture_console=True, tqdm_mode={mode!r}")
    with open(tmp_path / "shown", "wb") as shown:
        finish(start(source, stderr=shown))
    assert (tmp_path / "shown").read_bytes() == b"\r 0%\r 50%\r100%\ndone\n"
    assert level(ended(root, f"bar-{mode}/*"), "stderr") == expected


def test_overlapping_runs(root: Path) -> None:
    body = (
        "print('one')\nother = rn.init('second', capture_console=True)\nprint('both')\nrun.finish()\n"
        "print('two')\nother.finish()\nprint('none')\nthird = rn.init('third', capture_console=True)\nprint('three')\n"
    )
    assert train(program("first", body)) == "one\nboth\ntwo\nnone\nthree\n"
    assert level(ended(root, "first/*"), "stdout") == ["one", "both"]
    assert level(ended(root, "second/*"), "stdout")[-2:] == ["both", "two"]
    assert level(ended(root, "third/*"), "stdout") == ["three"]


def test_all_is_restored_exactly(root: Path) -> None:  # noqa: ARG001  the daemon takes the text
    body = (
        "run.finish()\n"
        "def now(): return [(os.fstat(n).st_ino, os.fstat(n).st_dev) for n in (1, 2)], sys.stdout, vars(sys.stderr)\n"
        "before, opened = now(), sorted(os.listdir('/proc/self/fd'))\n"
        "again = rn.init('restored', capture_console=True)\nassert now()[0] != before[0]\nagain.finish()\n"
        "assert now() == before\nprint(capture._capture.over)\n"
    )
    assert train(program("restored", body)) == "True\n"


def test_what_is_printed_reaches_the_terminal_when_the_copier_is_killed(root: Path) -> None:
    body = (
        "print('before', flush=True)\nsys.stdin.readline()\n"
        "while not capture._capture.over:\n    print('x', flush=True)\nprint('after')\n"
    )
    source = program("rescued", body + "run.finish()")
    process = start(source)
    assert process.stdout is not None
    assert process.stdout.readline() == "before\n"
    copier(process.pid).kill()
    out, err = finish_with(process, "\n")
    assert out.strip("x\n") == "after"
    assert "has died" in err
    assert ended(root, "rescued/*").status == "finished"


def finish_with(process: subprocess.Popen[str], said: str) -> tuple[str, str]:
    out, err = process.communicate(said, timeout=PATIENCE)
    assert process.returncode == 0, err
    return out, err


def test_a_reader_that_goes_away_ends_the_program_as_without_capture(root: Path) -> None:
    body = (
        "try:\n    while True:\n        print('y' * 1000, flush=True)\n"
        "except BrokenPipeError:\n    run.finish('failed')\n    os._exit(7)\n"
    )
    process = start(program("head", body))
    assert process.stdout is not None
    assert process.stdout.readline() == "y" * 1000 + "\n"
    process.stdout.close()
    assert process.wait(PATIENCE) == 7
    assert ended(root, "head/*").status == "failed"


def test_a_child_that_outlives_the_trainer_still_reaches_the_terminal(root: Path) -> None:
    body = "subprocess.Popen('read go; echo late', shell=True)\nprint('printed', flush=True)\nos._exit(0)\n"
    process = start(program("child", body))
    assert process.wait(PATIENCE) == 0
    assert ended(root, "child/*").status == "crashed"
    printed(root, "child/*", "stdout", ["printed"])
    assert process.communicate("go\n", timeout=PATIENCE)[0] == "printed\nlate\n"
    printed(root, "child/*", "stdout", ["printed"])


@pytest.mark.parametrize("number", [1, 2])
def test_a_closed_descriptor_is_left_alone(root: Path, number: int) -> None:
    other = 3 - number
    source = f"import os\nos.close({number})\n" + program(f"closed{number}", f"os.write({other}, b'open\\n')")
    out, err = finish(start(source))
    assert (out, err)[other - 1] == "open\n"
    assert (out, err)[number - 1] == ""
    assert level(ended(root, f"closed{number}/*"), ("stdout", "stderr")[other - 1]) == ["open"]


def test_forked_children_print_into_their_parents_run(root: Path) -> None:
    body = (
        "pid = os.fork()\nif pid == 0:\n"
        "    print('child', flush=True); print('child err', file=sys.stderr); os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint('parent')\n"
    )
    out, err = finish(start(program("fork", body)))
    assert (out, err) == ("child\nparent\n", "child err\n")
    run = ended(root, "fork/*")
    assert level(run, "stdout") == ["child", "parent"]
    assert level(run, "stderr") == ["child err"]


def test_a_forked_child_may_capture_into_a_run_of_its_own(root: Path) -> None:
    body = (
        "pid = os.fork()\nif pid == 0:\n    own = rn.init('own', capture_console=True)\n"
        "    print('child'); print('child err', file=sys.stderr); own.finish(); print('late'); sys.stdout.flush()\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint('parent')\n"
    )
    assert set(on_terminal(program("parent", body)).split("\r\n")) == {"child", "child err", "late", "parent", ""}
    run = ended(root, "parent/*")
    assert sorted(level(run, "stdout")) == ["child", "late", "parent"]
    assert level(run, "stderr") == ["child err"]
    own = printed(root, "own/*", "stdout", ["child"])
    assert level(own, "stderr") == ["child err"]


def test_a_program_that_takes_the_trainers_place_still_prints(root: Path) -> None:
    body = "print('before', flush=True)\nos.execvp('sh', ['sh', '-c', 'echo instead; echo err >&2'])\n"
    assert finish(start(program("exec", body))) == ("before\ninstead\n", "err\n")
    ended(root, "exec/*")
    wait(lambda: level(only(root, "exec/*"), "stdout")[:1] == ["before"], "what was printed before is no text")


def test_streams_that_are_no_descriptors_are_captured_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    run = rn.init("notebook", capture_console=True)
    print("cell", 1)
    print("no end", end="")
    run.finish()
    print("\nafter")
    assert shown.getvalue() == "cell 1\nno end\nafter\n"
    assert sys.stdout is shown
    assert level(ended(root, "notebook/*"), "stdout") == ["cell 1", "no end"]


NOTEBOOK = """
import nbclient, nbformat.v4 as v4
cells = [
    "import os, subprocess, sys, time\\nimport runicorn as rn\\nbefore = sys.stdout\\n"
    "run = rn.init('cells', capture_console=True)\\nprint('python')",
    "print('err', file=sys.stderr)\\nos.write(1, b'c\\\\n')\\nsubprocess.run('echo child', shell=True)",
    "until = time.monotonic() + 20\\n"
    "while time.monotonic() < until and 'child' not in rn.Api().run(run.id).text(): time.sleep(0.01)",
    "run.finish()\\nprint('after', sys.stdout is before)",
]
notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
nbclient.NotebookClient(notebook, kernel_name="python3").execute()
print(*("".join(said.text for said in cell.outputs if said.get("name") == "stdout") for cell in notebook.cells), sep="")
"""


def test_a_notebook(root: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    command = [sys.executable, "-c", NOTEBOOK]  # in a process of its own: a kernel behaves otherwise below pytest
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.split("\n")
    assert {"python", "c", "child"} < set(shown)  # the kernel itself keeps no order between Python and others
    assert "after True" in shown
    run = ended(root, "cells/*")
    assert sorted(level(run, "stdout")) == ["c", "child", "python"]
    assert level(run, "stderr") == ["err"]


def test_the_trainer_is_told_to_end_while_its_copier_lives_on(root: Path) -> None:
    process = start(program("term", "print('ready', flush=True)\ntime.sleep(60)\n"))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == -signal.SIGTERM
    run = ended(root, "term/*")
    assert run.status == "interrupted"
    printed(root, "term/*", "stdout", ["ready"])


def test_a_copier_that_cannot_be_started_is_told_and_all_goes_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = [os.fstat(number).st_ino for number in (1, 2)]
    run = rn.init("unstarted", capture_console=True)
    assert [os.fstat(number).st_ino for number in (1, 2)] == before
    run.finish()
    assert ended(root, "unstarted/*").status == "finished"


def test_what_was_printed_is_kept_when_the_daemon_hangs_at_the_end(root: Path) -> None:
    body = (
        "assert run.flush()\nprint('said')\nos.environ['RUNICORN_FINISH_TIMEOUT'] = '1'\n"
        "os.kill(run._sender._daemon, signal.SIGSTOP)\nrun.finish()\n"
        "os.kill(run._sender._daemon, signal.SIGCONT)\n"
    )
    out, err = finish(start(program("hangs", body)))
    assert out == "said\n"
    assert "is not all on disk after 1 s" in err
    printed(root, "hangs/*", "stdout", ["said"])


def test_what_comes_faster_than_it_can_be_kept_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copier_module, "_MOST_WAITING", 10)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made = copier_module.Copier({"marks": {}, "channels": [], "control": theirs.detach(), "parent": os.getpid()})
    for _ in range(3):
        made._feed([("stdout", b"eleven bytes")])
    taken = made._take()
    assert next(taken) == (ANY, "stdout", b"eleven bytes")
    ours.close()
    made._hear()
    assert made._message is not None
    made._obey(made._message)
    assert next(taken) == (ANY, "stderr", b"\n[runicorn: 24 bytes came faster than they could be kept]\n")
    assert list(taken) == []
    os.close(made._parent)
