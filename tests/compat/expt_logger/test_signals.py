"""Signals: what was logged is kept, and the process ends as it would have without us."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tests import programs

PROGRAM = """
import signal, sys, threading
from runicorn.compat import expt_logger
run = expt_logger.init(name="signal")
expt_logger.log({"loss": 0.5}, commit=False)
try:
    print(run.id, flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    expt_logger.log({"loss": 0.25})
    print("interrupted", flush=True)
    raise
print("it went on")
"""


@pytest.mark.parametrize(
    ("number", "values", "out", "err"),
    [
        (signal.SIGINT, [0.5, 0.25], "interrupted\n", "KeyboardInterrupt\n"),
        (signal.SIGTERM, [0.5], "", ""),  # a shell says 143
    ],
)
def test_defect_ctrl_c_and_sigterm_no_longer_stopped_the_program(
    root: Path, number: signal.Signals, values: list[float], out: str, err: str
) -> None:
    process = programs.start(PROGRAM)
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    process.send_signal(number)
    printed, said = programs.finish(process, -number)
    assert (printed, said[-len("KeyboardInterrupt\n") :]) == (out, err)
    run = programs.ended(root, f"expt_logger/{run_id}")
    assert run.status == "interrupted"
    assert [value for _, _, value in programs.points(run)] == values
