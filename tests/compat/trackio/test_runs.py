"""Which run `trackio.init()` gives, how it is named, and which one a call means."""

from __future__ import annotations

import argparse
import asyncio
import contextvars
import copy
import json
import os
import pickle
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from tests import programs
from tests.compat.trackio.reading import folders, logged, points, runs, stored
from tests.conftest import Home

import runicorn as rn
from runicorn import names
from runicorn.compat import trackio
from runicorn.compat.trackio import active, context_vars, naming

PATHS = {
    "my_project": "my_project",
    "cv/resnet-50": "cv/resnet-50",
    "my.model": "my-model-72da",
    "my model": "my-model-76ee",
    "mymodel": "mymodel",
    "日本": "--cf2a",
    "a//b": "a/b-7a9a",
    "/a": "a-6a50",
    "a/": "a-b3dd",
    "x" * 201: "x" * 195 + "-84a0",
}


@pytest.mark.parametrize("project", PATHS)
def test_the_path_of_a_project(project: str) -> None:
    assert naming.path(project) == PATHS[project]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("project", ["日本", "--", "and", "a//b"])
def test_a_project_of_any_name_is_found_again(project: str) -> None:
    run = trackio.init(project)
    trackio.finish()
    assert [(one.id, one.project) for one in trackio.Api().runs(project)] == [(run.id, project)]


@given(st.text(min_size=1))
def test_every_project_has_a_path_that_is_one(project: str) -> None:
    path = naming.path(project)
    assert names.run_path(path) == path != ""
    assert (path == project) == bool(re.fullmatch("[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", project) and len(project) <= 200)


def test_a_project_is_kept_as_it_is_written_and_shown(root: Path) -> None:
    run = trackio.init("a & b", name="first")
    found = stored(run)
    assert (run.project, run.name, found.path, found.alias) == ("a & b", "first", naming.path("a & b"), "first")
    assert found.meta["project"] == "a & b"
    meta = found.run_dir / "meta.json"
    programs.wait(lambda: programs.said(meta).get("project") == "a & b", f"{meta} has no project")
    told = programs.train(f"from runicorn.cli import main; main(['show', {run.id!r}])")
    assert re.search(r"^project +a & b$", told, re.MULTILINE)
    listing = "from runicorn.cli import main; main(['ls', 'project:\"a & b\"'{}])"
    head, line = programs.train(listing.format("")).splitlines()
    assert head.split()[:4] == ["run", "path", "project", "alias"]
    assert line.split()[:6] == [run.id, found.path, "a", "&", "b", "first"]
    (entry,) = json.loads(programs.train(listing.format(", '--json'")))
    assert (entry["project"], entry["path"]) == ("a & b", found.path)
    assert root in found.run_dir.parents


def test_where_project_and_path_are_one_word_no_column_says_it_twice(run: trackio.Run) -> None:
    stored(run)
    head, line = programs.train(f"from runicorn.cli import main; main(['ls', {run.project!r}])").splitlines()
    assert head.split()[:3] == ["run", "path", "alias"]
    assert line.split()[:3] == [run.id, run.project, run.name]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"project": ""}, ValueError),
        ({"project": None}, TypeError),
        ({"name": 5}, TypeError),
        ({"resume": "perhaps"}, ValueError),
        ({"resume": "must"}, ValueError),
        ({"resume": "must", "name": "nobody"}, ValueError),
        ({"webhook_min_level": "loud"}, ValueError),
        ({"config": 5}, TypeError),
        ({"tags": ["x"]}, TypeError),
        ({"gpu": True}, TypeError),
    ],
)
def test_a_wrong_argument_raises_and_leaves_nothing(
    root: Path, project: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        trackio.init(**({"project": project} | arguments))
    assert not (root / "runs" / project).exists()
    with pytest.raises(RuntimeError):
        trackio.log({"loss": 1.0})


def test_group_and_config(project: str) -> None:
    run = trackio.init(project, "named", "a group", config={"lr": 0.1, "_private": 1})
    assert (run.group, dict(run.config)) == ("a group", {"lr": 0.1, "_private": 1})
    assert run.url.endswith(f"/run/{run.id}")
    found = stored(run)
    assert (found.meta["group"], found.config) == ("a group", {"lr": 0.1, "_private": 1})
    assert found.status == "finished"


# -- resuming ---------------------------------------------------------------------------------------------------------


def test_the_config_is_a_dict_as_libraries_take_it(project: str) -> None:
    run = trackio.init(project, config={"lr": 0.1, "net": {"depth": 2}, "path": Path("a")})
    config = trackio.config
    assert config is run.config
    assert config == json.loads(json.dumps(config)) == {"lr": 0.1, "net": {"depth": 2}, "path": "a"}
    assert type(copy.deepcopy(config)) is type(pickle.loads(pickle.dumps(config))) is type(config.copy()) is dict
    assert config | {"lr": 1} == {"lr": 1, "net": {"depth": 2}, "path": "a"}
    assert (config.pop("path"), config.setdefault("seed", 1), config.setdefault("seed", 2)) == ("a", 1, 1)
    config |= {"batch": np.int64(32)}
    config.update(argparse.Namespace(epochs=3), wd=0.5, allow_val_change=True)
    config.update(7)  # a notice
    del config["lr"]
    config.steps = "x"
    expected = {"net": {"depth": 2}, "seed": 1, "batch": 32, "epochs": 3, "wd": 0.5, "steps": "x"}
    assert config == json.loads(json.dumps(config)) == expected
    assert stored(run).config == expected | {"lr": 0.1, "path": "a"}


def test_never_begins_a_new_run_of_the_same_name(project: str) -> None:
    for _ in range(2):
        trackio.init(project, name="one")
        trackio.log({"loss": 1.0})
        trackio.finish()
    first, second = runs(project)
    assert (first.name, second.name) == ("one", "one")
    assert points(first) == points(second) == [("loss", 0, 1.0)]


@pytest.mark.parametrize("resume", ["allow", "must"])
def test_resuming_goes_on_with_steps_and_config(project: str, resume: str) -> None:
    first = trackio.init(project, name="one", config={"lr": 0.1, "depth": 2})
    for loss in (3.0, 2.0):
        trackio.log({"loss": loss})
    # Without finish(): the run of this name is finished, and goes on.
    second = trackio.init(project, name="one", config={"lr": 0.2}, resume=resume)
    assert (first.is_finished, second.id) == (True, first.id)
    trackio.log({"loss": 1.0})
    found = stored(second)
    assert points(found) == [("loss", 0, 3.0), ("loss", 1, 2.0), ("loss", 2, 1.0)]
    assert (found.config, found.alias) == ({"lr": 0.2, "depth": 2}, "one")
    assert [writer["status"] for writer in found.writers] == ["finished", "finished"]


def test_resuming_picks_the_latest_run_of_that_name_and_project(project: str) -> None:
    ids = []
    for where, name in ((project, "one"), (project, "one"), (project, "two"), (f"{project}/other", "one")):
        ids.append(trackio.init(where, name=name).id)
        trackio.log({"loss": 1.0})
        trackio.finish()
    assert trackio.init(project, name="one", resume="must").id == ids[1]


def test_allow_begins_a_run_where_there_is_none(project: str) -> None:
    run = trackio.init(project, name="one", resume="allow")
    trackio.log({"loss": 1.0})
    assert logged(run) == [("loss", 0, 1.0)]


def test_an_own_name_can_be_resumed(project: str) -> None:
    run = trackio.init(project)
    trackio.log({"loss": 1.0})
    trackio.finish()
    assert trackio.init(project, name=run.name, resume="must").id == run.id


def test_ranks_of_a_job_share_the_run_and_its_name(root: Path, project: str) -> None:
    program = f"""
import runicorn.compat.trackio as trackio
run = trackio.init({project!r})
trackio.log({{"loss": float(run._native.rank)}})
trackio.finish()
print(run.id, run.name)
"""
    job = os.environ | {"TORCHELASTIC_RUN_ID": "j", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "2"}
    ranks = [programs.start(program, env=job | {"RANK": str(rank)}) for rank in range(2)]
    first, second = (programs.finish(rank)[0] for rank in ranks)
    assert first == second
    run = rn.Api(root).run(programs.ended(root, f"{project}/*", writers=2).id)
    assert f"{run.id} {run.alias}\n" == first
    assert run.history()["rank"].to_pylist() == [0, 1]


# -- which run is meant -----------------------------------------------------------------------------------------------


def test_without_a_run_the_calls_say_what_to_do(root: Path) -> None:  # noqa: ARG001
    calls: dict[str, Callable[[], Any]] = {
        "log": lambda: trackio.log({"loss": 1.0}),
        "log_system": lambda: trackio.log_system({"x": 1.0}),
        "alert": lambda: trackio.alert("x"),
        "finish": trackio.finish,
        "save": lambda: trackio.save("*"),
        "log_cpu": trackio.log_cpu,
        "log_gpu": trackio.log_gpu,
    }
    for name, call in calls.items():
        with pytest.raises(RuntimeError, match=rf"Call trackio\.init\(\) before trackio\.{name}\(\)\."):
            call()
    with pytest.raises(RuntimeError, match=r"before trackio\.config\."):
        _ = trackio.config


def test_init_finishes_the_run_before(project: str) -> None:
    first = trackio.init(project, name="first")
    second = trackio.init(project, name="second")
    assert (first.is_finished, second.is_finished) == (True, False)
    trackio.log({"loss": 1.0})
    assert logged(second) == [("loss", 0, 1.0)]
    assert points(rn.Api().run(first.id)) == []


def test_context_vars(project: str) -> None:
    found = (context_vars.current_run, context_vars.current_project, context_vars.current_space_id)
    assert [one.get() for one in found] == [None] * 3
    assert (context_vars.current_server.get(), context_vars.current_server_write_token.get()) == (None, None)
    run = trackio.init(project)
    assert [one.get() for one in found] == [run, project, None]
    assert trackio.context_vars is context_vars


def test_threads_with_runs_of_their_own_log_into_them(project: str) -> None:
    main = trackio.init(project, name="main")
    begun, goes_on = threading.Event(), threading.Event()

    def train() -> None:
        trackio.init(project, name="thread")
        begun.set()
        goes_on.wait(programs.PATIENCE)
        trackio.log({"loss": 2.0})
        trackio.finish()

    thread = threading.Thread(target=train)
    thread.start()
    assert begun.wait(programs.PATIENCE)
    trackio.log({"loss": 1.0})
    goes_on.set()
    thread.join()
    assert not main.is_finished
    trackio.finish()
    assert [(run.name, points(run)) for run in runs(project)] == [
        ("main", [("loss", 0, 1.0)]), ("thread", [("loss", 0, 2.0)])
    ]  # fmt: skip


def test_tasks_with_runs_of_their_own_log_into_them(project: str) -> None:
    async def train(name: str, loss: float) -> None:
        trackio.init(project, name=name)
        await asyncio.sleep(0)
        trackio.log({"loss": loss})
        trackio.finish()

    async def both() -> None:
        await asyncio.gather(train("a", 1.0), train("b", 2.0))

    asyncio.run(both())
    assert {run.name: points(run) for run in runs(project)} == {"a": [("loss", 0, 1.0)], "b": [("loss", 0, 2.0)]}


@pytest.mark.parametrize("kind", ["task", "thread"])
def test_a_copied_context_finishes_no_run_of_its_parent(project: str, kind: str) -> None:
    run = trackio.init(project, name="parent")

    def evaluate() -> None:
        trackio.init(project, name="child")
        trackio.log({"score": 2.0})
        trackio.finish()

    async def train() -> None:
        await asyncio.gather(asyncio.to_thread(evaluate) if kind == "thread" else in_a_task())
        trackio.log({"loss": 1.0})

    async def in_a_task() -> None:
        evaluate()

    asyncio.run(train())
    trackio.log({"loss": 0.5})
    thread = threading.Thread(target=lambda: trackio.log({"loss": 0.25}))  # its context has no run at all
    thread.start()
    thread.join()
    trackio.finish()
    assert run.is_finished
    assert {one.name: points(one) for one in runs(project)} == {
        "parent": [("loss", 0, 1.0), ("loss", 1, 0.5), ("loss", 2, 0.25)], "child": [("score", 0, 2.0)]
    }  # fmt: skip


def test_a_task_that_has_ended_leaves_its_run_to_be_finished(project: str) -> None:
    async def begin(name: str) -> trackio.Run:
        return trackio.init(project, name=name)

    async def cells() -> tuple[bool, bool]:
        context = contextvars.copy_context()
        tasks = [await asyncio.create_task(begin(name), context=context) for name in ("first", "second")]
        return tasks[0].is_finished, tasks[1].is_finished

    assert asyncio.run(cells()) == (True, False)
    trackio.finish()


def test_a_second_finish_ends_no_run_of_another_thread(project: str) -> None:
    trackio.init(project, name="mine")
    thread = threading.Thread(target=trackio.init, args=(project, "another"))
    thread.start()
    thread.join()
    trackio.finish()
    with pytest.raises(RuntimeError, match=r"before trackio\.finish\(\)\."):
        trackio.finish()
    trackio.log({"loss": 1.0})
    active.run("flush()")._native.flush(programs.PATIENCE)
    assert {run.name: (run.status, points(run)) for run in runs(project)} == {
        "mine": ("finished", []), "another": ("running", [("loss", 0, 1.0)])
    }  # fmt: skip


def test_a_thread_that_copied_a_context_finds_the_next_run(project: str) -> None:
    context_vars.current_run.set(trackio.init(project, name="old"))
    trackio.finish()
    old = context_vars.current_run.get()
    new = trackio.init(project, name="new")
    context_vars.current_run.set(old)
    assert active.run("log()") is new


def test_a_run_is_a_context_manager(project: str) -> None:
    run = trackio.init(project)

    def train() -> None:
        with run:
            run.log({"loss": 1 / 0})

    with pytest.raises(ZeroDivisionError):
        train()
    assert rn.Api().run(run.id).status == "failed"


def test_disabled_it_does_nothing(home: Home) -> None:
    with rn.enabled(False):
        run = trackio.init("nothing", config={"lr": 0.1})
    trackio.log({"loss": 1.0})
    trackio.log({"loss": 1.0}, step=3)
    trackio.log({"loss": 1.0}, step=-3)
    trackio.log_system({"x": 1.0})
    trackio.alert("x")
    assert trackio.config["lr"] == 0.1
    assert run.name
    trackio.finish()
    assert not home.root.exists()


def test_many_processes_begin_at_once_and_are_told_apart(root: Path, project: str) -> None:
    program = f"import runicorn.compat.trackio as trackio; print(trackio.init({project!r}).name)"
    names = {programs.finish(process)[0] for process in [programs.start(program) for _ in range(3)]}
    assert len(names) == 3 == len(folders(root, project))
