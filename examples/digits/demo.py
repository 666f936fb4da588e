"""Trains on four ranks, kills one of them on purpose, and shows what Runicorn tells about it."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ranks import average, launch
from runid.store.runs import read_run

WORLD = 4
KILLED = 2
KILLED_AT = 400


def runicorn(*arguments: str) -> str:
    """What the command line answers."""
    return subprocess.run(["runicorn", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def train() -> str:
    """Train to the end and kill one rank on the way; the id of the run that all ranks joined."""
    ranks = launch(Path(__file__).with_name("train.py"), WORLD)
    print(f"Training on {WORLD} processes; rank {KILLED} is killed at step {KILLED_AT}, after about 60% of the way.")

    def kill(step: int) -> None:
        if step == KILLED_AT:
            ranks[KILLED].process.kill()
            ranks[KILLED].process.wait()

    average(ranks, kill)
    run_ids = {rank.process.communicate()[0].strip() for rank in ranks.values()}
    failed = [n for n, rank in ranks.items() if n != KILLED and rank.process.returncode != 0]
    if failed or len(run_ids) != 1:
        sys.exit(f"The training went wrong: ranks {failed} failed; run ids: {sorted(run_ids)}.")
    return run_ids.pop()


def settled(run_id: str) -> dict[str, Any]:
    """The run once the daemon has noted the end of all its writers."""
    give_up = time.monotonic() + 30.0
    while True:
        run: dict[str, Any] = json.loads(runicorn("show", run_id, "--json"))
        if run["status"] != "running" or time.monotonic() > give_up:
            return run


def told(run: dict[str, Any]) -> dict[str, bool]:
    """Sentences that must be true of the run."""
    ends = {writer["rank"]: writer["status"] for writer in run["writers"]}
    others = [rank for rank in range(WORLD) if rank != KILLED]
    points = read_run(Path(run["run_dir"])).points().to_pylist()
    logged = set(range(1, KILLED_AT))
    kept = {point["step"] for point in points if point["rank"] == KILLED and point["metric"] == "loss"}
    return {
        f"the {len(logged)} steps that rank {KILLED} logged before its death are kept": kept == logged,
        f"rank {KILLED} crashed": ends.get(KILLED) == "crashed",
        "the three others finished": [ends.get(rank) for rank in others] == ["finished"] * 3,
        "so the run counts as crashed": run["status"] == "crashed",
        "more than 90% of the test images are read right": run["summary"].get("test/accuracy", 0.0) > 0.9,
    }


def main() -> int:
    run_id = train()
    run = settled(run_id)
    print(runicorn("ls"))
    print(runicorn("show", run_id))
    sentences = told(run)
    for sentence, true in sentences.items():
        print(f"{'as told' if true else 'NOT SO'}: {sentence}")
    return 0 if all(sentences.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
