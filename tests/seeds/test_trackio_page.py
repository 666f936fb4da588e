"""The page of Trackio: each of its blocks does what it says, with ours in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests import programs
from tests.seeds import documents
from tests.seeds.running import Ran, image, points
from tests.seeds.trackers import WAYS, Case, run_block

BLOCKS = {block.name: block for block in documents.blocks(documents.TRACKIO)}

NOT_RUN: dict[str, str] = {}
"""The blocks that do not run, and why."""

IMPORTED = "import trackio\n"
OPEN = "trackio.init(project='supposed', name='open')\n"

CASES: dict[str, Case] = {}


def block(name: str, before: str = "") -> Callable[[Callable[[Ran], None]], None]:
    """The function below it checks what became of a block; `before`: what the block supposes."""

    def add(check: Callable[[Ran], None]) -> None:
        CASES[name] = Case(IMPORTED + before, "", check)

    return add


@block("12 Initialization")
def initialization(ran: Ran) -> None:
    run = ran.run("my_project")
    assert run.meta["project"] == programs.said(run.run_dir / "meta.json")["project"] == "my_project"
    assert run.alias


@block("28 Naming your run")
def naming(ran: Ran) -> None:
    run = ran.run("my_project")
    assert run.alias == programs.said(run.run_dir / "meta.json")["alias"] == "my_first_run"


@block("38 Grouping runs")
def grouping(ran: Ran) -> None:
    found = ran.runs(3)
    assert [(run.path, run.alias, run.meta["group"], run.status) for run in found] == [
        ("my_project", f"{group}_run_1", group, "finished") for group in ("baseline", "augmented", "tuned")
    ]
    assert [programs.said(run.run_dir / "meta.json")["group"] for run in found] == ["baseline", "augmented", "tuned"]


@block("51 Logging Data", OPEN)
def one_metric(ran: Ran) -> None:
    run = ran.run("supposed")
    assert points(run) == [("loss", 0, None, 0.05)]
    assert list((run.run_dir / "metrics").glob("*.parquet")) or list((run.run_dir / "journal").iterdir())


@block("58 Logging Data", OPEN)
def several_metrics(ran: Ran) -> None:
    assert points(ran.run("supposed")) == [("accuracy", 0, None, 0.95), ("loss", 0, None, 0.05)]


PICTURE = """
from PIL import Image
Path("path/to").mkdir(parents=True)
Image.new("RGB", (8, 6), (255, 0, 0)).save("path/to/image.png")
"""


@block("98 Logging images", OPEN + PICTURE)
def images(ran: Ran) -> None:
    (logged,) = ran.run("supposed").media("image")
    assert (logged["type"], logged["caption"], logged["step"]) == ("image", "Image caption", 0)
    assert image(logged["path"]).getpixel((7, 5)) == (255, 0, 0)


@block("69 Logging tables", OPEN)
def tables(ran: Ran) -> None:
    run = ran.run("supposed")
    (logged,) = run.media("texts")
    programs.wait(logged["path"].exists, "the table is not made")
    assert run.load(logged).to_pylist() == [
        {"prompt": "Trackio", "completion": "is great!", "reward": 0.123},
        {"prompt": "Logging is", "completion": "easy and fun!", "reward": 0.456},
    ]
    assert (logged["type"], logged["step"], logged["path"].suffix) == ("table", 0, ".parquet")


CLIP = """
import av, numpy
Path("path/to").mkdir(parents=True)
with av.open("path/to/video.mp4", "w") as file:
    stream = file.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
    for shade in range(0, 250, 50):
        frame = av.VideoFrame.from_ndarray(numpy.full((16, 32, 3), shade, numpy.uint8))
        file.mux(stream.encode(frame))
    file.mux(stream.encode())
"""


@block("108 Logging videos", OPEN + CLIP)
def videos(ran: Ran) -> None:
    run = ran.run("supposed")
    logged = run.media("my_video") + run.media("batch_videos") + run.media("file_video")
    programs.wait(lambda: all(one["path"].exists() for one in logged), "a video is not made")
    assert [(one["caption"], one["step"], one["type"]) for one in logged] == [
        ("Random video", 0, "video"), ("Batch of videos", 1, "video"), ("Video from file", 2, "video")
    ]  # fmt: skip
    assert [run.load(one).shape for one in logged] == [(10, 3, 64, 64), (10, 3, 128, 128), (5, 3, 16, 32)]
    assert logged[2]["path"].read_bytes() == (ran.folder / "path/to/video.mp4").read_bytes()


@block("140 Finishing a Run", OPEN + "trackio.log({'loss': 1.0})")
def finishing(ran: Ran) -> None:
    run = ran.run("supposed")
    assert (run.status, points(run)) == ("finished", [("loss", 0, None, 1.0)])


FIRST = """
trackio.init(project="my_project", name="my_first_run", config={"lr": 0.1})
trackio.log({"loss": 1.0})
trackio.finish()
"""


@block("148 Resuming a Run", FIRST)
def resuming(ran: Ran) -> None:
    run = ran.run("my_project")
    assert (run.alias, run.config, points(run)) == ("my_first_run", {"lr": 0.1}, [("loss", 0, None, 1.0)])
    assert [writer["status"] for writer in run.writers] == ["finished", "finished"]


@block("160 Tracking Configuration")
def configuration(ran: Ran) -> None:
    found = ran.runs(9)
    configs = [{"learning_rate": lr, "batch_size": size} for size in (16, 32, 64) for lr in (0.001, 0.01, 0.1)]
    assert [run.config for run in found] == configs
    assert [programs.said(run.run_dir / "assets.json")["config"]["extra"] for run in found] == configs
    assert [run.alias for run in found] == [
        f"lr_{config['learning_rate']}_batch_{config['batch_size']}_run" for config in configs
    ]
    assert {(run.path, run.status) for run in found} == {("hyperparameter_tuning", "finished")}


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_block(name: str, way: str, tmp_path: Path) -> None:
    run_block(way, tmp_path, BLOCKS[name].source, CASES[name])


def test_each_block_runs_or_is_listed() -> None:
    assert sorted([*CASES, *NOT_RUN]) == sorted(BLOCKS)
