"""The part of the page on assets and outputs of 0.7 that is about output scanning: what each parameter does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import programs
from tests.seeds import documents
from tests.seeds.running import OPEN, assets, run_code, snapshot, stored

import runicorn as rn

SCAN = """\
result = run.scan_outputs_once(
    output_dirs=["./outputs"],
    patterns=["*.ckpt", "*.json"],
    stable_required=1,
    min_age_sec=0,
)
"""

SNAPSHOT_AND_WATCH = """\
with rn.init(
    path="cv/resnet50/long-run",
    snapshot_code=True,
) as run:
    run.watch_outputs(
        output_dirs=["./checkpoints", "./reports"],
        patterns=["*.pt", "*.json"],
        interval_sec=15.0,
    )
"""

Scan = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("source", [SCAN, SNAPSHOT_AND_WATCH])
def test_the_example_is_the_pages(source: str) -> None:
    assert documents.holds(documents.ASSETS_07, source)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is scanned."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def scan(root: Path, work: Path) -> Scan:  # noqa: ARG001  its daemon does it
    """A scan of that folder by a run of its own, which takes what it finds at once."""
    run = rn.init("page", workspace_root=work.parent)

    def scan(**parameters: Any) -> dict[str, Any]:
        given: dict[str, Any] = {"output_dirs": [work], "stable_required": 1, "min_age_sec": 0}
        return run.scan_outputs_once(**given | parameters)

    return scan


def names(result: dict[str, Any]) -> list[str]:
    return sorted(entry["name"] for entry in result["archived_entries"])


@pytest.mark.usefixtures("root")
def test_the_example_of_a_scan(tmp_path: Path) -> None:
    before = f"""
{OPEN}
for name in ("last.ckpt", "eval.json", "notes.md"):
    Path("outputs", name).write_text(name)
"""
    ran = run_code(tmp_path, SCAN, before, "import json; print(json.dumps(result))")
    result = json.loads(ran.printed)
    assert (result["scanned"], result["archived"], result["changed"]) == (2, 2, 2)
    assert names(result) == ["eval.json", "last.ckpt"]
    run = ran.run("supposed")
    assert result["run_id"] == run.id
    said = assets(run.run_dir, lambda said: len(said["outputs"]) == 2)["outputs"]
    assert {entry["key"] for entry in said} == {"outputs/eval.json", "outputs/last.ckpt"}
    assert run.outputs == said
    for entry in said:
        assert (ran.root / entry["archive_path"]).read_text() == entry["name"]
        assert (entry["kind"], entry["saved"], entry["mode"]) == ("file", True, "rolling")


def test_output_dirs_may_be_several_and_missing(scan: Scan, work: Path) -> None:
    other = work.parent / "other"
    other.mkdir()
    for folder in (work, other):
        (folder / f"{folder.name}.pt").write_text("x")
    assert names(scan(output_dirs=[work, str(other), "missing"])) == ["other.pt", "out.pt"]


def test_patterns_select_files_and_folders(scan: Scan, work: Path) -> None:
    (work / "deep/ckpt").mkdir(parents=True)
    for name in ("a.pth", "b.bin", "deep/c.pth", "deep/ckpt/shard"):
        (work / name).write_text(name)
    assert names(scan()) == ["a.pth", "c.pth"]  # by default
    assert names(scan(patterns=["*.bin"])) == ["b.bin"]
    (entry,) = scan(patterns=["deep/ckpt/"])["archived_entries"]
    assert (entry["kind"], entry["name"]) == ("dir", "ckpt")


def test_stable_required_is_how_often_it_must_be_seen_unchanged(scan: Scan, work: Path) -> None:
    (work / "a.pt").write_text("x")
    assert [scan(stable_required=3)["archived"] for _ in range(4)] == [0, 0, 1, 0]


def test_min_age_sec_is_how_old_it_must_be(scan: Scan, work: Path) -> None:
    (work / "a.pt").write_text("x")
    assert scan(min_age_sec=3600)["archived"] == 0
    os.utime(work / "a.pt", (1e9, 1e9))
    assert scan(min_age_sec=3600)["archived"] == 1


@pytest.mark.parametrize(("mode", "kept"), [("rolling", ["second"]), ("overwrite_versions", ["first!", "second"])])
def test_modes(root: Path, scan: Scan, work: Path, mode: str, kept: list[str]) -> None:
    for content in ("first!", "second"):
        (work / "a.pt").write_text(content)
        os.utime(work / "a.pt", (1e9, 1e9 + len(kept) + ord(content[0])))
        result = scan(mode=mode)
        assert (result["archived"], result["changed"]) == (1, 1)
    run = rn.get_active_run()
    assert run is not None
    run.finish()
    found = assets(run.run_dir, lambda said: len(said["outputs"]) == len(kept))["outputs"]
    assert [(root / entry["archive_path"]).read_text() for entry in found] == kept
    assert stored(run).outputs == found


def test_log_snapshot_interval_sec_throttles_logs(scan: Scan, work: Path) -> None:
    log = work / "train.log"
    log.write_text("1\n")
    assert scan(stable_required=9, min_age_sec=3600)["archived"] == 1  # what grows is never stable
    log.write_text("1\n2\n")
    assert scan(log_snapshot_interval_sec=3600)["archived"] == 0
    assert scan(log_snapshot_interval_sec=0)["archived"] == 1


def test_state_gc_after_sec_forgets_what_is_gone(scan: Scan, work: Path) -> None:
    def appears() -> None:
        (work / "a.pt").write_text("x")
        os.utime(work / "a.pt", (1e9, 1e9))

    appears()
    assert scan(stable_required=2)["archived"] == 0
    (work / "a.pt").unlink()
    scan(stable_required=2, state_gc_after_sec=0)
    appears()
    assert [scan(stable_required=2)["archived"] for _ in range(2)] == [0, 1]


@pytest.mark.usefixtures("root")
def test_the_example_of_a_snapshot_and_a_watcher(tmp_path: Path) -> None:
    before = 'Path("checkpoints").mkdir(exist_ok=True); Path("checkpoints/last.pt").write_text("weights")'
    ran = run_code(tmp_path, SNAPSHOT_AND_WATCH, before)
    run = ran.run("cv/resnet50/long-run")
    said = assets(run.run_dir, lambda said: said["outputs"] and said["code"]["snapshot"])
    assert [entry["key"] for entry in said["outputs"]] == ["checkpoints/last.pt"]
    assert "train.py" in snapshot(ran.root, said)


def test_the_watcher_archives_while_the_run_goes_on_until_it_is_stopped(run: rn.Run, work: Path) -> None:
    run.watch_outputs(output_dirs=[work], patterns=["*.pt"], interval_sec=0.05, stable_required=1, min_age_sec=0)
    (work / "a.pt").write_text("x")
    assert run.flush(50)
    programs.wait(lambda: [entry["name"] for entry in stored(run).outputs] == ["a.pt"], "a.pt is not archived")
    run.stop_outputs_watch()
    run.stop_outputs_watch()
    assert run.flush(50)
    run.scan_outputs_once(output_dirs=[], patterns=["*.pt"])  # when it is answered, the watch has ended
    (work / "b.pt").write_text("y")
    run.finish()
    assert [entry["name"] for entry in stored(run).outputs] == ["a.pt"]
