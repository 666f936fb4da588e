"""A disabled Runicorn: runs look the same and leave no trace; runs that are open stay what they are."""

import inspect
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Home
from tests.programs import finish, points, read, start, train

import runicorn as rn


@pytest.fixture(autouse=True)
def _reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runicorn.switch._override", None)


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_names_and_signatures_are_those_of_a_run(run: rn.Run) -> None:
    with rn.enabled(False):
        nothing = rn.init("test")
    assert public(nothing) == public(run)
    for name in public(rn.Run) | {"__enter__", "__exit__"}:
        theirs, ours = (inspect.getattr_static(kind, name) for kind in (rn.Run, rn.NoOpRun))
        assert type(ours) is type(theirs)
        if inspect.isfunction(theirs):
            assert inspect.signature(ours) == inspect.signature(theirs)
    for name in public(run):
        assert callable(getattr(nothing, name)) == callable(getattr(run, name))


def test_what_it_shows(home: Home) -> None:
    rn.set_enabled(False)
    run = rn.init("any path!", alias="x", tags=["t"], config={"lr": 0.1, "nested": {"a": 1}}, run_id="mine")
    assert isinstance(run, rn.NoOpRun)
    assert rn.get_active_run() is run
    assert (run.id, run.path, run.alias, run.step, run.is_finished) == ("disabled", "any path!", "x", 0, False)
    assert run.config.lr == 0.1
    assert rn.config["nested"] == {"a": 1}
    assert run.storage_root == home.root
    assert run.runs_dir == home.root / "runs"
    assert run.run_dir == home.root / "runs" / "any path!" / "disabled"
    assert run.media_dir == run.run_dir / "media"
    assert (run.url, run.tags, run.notes, run.group) == ("", [], None, None)
    assert rn.init(None).path == "default"
    assert rn.init(project="p", name="n").alias == "n"
    run.finish()
    assert run.is_finished


USED = """\
import logging, os, threading
import runicorn as rn

with rn.init("used", config={"a": 1}, capture_env=True, resume="must", run_id="never made") as run:
    run.log({"loss": 1.0}, step=3, stage="x", acc=2.0)
    run.log(None)
    rn.log(loss=1.0)
    run.log_text("x")
    rn.log_text("x")
    run.summary({"a": 1})
    run.log_config(args={"a": 2}, extra=5, config_files=["no file"])
    assert run.log_image("a", b"x") == rn.log_image("a", object(), 1, "c", "no", 5) == ""
    run.log({"page": rn.Html("a page"), "figure": rn.Figure(None)})
    run.log_rollout("?", [{"role": "assistant", "content": "!"}], {"right": 1.0})
    rn.log_rollout(1, 2, 3, 4, 5)
    run.set_primary_metric("loss", "min")
    run.config.update(b=2)
    assert (run.config.a, run.config.b) == (1, 2)
    logger = logging.getLogger("x")
    logger.addHandler(run.get_logging_handler(level="INFO", fmt="%(message)s"))
    logger.error("x")
    assert run.flush(0.0) and rn.flush()
    assert threading.active_count() == 1
rn.init("again")
rn.finish("failed")
if os.fork() == 0:
    rn.init("child").log(a=1.0)
"""


def test_it_leaves_no_trace(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_ON", "0")
    assert train(USED, cwd=tmp_path) == ""
    for folder in (home.folder, home.runtime, home.outbox, tmp_path):
        assert not list(folder.iterdir())
    assert not home.root.exists()


SWITCH = """\
import os
import runicorn as rn

for word in ("0", "false", " No ", "N", "OFF", "1", "True", "yes", "y", "ON", "", "perhaps"):
    os.environ["RUNICORN_ON"] = word
    with rn.init("switch") as run:
        print(type(run).__name__)
"""


def test_the_words_of_the_setting(root: Path) -> None:
    out, err = finish(start(SWITCH))
    assert out.split() == ["NoOpRun"] * 5 + ["Run"] * 7
    assert err == "runicorn: RUNICORN_ON is 'perhaps', but it must be 1 or 0. It is taken as 1.\n"
    assert len(list((root / "runs" / "switch").iterdir())) == 7


def test_an_open_run_stays_what_it_is(run: rn.Run) -> None:
    run.log(a=1.0)
    rn.set_enabled(False)
    run.log(a=2.0)
    rn.log(a=3.0)
    nothing = rn.init("test")
    assert isinstance(nothing, rn.NoOpRun)
    run.log(a=4.0)
    with rn.enabled(True):
        nothing.log(a=5.0)
        rn.log(a=6.0)
        assert type(rn.init("test")) is rn.Run
    assert not rn.is_enabled()
    assert [value for _, _, value in points(read(run))] == [1.0, 2.0, 3.0, 4.0]


def test_nothing_of_it_raises_but_what_a_run_raises(home: Home) -> None:  # noqa: ARG001  no daemon, no root
    rn.set_enabled(False)
    run: Any = rn.init("test")
    run.log({"a": object()}, step="x", stage=object())
    run.log_text(5)
    run.summary(5)
    logging.getLogger("noop").addHandler(run.get_logging_handler())
    for _ in range(2):
        with run:
            pass
