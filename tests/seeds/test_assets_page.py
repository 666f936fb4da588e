"""The page on assets and outputs of 0.7, whose code has lost its fences: each example runs, and what is said holds.

Its tables of parameters are compared in test_signatures.py; what each parameter does is asserted here, and of those
about outputs in test_outputs_page.py.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import programs
from tests.seeds import documents
from tests.seeds.running import OPEN, assets, image, lay_out, run_code, snapshot, stored

import runicorn as rn

SNAPSHOT = """\
from pathlib import Path
from runicorn import snapshot_workspace
result = snapshot_workspace(
    root=Path("."),
    out_zip=Path("snapshot.zip"),
)
"""

CONFIG = """\
run.log_config(
    args=args,
    extra={"lr": 1e-3, "optimizer": "adamw"},
    config_files=["config.yaml", "augment.yaml"],
)
"""

DATASET = """\
run.log_dataset(
    "imagenet-train",
    "/data/imagenet/train",
    context="train",
    description="main supervised training set",
)
"""

PRETRAINED = """\
run.log_pretrained(
    "bert-base",
    path_or_uri="bert-base-uncased",
    source_type="huggingface",
    description="starting checkpoint",
)
"""

DATASET_AND_PRETRAINED = """\
with rn.init(path="nlp/bert-finetune/base") as run:
    run.log_dataset("train", "./data/train", context="train")
    run.log_pretrained(
        "bert-base-uncased",
        path_or_uri="bert-base-uncased",
        source_type="huggingface",
    )
"""


@pytest.mark.parametrize("source", [SNAPSHOT, CONFIG, DATASET, PRETRAINED, DATASET_AND_PRETRAINED])
def test_the_example_is_the_pages(source: str) -> None:
    assert documents.holds(documents.ASSETS_07, source)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder as the page supposes it."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- code -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
def test_a_snapshot_at_the_start_of_a_run_is_an_asset_of_it(work: Path) -> None:
    with rn.init("page", snapshot_code=True, workspace_root=work / "configs") as run:
        pass
    said = assets(run.run_dir, lambda said: said["code"]["snapshot"])
    found = stored(run).code
    assert found == said["code"]["snapshot"]
    assert (found["saved"], found["format"], found["workspace_root"]) == (True, "zip", str(work / "configs"))
    assert snapshot(run.storage_root, said) == {"model.json"}


@pytest.mark.usefixtures("shared_home")
def test_the_manual_helper(tmp_path: Path) -> None:
    ran = run_code(tmp_path, SNAPSHOT, after="import json; print(json.dumps(result))")
    result = json.loads(ran.printed)
    names = zipfile.ZipFile(tmp_path / "snapshot.zip").namelist()
    assert {"train.py", "config.yaml", "configs/model.json"} < set(names)
    assert (result["format"], result["file_count"], result["archive_path"]) == (
        "zip", len(names), str(tmp_path / "snapshot.zip")
    )  # fmt: skip
    assert result["total_bytes"] == sum((tmp_path / name).stat().st_size for name in names)
    assert not ran.root.exists()


def test_the_parameters_of_the_manual_helper(work: Path) -> None:
    (work / "mine").write_text("configs/\n*.yaml\n")
    out = work / "out.zip"

    def names(**parameters: Any) -> set[str]:
        rn.snapshot_workspace(work, out, **parameters)
        return set(zipfile.ZipFile(out).namelist())

    everything = names()
    assert everything - names(ignore_file="mine") == {"mine", "config.yaml", "augment.yaml", "configs/model.json"}
    assert everything - names(extra_excludes=["*.pth", "data/"]) == {
        "checkpoints/best.pth", "data/cifar10/batch_1", "data/train/a.txt"
    }  # fmt: skip
    out.unlink()
    for limit in ({"max_files": 1}, {"max_total_bytes": 10}):
        with pytest.raises(ValueError, match="code snapshot too large"):
            names(**limit)
        assert not out.exists()
        assert names(**limit, force_snapshot=True) == everything
        out.unlink()


# -- images -----------------------------------------------------------------------------------------------------------


def inputs(work: Path) -> dict[str, Any]:
    """The kinds of images that the page names; all are the same one, of 8 by 6 red pixels."""
    path = work / "prediction.png"
    picture = Image.open(path)
    return {"pil": picture, "numpy": np.asarray(picture), "bytes": path.read_bytes(), "path": path, "text": str(path)}


def test_images_of_all_kinds(run: rn.Run, work: Path) -> None:
    paths = {kind: run.log_image(f"sample_{kind}", given) for kind, given in inputs(work).items()}
    run.finish()
    for path in paths.values():
        assert path.startswith("media/")
        assert path.endswith(".png")
        assert image(run.run_dir / path).getpixel((7, 5)) == (255, 0, 0)
    logged = [line for line in stored(run).objects() if line["type"] == "image"]
    assert {line["key"]: line["file"] for line in logged} == {f"sample_{kind}": path for kind, path in paths.items()}


def test_step_and_caption_of_an_image(run: rn.Run, work: Path) -> None:
    run.log_image("prediction", work / "prediction.png", step=7, caption="the first")
    run.log_image("prediction", work / "prediction.png")
    run.finish()
    first, second = stored(run).objects()
    assert (first["key"], first["step"], first["caption"]) == ("prediction", 7, "the first")
    assert (second["key"], second["caption"]) == ("prediction", None)


def test_the_formats_of_an_image(run: rn.Run) -> None:
    formats = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
    paths = {given: run.log_image("x", np.zeros((4, 4, 3), np.uint8), format=given) for given in formats}
    run.finish()
    assert {given: path.rpartition(".")[2] for given, path in paths.items()} == {given: given for given in formats}
    assert {given: image(run.run_dir / path).format for given, path in paths.items()} == formats


def test_the_quality_of_an_image(run: rn.Run) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    paths = [run.log_image("noise", noise, format="jpg", quality=quality) for quality in (5, 95)]
    run.finish()
    assert all(image(run.run_dir / path).size == (64, 64) for path in paths)
    low, high = ((run.run_dir / path).stat().st_size for path in paths)
    assert low < high / 2


# -- config -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
def test_config_metadata(tmp_path: Path) -> None:
    before = f"import argparse\nargs = argparse.Namespace(epochs=3)\n{OPEN}"
    run = run_code(tmp_path, CONFIG, before).run("supposed")
    assert run.config == {"epochs": 3, "lr": 0.001, "optimizer": "adamw"}
    assert run.config_files == {"config.yaml": "lr: 0.001\n", "augment.yaml": "flip: true\n"}
    said = programs.said(run.run_dir / "assets.json")["config"]
    assert (said["args"], said["extra"]) == ({"epochs": 3}, {"lr": 0.001, "optimizer": "adamw"})
    assert said["config_files"] == ["config.yaml", "augment.yaml"]


@pytest.mark.parametrize("args", [argparse.Namespace(lr=0.1), {"lr": 0.1}], ids=["namespace", "dict"])
def test_args_are_a_namespace_or_a_dict_and_become_plain(run: rn.Run, args: object, tmp_path: Path) -> None:
    run.log_config(args=args, extra={"folder": tmp_path, "sizes": (1, 2)})
    run.finish()
    assert stored(run).config == {"lr": 0.1, "folder": str(tmp_path), "sizes": [1, 2]}


# -- datasets and pretrained models -----------------------------------------------------------------------------------


def entries(run: rn.Run, section: str, count: int) -> list[dict[str, Any]]:
    """The datasets or pretrained models of a run that has ended, when the daemon has looked at all of them."""
    run.finish()

    def done(said: dict[str, Any]) -> bool:
        return len(said[section]) == count and not any("progress" in entry for entry in said[section])

    found: list[dict[str, Any]] = assets(run.run_dir, done)[section]
    assert getattr(stored(run), section) == found
    return found


@pytest.mark.usefixtures("root")
def test_the_example_of_a_dataset(tmp_path: Path) -> None:
    run = run_code(tmp_path, DATASET, OPEN).run("supposed")
    (entry,) = assets(run.run_dir, lambda said: said["datasets"])["datasets"]
    assert (entry["name"], entry["uri"], entry["context"], entry["description"], entry["saved"]) == (
        "imagenet-train", "/data/imagenet/train", "train", "main supervised training set", False
    )  # fmt: skip


def test_a_dataset_by_its_metadata_only(root: Path, run: rn.Run, work: Path) -> None:
    archive = {path for path in (root / "archive").rglob("*") if path.is_file()}
    contexts = ["train", "eval", "test", "config"]
    for context in contexts:
        run.log_dataset("cifar10", work / "data", context=context)
    found = entries(run, "datasets", 4)
    assert [(entry["context"], entry["saved"]) for entry in found] == [(context, False) for context in contexts]
    assert {entry["fingerprint"]["file_count"] for entry in found} == {2}
    assert {entry["fingerprint"]["total_size_bytes"] for entry in found} == {108}
    assert {path for path in (root / "archive").rglob("*") if path.is_file()} == archive


def test_a_dataset_is_archived(root: Path, run: rn.Run, work: Path) -> None:
    run.log_dataset("folder", "./data", save=True)
    run.log_dataset("file", work / "data/train/a.txt", save=True)
    folder, file = entries(run, "datasets", 2)
    assert (folder["saved"], file["saved"]) == (True, True)
    assert (root / file["archive_path"]).read_text() == "a sample"
    manifest = json.loads((root / folder["manifest_path"]).read_text())
    assert (folder["file_count"], folder["total_size_bytes"]) == (2, 108)
    kept = {name: root / "archive/blobs" / of["sha256"][:2] / of["sha256"] for name, of in manifest["files"].items()}
    assert {name: path.read_text() for name, path in kept.items()} == {
        "cifar10/batch_1": "1" * 100, "train/a.txt": "a sample"
    }  # fmt: skip


def test_a_dataset_may_be_a_dict(run: rn.Run) -> None:
    given = {"type": "huggingface", "name": "squad", "split": "train"}
    run.log_dataset("squad", given)
    (entry,) = entries(run, "datasets", 1)
    assert (entry["uri"], entry["saved"], entry["fingerprint"]) == (given, False, None)


def test_the_limits_of_an_archive_and_force_save(run: rn.Run, work: Path) -> None:
    limits: list[dict[str, Any]] = [{"max_archive_files": 1}, {"max_archive_bytes": 20}]
    for number, limit in enumerate(limits):
        for force in (False, True):
            run.log_dataset(f"{number} {force}", work / "data", save=True, force_save=force, **limit)
            run.log_pretrained(f"{number} {force}", path_or_uri=work / "data", save=True, force_save=force, **limit)
    for section in ("datasets", "pretrained"):
        found = {entry["name"]: entry for entry in entries(run, section, 4)}
        assert [(name, entry["saved"]) for name, entry in sorted(found.items())] == [
            ("0 False", False), ("0 True", True), ("1 False", False), ("1 True", True)
        ]  # fmt: skip
        for number in range(2):
            assert "set force_save=True or use save=False" in found[f"{number} False"]["error"]


@pytest.mark.usefixtures("root")
def test_the_example_of_a_pretrained_model(tmp_path: Path) -> None:
    run = run_code(tmp_path, PRETRAINED, OPEN).run("supposed")
    (entry,) = assets(run.run_dir, lambda said: said["pretrained"])["pretrained"]
    assert (entry["name"], entry["path_or_uri"], entry["source_type"], entry["description"], entry["saved"]) == (
        "bert-base", "bert-base-uncased", "huggingface", "starting checkpoint", False
    )  # fmt: skip
    assert "error" not in entry


def test_a_pretrained_model_is_archived(root: Path, run: rn.Run, work: Path) -> None:
    run.log_pretrained("local", path_or_uri=work / "checkpoints/best.pth", save=True, source_type="local")
    run.log_pretrained("unnamed", path_or_uri={"hub": "timm"})
    local, unnamed = entries(run, "pretrained", 2)
    assert (root / local["archive_path"]).read_text() == "weights"
    assert (local["saved"], local["source_type"]) == (True, "local")
    assert (unnamed["saved"], unnamed["source_type"], unnamed["path_or_uri"]) == (False, "unknown", {"hub": "timm"})


@pytest.mark.usefixtures("root")
def test_the_example_of_both(tmp_path: Path) -> None:
    run = run_code(tmp_path, DATASET_AND_PRETRAINED).run("nlp/bert-finetune/base")
    said = assets(run.run_dir, lambda said: said["datasets"] and said["datasets"][0]["fingerprint"])
    assert [(entry["name"], entry["uri"]) for entry in said["datasets"]] == [("train", "./data/train")]
    assert [(entry["name"], entry["source_type"]) for entry in said["pretrained"]] == [
        ("bert-base-uncased", "huggingface")
    ]
