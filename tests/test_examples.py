"""The examples run as they stand, and leave what they say. examples/torchrun_ddp.py: see scripts/ranks."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Home
from tests.programs import PATIENCE, ended, text, train, wait

import runicorn as rn

EXAMPLES = Path(__file__).parents[1] / "examples"
# In a process of its own: a kernel behaves otherwise below pytest.
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, kernel_name="python3").execute()
nbformat.write(notebook, "shown.ipynb")
"""


def test_the_loop_learns_and_all_of_it_is_kept(home: Home) -> None:
    train(EXAMPLES / "loop.py", cwd=home.folder)
    run = ended(home.root, "examples/loop/*")
    steps = 30 * 23  # 1,437 images to train with, 64 a step
    assert (run.status, run.meta["tags"], run.config["epochs"]) == ("finished", ["numpy"], 30)
    assert {name: stat["count"] for name, stat in run.metrics.items()} == {
        **dict.fromkeys(("loss", "accuracy", "lr", "grad_norm"), steps),
        **dict.fromkeys(("test/loss", "test/accuracy"), 30),
    }
    table = run.points().select(["metric", "stage", "step"]).to_pylist()
    assert {(row["stage"], row["step"] <= 3 * 23) for row in table if row["metric"] == "loss"} == {
        ("warmup", True),
        ("train", False),
    }
    assert run.summary["steps"] == steps
    assert run.summary["best_metric_name"] == "test/accuracy"
    assert run.summary["best_metric_value"] >= run.summary["test/accuracy"] > 0.93
    assert text(run) == [
        "TEXT | 1437 images to train with, 360 to test with",
        f"TEXT | after {steps} steps {run.summary['test/accuracy']:.1%} of the test images are read right",
    ]


def test_a_policy_learns_from_its_rewards_and_shows_how(home: Home) -> None:
    train(EXAMPLES / "grpo.py", cwd=home.folder)
    run = rn.Api(home.root).run(str(ended(home.root, "examples/grpo/*").folder))
    assert (run.status, run.config["group"]) == ("finished", 16)
    steps = run.config["steps"]
    names = ("reward/correct", "reward/near", "kl", "clipped", "entropy", "grad_norm")
    assert {name: run.metrics[name]["count"] for name in names} == dict.fromkeys(names, steps)
    rewards = run.history("reward/correct")["value"].to_pylist()
    assert sum(rewards[:10]) < 2
    assert sum(rewards[-10:]) > 7
    assert run.summary["best_metric_value"] > 0.8

    rollouts = [(one["stage"], one["step"], run.load(one)) for one in run.media("rollouts")]
    assert [stage for stage, _, _ in rollouts].count("train") == 4 * 16 * steps // 25
    assert {step for stage, step, _ in rollouts if stage == "eval"} == {50, 100, 150}
    for _, _, rollout in rollouts:
        first, second = (int(digit) for digit in rollout["prompt"].split() if digit.isdigit())
        [message] = rollout["messages"]
        assert message["role"] == "assistant"
        assert rollout["rewards"]["correct"] == (int(message["content"]) == first + second)
    found = run.media("answers")
    wait(lambda: all(one["path"].exists() for one in found), "not all tables are made")
    tables = [run.load(one) for one in found]
    assert [table.num_rows for table in tables] == [24 * 16] * (steps // 25)
    assert tables[0].column_names == ["question", "answer", "correct", "near", "advantage"]
    assert all(sum(run.load(one)["counts"]) == 24 * 16 for one in run.media("advantages"))


def test_the_notebook_shows_the_run_that_it_logs(home: Home) -> None:
    command = [sys.executable, "-c", EXECUTE, str(EXAMPLES / "notebook.ipynb")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    done = subprocess.run(
        command, cwd=home.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads((home.folder / "shown.ipynb").read_text())["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", ())]
    assert any(output.get("text", [""])[0].startswith("running {'count': 200, ") for output in shown)
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert any("<svg" in "".join(output.get("data", {}).get("text/html", "")) for output in shown)
    run = rn.Api(home.root).run(str(ended(home.root, "examples/notebook/*").folder))
    assert (run.status, run.count()) == ("finished", 600)
    assert abs(run.summary["slope"] - 3) < 0.3
    assert sorted((one["key"], one["step"]) for one in run.media()) == [
        ("fit", 200),
        ("missed by", 200),
        ("points", 200),
    ]
