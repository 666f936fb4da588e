"""Starts the trainers of one job, as torchrun does, and says how each of them ended.

    python -m harness.launcher PATH RATE '[{"counters": FILE, "environment": {NAME: VALUE}}, …]'

Prints the exit codes as a JSON list when the last of them is gone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys


def main() -> int:
    """Runs one job."""
    path, rate, ranks = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    job = {
        "TORCHELASTIC_RUN_ID": "harness",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29500",
        "WORLD_SIZE": str(len(ranks)),
    }
    trainers = [
        subprocess.Popen(
            [sys.executable, "-m", "harness.trainer", rank["counters"], path, rate],
            env=os.environ | job | rank["environment"] | {"RANK": str(number), "LOCAL_RANK": str(number)},
        )
        for number, rank in enumerate(ranks)
    ]
    print(json.dumps([trainer.wait() for trainer in trainers]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
