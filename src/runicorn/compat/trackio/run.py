"""A run with Trackio's names, over one of Runicorn's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import runicorn as rn
from runicorn.compat.trackio.configs import Config
from runicorn.notices import warn_once
from runicorn.values import whole_step


class AlertLevel(StrEnum):
    """How urgent an alert is."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class Run:
    """A run. Made by `trackio.init()`."""

    _space_id: None = None
    """No run is on a Space; clients ask."""

    def __init__(self, native: rn.Run, project: str, name: str) -> None:
        """`native`: the run that gets what is logged."""
        self._native = native
        self.id = native.id
        self.project = project
        self.name = name
        self._config = Config(native.config)

    @property
    def group(self) -> str | None:
        """The group given to `init()`."""
        return self._native.group

    @property
    def config(self) -> Config:
        """The run's config, a dict that has its values as attributes, too; each change is kept, whenever it is made."""
        return self._config

    @property
    def url(self) -> str:
        """Where the viewer shows the run."""
        return self._native.url

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended."""
        return self._native.is_finished

    def log(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Logs values at a step, as `runicorn.Run.log` does; the first step is 0, and without `step` it is the next.

        A step below the largest so far is kept, and does not set the counter back.
        """
        native = self._native
        whole = step if step is None or type(step) is int else whole_step(step)
        if whole is None or whole >= native.step:
            native.log(metrics, step=step)
        else:
            native._log_at(metrics, whole)

    def log_system(self, metrics: Mapping[str, Any]) -> None:
        """Logs what is of the machine, not of a step: as metrics named sys/…, at the last step, which stays."""
        try:
            # A copy: another thread may change the user's mapping at any time.
            named = {f"sys/{key}": value for key, value in {**metrics}.items()}
        except Exception as error:
            warn_once(("trackio", "log_system"), f"What log_system() was given is no mapping and left out: {error}.")
        else:
            self._native._log_at(named, self._last_step())

    def alert(
        self,
        title: str,
        text: str | None = None,
        level: AlertLevel | str = AlertLevel.WARN,
        step: int | None = None,
        webhook_url: str | None = None,
    ) -> None:
        """Tells people something now, as `runicorn.Run.alert` does. Raises ValueError for another level.

        Webhooks are those of `init()`: an address of a single alert has no effect.
        """
        if webhook_url:
            warn_once(
                ("trackio", "alert"),
                "trackio.alert: webhook_url has no effect: this alert is sent to the run's webhooks, if there are any. "
                "Give the address to trackio.init(webhook_url=...).",
            )
        self._native.alert(title, text, level, step=self._last_step() if step is None else step)

    def finish(self) -> None:
        """Ends the run, and waits until all is on disk, as `runicorn.Run.finish` does. A second call does nothing."""
        self._native.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._native.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"<Run {self.name!r} of {self.project!r}: {self.id}>"

    def _last_step(self) -> int:
        return max(0, self._native.step)
