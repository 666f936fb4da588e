"""A run as expt_logger's users know it, on top of a run of Runicorn."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from runicorn.compat.expt_logger import joining, modes
from runicorn.compat.expt_logger.configs import Config
from runicorn.compat.expt_logger.steps import Steps
from runicorn.noop import NoOpRun
from runicorn.notices import Notices
from runicorn.run import Run as NativeRun
from runicorn.values import plain

Prompt = str | Mapping[str, Any]
Rewards = Mapping[str, float] | Iterable[Mapping[str, Any]]


class Run:
    """An experiment. Made by `init()`.

    All that is logged shares one counter of steps, from 0. What is logged without `step` belongs to the current step;
    then the step is committed, that is, the next one begins, unless `commit=False`. A `step` that is given becomes the
    current one, also a smaller one. So a rollout and the metrics of its step are logged with `commit=False` for all but
    the last call, or with the same `step`: `log(...)` and then `log_rollout(...)` are two steps.

    Nothing waits for a commit to be kept: `commit=False` only leaves the counter where it is. Nothing here raises;
    what cannot be logged is one notice.
    """

    def __init__(self, run: NativeRun, base_url: str | None) -> None:
        """`base_url`: what stands before the run in its address; the viewer's where it is empty."""
        self._run = run
        self._base_url = base_url
        self._notices = Notices()
        self._modes = modes.Modes()
        continues = not isinstance(run, NoOpRun) and run._plan.continues
        self._steps = Steps(run.step + 1 if continues else 0, self._notices)
        self._config = Config(run.config)

    # -- what is logged -----------------------------------------------------------------------------------------------

    def log(
        self, metrics: Mapping[str, Any], step: int | None = None, mode: str | None = None, commit: bool = True
    ) -> None:
        """Logs metrics: `loss` of the mode eval is the metric `eval/loss`, and its stage is eval.

        The mode is that of a name such as `eval/loss`, else `mode`, else train; with `mode` given, other slashes are
        parts of the name. Values are what `runicorn.Run.log` takes: NaN and infinities are kept.
        """
        try:
            found = self._modes.sort(metrics, mode)
            at = self._steps.take(step, commit)
            for stage, values in found.items():
                self._run.log(values, step=at, stage=stage)
        except Exception as error:
            self._left_out("log", error)

    def log_rollout(
        self,
        prompt: Prompt,
        messages: list[dict[str, str]],
        rewards: Rewards,
        step: int | None = None,
        mode: str | None = modes.TRAIN,
        commit: bool = True,
        id: str | None = None,
    ) -> None:
        """Keeps a conversation with its rewards, at the current step unless `step` is given; then commits the step.

        It is what `runicorn.Run.log_rollout` keeps, of the stage `mode`. `id` is what `log_environment` calls it.
        """

        def keep(at: int) -> None:
            self._run.log_rollout(prompt, messages, rewards, step=at, mode=modes.named(mode), id=id)

        self._keep("log_rollout", keep, step, commit)

    def log_environment(self, rollout_id: str, content: str, k: int | None = None, commit: bool = True) -> None:
        """Keeps what the environment of a rollout said: an object `env_logs` with `rollout_id` and `content`.

        With `commit=False` and `k` the step is committed once more than `k` calls have not committed it.
        """
        told = {"env_logs": {"rollout_id": rollout_id, "content": content}}
        self._keep("log_environment", lambda at: self._run.log(told, step=at), None, commit, k)

    def log_error(
        self,
        error: BaseException | str,
        step: int | None = None,
        mode: str | None = None,
        include_traceback: bool = True,
        commit: bool = True,
    ) -> None:
        """Keeps an error: a line of the run's text, and an object `errors` with `message`, `error_type`, `traceback`.

        Of an error that is a text, type and traceback are None.
        """

        def keep(at: int) -> None:
            told = _told(error, include_traceback)
            self._run.log({"errors": told}, step=at, stage=modes.named(mode))
            self._run.log_text(": ".join(str(told[name]) for name in ("error_type", "message") if told[name]))

        self._keep("log_error", keep, step, commit)

    def commit(self) -> None:
        """Ends the current step: what is logged without `step` from now on belongs to the next one."""
        self._steps.take()

    # -- its end ------------------------------------------------------------------------------------------------------

    def flush(self) -> bool:
        """Waits until everything logged so far is on disk; False if that took longer than 5 seconds.

        There is no need to: what was logged is kept, whoever is killed.
        """
        return self._run.flush()

    def end(self, timeout: float = 20.0) -> None:  # noqa: ARG002  the signature is theirs
        """Ends the run; a second call does nothing.

        Waits until all is on disk, at most RUNICORN_FINISH_TIMEOUT seconds (30), whatever `timeout` says.
        """
        self._run.finish()
        joining.forget(self.id)

    finish = end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run.__exit__(kind, error, trace)
        joining.forget(self.id)

    # -- what it is ---------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The run id, which is also the id of the experiment."""
        return self._run.id

    @property
    def name(self) -> str:
        """The name given to `init()`, which is the run's alias; without one the run id."""
        return self._run.alias or self._run.id

    @property
    def step(self) -> int:
        """The current step: that of the next call without `step`."""
        return self._steps.current

    @property
    def config(self) -> Config:
        """The hyperparameters, by attribute, item and `update()`."""
        return self._config

    @property
    def base_url(self) -> str:
        """The address given to `init()` or by EXPT_LOGGER_BASE_URL, else the viewer's. Nothing is sent there."""
        return self._base_url or self._run.url.removesuffix(f"/run/{self.id}")

    @property
    def experiment_url(self) -> str:
        """Where the viewer shows the run, if it runs at `base_url`."""
        return f"{self.base_url.rstrip('/')}/run/{self.id}"

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended in this process."""
        return self._run.is_finished

    def __repr__(self) -> str:
        return f"<Run {self.name}>"

    # -- inside -------------------------------------------------------------------------------------------------------

    def _keep(
        self, what: str, keep: Callable[[int], None], step: int | None, commit: bool, most: int | None = None
    ) -> None:
        try:
            keep(self._steps.take(step, commit, most))
        except Exception as error:  # the values may run any code
            self._left_out(what, error)

    def _left_out(self, what: str, error: Exception) -> None:
        kind = type(error).__name__
        self._notices.once((what, kind), f"What {what}() was given is left out: {kind}: {plain(error)}.")


def _told(error: BaseException | str, include_traceback: bool) -> dict[str, Any]:
    if not isinstance(error, BaseException):
        return {"message": error, "error_type": None, "traceback": None}
    trace = "".join(traceback.format_exception(error)) if include_traceback else None
    return {"message": plain(error), "error_type": type(error).__name__, "traceback": trace}
