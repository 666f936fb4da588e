"""A training process that logs events of every kind, and ends when its stdin does.

python -m benches.writing RUN_ID STEPS [RATE]

RATE: steps a second, 10,000 if not given.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import runicorn as rn
from benches.clock import METRICS

_PATIENCE = 60.0
_BURST = 100
_IMAGE = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;"  # one pixel


def main() -> None:
    """Logs, says so on stdout when all of it is safe, waits, and finishes."""
    run_id, steps = sys.argv[1], int(sys.argv[2])
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 10_000.0
    run = rn.init("writing", run_id=run_id, config={"steps": steps}, tags=["bench"])
    run.set_primary_metric("loss", "min")
    run.log_image("image", _IMAGE)
    run.log_dataset("this folder", Path(__file__).parent, save=True)
    for step in range(steps):
        run.log(METRICS, step=step, stage="train")
        if step % _BURST == 0:
            run.log({"note": f"step {step}"}, step=step)
            run.log_text(f"step {step}")
            run.summary({"last": step})
            run.config.update({f"seen_{step % 1000}": step})
            time.sleep(_BURST / rate)
    if not run.flush(_PATIENCE):
        sys.exit(f"{steps} steps were not safe within {_PATIENCE:.0f} s.")
    print("safe", flush=True)
    sys.stdin.read()
    run.finish()


if __name__ == "__main__":
    main()
