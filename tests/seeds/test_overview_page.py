"""The overview of 0.7, whose code has lost its fences: each example runs as it stands, and does what the page says."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from tests import programs
from tests.seeds import documents
from tests.seeds.running import assets, lines, points, run_code, snapshot

import runicorn as rn

A_RUN = 'run = rn.init(path="cv/resnet50/baseline", alias="seed-42")\n'

A_FAMILY = """\
rn.init(path="cv/classification/resnet50/baseline", alias="seed-42")
rn.init(path="cv/classification/resnet50/baseline", alias="seed-43")
rn.init(path="cv/classification/resnet50/augmented", alias="seed-42")
"""

MINIMAL = """\
import runicorn as rn

run = rn.init(
    path="cv/resnet50/baseline",
    alias="trial-01",
    capture_console=True,
    snapshot_code=True,
) 

run.set_primary_metric("val_acc", mode="max")
run.log_config(extra={"lr": 1e-3, "epochs": 10, "batch_size": 64})
run.log({"train_loss": 0.42, "val_acc": 0.88}, step=1, stage="epoch_1")
run.log_text("finished warmup")
run.summary({"notes": "first stable run"})
run.finish()
"""  # noqa: W291  as it stands

REALISTIC = """\
import logging
import runicorn as rn

logger = logging.getLogger(__name__)

with rn.init(
    path="nlp/bert-finetune/base",
    alias="lr-1e5",
    capture_console=True,
    snapshot_code=True,
) as run:
    run.set_primary_metric("eval/f1", mode="max")
    logger.addHandler(run.get_logging_handler())

    run.log_config(extra={"lr": 1e-5, "epochs": 3})
    run.log_dataset("train", "./data/train", context="train")
    run.log_pretrained(
        "bert-base-uncased",
        path_or_uri="bert-base-uncased",
        source_type="huggingface",
    )

    for step in range(1, 101):
        run.log({"train/loss": 1.0 / step}, step=step, stage="epoch_1")

    run.summary({"final_f1": 0.91})
"""


@pytest.mark.parametrize("source", [A_RUN, A_FAMILY, MINIMAL, REALISTIC])
def test_the_example_is_the_pages(source: str) -> None:
    assert documents.holds(documents.OVERVIEW_07, source)


@pytest.mark.usefixtures("root")
def test_one_attempt_is_one_run(tmp_path: Path) -> None:
    after = "print(rn.get_active_run() is run)"
    ran = run_code(tmp_path, A_RUN, after=after)
    run = ran.run("cv/resnet50/baseline")
    assert (ran.printed, run.alias) == ("True\n", "seed-42")


@pytest.mark.usefixtures("root")
def test_a_path_is_how_runs_are_organised(tmp_path: Path) -> None:
    ran = run_code(tmp_path, A_FAMILY)
    assert [(run.path.rpartition("/")[2], run.alias) for run in ran.runs(3)] == [
        ("baseline", "seed-42"), ("baseline", "seed-43"), ("augmented", "seed-42")
    ]  # fmt: skip
    api = rn.Api(ran.root)
    family = "cv/classification/resnet50"
    counts = {"": 3, "/baseline": 2, "/augmented": 1}
    assert {below: len(api.runs(f"path:{family}{below}/** or path:{family}{below}")) for below in counts} == counts


@pytest.mark.usefixtures("root")
def test_what_the_minimal_example_gives(tmp_path: Path) -> None:
    ran = run_code(tmp_path, MINIMAL)
    run = ran.run("cv/resnet50/baseline")
    assert run.alias == "trial-01"
    assert points(run) == [("train_loss", 1, "epoch_1", 0.42), ("val_acc", 1, "epoch_1", 0.88)]
    assert (run.summary["best_metric_name"], run.summary["best_metric_value"]) == ("val_acc", 0.88)
    assert run.summary["notes"] == "first stable run"
    assert lines(run) == ["TEXT | finished warmup"]
    assert run.config == {"lr": 1e-3, "epochs": 10, "batch_size": 64}
    said = assets(run.run_dir, lambda said: said["code"]["snapshot"])
    assert "train.py" in snapshot(ran.root, said)


@pytest.mark.usefixtures("root")
def test_what_the_realistic_example_gives(tmp_path: Path) -> None:
    ran = run_code(tmp_path, REALISTIC, after="print('after')")
    run = ran.run("nlp/bert-finetune/base")
    assert (run.alias, run.config, run.summary) == ("lr-1e5", {"lr": 1e-5, "epochs": 3}, {"final_f1": 0.91})
    assert [(step, value) for _, step, _, value in points(run)] == [(step, 1.0 / step) for step in range(1, 101)]
    said = assets(run.run_dir, lambda said: said["code"]["snapshot"] and said["datasets"][0]["fingerprint"])
    assert said["datasets"][0]["fingerprint"]["file_count"] == 1
    assert said["pretrained"][0]["path_or_uri"] == "bert-base-uncased"
    assert (run.datasets, run.pretrained, run.code) == (
        said["datasets"], said["pretrained"], said["code"]["snapshot"]
    )  # fmt: skip


def test_the_three_kinds_of_information(run: rn.Run) -> None:
    run.set_primary_metric("loss", mode="min")
    for step in (1, 2):
        run.log({"loss": 1.0 / step}, step=step)
        run.log_text(f"step {step}")
    run.summary({"notes": "all"})
    run.log_config(extra={"lr": 0.1})
    run.finish()
    found = rn.Api().run(run.id)
    assert points(found) == [("loss", 1, None, 1.0), ("loss", 2, None, 0.5)]
    assert lines(found) == ["TEXT | step 1", "TEXT | step 2"]
    assert (found.summary["notes"], found.summary["best_metric_value"]) == ("all", 0.5)
    assert found.config == {"lr": 0.1}


def test_runs_are_normal_files_on_disk(root: Path, run: rn.Run) -> None:
    run.log(loss=0.5)
    run.summary({"notes": "n"})
    run.finish()
    assert programs.ended(root, f"test/{run.id}").folder == root / "runs" / "test" / run.id == run.run_dir
    assert all(programs.said(run.run_dir / f"{name}.json") for name in ("meta", "status", "summary", "assets"))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(("code", "status"), [(0, "finished"), (1, "failed")])
def test_the_context_manager_finishes_the_run(code: int, status: str) -> None:
    with contextlib.suppress(SystemExit), rn.init("with") as run:
        sys.exit(code)
    assert run.is_finished
    assert rn.Api().run(run.id).status == status
