"""`scripts/clients`: real clients of Trackio's API train, unchanged, under `runicorn exec`.

    transformers_trainer.py    the callback of transformers' Trainer, report_to="trackio"
    accelerate_tracker.py      the tracker of accelerate, log_with="trackio"
    trl_grpo.py                TRL's GRPOTrainer: the same callback, tables of completions, and times of its parts

Tiny models of random weights, on CPU; nothing is downloaded, and Trackio is not installed where they run. What they say
they logged is compared with what `rn.Api` reads. Exits with 1 when something is not as told.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import runicorn as rn
from benches.home import Home, end_in_order
from benches.table import table
from benches.workload import answer_of

_HERE = Path(__file__).parent
_BIN = Path(__file__).resolve().parents[3] / ".venv" / "clients" / "bin"
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

_LEFT_OUT = (
    "step", "train_runtime", "train_samples_per_second", "train_steps_per_second", "train_loss", "total_flos",
)  # fmt: skip
"""What of a Trainer's history its callback does not log."""

Sentences = Iterator[tuple[str, bool]]


def main() -> int:
    """Trains with each, and prints what is so and what is not."""
    end_in_order()
    rows: list[tuple[str, str, str]] = [("", "Trackio is not installed where they run", _verdict(not _has_trackio()))]
    with Home(**_OFFLINE) as home:
        for name, check in _CHECKS.items():
            command = [str(_BIN / "python"), str(_HERE / f"{name}.py"), str(home.folder / name)]
            said = answer_of(home.command(str(_BIN / "runicorn"), "exec", *command))
            home.settle()
            rows += [(name.partition("_")[0], sentence, _verdict(true)) for sentence, true in check(home, said)]
        home.runid("stop")
    print(table(("client", "", ""), rows))
    return 1 if any(verdict == "NOT SO" for *_, verdict in rows) else 0


def _trainer(home: Home, said: dict[str, Any]) -> Sentences:
    found = rn.Api(home.root).runs("alias:tiny-gpt2")
    yield "one run, though evaluate() after train() calls init() again: resume", len(found) == 1
    run = found[0]
    yield f"finished, in path {run.path}", (run.status, run.path) == ("finished", "clients")
    yield from _history(run, said["history"], "loss", "eval_loss", "grad_norm")
    known = {"n_embd": 32, "learning_rate": 0.01, "max_steps": 30, "run_name": "tiny-gpt2"}
    yield "config: the model's and the arguments'", known.items() <= run.config.items()
    yield "config: model/num_parameters, set by item", run.config.get("model/num_parameters", 0) > 10_000
    yield from _images(run, "weights", said["images"])


def _accelerate(home: Home, said: dict[str, Any]) -> Sentences:
    found = rn.Api(home.root).runs("alias:tiny-mlp")
    yield "one run", len(found) == 1
    run = found[0]
    yield f"finished, in path {run.path}", (run.status, run.path) == ("finished", "clients")
    losses = [(int(step), loss) for step, loss in said["losses"].items()]
    steps = [step for step, _ in losses]
    yield f"train_loss at the steps given, {_short(steps)}, equal", _points(run, "train_loss") == losses
    yield "epoch at the same steps", [step for step, _ in _points(run, "epoch")] == steps
    yield "config: what init_trackers was given", run.config == said["config"]
    yield from _images(run, "samples", said["images"])


def _trl(home: Home, said: dict[str, Any]) -> Sentences:
    found = rn.Api(home.root).runs("alias:tiny-grpo")
    yield "one run", len(found) == 1
    run = found[0]
    yield f"finished, in path {run.path}", (run.status, run.path) == ("finished", "clients")
    yield from _history(run, said["history"], "reward", "entropy")
    profiled = [name for name in run.metrics if name.startswith("profiling/")]
    yield f"{len(profiled)} times of its parts, which it logs by itself", len(profiled) > 3
    tables = [run.load(one).to_pydict() for one in run.media("completions")]
    yield f"{len(tables)} tables of completions, one at each of its logs", len(tables) == len(said["history"])
    # The last of its own files is written twice, by the last two logs.
    same = tables[:3] + tables[4:] == said["completions"]
    yield "each has the completions, rewards and advantages of its own files", same


def _history(run: rn.api.StoredRun, history: list[dict[str, Any]], *shown: str) -> Sentences:
    """`history`: what a Trainer says it logged."""
    for theirs in shown:
        logged = [(entry["step"], entry[theirs]) for entry in history if theirs in entry]
        steps = _short([step for step, _ in logged])
        same = _points(run, _name(theirs)) == logged
        yield f"{_name(theirs)} at the Trainer's own steps {steps}, equal to its history", same
    names = {key for entry in history for key, value in entry.items() if value is not None} - set(_LEFT_OUT)
    yield f"all {len(names)} metrics of the history are there", {_name(key) for key in names} <= set(run.metrics)


def _images(run: rn.api.StoredRun, key: str, said: dict[str, Any]) -> Sentences:
    """`said`: the pixels of a list of images, by step."""
    wanted = {(int(step), place): one for step, images in said.items() for place, one in enumerate(images)}
    found = {(one["step"], one["index"]): one for one in run.media(key=key)}
    yield f"{len(wanted)} images in {len(said)} lists, by step and place", found.keys() == wanted.keys()
    alike = all(np.array_equal(np.asarray(run.load(found[at]).convert("RGB")), wanted[at]) for at in found)
    yield "each equals what was logged", alike


def _points(run: rn.api.StoredRun, metric: str) -> list[tuple[int, float]]:
    rows = run.history(metric).select(["step", "value"]).to_pylist()
    return [(row["step"], row["value"]) for row in rows]


def _name(key: str) -> str:
    """What the callback calls an entry of a Trainer's history."""
    return f"eval/{key.removeprefix('eval_')}" if key.startswith("eval_") else f"train/{key}"


def _has_trackio() -> bool:
    return subprocess.run([_BIN / "python", "-c", "import trackio"], capture_output=True, check=False).returncode == 0


def _short(steps: list[int]) -> str:
    return f"{steps[0]}, {steps[1]} … {steps[-1]}"


def _verdict(true: bool) -> str:
    return "as told" if true else "NOT SO"


_CHECKS: dict[str, Callable[[Home, dict[str, Any]], Sentences]] = {
    "transformers_trainer": _trainer,
    "accelerate_tracker": _accelerate,
    "trl_grpo": _trl,
}

if __name__ == "__main__":
    sys.exit(main())
