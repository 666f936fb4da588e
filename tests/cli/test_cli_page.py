"""The commands in docs/cli.md run as they stand there."""

import os
import re
import subprocess
from pathlib import Path

from tests.cli.commands import PROGRAMS
from tests.programs import PATIENCE, train

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNS = """
import runicorn as rn
for name, lr in ("baseline", 0.1), ("wider", 0.01):
    with rn.init("digits/mlp", run_id=name, config={"lr": lr}) as run:
        for step in range(100):
            run.log({"loss": lr / (step + 1), "accuracy": step / 100}, step=step)
        run.log_text("done")
"""

TRAINS = """
import expt_logger
with expt_logger.init(config={"lr": 0.1}):
    expt_logger.log({"loss": 0.5})
"""


def test_commands_run_as_they_stand(root: Path, tmp_path: Path) -> None:
    train(RUNS)
    (tmp_path / "train.py").write_text(TRAINS)
    blocks = BLOCK.findall(PAGE.read_text())
    assert {block.split()[1] for block in blocks} >= {"tail", "plot", "diff", "export-data", "exec"}
    environment = os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    for line in (line for block in blocks for line in block.splitlines() if line):
        command = ["bash", "-eu", "-c", line]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), line
    assert len(list((root / "runs/expt_logger").iterdir())) == 2
    assert {"points.csv", "points.xlsx", "points.parquet", "log.txt"} <= {path.name for path in tmp_path.iterdir()}
