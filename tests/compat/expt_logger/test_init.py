"""What `init()` begins, joins, and says of addresses; and what its module says without a run."""

from __future__ import annotations

import copy
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import programs
from tests.compat.expt_logger.reading import ended, points

import runicorn as rn
from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run
from runicorn.notices import Notices

ADDRESS = "https://expt.example.org/"


def test_a_run_is_one_of_runicorn(experiment: Run) -> None:
    native = rn.get_active_run()
    assert native is not None
    assert (native.path, native.alias, native.id) == ("expt_logger", "grpo", experiment.id)
    assert (experiment.name, expt_logger.run()) == ("grpo", experiment)
    found = ended(experiment)
    assert (found.path, found.alias, found.status) == ("expt_logger", "grpo", "finished")
    assert found.run_dir == Path(os.environ["RUNICORN_DIR"], "runs", "expt_logger", experiment.id)


@pytest.mark.usefixtures("root")
def test_a_run_without_a_name_has_that_of_its_id() -> None:
    run = expt_logger.init(api_key="key", auto_flush_interval=1.0, auto_flush_buffer_size=1)
    assert run.name == run.id


@pytest.mark.usefixtures("root")
def test_config_by_attribute_item_and_update() -> None:
    run = expt_logger.init(config={"lr": 0.001, "batch_size": 32})
    run.config.lr = 0.0005
    run.config["epochs"] = 100
    run.config.update({"model": "gpt2"}, seed=1)
    changed = {"lr": 0.0005, "batch_size": 32, "epochs": 100, "model": "gpt2", "seed": 1}
    assert expt_logger.config() == run.config.to_dict() == dict(run.config.items()) == changed
    assert (run.config.lr, run.config["epochs"], run.config.get("none", 7)) == (0.0005, 100, 7)
    assert ("model" in run.config, "none" in run.config, len(run.config)) == (True, False, 5)
    assert repr(run.config) == f"Config({changed})"
    copied: object = copy.deepcopy(run.config)
    assert type(copied) is dict
    with pytest.raises(AttributeError, match="'none'"):
        _ = run.config.none
    assert ended(run).config == changed


@pytest.mark.parametrize(("argument", "variable"), [(ADDRESS, "http://other"), (None, ADDRESS)])
@pytest.mark.usefixtures("root")
def test_addresses_are_given_back(
    monkeypatch: pytest.MonkeyPatch,
    argument: str | None,
    variable: str,
) -> None:
    monkeypatch.setenv("EXPT_LOGGER_BASE_URL", variable)
    run = expt_logger.init(base_url=argument)
    assert run.base_url == expt_logger.base_url() == ADDRESS
    assert run.experiment_url == expt_logger.experiment_url() == f"https://expt.example.org/run/{run.id}"


def test_without_an_address_it_is_the_viewer_s(experiment: Run) -> None:
    native = rn.get_active_run()
    assert native is not None
    assert experiment.experiment_url == native.url == f"{experiment.base_url}/run/{experiment.id}"


CALLS: list[Callable[[], Any]] = [
    lambda: expt_logger.log({"a": 1}), lambda: expt_logger.log_rollout("?", [], {}), expt_logger.commit,
    lambda: expt_logger.log_environment("r", ""), lambda: expt_logger.log_error("e"), expt_logger.flush,
    expt_logger.config, expt_logger.run, expt_logger.base_url, expt_logger.experiment_url,
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_without_a_run_there_is_nothing_to_log_to(call: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"^No active run\. Call init\(\) first\.$"):
        call()


def test_end_may_be_called_at_any_time(experiment: Run) -> None:
    expt_logger.end()
    expt_logger.finish()
    experiment.end(timeout=1.0)
    with pytest.raises(RuntimeError, match="No active run"):
        expt_logger.log({"a": 1})
    assert ended(experiment).status == "finished"


@pytest.mark.usefixtures("root")
def test_a_context_ends_the_run() -> None:
    with expt_logger.init(name="with") as run:
        expt_logger.log({"loss": 0.5})
    assert run.is_finished
    assert points(run) == [("train/loss", 0, "train", 0.5)]
    with pytest.raises(ValueError, match="no data"), expt_logger.init(name="with") as failed:
        raise ValueError("no data")
    assert ended(failed).status == "failed"


@pytest.mark.usefixtures("root")
def test_a_second_init_gives_the_open_run(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expt_logger, "warn_once", Notices().once)
    run = expt_logger.init(name="one", config={"lr": 0.1})
    assert expt_logger.init() is expt_logger.init(name="one", config={"lr": 0.1}) is run
    assert [(said.levelno, run.id in said.message) for said in caplog.records] == [(logging.WARNING, True)]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("asked", [{"name": "two"}, {"config": {"lr": 0.2}}, {"experiment_id": "another"}])
def test_a_second_init_that_asks_for_another_run_ends_the_first(asked: dict[str, Any]) -> None:
    first = expt_logger.init(name="one", config={"lr": 0.1})
    first.log({"a": 1})
    second = expt_logger.init(**asked)
    second.log({"a": 2})
    assert first.is_finished
    assert second.id != first.id
    assert [points(run)[0][3] for run in (first, second)] == [1.0, 2.0]
    assert second.id == asked.get("experiment_id", second.id)


@pytest.mark.usefixtures("root")
def test_an_earlier_run_that_is_ended_again_hides_no_later_one() -> None:
    first = expt_logger.init(name="one")
    second = expt_logger.init(name="two")
    first.end()
    assert os.environ["EXPT_LOGGER_EXPERIMENT_ID"] == second.id
    assert expt_logger.init() is second


@pytest.mark.usefixtures("root")
def test_a_run_that_was_finished_as_one_of_runicorn_is_not_continued() -> None:
    first = expt_logger.init(name="one")
    rn.finish()
    assert expt_logger.init(name="one").id != first.id


@pytest.mark.usefixtures("root")
def test_wrong_arguments_raise_and_leave_the_open_run() -> None:
    run = expt_logger.init(name="one")
    with pytest.raises(TypeError, match="config must be"):
        expt_logger.init(config=7)
    with pytest.raises(ValueError, match="Invalid run_id"):
        expt_logger.init(experiment_id="../up")
    assert expt_logger.run() is run


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("steps", [1, 3])
def test_an_experiment_that_ended_is_continued(steps: int) -> None:
    run = expt_logger.init(name="one", config={"lr": 0.1})
    for value in range(steps):
        run.log({"a": value})
    run.end()
    again = expt_logger.init(experiment_id=run.id)
    assert (again.name, again.config.lr, again.step) == ("one", 0.1, steps)
    again.log({"a": steps})
    assert [(step, value) for _, step, _, value in points(again)] == [(number, number) for number in range(steps + 1)]


JOINS = """
import sys
from runicorn.compat import expt_logger
run = expt_logger.init(name="child", is_main_process=False, config={"lr": 9})
run.log({"loss": 2.0}, step=int(sys.argv[1]))
print(run.id)
"""


@pytest.mark.usefixtures("root")
def test_a_process_that_the_main_one_starts_joins_its_run() -> None:
    main = expt_logger.init(name="main", config={"lr": 0.1})
    assert programs.train(JOINS, "7") == f"{main.id}\n"
    main.log({"loss": 1.0})
    found = ended(main)
    assert (found.config, found.alias) == ({"lr": 0.1}, "main")
    assert points(main) == [("train/loss", 0, "train", 1.0), ("train/loss", 7, "train", 2.0)]
    assert "EXPT_LOGGER_EXPERIMENT_ID" not in os.environ


@pytest.mark.usefixtures("root")
def test_an_experiment_that_the_environment_names_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("EXPT_LOGGER_EXPERIMENT_ID", "named")
        for _ in range(2):
            run = expt_logger.init(config={"lr": 0.1})
            assert ended(run).config == {"lr": 0.1}
            assert run.id == os.environ["EXPT_LOGGER_EXPERIMENT_ID"] == "named"


@pytest.mark.usefixtures("root")
def test_an_experiment_id_that_is_new_begins_a_run_of_that_id() -> None:
    found = ended(expt_logger.init(name="fresh", experiment_id="ccf1f879-50a6-492b-9072-fed6effac731"))
    assert (found.id, found.alias) == ("ccf1f879-50a6-492b-9072-fed6effac731", "fresh")


RANK = """
from runicorn.compat import expt_logger
import os
run = expt_logger.init(name="job", is_main_process=os.environ["RANK"] == "0")
run.log({"loss": float(os.environ["RANK"])})
print(run.id)
"""


@pytest.mark.usefixtures("root")
def test_ranks_of_one_job_join_one_run() -> None:
    job = {"TORCHELASTIC_RUN_ID": "none", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "WORLD_SIZE": "2"}
    ranks = [programs.start(RANK, env=os.environ | job | {"RANK": str(rank)}) for rank in range(2)]
    printed = {programs.finish(rank)[0].strip() for rank in ranks}
    (run_id,) = printed
    found = rn.Api().run(run_id)
    assert sorted((row["rank"], row["value"]) for row in found.history().to_pylist()) == [(0, 0.0), (1, 1.0)]


@pytest.mark.usefixtures("root")
def test_a_process_that_belongs_to_none_begins_its_own() -> None:
    _, said = programs.finish(programs.start(JOINS, "7"))
    assert "begins one of its own" in said
    assert "Traceback" not in said


def test_disabled_it_does_nothing(root: Path) -> None:
    def runs() -> list[Path]:
        return sorted((root / "runs").glob("*/*"))

    before = runs()
    with rn.enabled(False):
        run = expt_logger.init(name="off", config={"lr": 0.1}, base_url=ADDRESS)
        for call in CALLS:
            call()
        assert (run.config.lr, run.base_url) == (0.1, ADDRESS)
        expt_logger.end()
    assert runs() == before


def test_the_errors_of_before_can_be_caught() -> None:
    error = expt_logger.AuthenticationError("no")
    assert isinstance(error, expt_logger.APIError)
    assert (error.status_code, expt_logger.APIError("no", 404).status_code) == (401, 404)
    for kind in (expt_logger.APIError, expt_logger.ConfigurationError, expt_logger.ValidationError):
        assert issubclass(kind, expt_logger.ExptLoggerError)


def test_it_loads_no_more_than_runicorn_does() -> None:
    command = "import runicorn, sys; before = set(sys.modules); import runicorn.compat.expt_logger\n"
    command += "print(*{name for name in set(sys.modules) - before if not name.startswith('runicorn')})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
