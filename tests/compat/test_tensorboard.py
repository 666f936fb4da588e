"""SummaryWriter: what the active run gets of it."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from tests.programs import points, read, text, wait

import runicorn as rn
from runicorn.log_compat import drawing, tensorboard, tensorboardX
from runicorn.log_compat.tensorboard import SummaryWriter
from runid.store import publishing

mpl.use("Agg")


@pytest.fixture(name="writer")
def _writer(tmp_path: Path) -> SummaryWriter:
    return SummaryWriter(str(tmp_path / "logs"))


def test_scalars(run: rn.Run, writer: SummaryWriter) -> None:
    writer.add_scalar("loss", 0.5, 10)
    writer.add_scalar("loss", np.float32(0.25), global_step=20, walltime=1.0)
    writer.add_scalar("loss", np.array([0.125]))
    writer.add_scalars("acc", {"train": 1, "val": np.array(0.5)}, 30)
    for value in ("0.5", None, [1.0], np.zeros(2)):
        with pytest.raises(TypeError, match="'loss' must be a number, but it is"):
            writer.add_scalar("loss", value, 40)
    with pytest.raises(TypeError, match="'acc/val'"):
        writer.add_scalars("acc", {"train": 1, "val": "x"}, 40)
    assert points(read(run)) == [
        ("loss", 10, 0.5), ("loss", 20, 0.25), ("loss", 21, 0.125), ("acc/train", 30, 1.0), ("acc/val", 30, 0.5),
    ]  # fmt: skip


def test_text_and_hyperparameters(run: rn.Run, writer: SummaryWriter) -> None:
    run.log_config(extra={"model": "ResNet50"})
    writer.add_text("note", "a start", 3)
    writer.add_hparams({"lr": 0.1, "net": {"depth": 2}}, {"hparam/accuracy": np.float64(0.5)}, global_step=7)
    found = read(run)
    assert text(found) == ["TEXT | [note] a start"]
    assert found.config == {"model": "ResNet50", "hparams": {"lr": 0.1, "net": {"depth": 2}}}
    assert publishing.published(found)["assets.json"]["config"]["extra"]["hparams"] == {"lr": 0.1, "net": {"depth": 2}}
    assert found.summary == {"hparam/accuracy": 0.5}
    assert points(found) == [("hparam/accuracy", 7, 0.5)]


def test_its_folder_is_made_and_stays_empty(
    run: rn.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with SummaryWriter(tmp_path / "a" / "b", purge_step=3, max_queue=1, flush_secs=1, filename_suffix=".x") as writer:
        writer.add_scalar("loss", 1.0)
        writer.flush()
    writer.reopen()
    writer.close()
    assert writer.get_logdir() == writer.log_dir == str(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    monkeypatch.chdir(tmp_path)
    default = SummaryWriter(comment="_mine").get_logdir()
    assert Path(default).is_dir()
    assert default.startswith("runs/")
    assert default.endswith("_mine")
    (tmp_path / "file").touch()
    SummaryWriter(tmp_path / "file" / "below")
    assert "cannot be made: Not a directory." in caplog.text
    assert not run.is_finished


def test_tensorboardx_calls_it_logdir(run: rn.Run, tmp_path: Path) -> None:
    writer = tensorboardX.SummaryWriter(logdir=str(tmp_path / "x"), write_to_disk=False, comet_config={})
    writer.add_scalar("loss", 1.0)
    assert writer.logdir == writer.get_logdir() == str(tmp_path / "x")
    assert tensorboardX.SummaryWriter(log_dir=str(tmp_path / "y")).logdir == str(tmp_path / "y")
    assert points(read(run)) == [("loss", 1, 1.0)]


def test_without_an_active_run_nothing_happens(writer: SummaryWriter, caplog: pytest.LogCaptureFixture) -> None:
    assert rn.get_active_run() is None
    writer.add_scalar("loss", "no number")
    writer.add_scalars("loss", {"a": 1.0})
    writer.add_text("note", "x")
    writer.add_hparams({}, {"a": 1.0})
    writer.add_histogram("h", [1.0])
    writer.add_image("i", np.zeros((3, 2, 2)))
    assert caplog.text == ""


def test_a_histogram_is_edges_and_counts(run: rn.Run, writer: SummaryWriter) -> None:
    values = [0.0, 1.0, 1.0, 4.0, float("nan"), float("inf")]
    writer.add_histogram("weights", values, 3, bins=[0, 2, 4])
    writer.add_histogram("weights", np.arange(64, dtype=np.float32).reshape(8, 8), 4)
    rows = [(one["key"], one["step"], one["value"]) for one in rn.Api().run(read(run).id).media(type="histogram")]
    assert rows[0] == ("weights", 3, {"counts": [3, 1], "edges": [0.0, 2.0, 4.0], "nonfinite": 0})
    assert rows[1][1:] == (4, {"counts": [1] * 64, "edges": [at * 63 / 64 for at in range(65)], "nonfinite": 0})


def test_images(run: rn.Run, writer: SummaryWriter) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    writer.add_image("chw", picture.transpose(2, 0, 1), 1)
    writer.add_image("hwc", picture, 2, dataformats="HWC")
    writer.add_image("gray", picture[:, :, 0], 3, dataformats="HW")
    writer.add_images("batch", np.stack([picture] * 3), 4, dataformats="NHWC")
    found = images(run, 4)
    assert np.array_equal(found["chw"], picture)
    assert np.array_equal(found["hwc"], picture)
    assert np.array_equal(found["gray"], picture[:, :, 0])
    assert np.array_equal(found["batch"], drawing.grid(np.stack([picture] * 3), "NHWC"))


def test_a_figure(run: rn.Run, writer: SummaryWriter) -> None:
    figure, other = plt.figure(figsize=(1, 1), dpi=20), plt.figure(figsize=(1, 1), dpi=20)
    figure.add_axes((0, 0, 1, 1)).set_facecolor("red")
    writer.add_figure("one", figure, 1, close=False)
    assert plt.fignum_exists(figure.number)
    writer.add_figure("two", [figure, other], 2)
    assert not plt.fignum_exists(figure.number)
    found = images(run, 2)
    assert found["one"].shape == (20, 20, 4)
    assert found["one"][10, 10].tolist() == [255, 0, 0, 255]
    assert found["two"].shape == (20, 40, 4)


def images(run: rn.Run, count: int) -> dict[str, npt.NDArray[Any]]:
    """The images of a run, by key, once all are there."""
    kept = rn.Api().run(read(run).id).images()
    assert len(kept) == count
    wait(lambda: all(one["path"].exists() for one in kept), f"not all {count} images of run {run.id} are made")
    return {one["key"]: pixels(one["path"]) for one in kept}


def pixels(path: Path) -> npt.NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image)


def test_what_is_no_image_is_a_notice(run: rn.Run, writer: SummaryWriter, caplog: pytest.LogCaptureFixture) -> None:
    writer.add_image("flat", np.zeros(4))
    writer.add_histogram("words", ["a"])
    assert "'flat' is left out: an array of shape (4,) has no axes 'CHW'" in caplog.text
    assert "'words' is left out: " in caplog.text
    assert points(read(run)) == []


def test_what_is_not_kept_is_a_notice_and_what_is_wrong_an_error(
    writer: SummaryWriter, caplog: pytest.LogCaptureFixture
) -> None:
    writer.add_graph(object(), verbose=False)
    assert "What SummaryWriter.add_graph is given is not kept by Runicorn." in caplog.text
    with pytest.raises(AttributeError, match="add_scaler"):
        writer.add_scaler("loss", 1.0)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3), (9, 3, 3)])
def test_a_batch_is_a_grid_by_rows(count: int, rows: int, columns: int) -> None:
    batch = np.arange(1, count + 1, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 2, 3), np.uint8)
    found = drawing.grid(batch, "NCHW")
    assert found.shape == (rows * 2, columns * 3, 1)
    tiles = found[::2, ::3, 0].reshape(-1)
    assert tiles.tolist() == [*range(1, count + 1), *[0] * (rows * columns - count)]


@pytest.mark.parametrize("axes", ["CH", "CHWN", "XYZ", "CCH"])
def test_axes_that_do_not_fit(axes: str) -> None:
    with pytest.raises(ValueError, match="has no axes"):
        drawing.image(np.zeros((3, 2, 2)), axes)


def test_both_writers_have_the_same_calls() -> None:
    assert issubclass(tensorboardX.SummaryWriter, tensorboard.SummaryWriter)
