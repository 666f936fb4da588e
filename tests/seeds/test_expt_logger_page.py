"""The README of expt_logger: each of its blocks does what it says, with ours in its place."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.seeds import documents
from tests.seeds.running import Ran, points
from tests.seeds.trackers import WAYS, Case, run_block

from runicorn.api import StoredRun
from runicorn.compat import expt_logger

PAGE = documents.EXPT_LOGGER
BLOCKS = {block.name: block for block in documents.blocks(PAGE)}

NOT_RUN = {
    "160 expt_logger.init()": "It is a signature, which a test below compares.",
    "180 expt_logger.log()": "It is a signature, which a test below compares.",
    "196 expt_logger.log_rollout()": "It is a signature, which a test below compares.",
}
"""The blocks that do not run, and why."""

IMPORTED = "import expt_logger"
OPEN = f"{IMPORTED}\nexpt_logger.init(name='supposed')"

CASES: dict[str, Case] = {}


def block(name: str, before: str, after: str = "") -> Callable[[Callable[[Ran], None]], None]:
    """The function below it checks what became of a block."""

    def add(check: Callable[[Ran], None]) -> None:
        CASES[name] = Case(before, after, check)

    return add


def _rollout(run: StoredRun) -> tuple[Any, ...]:
    """Key, step, stage, type and value of the only rollout."""
    (line,) = run.objects()
    return tuple(line[name] for name in ("key", "step", "stage", "type", "value"))


@block("20 Quick Start", "")
def quick_start(ran: Ran) -> None:
    run = ran.run("expt_logger")
    assert (run.alias, run.config) == ("grpo-math", {"lr": 3e-6, "batch_size": 8})
    viewer = "http://127.0.0.1:23300"
    assert ran.printed == f"View experiment: {viewer}/run/{run.id}\nBase URL: {viewer}\n"
    # The rollout is committed, as all calls are, so the metrics belong to the next step.
    assert points(run) == [
        ("train/kl", 1, "train", 0.02), ("train/loss", 1, "train", 0.45), ("train/reward", 1, "train", 0.85)
    ]  # fmt: skip
    assert _rollout(run) == (
        "rollouts", 0, "train", "trace",
        {
            "prompt": "What is 2+2?",
            "messages": [{"role": "assistant", "content": "The answer is 4."}],
            "rewards": {"correctness": 1.0, "format": 0.9},
        },
    )  # fmt: skip
    assert '"What is 2+2?"' in "".join(path.read_text() for path in (run.run_dir / "objects").iterdir())


@block("57 Scalar Metrics", OPEN)
def scalars(ran: Ran) -> None:
    assert points(ran.run("expt_logger")) == [
        ("train/loss", 0, "train", 0.5), ("train/loss", 1, "train", 0.4),
        ("eval/loss", 10, "eval", 0.6), ("train/loss", 10, "train", 0.5),
        ("eval/loss", 11, "eval", 0.5),
    ]  # fmt: skip


@block("75 Scalar Metrics", OPEN, "expt_logger.log({'metric_a': 4.0})")
def batching(ran: Ran) -> None:
    assert points(ran.run("expt_logger")) == [
        ("train/metric_a", 0, "train", 1.0), ("train/metric_b", 0, "train", 2.0), ("train/metric_c", 0, "train", 3.0),
        ("train/metric_a", 1, "train", 4.0),
    ]  # fmt: skip


@block("85 Rollouts (RL-specific)", OPEN, "expt_logger.log({'after': 1.0})")
def rollouts(ran: Ran) -> None:
    run = ran.run("expt_logger")
    *where, value = _rollout(run)
    assert where == ["rollouts", 5, "train", "trace"]
    assert [message["role"] for message in value["messages"]] == ["assistant", "user", "assistant"]
    assert value["rewards"] == {"correctness": 1.0, "format": 0.9, "helpfulness": 0.85}
    assert points(run) == [("train/after", 6, "train", 1.0)]


@block("111 Configuration", IMPORTED)
def configuration(ran: Ran) -> None:
    run = ran.run("expt_logger")
    assert run.config == {"lr": 0.0005, "batch_size": 32, "epochs": 100, "model": "gpt2"}
    assert run.alias is None


@block("127 API Key & Server Configuration", IMPORTED)
def key(ran: Ran) -> None:
    assert "your_key" not in "".join(path.read_text() for path in ran.run("expt_logger").run_dir.rglob("*.json"))


@block("136 API Key & Server Configuration", IMPORTED, "print(expt_logger.base_url())")
def server(ran: Ran) -> None:
    ran.run("expt_logger")
    assert ran.printed == "https://your-server.com\n"


@block("144 Accessing Experiment URLs", IMPORTED)
def addresses(ran: Ran) -> None:
    run = ran.run("expt_logger")
    assert run.alias == "my-experiment"
    experiment, base = ran.printed.splitlines()
    assert experiment == f"{base}/run/{run.id}"


@block("228 Context Manager", IMPORTED, "print(run.is_finished)")
def context_manager(ran: Ran) -> None:
    run = ran.run("expt_logger")
    assert (run.alias, points(run)) == ("my-run", [("train/loss", 0, "train", 0.5)])
    assert ran.printed == "True\n"


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_block(name: str, way: str, tmp_path: Path) -> None:
    run_block(way, tmp_path, BLOCKS[name].source, CASES[name])


def test_each_block_runs_or_is_listed() -> None:
    assert sorted([*CASES, *NOT_RUN]) == sorted(BLOCKS)
    assert not [name for name in NOT_RUN if BLOCKS[name].parses]


@pytest.mark.parametrize("name", NOT_RUN)
def test_a_signature(name: str) -> None:
    declared = documents.Block(name, f"def {BLOCKS[name].source}").signature()
    function = getattr(expt_logger, name.partition(".")[2].removesuffix("()"))
    own = list(inspect.signature(function).parameters.values())[: len(declared.parameters)]
    theirs = list(declared.parameters.values())
    assert [(one.name, one.default) for one in own] == [(one.name, one.default) for one in theirs]


def test_every_call_that_the_page_names_exists() -> None:
    named = set(re.findall(r"\bexpt_logger\.(\w+)\(", documents.text(PAGE)))
    assert named == {"init", "log", "log_rollout", "flush", "end"}
    assert all(callable(getattr(expt_logger, name)) for name in named)
