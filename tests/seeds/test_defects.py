"""The defects of 0.7 that code, data, outputs, console, images and environment could repeat: a test for each.

What has a test beside the code that it is about is not tested here again: elsewhere.py says where.
"""

from __future__ import annotations

import ast
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import programs
from tests.conftest import Daemon, Home
from tests.seeds.elsewhere import ELSEWHERE
from tests.seeds.running import assets, image, lay_out, lines, stored

import runicorn as rn

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("defect", ELSEWHERE)
def test_what_is_tested_elsewhere_is_there(defect: str) -> None:
    file, _, name = ELSEWHERE[defect].partition("::")
    found = ast.parse((TESTS / file).read_text()).body
    assert name in {one.name for one in found if isinstance(one, ast.FunctionDef)}


# -- all of them ------------------------------------------------------------------------------------------------------

EVERYTHING = """
import os, sys
import numpy as np
import runicorn as rn

def train():
    run = rn.init("everything", snapshot_code=True)
    run.log_config(args={"lr": 0.1}, config_files=["config.yaml"])
    run.log_dataset("data", "./data", save=True)
    run.log_pretrained("weights", path_or_uri="./checkpoints/best.pth", save=True)
    run.watch_outputs(output_dirs=["./reports"], patterns=["*.json"], interval_sec=3600)
    path = run.log_image("val/pred", np.zeros((4, 4, 3), np.uint8))
    for step in range(100):
        run.log({"loss": 1.0}, step=step)
    run.stop_outputs_watch()
    return run
"""


def everything(said: dict[str, Any]) -> bool:
    """Whether all that EVERYTHING asks for is done, by assets.json."""
    inputs = [*said["datasets"], *said["pretrained"]]
    return bool(
        said["code"]["snapshot"]
        and len(inputs) == 2
        and all(entry["saved"] for entry in inputs)
        and len(said["outputs"]) == 1
        and said["config"].get("contents")
    )


def blobs(root: Path) -> set[str]:
    return {path.name for path in (root / "archive/blobs").rglob("*") if path.is_file()}


def test_a_known_fingerprint_blocks_nothing(home: Home, daemon: Daemon, tmp_path: Path) -> None:
    """Two runs with the same code, data and weights; of the second no call waits: there is nobody who would answer."""
    lay_out(tmp_path)
    (tmp_path / "reports/eval.json").write_text("{}")
    programs.train(EVERYTHING + "train()", cwd=tmp_path)
    first = programs.ended(home.root)
    assets(first.folder, everything)
    kept = blobs(home.root)
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        process = programs.start(EVERYTHING + "run = train()\nprint('goes on', flush=True)", cwd=tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == "goes on\n"
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    programs.finish(process)
    (second,) = {path.parent for path in home.root.glob("runs/*/*/meta.json")} - {first.folder}
    said = assets(second, everything)
    assert blobs(home.root) == kept
    assert not list((home.root / "runs").rglob("*.zip"))  # 0.7 kept a snapshot in the run's folder too
    programs.ended(home.root, f"*/{second.name}")
    run = rn.Api(home.root).run(second.name)
    assert (run.count(), run.datasets, run.pretrained) == (100, said["datasets"], said["pretrained"])


def test_a_root_can_be_moved(home: Home, daemon: Daemon, tmp_path: Path) -> None:
    """No path that leads into the root is absolute."""
    lay_out(tmp_path)
    (tmp_path / "reports/eval.json").write_text("{}")
    programs.train(EVERYTHING + "train()", cwd=tmp_path)
    run = programs.ended(home.root)
    said = assets(run.folder, everything)
    assert str(home.root) not in (run.folder / "assets.json").read_text()
    (line,) = rn.Api(home.root).run(run.id).objects()
    image(run.folder / line["file"])
    daemon.stop()
    moved = shutil.copytree(home.root, tmp_path / "moved")
    entries = [said["code"]["snapshot"], *said["datasets"], *said["pretrained"], *said["outputs"]]
    assert all((moved / entry["archive_path"]).is_file() for entry in entries)
    found = rn.Api(moved).run(run.id)
    assert (found.datasets, found.outputs) == (said["datasets"], said["outputs"])
    assert (found.run_dir / line["file"]).is_file()


@pytest.mark.usefixtures("daemon")
def test_a_forked_child_uses_all_of_it(home: Home, tmp_path: Path) -> None:
    lay_out(tmp_path)
    child = """
run = rn.init("everything")
if os.fork() == 0:
    run.log_dataset("data", "./data", save=True)
    run.log_image("val/pred", np.zeros((4, 4, 3), np.uint8))
    run.finish()
    os._exit(0)
os.wait()
"""
    programs.train(EVERYTHING + child, cwd=tmp_path)
    run = rn.Api(home.root).run(programs.ended(home.root, writers=2).id)
    assets(run.run_dir, lambda said: [entry["saved"] for entry in said["datasets"]] == [True])
    assert image(run.run_dir / run.objects()[0]["file"]).size == (4, 4)


def test_what_comes_after_finish_is_left_out(run: rn.Run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run.finish()
    run.log_dataset("late", tmp_path)
    run.log_pretrained("late", path_or_uri="late")
    run.watch_outputs(output_dirs=[tmp_path])
    run.stop_outputs_watch()
    assert run.log_image("late", np.zeros((2, 2))) == ""
    result = run.scan_outputs_once(output_dirs=[tmp_path])
    assert (result["scanned"], result["archived"], result["changed"]) == (0, 0, 0)
    assert [message for message in caplog.messages if "has finished" in message] == caplog.messages
    assert len(caplog.messages) == 1
    said = assets(run.run_dir, bool)
    assert (said["datasets"], said["pretrained"], said["outputs"], stored(run).objects()) == ([], [], [], [])


@pytest.mark.usefixtures("root")
def test_a_finished_run_leaves_no_descriptor_open() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    rn.init("descriptors").finish()
    before = descriptors()
    for _ in range(3):
        run = rn.init("descriptors", capture_env=True)
        run.log_image("x", np.zeros((2, 2)))
        run.finish()
    programs.wait(lambda: descriptors() <= before, "descriptors are left open")


# -- the console, and images ------------------------------------------------------------------------------------------

PRINTS = """
import logging, os, sys
import runicorn as rn
with rn.init("prints", capture_console=True) as run:
    logging.getLogger().addHandler(run.get_logging_handler())
    print("printed")
    print("printed too", file=sys.stderr)
    run.log_text("said")
    logging.warning("warned")
"""


def test_all_text_has_one_line_format(root: Path) -> None:
    out, _ = programs.finish(programs.start(PRINTS))
    assert out == "printed\n"
    run = rn.Api(root).run(programs.ended(root, "prints/*").id)
    programs.wait(lambda: len(run.text().splitlines()) == 4, "lines are missing")
    assert sorted(lines(run)) == [
        "TEXT | said", "WARNING | root: warned", "stderr | printed too", "stdout | printed"
    ]  # fmt: skip


def test_an_image_does_not_touch_the_step(run: rn.Run) -> None:
    run.log(loss=1.0)
    run.log_image("x", np.zeros((2, 2)), step=50)
    run.log(loss=1.0)
    assert run.step == 2
