"""The examples run as they stand, and leave what they say. examples/torchrun_ddp.py: see scripts/ranks."""

from pathlib import Path

from tests.conftest import Home
from tests.programs import ended, text, train

EXAMPLES = Path(__file__).parents[1] / "examples"


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
