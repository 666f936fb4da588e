"""Which run `init()` gives for a run id or a name, and that a continued run goes on where it was."""

import itertools
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Daemon
from tests.programs import ended, finish, only, points, read, start

import runicorn as rn
from runid.store import runs

NEW, CONTINUED, JOINED = "new", "continued", "joined"
_numbers = itertools.count()


@pytest.fixture(name="path")
def _path(root: Path) -> str:  # noqa: ARG001  the daemon that answers
    """A path without runs."""
    return f"resume{next(_numbers)}"


def begun(path: str, **arguments: Any) -> rn.Run:
    """An open run that has logged five steps."""
    run = rn.init(path, config={"lr": 0.1}, **arguments)
    run.set_primary_metric("acc")
    for acc in (0.1, 0.9, 0.2, 0.3, 0.4):
        run.log(acc=acc)
    assert run.flush(20.0)
    return run


def told(run: rn.Run) -> str:
    """What became of an init(), by what the run knows."""
    known = run.config == {"lr": 0.1}
    return {(False, 0): NEW, (True, 5): CONTINUED, (True, 0): JOINED}[known, run.step]


@pytest.mark.parametrize(
    ("state", "resume", "expected"),
    [
        ("missing", None, NEW), ("missing", "never", NEW), ("missing", "allow", NEW), ("missing", "must", ValueError),
        ("live", None, JOINED), ("live", "never", JOINED), ("live", "allow", JOINED), ("live", "must", JOINED),
        ("ended", None, CONTINUED), ("ended", "never", ValueError), ("ended", "allow", CONTINUED),
        ("ended", "must", CONTINUED),
    ],
)  # fmt: skip
def test_a_run_id(path: str, state: str, resume: str | None, expected: str | type[ValueError]) -> None:
    first = None if state == "missing" else begun(path, run_id="one")
    if first is not None and state == "ended":
        first.finish()
    if isinstance(expected, str):
        run = rn.init(path, run_id="one", resume=resume)
        assert (told(run), run.id) == (expected, "one")
        run.log(acc=0.5)
        run.finish()
    else:
        with pytest.raises(expected, match="run 'one'"):
            rn.init(path, run_id="one", resume=resume)
    if first is not None:
        first.finish()
        kept = only(first.storage_root, f"{path}/one")
        assert len(kept.writers) == (1 if expected is ValueError else 2)
        assert len(points(kept)) == (5 if expected is ValueError else 6)


@pytest.mark.parametrize(
    ("state", "resume", "expected"),
    [
        ("missing", None, NEW), ("missing", "never", NEW), ("missing", "allow", NEW), ("missing", "must", ValueError),
        ("live", None, NEW), ("live", "never", NEW), ("live", "allow", JOINED), ("live", "must", JOINED),
        ("ended", None, NEW), ("ended", "never", NEW), ("ended", "allow", CONTINUED), ("ended", "must", CONTINUED),
    ],
)  # fmt: skip
def test_a_name(path: str, state: str, resume: str | None, expected: str | type[ValueError]) -> None:
    others = [begun(f"{path}_other", name="mine"), begun(path, name="other"), begun(path)]
    earlier = [] if state == "missing" else [begun(path, name="mine") for _ in range(2)]
    if state == "ended":
        for run in earlier:
            run.finish()
    if isinstance(expected, str):
        with rn.init(path, name="mine", resume=resume) as run:
            assert told(run) == expected
            assert run.id not in [other.id for other in others]
            assert expected == NEW or run.id == earlier[-1].id
    else:
        with pytest.raises(expected, match="run of the alias 'mine'"):
            rn.init(path, name="mine", resume=resume)
    for other in [*others, *earlier]:
        other.finish()


def test_must_needs_to_know_which(path: str) -> None:
    with pytest.raises(ValueError, match="resume='must' needs a run_id or a name"):
        rn.init(path, resume="must")


def test_a_continued_run_goes_on_where_it_was(path: str) -> None:
    first = begun(path, run_id="one", alias="first", tags=["a"])
    first.finish("failed")
    run = rn.init(path, run_id="one", config={"more": 1})
    assert (run.step, run.alias, run.config.as_dict()) == (5, "first", {"lr": 0.1, "more": 1})
    run.set_primary_metric("acc")
    run.log(acc=0.5)
    assert run.flush(20.0)
    assert runs.read_run(run.run_dir).status == "running"
    kept = read(run)
    assert (kept.status, kept.exit_reason) == ("finished", None)
    assert [step for _, step, _ in points(kept)] == [1, 2, 3, 4, 5, 6]
    assert kept.config == {"lr": 0.1, "more": 1}
    assert (kept.meta["alias"], kept.meta["tags"]) == ("first", ["a"])
    assert (kept.summary["best_metric_value"], kept.summary["best_metric_step"]) == (0.9, 2)
    assert [writer["status"] for writer in kept.writers] == ["failed", "finished"]


CRASHING = """\
import os, signal, sys
import runicorn as rn

run = rn.init(sys.argv[1], run_id="one")
for step in range(1, 1001):
    run.log(acc=1.0)
run.flush(20)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_crashed_run_is_continued(root: Path, path: str) -> None:
    finish(start(CRASHING, path), -signal.SIGKILL)
    assert ended(root, f"{path}/one").status == "crashed"
    run = rn.init(path, run_id="one", resume="must")
    assert run.step == 1000
    run.log(acc=1.0)
    kept = read(run)
    assert [step for _, step, _ in points(kept)] == list(range(1, 1002))
    assert kept.status == "finished"


def test_a_run_of_which_no_daemon_knows_yet(daemon: Daemon) -> None:
    begun("resume", run_id="one").finish()
    daemon.stop()
    daemon.start()  # beforehand: on a busy machine it may take longer than the second that init() waits for an answer
    with rn.init("resume", run_id="one", resume="must") as run:
        assert told(run) == CONTINUED
