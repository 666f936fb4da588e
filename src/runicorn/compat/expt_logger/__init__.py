"""expt_logger as it was, its first and its third generation in one, on top of Runicorn: change the import line.

from runicorn.compat import expt_logger

expt_logger.init(name="grpo-math", config={"lr": 3e-6})
expt_logger.log({"train/reward": 0.85})
expt_logger.end()

The run's path is "expt_logger". There is no key to be had and no server: nothing is sent anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import runicorn as rn
from runicorn.compat.expt_logger import joining
from runicorn.compat.expt_logger.configs import Config
from runicorn.compat.expt_logger.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    ExptLoggerError,
    ValidationError,
)
from runicorn.compat.expt_logger.experiment import Prompt, Rewards, Run
from runicorn.hparams import entries
from runicorn.notices import warn_once

__all__ = [
    "APIError",
    "AuthenticationError",
    "Config",
    "ConfigurationError",
    "ExptLoggerError",
    "Run",
    "ValidationError",
    "__version__",
    "base_url",
    "commit",
    "config",
    "end",
    "experiment_url",
    "finish",
    "flush",
    "init",
    "log",
    "log_environment",
    "log_error",
    "log_rollout",
    "run",
]

__version__ = "0.1.0.dev22"
"""The version of expt_logger whose names these are."""

BASE_URL = "EXPT_LOGGER_BASE_URL"

_active: Run | None = None
_given: dict[str, Any] = {}


def init(
    name: str | None = None,
    config: Any = None,
    api_key: str | None = None,  # noqa: ARG001  the signature is theirs
    base_url: str | None = None,
    auto_flush_interval: float = 10.0,  # noqa: ARG001
    auto_flush_buffer_size: int = 100,  # noqa: ARG001
    is_main_process: bool = True,
    experiment_id: str | None = None,
) -> Run:
    """Begins a run, or joins the one of `experiment_id`, and makes it the active run.

    `name` is the run's alias. `base_url` (default EXPT_LOGGER_BASE_URL, then the viewer's address) is given back by
    `run.base_url`, and is no more than that. A process that is not the main one joins the main one's run, and leaves
    the config to it: as a rank of the same job, as a process that the main one started, or by `experiment_id`, which
    EXPT_LOGGER_EXPERIMENT_ID stands for. `api_key` is not needed; `auto_flush_interval` and `auto_flush_buffer_size`
    have no effect, for all that is logged is on its way at once.

    While a run is open, a second call gives that one, with a notice, unless it asks for another name, config or
    experiment: then it ends the open one. Raises TypeError or ValueError for wrong arguments, before anything is
    written.
    """
    global _active, _given
    given = {"name": name, "config": entries(config) or None, "experiment_id": experiment_id}
    before = _active
    same = all(value in (None, _given.get(what)) for what, value in given.items())
    if before is not None and not before.is_finished and same:
        warn_once("expt_logger init", f"Run {before.id} is open already: init() gives it. end() would end it.")
        return before
    known = joining.known(experiment_id, is_main_process)
    alias = name if known in (None, experiment_id) else None  # who joins what the environment names does not rename it
    native = rn.init("expt_logger", run_id=known, alias=alias, config=config if is_main_process else None)
    if before is not None:
        before.end()
    _active = Run(native, base_url or os.environ.get(BASE_URL))
    _given = given | {"experiment_id": native.id}
    if is_main_process:
        joining.tell(native.id)
    return _active


def log(metrics: Mapping[str, Any], step: int | None = None, mode: str | None = None, commit: bool = True) -> None:
    """`Run.log` of the active run."""
    run().log(metrics, step, mode, commit)


def log_rollout(
    prompt: Prompt,
    messages: list[dict[str, str]],
    rewards: Rewards,
    step: int | None = None,
    mode: str | None = "train",
    commit: bool = True,
    id: str | None = None,
) -> None:
    """`Run.log_rollout` of the active run."""
    run().log_rollout(prompt, messages, rewards, step, mode, commit, id)


def log_environment(rollout_id: str, content: str, k: int | None = None, commit: bool = True) -> None:
    """`Run.log_environment` of the active run."""
    run().log_environment(rollout_id, content, k, commit)


def log_error(
    error: BaseException | str,
    step: int | None = None,
    mode: str | None = None,
    include_traceback: bool = True,
    commit: bool = True,
) -> None:
    """`Run.log_error` of the active run."""
    run().log_error(error, step, mode, include_traceback, commit)


def commit() -> None:
    """`Run.commit` of the active run."""
    run().commit()


def flush() -> bool:
    """`Run.flush` of the active run."""
    return run().flush()


def end() -> None:
    """`Run.end` of the active run; without one it does nothing. It is called when the program exits."""
    if _active is not None:
        _active.end()


finish = end


def run() -> Run:
    """The active run. Raises RuntimeError without one."""
    if _active is None or _active.is_finished:
        raise RuntimeError("No active run. Call init() first.")
    return _active


def config() -> Config:
    """`run.config` of the active run."""
    return run().config


def base_url() -> str:
    """`run.base_url` of the active run."""
    return run().base_url


def experiment_url() -> str:
    """`run.experiment_url` of the active run."""
    return run().experiment_url
