"""Every fenced Python block of the SDK overview runs unchanged, each in a process of its own, and does what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import programs
from tests.seeds import documents, running
from tests.seeds.running import OPEN, Ran, assets, image, lines, points, run_code, snapshot

BLOCKS = {block.name: block for block in documents.blocks(documents.OVERVIEW)}

A_SIGNATURE = "It is a signature without a body; test_signatures.py compares it."
NOT_RUN = {
    "38 rn.init()": A_SIGNATURE,
    "96 run.log()": A_SIGNATURE,
    "143 run.log_text()": A_SIGNATURE,
    "161 run.get_logging_handler()": A_SIGNATURE,
    "197 run.log_image()": A_SIGNATURE,
    "246 run.set_primary_metric()": A_SIGNATURE,
    "275 run.log_config()": A_SIGNATURE,
    "313 run.log_dataset()": A_SIGNATURE,
    "347 run.log_pretrained()": A_SIGNATURE,
    "389 run.summary()": A_SIGNATURE,
    "411 run.finish()": A_SIGNATURE,
}
"""The blocks that do not run, and why."""


@dataclass(frozen=True)
class Case:
    """What surrounds a block, and what it must have done."""

    before: str  # what the block supposes
    after: str  # what makes its effect visible
    check: Callable[[Ran], None]


CASES: dict[str, Case] = {}


def block(name: str, before: str = "", after: str = "") -> Callable[[Callable[[Ran], None]], None]:
    """The function below it checks what became of a block."""

    def add(check: Callable[[Ran], None]) -> None:
        CASES[name] = Case(before, after, check)

    return add


@block("67 rn.init()")
def init(ran: Ran) -> None:
    found = ran.runs(5)
    assert [(run.path, run.alias) for run in found] == [
        ("demo", None), ("cv/resnet50/baseline", None), ("cv/resnet50/v2", "best-model"), ("demo", None), ("demo", None)
    ]  # fmt: skip
    assert {run.status for run in found} == {"finished"}
    assert len(list((ran.folder / "E:\\MLData/runs/demo").iterdir())) == 1  # a folder of that name, on Linux
    said = assets(found[3].run_dir, lambda said: said["code"]["snapshot"])
    assert snapshot(ran.root, said) > {"train.py", "config.yaml"}
    assert [bool(run.code) for run in found] == [False, False, False, True, False]


@block("114 run.log()")
def log(ran: Ran) -> None:
    run = ran.run("demo")
    assert points(run) == [
        ("accuracy", 10, None, 0.8), ("loss", 10, None, 0.5),
        # The page says "step=1" and "step=2"; but a step that is given sets the counter, and the next is 1 more.
        ("loss", 11, None, 0.4), ("loss", 12, None, 0.3),
        ("loss", 13, "train", 0.2), ("val_loss", 14, "eval", 0.3),
        ("accuracy", 100, None, 0.95), ("loss", 100, None, 0.1), ("lr", 100, None, 0.001),
    ]  # fmt: skip
    assert run.metrics["loss"] == {"count": 5, "last": 0.1, "min": 0.1, "max": 0.5}
    assert list((run.run_dir / "metrics").glob("*.parquet")) or list((run.run_dir / "journal").iterdir())


@block("148 run.log_text()", OPEN)
def log_text(ran: Ran) -> None:
    said = ["Starting training...", "Epoch 1/100, loss=0.5", "✓ Training completed"]
    assert lines(ran.run("supposed")) == [f"TEXT | {line}" for line in said]


@block("174 run.get_logging_handler()")
def logging_handler(ran: Ran) -> None:
    assert lines(ran.run("demo")) == ["INFO | __main__: Training started", "WARNING | __main__: LR is high"]


@block("218 run.log_image()")
def log_image(ran: Ran) -> None:
    run = ran.run("demo")
    logged = {line["key"]: line for line in run.objects()}
    assert {key: (line["type"], line["step"], line["caption"]) for key, line in logged.items()} == {
        "prediction": ("image", 100, "Model prediction"), "sample": ("image", 100, None), "result": ("image", 100, None)
    }  # fmt: skip
    sizes = {key: image(run.run_dir / line["file"]).size for key, line in logged.items()}
    assert sizes == {"prediction": (8, 6), "sample": (224, 224), "result": (4, 4)}


@block("256 run.set_primary_metric()", "train_step = iter([0.1, 0.9] + [0.5] * 98).__next__")
def set_primary_metric(ran: Ran) -> None:
    run = ran.run("demo")
    best = {"name": "accuracy", "value": 0.9, "step": 1, "mode": "max"}
    assert run.summary == {f"best_metric_{key}": value for key, value in best.items()}
    assert programs.said(run.run_dir / "summary.json") == run.summary
    assert run.metrics["accuracy"]["count"] == 100


@block("285 run.log_config()")
def log_config(ran: Ran) -> None:
    run = ran.run("demo")
    args, extra = {"lr": 0.001, "epochs": 100}, {"model": "ResNet50", "dataset": "CIFAR-10"}
    assert run.config == args | extra
    assert run.config_files == {"config.yaml": "lr: 0.001\n"}
    said = programs.said(run.run_dir / "assets.json")["config"]
    assert (said["args"], said["extra"], said["config_files"]) == (args, extra, ["config.yaml"])


@block("328 run.log_dataset()")
def log_dataset(ran: Ran) -> None:
    run = ran.run("cv/resnet50")
    said = assets(run.run_dir, lambda said: [entry["saved"] for entry in said["datasets"]] == [False, True])
    first, second = said["datasets"]
    assert (first["name"], first["uri"], first["context"]) == ("cifar10", "./data/cifar10", "train")
    assert (first["description"], first["fingerprint"]["file_count"]) == ("CIFAR-10 training set", 1)
    assert (second["name"], second["context"], second["file_count"]) == ("config", "config", 1)
    assert [path.read_text() for path in (ran.root / "archive/blobs").rglob("*") if path.is_file()] == ["{}"]
    assert run.datasets == said["datasets"]


@block("360 run.log_pretrained()")
def log_pretrained(ran: Ran) -> None:
    run = ran.run("nlp/bert-finetuning")
    said = assets(run.run_dir, lambda said: [entry["saved"] for entry in said["pretrained"]] == [False, True])
    first, second = said["pretrained"]
    assert (first["name"], first["path_or_uri"]) == ("bert-base", "bert-base-uncased")
    assert (first["source_type"], first["description"]) == ("huggingface", "BERT base model (uncased)")
    assert (second["name"], second["source_type"]) == ("my-checkpoint", "local")
    assert (ran.root / second["archive_path"]).read_text() == "weights"
    assert run.pretrained == said["pretrained"]


@block("394 run.summary()", OPEN)
def summary(ran: Ran) -> None:
    run = ran.run("supposed")
    assert run.summary == {
        "final_accuracy": 0.95, "final_loss": 0.05, "total_epochs": 100, "model": "ResNet50",
        "notes": "Baseline with default hyperparameters",
    }  # fmt: skip
    assert programs.said(run.run_dir / "summary.json") == run.summary


@block("420 run.finish()", OPEN)
def finish(ran: Ran) -> None:
    run = ran.run("supposed")
    assert [(step, value) for _, step, _, value in points(run)] == [(step, 0.1) for step in range(100)]
    assert run.exit_reason is None


@block("438 Context Manager")
def context_manager(ran: Ran) -> None:
    assert points(ran.run("demo")) == [("loss", 1, None, 0.5), ("loss", 2, None, 0.3)]


@block("454 rn.enabled() / rn.set_enabled()")
def enabled(ran: Ran) -> None:
    assert ran.printed == "True\n"
    assert not ran.root.exists()


@block("475 Complete Example", f"sys.path.append({str(documents.FOLDER)!r}); import standins; standins.install()")
def complete(ran: Ran) -> None:
    run = ran.run("cv/mnist/cnn_baseline")
    losses = [point for point in points(run) if point[0] == "epoch_loss"]
    assert losses == [("epoch_loss", epoch, None, 0.5) for epoch in range(10)]
    assert run.config == {"model": "SimpleCNN", "epochs": 10, "optimizer": "Adam", "lr": 0.001}
    assert run.summary == {"final_loss": 0.5, "total_epochs": 10, "model_path": "mnist_model.pth"}
    epochs = [f"TEXT | Epoch {epoch + 1}/10, loss=0.5000" for epoch in range(10)]
    assert lines(run) == ["TEXT | Starting MNIST training...", *epochs]  # what is printed comes after finish()
    assert ran.printed == f"✓ Experiment completed: {run.id}\n"
    said = assets(run.run_dir, lambda said: said["code"]["snapshot"] and said["datasets"][0]["fingerprint"])
    assert "train.py" in snapshot(ran.root, said)
    assert (said["datasets"][0]["name"], said["datasets"][0]["fingerprint"]["file_count"]) == ("mnist", 2)


@block("552 Pattern 1: Simple Training Loop", "model, train_one_epoch = None, lambda model: (0.25, 0.75)")
def simple_loop(ran: Ran) -> None:
    run = ran.run("cv/resnet50/baseline")
    assert {name: stat["count"] for name, stat in run.metrics.items()} == {"loss": 100, "accuracy": 100}
    assert (run.summary["best_metric_value"], run.summary["best_metric_step"]) == (0.75, 0)


@block("567 Pattern 2: Multi-Stage Training")
def stages(ran: Ran) -> None:
    found = points(ran.run("training/multi-stage"))
    assert [(stage, step) for metric, step, stage, _ in found if metric == "loss"] == [
        ("warmup" if step < 10 else "train", step) for step in range(100)
    ]
    assert [point for point in found if point[0] == "val_loss"] == [
        ("val_loss", step, "eval", 0.3) for step in range(100, 110)
    ]


@block("586 Pattern 3: Context Manager with Error Handling", "model, train_one_epoch = None, lambda model: 0.5")
def safe(ran: Ran) -> None:
    run = ran.run("training/safe")
    assert run.summary["final_loss"] == run.summary["best_metric_value"] == 0.5
    assert run.summary["best_metric_mode"] == "min"
    assert run.metrics["loss"]["count"] == 100


@block("608 Organize with Path Hierarchy")
def hierarchy(ran: Ran) -> None:
    paths = [
        "cv/classification/resnet50/baseline", "cv/classification/resnet50/augmented", "nlp/sentiment/bert-finetuning",
        "test",
    ]  # fmt: skip
    found = ran.runs(4)
    assert [run.path for run in found] == paths
    assert [run.run_dir.parent for run in found] == [ran.root / "runs" / path for path in paths]


@block("622 Set Primary Metric", OPEN, "run.log(accuracy=0.5); run.log(accuracy=0.7); run.log(accuracy=0.6)")
def primary(ran: Ran) -> None:
    summary = ran.run("supposed").summary
    assert (summary["best_metric_value"], summary["best_metric_step"]) == (0.7, 2)


@block("630 Remember to call finish()")
def always_finish(ran: Ran) -> None:
    found = ran.runs(2)
    assert [(run.path, run.status, points(run)) for run in found] == [
        ("demo", "finished", [("loss", 1, None, 0.1)])
    ] * 2


@block(
    "656 Quick Reference",
    "import argparse, numpy\nimage_array, args = numpy.zeros((3, 5), numpy.uint8), argparse.Namespace(lr=0.1)",
)
def quick_reference(ran: Ran) -> None:
    run = ran.run("cv/resnet50/v1")
    assert run.alias == "baseline"
    assert points(run) == [("accuracy", 100, "train", 0.95), ("loss", 100, "train", 0.1)]
    assert run.summary["best_metric_value"] == run.summary["final_accuracy"] == 0.95
    assert lines(run) == ["TEXT | Training started"]
    assert image(run.run_dir / run.objects()[0]["file"]).size == (5, 3)
    assert run.config == {"lr": 0.1, "model": "ResNet50"}
    said = assets(run.run_dir, lambda said: said["datasets"] and said["pretrained"])
    assert (said["datasets"][0]["name"], said["datasets"][0]["uri"]) == ("cifar10", "./data")
    assert (said["pretrained"][0]["name"], said["pretrained"][0]["source_type"]) == ("base-model", "torchvision")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", CASES)
def test_block(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    case.check(run_code(tmp_path, BLOCKS[name].source, case.before, case.after))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("raised", "status", "text"),
    [("KeyboardInterrupt", "interrupted", []), ("ValueError('no data')", "failed", ["TEXT | Error: no data"])],
)
def test_the_other_ends_of_the_block_on_finish(raised: str, status: str, text: list[str], tmp_path: Path) -> None:
    before = f"{OPEN}\ndef range(count): raise {raised}"
    run = run_code(tmp_path, BLOCKS["420 run.finish()"].source, before).run("supposed", status)
    assert lines(run) == text


@pytest.mark.usefixtures("root")
def test_the_block_with_error_handling_fails_with_its_exception(tmp_path: Path) -> None:
    before = "sys.excepthook = lambda *said: None\nmodel, train_one_epoch = None, lambda model: 1 / 0"
    run = run_code(tmp_path, BLOCKS["586 Pattern 3: Context Manager with Error Handling"].source, before, code=1)
    assert (
        run.run("training/safe", "failed").exit_reason == "the process failed with ZeroDivisionError: division by zero"
    )


def test_each_block_runs_or_is_listed() -> None:
    assert sorted([*CASES, *NOT_RUN]) == sorted(BLOCKS)


@pytest.mark.usefixtures("shared_home")
@pytest.mark.parametrize("name", NOT_RUN)
def test_no_listed_block_would_run(name: str, tmp_path: Path) -> None:
    process = programs.start(running.PRELUDE + BLOCKS[name].source, cwd=tmp_path)
    _, said = programs.finish(process, 1)
    assert ("SyntaxError" in said) == (NOT_RUN[name] is A_SIGNATURE)


def test_each_page_is_used() -> None:
    used = documents.USED | documents.TRACKERS
    assert {path.name for path in documents.FOLDER.glob("*.md")} == used.keys()
    assert all((documents.FOLDER / test).exists() for test in used.values())
