"""MetricMonitor, AlertRule and AnomalyDetector, alone and as `run.monitor`."""

import math
from typing import Any

import numpy as np
import pytest
from tests.programs import points, read, text

import runicorn as rn

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("condition", "threshold", "alarming", "fine"),
    [
        ("gt", 10, 11.0, 10.0),
        ("lt", 0.5, 0.25, 0.5),
        ("eq", 0, 0.0, 0.1),
        ("ne", 1.0, 2.0, 1.0),
        ("nan", None, NAN, INF),
        ("inf", None, -INF, NAN),
    ],
)
def test_conditions(condition: str, threshold: float | None, alarming: float, fine: float) -> None:
    monitor = rn.MetricMonitor()
    monitor.add_rule(rn.AlertRule("grad", condition, threshold))
    assert monitor.check_metrics({"grad": fine, "other": alarming}) == []
    [message] = monitor.check_metrics({"grad": np.float64(alarming)})
    assert message.startswith("⚠️ Alert: grad is ")


def test_the_sentences() -> None:
    monitor = rn.MetricMonitor()
    monitor.add_rule(rn.AlertRule("lr", "gt", 0.1))
    assert monitor.check_metrics({"loss": NAN, "lr": 0.25}) == [
        "⚠️ Alert: loss is NAN", "⚠️ Alert: lr is 0.25 (gt 0.1)",
    ]  # fmt: skip


def test_losses_are_watched_from_the_start() -> None:
    monitor = rn.MetricMonitor()
    assert monitor.check_metrics({"loss": INF}) == ["⚠️ Alert: loss is INF"]
    for name in ("train_loss", "val_loss", "test_loss"):
        assert monitor.check_metrics({name: NAN}) == [f"⚠️ Alert: {name} is NAN"]
    monitor.add_rule(rn.AlertRule("loss", "nan"))
    assert monitor.check_metrics({"loss": NAN}) == ["⚠️ Alert: loss is NAN"]


def test_an_alert_comes_after_so_many_in_a_row() -> None:
    monitor, called = rn.MetricMonitor(), list[tuple[str, float]]()
    monitor.add_rule(rn.AlertRule("x", "gt", 0, consecutive_count=2, callback=lambda *what: called.append(what)))
    alerts = [len(monitor.check_metrics({"x": value})) for value in (1, 0, 2, 3, 4, -1, 5)]
    assert alerts == [0, 0, 0, 1, 1, 0, 0]
    assert called == [("x", 3.0), ("x", 4.0)]


def test_a_callback_that_fails_is_a_notice(caplog: pytest.LogCaptureFixture) -> None:
    monitor = rn.MetricMonitor()
    monitor.add_rule(rn.AlertRule("failing", "gt", 0, callback=lambda *_: 1 / 0))
    assert len(monitor.check_metrics({"failing": 1})) == 1
    assert "The callback of a rule for 'failing' failed: ZeroDivisionError: division by zero." in caplog.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("x", "above", 1.0), "condition must be one of gt, lt, eq, ne, nan, inf, got 'above'"),
        (("x", "gt"), "needs a number as threshold, got None"),
        (("x", "nan", None, 0), "consecutive_count must be at least 1"),
    ],
)
def test_what_makes_no_rule(arguments: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        rn.AlertRule(*arguments)


def test_statistics_of_the_window() -> None:
    monitor = rn.MetricMonitor(window_size=4)
    for value in (100.0, 1.0, NAN, np.float32(3.0), 5, "text", None):
        monitor.check_metrics({"x": value})
    assert monitor.get_statistics("x") == {
        "mean": 3.0, "min": 1.0, "max": 5.0, "last": 5.0, "count": 4, "valid_count": 3,
    }  # fmt: skip
    assert monitor.get_statistics("y") == {}
    monitor.check_metrics({"y": INF})
    assert monitor.get_statistics("y") == {
        "mean": None, "min": None, "max": None, "last": INF, "count": 1, "valid_count": 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match="window_size"):
        rn.MetricMonitor(0)


def test_anomalies_are_far_from_the_usual() -> None:
    detector = rn.AnomalyDetector(sensitivity=3.0)
    for number in range(20):
        assert detector.check_metrics({"loss": 1.0 + 0.1 * (number % 2), "still": 0.1}) == []
    assert detector.check_metrics({"loss": 1.15, "still": 0.1, "text": "x"}) == []
    [told] = detector.check_metrics({"loss": 2.0, "still": 0.1})
    assert told == "Anomaly: loss is 2, where 1.05476 ± 0.0532397 is usual"
    assert len(detector.check_metrics({"still": 0.2})) == 1


def test_nan_and_infinities_are_always_anomalies() -> None:
    detector = rn.AnomalyDetector()
    assert detector.check_metrics({"a": NAN, "b": INF, "c": 1e308}) == ["Anomaly: a is nan", "Anomaly: b is inf"]
    for _ in range(12):
        detector.check_metrics({"c": 1e308})  # whose sum is infinite


def test_the_monitor_of_a_run(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    run.log({"x": 1.0})
    run.log({"x": 50.0})  # nobody asked yet
    run.monitor.add_rule(rn.AlertRule("x", "gt", 10.0))
    assert run.monitor is run.monitor
    for value in (20.0, 30.0, 1.0, 20.0):
        run.log({"x": value})
    run.log({"loss": np.float32("nan"), "note": "no number"})
    assert run.monitor.get_statistics("x")["count"] == 4
    found = read(run)
    assert text(found) == [
        "WARNING | ⚠️ Alert: x is 20 (gt 10)", "WARNING | ⚠️ Alert: x is 20 (gt 10)", "WARNING | ⚠️ Alert: loss is NAN",
    ]  # fmt: skip
    assert [value for name, _, value in points(found) if name == "x"] == [1.0, 50.0, 20.0, 30.0, 1.0, 20.0]
    assert caplog.text.count("Alert: x is 20") == caplog.text.count("Alert: loss is NAN") == 1


def test_a_run_without_one_checks_nothing(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    run.log({"loss": NAN})
    assert "Alert" not in caplog.text
    with rn.enabled(False):
        rn.init("test").monitor.add_rule(rn.AlertRule("x", "gt", 10.0))
