"""MetricLogger and SmoothedValue: what they compute and print, and what the active run gets."""

import copy
import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.programs import points, read

import runicorn as rn
from runicorn.log_compat.torchvision import MetricLogger, SmoothedValue
from runicorn.log_compat.values import scalar


def test_a_smoothed_value() -> None:
    meter = SmoothedValue(window_size=3)
    assert (meter.median, meter.avg, meter.global_avg, meter.max, meter.value) == (0.0,) * 5
    assert str(meter) == "0.0000 (0.0000)"
    for value in (10, 1.0, np.float32(2), np.array(6)):
        meter.update(value)
    assert (meter.median, meter.avg, meter.global_avg, meter.max, meter.value) == (2.0, 3.0, 4.75, 6.0, 6.0)
    assert str(meter) == "2.0000 (4.7500)"
    meter.update(0.0, n=6)
    assert (meter.count, meter.total, meter.global_avg) == (10, 19.0, 1.9)


def test_its_format_may_name_all_of_it() -> None:
    meter = SmoothedValue(1, "{median} {avg} {global_avg} {max} {value:.1f}")
    meter.update(2)
    assert str(meter) == "2.0 2.0 2.0 2.0 2.0"


@pytest.mark.parametrize("value", ["0.5", None, [1.0], np.zeros(2), 1j, np.datetime64("2026-01-01"), object()])
def test_what_is_no_number_is_a_warning(value: Any) -> None:
    meter, logger = SmoothedValue(), MetricLogger()
    with pytest.warns(UserWarning, match="non-numeric value"):
        meter.update(value)
    with pytest.warns(UserWarning, match="'loss' got a non-numeric value"):
        logger.update(loss=value, accuracy=1.0)
    assert meter.count == 0
    assert list(logger.meters) == ["accuracy"]


@pytest.mark.filterwarnings("error")
def test_where_warnings_are_errors_the_loop_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    MetricLogger().update(text="no number")
    assert "'text' got a non-numeric value, a str; it is left out." in caplog.text


def test_arrays_with_a_single_item_are_numbers() -> None:
    assert scalar(np.ones((1, 1), np.float16)) == 1.0
    assert scalar(np.array(["1"])) is None


def test_update_logs_to_the_active_run_with_its_next_step(run: rn.Run) -> None:
    logger = MetricLogger()
    logger.update(loss=np.float32(0.5), lr=0.25)
    with pytest.warns(UserWarning, match="non-numeric"):
        logger.update(loss=0.25, note="x")
    assert logger.loss.value == 0.25
    assert points(read(run)) == [("loss", 1, 0.5), ("lr", 1, 0.25), ("loss", 2, 0.25)]
    logger.update(loss=0.125)  # there is no active run any more
    assert logger.loss.count == 3


def test_meters_are_attributes(capsys: pytest.CaptureFixture[str]) -> None:
    logger = MetricLogger(delimiter="  ")
    logger.add_meter("lr", SmoothedValue(window_size=1, fmt="{value:.6f}"))
    logger.update(lr=0.1, loss=2.0)
    assert logger.lr is logger.meters["lr"]
    assert str(logger) == "lr: 0.100000  loss: 2.0000 (2.0000)"
    assert copy.deepcopy(logger).loss.value == 2.0
    with pytest.raises(AttributeError, match="nothing"):
        _ = logger.nothing
    assert capsys.readouterr().out == ""


def test_log_every_prints_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    logger = MetricLogger(delimiter="  ")
    for number in logger.log_every(range(12), 5, "Epoch: [0]"):
        logger.update(loss=number)
    lines = capsys.readouterr().out.splitlines()
    assert [re.split(r"  (?=eta|loss|time|data)", line)[0] for line in lines[:-1]] == [
        "Epoch: [0] [ 0/12]", "Epoch: [0] [ 5/12]", "Epoch: [0] [10/12]", "Epoch: [0] [11/12]",
    ]  # fmt: skip
    assert re.fullmatch(
        r"Epoch: \[0\] \[ 5/12\]  eta: 0:00:00  loss: 2\.5000 \(2\.5000\)  time: \S+  data: \S+", lines[1]
    )
    assert re.fullmatch(r"Epoch: \[0\] Total time: 0:00:00 \(\d\.\d{4} s / it\)", lines[-1])


def test_log_every_of_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    def stream() -> Iterator[str]:
        yield from "abc"

    assert list(MetricLogger().log_every(stream(), 2)) == ["a", "b", "c"]
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()[:2]] == ["[0]", "[2]"]
    assert list(MetricLogger().log_every([], 0)) == []


def test_without_torch_nothing_is_synchronised() -> None:
    assert "torch" not in sys.modules
    logger = MetricLogger()
    logger.update(loss=3.0)
    logger.synchronize_between_processes()
    assert (logger.loss.count, logger.loss.total) == (1, 3.0)


class Sums:
    """A torch with two processes that have the same values."""

    float64 = "float64"

    def __init__(self) -> None:
        self.distributed = SimpleNamespace(
            is_available=lambda: True, is_initialized=lambda: True, get_backend=lambda: "gloo", all_reduce=self.double
        )

    def tensor(self, values: tuple[float, ...], dtype: str, device: str) -> Any:
        assert (dtype, device) == ("float64", "cpu")
        return np.array(values)

    def double(self, values: Any) -> None:
        values *= 2


def test_counts_and_totals_are_summed_over_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = MetricLogger()
    logger.update(loss=3.0)
    monkeypatch.setitem(sys.modules, "torch", Sums())
    logger.synchronize_between_processes()
    assert (logger.loss.count, logger.loss.total, logger.loss.global_avg, logger.loss.value) == (2, 6.0, 3.0, 3.0)
