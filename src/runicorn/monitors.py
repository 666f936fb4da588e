"""Watching metrics: rules about their values, statistics of the last ones, and values that are far from the usual."""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runicorn.notices import warn_once
from runicorn.values import number, plain

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt, "lt": operator.lt, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip
_STATES: dict[str, Callable[[float], bool]] = {"nan": math.isnan, "inf": math.isinf}

_WINDOW = 100
_FEWEST = 10  # values that tell what is usual


@dataclass(frozen=True, eq=False)
class AlertRule:
    """What a metric should not be: `condition` is gt, lt, eq or ne, against `threshold`, or nan, or inf.

    The alert comes once it has been so `consecutive_count` times in a row, and then each time until it is not so. Then
    `callback`, if any, is called with the metric's name and value; what it raises is a notice.
    Raises ValueError for what makes no rule.
    """

    metric_name: str
    condition: str
    threshold: float | None = None
    consecutive_count: int = 1
    callback: Callable[[str, float], object] | None = None

    def __post_init__(self) -> None:
        if self.condition not in _COMPARISONS and self.condition not in _STATES:
            known = ", ".join([*_COMPARISONS, *_STATES])
            raise ValueError(f"condition must be one of {known}, got {self.condition!r}")
        if self.condition in _COMPARISONS and number(self.threshold) is None:
            raise ValueError(f"A rule with {self.condition!r} needs a number as threshold, got {self.threshold!r}")
        if self.consecutive_count < 1:
            raise ValueError(f"consecutive_count must be at least 1, got {self.consecutive_count!r}")

    def holds(self, value: float) -> bool:
        """Whether the metric is what it should not be."""
        if self.condition in _STATES:
            return _STATES[self.condition](value)
        return _COMPARISONS[self.condition](value, float(self.threshold or 0.0))

    def message(self, value: float) -> str:
        """The alert as a sentence."""
        if self.condition in _STATES:
            return f"⚠️ Alert: {self.metric_name} is {self.condition.upper()}"
        return f"⚠️ Alert: {self.metric_name} is {value:g} ({self.condition} {self.threshold:g})"


_LOSSES = [AlertRule("loss", "nan"), AlertRule("loss", "inf")]
_LOSSES += [AlertRule(f"{part}_loss", "nan") for part in ("train", "val", "test")]


class MetricMonitor:
    """Checks metrics by rules and keeps the last `window_size` values of each for statistics.

    It begins with rules for a loss that is NaN: of loss, train_loss, val_loss and test_loss; for loss also infinite.
    """

    def __init__(self, window_size: int = _WINDOW) -> None:
        self._values = _Windows(window_size)
        self._in_a_row: dict[AlertRule, int] = dict.fromkeys(_LOSSES, 0)

    def add_rule(self, rule: AlertRule) -> None:
        """Checks by this rule, too."""
        self._in_a_row.setdefault(rule, 0)

    def check_metrics(self, metrics: Mapping[str, Any]) -> list[str]:
        """Takes a step's values, and gives the alerts they mean, each once. What is no number is passed over."""
        return list(dict.fromkeys(message for message, _ in self.alerts(metrics)))

    def alerts(self, metrics: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
        """As `check_metrics`, one by one, and whether each is the first one of its row."""
        for name, value in self._values.add(metrics):
            for rule in list(self._in_a_row):
                if rule.metric_name == name:
                    yield from self._check(rule, value)

    def get_statistics(self, metric_name: str) -> dict[str, Any]:
        """mean, min and max of the finite values in the window, the last value, and how many there are.

        `count` is of all values, `valid_count` of the finite ones; without these the first three are None. Empty for a
        metric that was never seen.
        """
        values = self._values.of(metric_name)
        if not values:
            return {}
        finite = [value for value in values if math.isfinite(value)]
        return {
            "mean": sum(finite) / len(finite) if finite else None,
            "min": min(finite, default=None),
            "max": max(finite, default=None),
            "last": values[-1],
            "count": len(values),
            "valid_count": len(finite),
        }

    def _check(self, rule: AlertRule, value: float) -> Iterator[tuple[str, bool]]:
        if not rule.holds(value):
            self._in_a_row[rule] = 0
            return
        self._in_a_row[rule] += 1
        if self._in_a_row[rule] >= rule.consecutive_count:
            _call(rule, value)
            yield rule.message(value), self._in_a_row[rule] == rule.consecutive_count


class AnomalyDetector:
    """Finds values that are more than `sensitivity` standard deviations away from the mean of the last 100.

    Nothing is found before a metric has ten finite values, but for NaN and infinities, which are always anomalies.
    """

    def __init__(self, sensitivity: float = 2.0) -> None:
        self._sensitivity = sensitivity
        self._values = _Windows(_WINDOW)

    def check_metrics(self, metrics: Mapping[str, Any]) -> list[str]:
        """Takes a step's values, and gives a sentence for each that is an anomaly. What is no number is passed over."""
        seen = {name: [one for one in self._values.of(name) if math.isfinite(one)] for name in metrics}
        found = (self._check(name, value, seen[name]) for name, value in self._values.add(metrics))
        return [sentence for sentence in found if sentence]

    def _check(self, name: str, value: float, usual: list[float]) -> str:
        if not math.isfinite(value):
            return f"Anomaly: {name} is {value}"
        if len(usual) < _FEWEST:
            return ""
        mean = sum(usual) / len(usual)
        deviation = math.sqrt(sum((one - mean) * (one - mean) for one in usual) / len(usual))
        # Of equal values the mean may differ in the last digit.
        if abs(value - mean) <= max(self._sensitivity * deviation, 1e-12 * abs(mean)):
            return ""
        return f"Anomaly: {name} is {value:g}, where {mean:g} ± {deviation:g} is usual"


class _Windows:
    """The last values of each metric."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"window_size must be at least 1, got {size!r}")
        self._size = size
        self._values: dict[str, deque[float]] = {}

    def add(self, metrics: Mapping[str, Any]) -> list[tuple[str, float]]:
        """Takes what is a number of these, and gives it."""
        found = [(name, value) for name, given in metrics.items() if (value := number(given)) is not None]
        for name, value in found:
            self._values.setdefault(name, deque(maxlen=self._size)).append(value)
        return found

    def of(self, name: str) -> list[float]:
        return list(self._values.get(name, ()))


def _call(rule: AlertRule, value: float) -> None:
    if rule.callback is None:
        return
    try:
        rule.callback(rule.metric_name, value)
    except Exception as error:  # it is the user's, and called in a training loop
        told = f"The callback of a rule for {rule.metric_name!r} failed: {type(error).__name__}: {plain(error)}."
        warn_once(("alert", rule.metric_name, type(error).__name__), told)
