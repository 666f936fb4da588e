"""`run.monitor`: what is logged is checked, for those who ask for it; `log` of all others pays nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from runicorn.notices import Notices

if TYPE_CHECKING:
    from runicorn.monitors import MetricMonitor


class Monitoring(ABC):
    """A run that may have a monitor."""

    _notices: Notices
    _names: set[str]
    _monitor: MetricMonitor | None = None

    @abstractmethod
    def _text(self, level: str, text: object) -> None:
        """Adds lines to the run's text."""

    @property
    def monitor(self) -> MetricMonitor:
        """Checks all numbers that `log` gets, from the first use of this on; `log` then takes some microseconds more.

        An alert is a notice once, and a line of the run's text each time a row of it begins.
        """
        if self._monitor is None:
            from runicorn.monitors import MetricMonitor

            self._monitor = MetricMonitor()
            self._names.clear()  # names that are known by heart pass `log` unchecked
        return self._monitor

    def _check_metrics(self, points: Mapping[str, float]) -> None:
        if self._monitor is None:
            return
        for message, first in self._monitor.alerts(points):
            if first:
                self._notices.once(("alert", message), message)
                self._text("WARNING", message)
