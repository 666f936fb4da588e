"""A run in its process: what it shows, what it keeps besides points, and that it may be used from anywhere at once."""

import gc
import json
import logging
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.programs import ended, only, points, read, text, train

import runicorn as rn
from runid.store import runs


def test_runs_in_one_process_do_not_mix(run: rn.Run) -> None:
    others = [rn.init("test", alias=f"other {number}") for number in range(3)]
    for step in range(1, 101):
        for number, one in enumerate([run, *others]):
            one.log(value=float(number), step=step)
    for number, one in enumerate([run, *others]):
        assert points(read(one)) == [("value", step, float(number)) for step in range(1, 101)]


def test_the_active_run_is_the_last_one_until_it_is_finished(run: rn.Run) -> None:
    assert rn.get_active_run() is run
    second, third = rn.init("test"), rn.init("test")
    assert rn.get_active_run() is third
    second.finish()
    assert rn.get_active_run() is third
    third.finish()
    assert rn.get_active_run() is None
    assert not run.is_finished


def test_functions_of_the_module_act_on_the_active_run(run: rn.Run) -> None:
    rn.log({"a": 1.0}, step=4, stage="x")
    rn.log(a=2.0)
    rn.log_text("text")
    rn.summary({"s": 1})
    rn.set_primary_metric("a")
    rn.config.update(c=2)
    rn.log(a=3.0)
    assert rn.flush()
    logger = logging.getLogger("test")
    logger.addHandler(rn.get_logging_handler(fmt="%(message)s"))
    logger.error("record")
    rn.finish("cancelled")
    kept = runs.read_run(run.run_dir)
    assert points(kept) == [("a", 4, 1.0), ("a", 5, 2.0), ("a", 6, 3.0)]
    assert [line.rpartition(" | ")[2] for line in text(kept)] == ["text", "record"]
    assert (kept.summary["s"], kept.summary["best_metric_value"], kept.config) == (1, 3.0, {"c": 2})
    assert kept.status == "interrupted"


def test_functions_of_the_module_need_an_active_run(run: rn.Run) -> None:
    run.finish()
    calls: list[Any] = [
        lambda: rn.log(a=1.0), lambda: rn.log_text("x"), rn.summary, rn.finish, rn.flush, rn.get_logging_handler,
        lambda: rn.set_primary_metric("a"), lambda: rn.config,
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(RuntimeError, match=r"^Call runicorn\.init\(\) first\.$"):
            call()
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = rn.nothing


def test_what_a_run_shows(run: rn.Run, tmp_path: Path) -> None:
    given: dict[str, Any] = {"alias": "first", "workspace_root": tmp_path, "group": "g", "notes": "n"}
    shown = rn.init("/cv/resnet/", tags=[" x ", "y", "x"], config={"lr": 0.1}, **given)
    shown.log(a=1.0, step=7)
    for _ in range(2):
        assert (shown.path, shown.alias, shown.group, shown.notes) == ("cv/resnet", "first", "g", "n")
        assert shown.tags == ["x", "y"]
        assert shown.config.lr == 0.1
        assert shown.step == 7
        assert shown.workspace_root == tmp_path
        assert shown.runs_dir == shown.storage_root / "runs"
        assert shown.run_dir == shown.runs_dir / "cv" / "resnet" / shown.id
        assert shown.run_dir.is_dir()
        assert shown.media_dir == shown.run_dir / "media"
        assert shown.url.endswith(f"/run/{shown.id}")
        assert repr(shown) == f"<Run cv/resnet/{shown.id}>"
        was_finished = shown.is_finished
        shown.finish()
    assert was_finished
    assert shown.id != run.id


@pytest.mark.usefixtures("root")
def test_the_files_that_people_and_scripts_read(tmp_path: Path) -> None:
    kept = rn.init("a/b", alias="first", tags=["t"], notes="n", group="g", config={"x": 1}, workspace_root=tmp_path)
    kept.config.y = 2
    kept.summary({"top": {"k": [1, None]}})
    kept.summary({"top": 5})
    kept.log_text("words")
    kept.finish()
    ended(kept.storage_root, f"a/b/{kept.id}")
    files = {name: json.loads((kept.run_dir / f"{name}.json").read_text()) for name in ("summary", "assets", "status")}
    assert files["summary"] == {"top": 5}
    assert files["assets"]["config"] == {"args": {}, "extra": {"x": 1, "y": 2}, "config_files": []}
    assert files["status"]["status"] == "finished"
    assert files["status"]["started_at"] <= files["status"]["ended_at"]
    meta = json.loads((kept.run_dir / "meta.json").read_text())
    named = {name: meta[name] for name in ("id", "path", "alias", "tags", "notes", "group", "workspace_root")}
    assert named == {
        "id": kept.id, "path": "a/b", "alias": "first", "tags": ["t"], "notes": "n", "group": "g",
        "workspace_root": str(tmp_path),
    }  # fmt: skip
    assert {"created_at", "python", "platform", "hostname", "pid"} <= meta.keys()
    assert (kept.run_dir / "logs.txt").read_text().endswith(" | TEXT | words\n")


def test_what_comes_after_the_end_is_one_notice(caplog: pytest.LogCaptureFixture, run: rn.Run) -> None:
    run.log(a=1.0)
    run.config.lr = 0.1
    logger = logging.getLogger("late")
    logger.addHandler(run.get_logging_handler())
    logger.propagate = False
    for _ in range(2):
        before = read(run)
        run.log(a=2.0)
        run.log({"a": "text"}, step=9)
        run.log_text("late")
        run.summary({"late": 1})
        run.config.late = 1
        run.set_primary_metric("a")
        logger.error("late")
        assert run.flush(0.0)
        assert run.config == {"lr": 0.1}
        run.finish("failed")
    assert len(caplog.messages) == 1
    assert f"Run {run.id} has finished; what is logged after that is left out." in caplog.text
    after = runs.read_run(run.run_dir)
    assert (after.status, after.writers) == ("finished", before.writers)
    assert points(after) == [("a", 1, 1.0)]
    assert not after.text()


def test_what_is_flushed_can_be_read_while_the_run_goes_on(run: rn.Run) -> None:
    for step in range(1, 4):
        run.log(a=0.5)
        run.log_text(f"line {step}")
        assert run.flush(20.0)
        kept = runs.read_run(run.run_dir)
        assert kept.status == "running"
        assert len(kept.points()) == len(text(kept)) == step


def test_a_wrong_mode_raises(run: rn.Run) -> None:
    with pytest.raises(ValueError, match="Mode must be 'max' or 'min', got 'avg'"):
        run.set_primary_metric("a", "avg")


def test_the_logging_handler(run: rn.Run) -> None:
    logger = logging.getLogger("train")
    logger.setLevel("INFO")
    logger.addHandler(run.get_logging_handler())
    logger.addHandler(run.get_logging_handler("WARNING", "%(levelname)s! %(message)s"))
    logger.info("one")
    logger.warning("two\nlines")
    assert text(read(run)) == [
        "INFO | train: one", "WARNING | train: two", "WARNING | lines", "WARNING | WARNING! two", "WARNING | lines"
    ]  # fmt: skip


def test_eight_threads_log_at_once(run: rn.Run) -> None:
    def log(thread: int) -> None:
        for number in range(1_000):
            run.log({f"thread {thread}": float(number)})

    threads = [threading.Thread(target=log, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = points(read(run))
    assert sorted(step for _, step, _ in kept) == list(range(1, 8_001))
    for number in range(8):
        assert [value for name, _, value in kept if name == f"thread {number}"] == [float(n) for n in range(1_000)]


SIGNALS = """
import itertools, signal
import runicorn as rn

run = rn.init("signals")
inside, outside = itertools.count(1), itertools.count(1)
handled = 0

def handle(number, frame):
    global handled
    run.log(inside=float(next(inside)))
    handled += 1

signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
while handled < 1000:
    run.log(outside=float(next(outside)))
    run.log({"outside": float(next(outside)), "object": "x"})
signal.setitimer(signal.ITIMER_REAL, 0)
run.finish()
print(next(inside) - 1, next(outside) - 1)
"""


def test_a_signal_handler_logs_inside_log(root: Path) -> None:
    inside, outside = map(int, train(SIGNALS).split())
    kept = points(only(root, "signals/*"))
    assert sorted(value for name, _, value in kept if name == "inside") == [float(n) for n in range(1, inside + 1)]
    assert [value for name, _, value in kept if name == "outside"] == [float(n) for n in range(1, outside + 1)]
    assert [step for step, count in Counter(step for _, step, _ in kept).items() if count > 1] == []


INTERRUPTS = """
import signal
import runicorn as rn

run = rn.init("interrupts")
armed, number, interrupted = False, 0, []

def interrupt(*_):
    global armed
    if armed:
        armed = False
        raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
while len(interrupted) < 1000:
    try:
        armed = True
        while True:
            number += 1
            run.log(value=float(number), step=number)
    except KeyboardInterrupt:
        interrupted.append(number)
signal.setitimer(signal.ITIMER_REAL, 0)
run.finish()
print(number, *interrupted)
"""


def test_an_interrupt_between_any_two_bytecodes_leaves_the_stream_as_it_is(root: Path) -> None:
    last, *interrupted = map(int, train(INTERRUPTS).split())
    kept = only(root, "interrupts/*")
    assert all(value == step for _, step, value in points(kept))
    steps = [step for _, step, _ in points(kept)]
    assert len(steps) == len(set(steps))
    assert set(range(1, last + 1)) - set(steps) <= set(interrupted)
    assert kept.status == "finished"


class Dying:
    """Logs when it is collected, wherever that happens."""

    def __init__(self, run: rn.Run, number: int) -> None:
        self.run, self.number, self.me = run, number, self

    def __del__(self) -> None:
        self.run.log(inside=float(self.number))


def test_a_finalizer_logs_inside_log(run: rn.Run) -> None:
    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for number in range(300):
            Dying(run, number)
            run.log(outside=float(number))
            run.log({"outside": number + 0.5, "object": [number]})
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    kept = points(read(run))
    assert Counter(value for name, _, value in kept if name == "inside") == Counter(map(float, range(300)))
    outside = [value for name, _, value in kept if name == "outside"]
    assert outside == [number / 2 for number in range(600)]
    assert sorted(step for _, step, _ in kept) == list(range(1, 901))


class Logging:
    """A number that logs when it is asked for its value."""

    def __init__(self, run: rn.Run) -> None:
        self.run = run

    def __float__(self) -> float:
        self.run.log(inside=1.0)
        return 2.0


def test_a_value_logs_inside_log(run: rn.Run) -> None:
    for _ in range(3):
        run.log(outside=Logging(run))
    names = ["inside", "outside"] * 3
    assert [(name, step) for name, step, _ in points(read(run))] == list(zip(names, range(1, 7), strict=True))
