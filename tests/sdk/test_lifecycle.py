"""How processes end: the run's end state and reason are right, and the process ends as it would without Runicorn."""

from dataclasses import dataclass

from tests.conftest import Home
from tests.programs import ended, finish, points, start

# Both have as many lines, so that tracebacks are the same.
WITH = """\
import os, signal, sys, threading, time
import runicorn as rn; run = rn.init(sys.argv[1])
run.log(loss=1.0)
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


def test_the_end_state(shared_home: Home) -> None:
    started = {name: start(WITH + end.lines, f"end{number}") for number, (name, end) in enumerate(ENDS.items())}
    bare = {name: start(WITHOUT + end.lines) for name, end in ENDS.items()}
    results = {name: (*finish(process, None), process.returncode) for name, process in started.items()}
    assert results == {name: (*finish(process, None), process.returncode) for name, process in bare.items()}
    kept = {name: ended(shared_home.root, f"end{number}/*") for number, name in enumerate(ENDS)}
    assert {name: (run.status, run.exit_reason) for name, run in kept.items()} == {
        name: (end.status, end.reason and f"the process {end.reason} at step 1") for name, end in ENDS.items()
    }
    assert {name: points(run) for name, run in kept.items()} == {name: [("loss", 1, 1.0)] for name in ENDS}
