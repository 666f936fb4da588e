"""AverageMeter and ProgressMeter: what they compute and print, and what the active run gets."""

import numpy as np
import pytest
from tests.programs import points, read

import runicorn as rn
from runicorn.log_compat.imagenet import AverageMeter, ProgressMeter, Summary


def test_an_average_meter() -> None:
    meter = AverageMeter("Acc@1", False, ":6.2f", Summary.AVERAGE)
    assert (meter.val, meter.avg, meter.sum, meter.count) == (0.0, 0.0, 0.0, 0)
    meter.update(np.float32(50.0), 3)
    meter.update(np.array([100.0]))
    assert (meter.val, meter.avg, meter.sum, meter.count) == (100.0, 62.5, 250.0, 4)
    assert str(meter) == "Acc@1 100.00 ( 62.50)"
    assert meter.summary() == "Acc@1 62.500"
    meter.all_reduce()  # of one process
    assert (meter.avg, meter.sum, meter.count) == (62.5, 250.0, 4)
    meter.reset()
    assert (meter.val, meter.count) == (0.0, 0)


def test_the_older_order_of_arguments() -> None:
    """From before `use_accel`: AverageMeter(name, fmt, summary_type)."""
    meter = AverageMeter("Time", ":6.3f", Summary.NONE)
    meter.update(1.5)
    assert str(meter) == "Time  1.500 ( 1.500)"
    assert meter.summary() == ""
    assert str(AverageMeter("Loss")) == "Loss 0.000000 (0.000000)"
    assert AverageMeter("Loss", summary_type=Summary.SUM).summary() == "Loss 0.000"
    assert AverageMeter("Loss", ":.1f", summary_type=Summary.COUNT).summary() == "Loss 0.000"


def test_what_is_no_number_is_a_warning() -> None:
    meter = AverageMeter("Loss")
    with pytest.warns(UserWarning, match="'Loss' got a non-numeric value"):
        meter.update("much")  # the count stays
    assert meter.count == 0


def test_display_prints_and_logs_the_last_values(run: rn.Run, capsys: pytest.CaptureFixture[str]) -> None:
    loss, top = AverageMeter("Loss", ":.2f"), AverageMeter("Acc@1", ":.0f", Summary.AVERAGE)
    progress = ProgressMeter(100, [loss, top], prefix="Epoch: [3]")
    loss.update(1.0)
    top.update(10)
    progress.display(1)
    loss.update(0.5)
    progress.display(20)
    progress.display_summary()
    assert capsys.readouterr().out.splitlines() == [
        "Epoch: [3][  1/100]\tLoss 1.00 (1.00)\tAcc@1 10 (10)",
        "Epoch: [3][ 20/100]\tLoss 0.50 (0.75)\tAcc@1 10 (10)",
        " * Loss 0.750 Acc@1 10.000",
    ]
    assert points(read(run)) == [("Acc@1", 1, 10.0), ("Loss", 1, 1.0), ("Acc@1", 2, 10.0), ("Loss", 2, 0.5)]
    progress.display(30)  # there is no active run any more
    assert "[ 30/100]" in capsys.readouterr().out
