"""`log_image`: what it takes, what it gives, and what becomes of it; the file is made by the daemon's workers."""

import io
import logging
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.conftest import Home
from tests.programs import ended, finish, start, train, wait

import runicorn as rn
from runicorn.media.paths import COPIED
from runicorn.verbs.media import _MOST_OPEN

RED = np.zeros((6, 8, 3), np.uint8)
RED[..., 0] = 255


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """An image file."""
    path = tmp_path / "red.png"
    Image.fromarray(RED).save(path)
    return path


def pixels(run: rn.Run, name: str) -> NDArray[Any]:
    """The image in a file of the run, as soon as that is made."""
    assert name
    with Image.open(io.BytesIO(made(run, name))) as image:
        return np.asarray(image)


def made(run: rn.Run, name: str) -> bytes:
    path = run.run_dir / name
    run.flush()  # it would come by itself, within a second
    wait(path.exists, f"{name} is not made: {images(run)}")
    return path.read_bytes()


def images(run: rn.Run) -> list[dict[str, Any]]:
    return rn.Api(run.storage_root).run(str(run.run_dir)).images()


def failure(run: rn.Run, name: str) -> str:
    """Why an image could not be made."""

    def told() -> Any:
        return next((image["error"] for image in images(run) if image["file"] == name and "error" in image), None)

    error: str = wait(told, f"nothing is told of {name}")
    return error


class Tensor:
    """The outside of a tensor as torch has it: one that needs a gradient, on another device, gives no array."""

    def __init__(self, array: NDArray[Any], dtype: str = "torch.float32", at: str = "cuda with gradient") -> None:
        self.array, self.dtype, self.at = array, dtype, at

    def detach(self) -> "Tensor":
        return Tensor(self.array, self.dtype, "cuda")

    def cpu(self) -> "Tensor":
        return Tensor(self.array, self.dtype, "cpu" if self.at == "cuda" else self.at)

    def float(self) -> "Tensor":
        return Tensor(self.array.astype(np.float32), "torch.float32", self.at)

    def numpy(self) -> NDArray[Any]:
        assert (self.at, self.dtype) != ("cpu", "torch.bfloat16"), "NumPy has no such type"
        assert self.at == "cpu"
        return self.array

    def __array__(self) -> NDArray[Any]:
        raise TypeError("cannot convert to an array")


class Arraylike:
    """What JAX and others give."""

    def __array__(self, dtype: object = None, copy: object = None) -> NDArray[Any]:
        return RED


@pytest.mark.parametrize(
    "image",
    [
        RED,
        np.moveaxis(RED, -1, 0),
        RED[::-1, ::-1].copy()[::-1, ::-1],
        np.asfortranarray(RED),
        RED.astype(np.int64),
        RED.astype(np.float16) / 255,
        RED.astype(np.float32),
        RED.astype(np.longdouble),
        RED > 0,
        Image.fromarray(RED),
        Image.fromarray(RED).convert("P"),
        Image.fromarray(RED).convert("CMYK"),
        Tensor(np.moveaxis(RED, -1, 0) / np.float32(255)),
        Tensor(RED, "torch.bfloat16"),
        Arraylike(),
    ],
)
def test_images_arrays_and_tensors(run: rn.Run, image: Any) -> None:
    assert (pixels(run, run.log_image("red", image)) == RED).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "I;16", "I", "F"])
def test_images_of_pillow_in_any_mode(run: rn.Run, mode: str) -> None:
    assert pixels(run, run.log_image("mode", Image.new(mode, (8, 6)))).shape[:2] == (6, 8)


def test_numbers_in_pillows_images_are_scaled_as_in_arrays(run: rn.Run) -> None:
    array = np.array([[0, 40_000]] * 2, np.uint16)
    for image in (Image.fromarray(array), Image.fromarray(array.astype(np.int32)), array):
        assert pixels(run, run.log_image("depth", image)).tolist() == [[0, 255]] * 2


def test_files_and_bytes_are_kept_as_they_are(run: rn.Run, picture: Path) -> None:
    data = picture.read_bytes()
    given = [picture, str(picture), data, bytearray(data), memoryview(data)]
    names = [run.log_image("file", one) for one in given]
    picture.unlink()
    assert [made(run, name) for name in names] == [data] * len(given)


def test_a_large_file_is_kept_whole_whatever_becomes_of_its_name(run: rn.Run, picture: Path) -> None:
    with open(picture, "ab") as file:
        file.write(os.urandom(COPIED))
    data = picture.read_bytes()
    name = run.log_image("large", picture)
    picture.unlink()
    assert run.flush(30.0)
    assert made(run, name) == data


def test_a_file_of_another_type_gets_the_format_that_was_asked_for(run: rn.Run, picture: Path) -> None:
    name = run.log_image("file", picture, format="jpg")
    assert made(run, name)[:3] == b"\xff\xd8\xff"
    assert pixels(run, name).shape == (6, 8, 3)


def test_what_is_changed_after_the_call_does_not_leak_in(run: rn.Run, picture: Path) -> None:
    array, image, data = RED.copy(), Image.fromarray(RED), bytearray(picture.read_bytes())
    names = [run.log_image("changed", one) for one in (array, image, data, picture)]
    array[:] = 7
    image.putpixel((0, 0), (0, 0, 255))
    data[:] = bytes(len(data))
    picture.write_bytes(b"changed")
    for name in names:
        assert (pixels(run, name) == RED).all()


def test_the_name_tells_time_key_and_format(run: rn.Run) -> None:
    name = run.log_image("val/pred: é 1", RED, format="WebP")
    assert re.fullmatch(r"media/[0-9]{13}_[0-9a-f]{6}_val_pred_1\.webp", name.replace("_é", ""))
    assert pixels(run, name).shape == (6, 8, 3)
    assert len(run.log_image("k" * 500, RED)) < 120
    assert run.log_image("..", RED).endswith("_...png")


def test_what_is_told_of_an_image(run: rn.Run) -> None:
    run.log(loss=1.0, step=5)
    names = [
        run.log_image("a", RED, caption="first"),
        run.log_image("a", RED, step=2, format="jpeg", quality=50),
        run.log_image("b", RED, 7, "third", "jpg", 1000),
    ]
    run.log(loss=2.0)
    assert run.step == 6, "an image moved the step"
    assert run.flush()
    shown = [{name: image[name] for name in ("key", "step", "caption", "format", "file")} for image in images(run)]
    assert shown == [
        {"key": "a", "step": 5, "caption": "first", "format": "png", "file": names[0]},
        {"key": "a", "step": 2, "caption": None, "format": "jpeg", "file": names[1]},
        {"key": "b", "step": 7, "caption": "third", "format": "jpg", "file": names[2]},
    ]
    assert {(image["rank"], image["type"]) for image in images(run)} == {(0, "image")}
    assert [image["path"] for image in images(run)] == [run.run_dir / name for name in names]


class Vicious:
    """Its shape is a trap."""

    @property
    def __array__(self) -> Any:
        raise RuntimeError("gotcha")


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (5, "a int is no image, array, tensor, bytes or path"),
        (None, "a NoneType is no image"),
        ([[1, 2]], "a list is no image"),
        (np.zeros((2, 2, 2, 2)), r"shape \(2, 2, 2, 2\) is no image"),
        (np.zeros((5, 5, 5)), "with 1, 3 or 4 channels"),
        (np.zeros((0, 5)), r"shape \(0, 5\) is no image"),
        (np.zeros(5), r"shape \(5,\) is no image"),
        (np.zeros((2, 2), complex), "complex128 is no image"),
        (np.full((2, 2), None), "object is no image"),
        (np.array([["a"]]), "is no image"),
        (b"", "it is empty"),
        ("no file.png", "No such file"),
        ("/dev/zero", "'/dev/zero' is no plain file"),
        (Path("/"), "no plain file|Is a directory"),
        (Vicious(), "gotcha"),
    ],
)
def test_what_is_no_image_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture, image: Any, why: str) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        assert run.log_image("a", image) == ""
    (notice,) = caplog.messages
    assert re.search(why, notice)
    assert notice.startswith("runicorn: The image 'a' is left out: ")


def test_a_fifo_does_not_stop_training(run: rn.Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.png")
    assert run.log_image("a", tmp_path / "fifo.png") == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"format": "gif"}, "its format must be one of png, jpg, jpeg, webp, got 'gif'"),
        ({"format": None}, "got 'none'"),
        ({"key": ""}, "name is empty"),
        ({"quality": "best"}, "invalid literal"),
    ],
)
def test_a_wrong_argument_is_a_notice(
    run: rn.Run, caplog: pytest.LogCaptureFixture, given: dict[str, Any], why: str
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        assert run.log_image(**({"key": "a", "image": RED} | given)) == ""
    assert why in caplog.text


def test_a_wrong_step_is_a_notice_and_the_image_is_kept(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    run.log(loss=1.0, step=4)
    with caplog.at_level(logging.WARNING, "runicorn"):
        name = run.log_image("a", RED, step="x")  # type: ignore[arg-type]
    assert "step='x' is no whole number; the run's step is taken." in caplog.text
    assert run.flush()
    assert [(image["file"], image["step"]) for image in images(run)] == [(name, 4)]


def test_an_image_that_cannot_be_made_says_so(run: rn.Run) -> None:
    name = run.log_image("a", b"no image at all")
    assert "cannot identify image file" in failure(run, name)
    assert not (run.run_dir / name).exists()
    assert len(images(run)) == 1
    run.finish()
    told = train(f"from runicorn.cli import main; main(['show', {str(run.run_dir)!r}])")
    assert re.search(r"images +1, 1 of them failed", told)


def test_after_the_end_it_is_a_notice(root: Path, caplog: pytest.LogCaptureFixture) -> None:  # noqa: ARG001
    run = rn.init("over")
    run.finish()
    with caplog.at_level(logging.WARNING, "runicorn"):
        assert run.log_image("a", RED) == ""
    assert "has finished" in caplog.text


def test_the_module_has_it_too(run: rn.Run) -> None:
    assert rn.get_active_run() is run
    assert (pixels(run, rn.log_image("red", RED)) == RED).all()


def test_it_takes_no_library_that_the_program_has_not_loaded(root: Path, picture: Path) -> None:
    program = "import sys, runicorn as rn\nrun = rn.init('light')\n"
    program += f"print(run.log_image('a', {str(picture)!r}))\nrun.finish()\n"
    program += "assert not {'PIL', 'numpy'} & set(sys.modules)"
    name = train(program).strip()
    run = ended(root, "light/*")
    wait((run.folder / name).exists, "the image is not made")


KILLED = """
import os, signal, sys
import numpy as np
import runicorn as rn
run = rn.init("killed")
assert run.flush(50.0)
print(run.log_image("noise", np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_of_a_killed_trainer_the_image_is_there_once(root: Path, shared_home: Home) -> None:
    name = finish(start(KILLED), -signal.SIGKILL)[0].strip()
    folder = ended(root, "killed/*").folder
    wait((folder / name).exists, "the image is not made")
    with Image.open(folder / name) as image:
        assert (np.asarray(image) == np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)).all()
    assert [one["file"] for one in rn.Api(root).run(str(folder)).images()] == [name]
    assert len(list(folder.glob("media/*.png"))) == 1
    assert not list(shared_home.outbox.rglob("*.side"))


FORKED = """
import os
import numpy as np
import runicorn as rn
run = rn.init("forked")
print(run.log_image("parent", np.zeros((2, 2), np.uint8)), flush=True)
child = os.fork()
name = run.log_image("child" if child == 0 else "after", np.zeros((2, 2), np.uint8))
print(name, flush=True)
run.finish()
os._exit(0) if child == 0 else os.waitpid(child, 0)
"""


def test_a_forked_child_logs_its_own(root: Path, shared_home: Home) -> None:
    names = finish(start(FORKED))[0].split()
    run = ended(root, "forked/*", writers=2)
    for name in names:
        wait((run.folder / name).exists, "an image is not made")
    assert sorted(one["file"] for one in rn.Api(root).run(str(run.folder)).images()) == sorted(names)
    assert not list(shared_home.outbox.rglob("*.side"))


def test_when_all_room_is_used_up_images_are_dropped_and_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    monkeypatch.setenv("RUNICORN_SPILL_MB", "1")
    with monkeypatch.context() as patch:
        patch.setattr("runicorn.sender.Sender._start_daemon", lambda *_: None)
        run = rn.init("full")
        names = [run.log_image("a", np.zeros((400, 400, 3), np.uint8)) for _ in range(6)]
        assert [bool(name) for name in names] == [True, True, True, False, False, False]
        run.log(loss=1.0)
        assert run._outbox.dropped == 3
    for name in names[:3]:
        assert pixels(run, name).shape == (400, 400, 3)
    run.finish()
    told = rn.Api(home.root).run(run.id)
    assert [image["file"] for image in told.images()] == names[:3]
    assert told.writers[0]["dropped"] == 3
    assert told.history("loss")["value"].to_pylist() == [1.0]


def test_many_large_files_leave_the_program_its_descriptors(run: rn.Run, tmp_path: Path) -> None:
    path = tmp_path / "large.ply"
    path.write_bytes(bytes(COPIED + 1))
    go_on = threading.Event()
    run._aside.do(go_on.wait, "nothing")  # so that those behind it wait
    before = len(os.listdir("/proc/self/fd"))
    try:
        run.log({"models": [rn.Object3D(path) for _ in range(_MOST_OPEN + 3)]})
        # Those that wait, and the mapped copies of the others.
        assert len(os.listdir("/proc/self/fd")) <= before + _MOST_OPEN + 4
        assert run._aside.waiting == _MOST_OPEN
    finally:
        go_on.set()
    assert run.flush(60.0)
    assert len(rn.Api(run.storage_root).run(str(run.run_dir)).media()) == _MOST_OPEN + 3


# -- what 0.7 got wrong (spec/runicorn.md 1.8) ------------------------------------------------------------------------


def test_defect_a_missing_file_raised_into_training(run: rn.Run) -> None:
    assert run.log_image("a", "/no/such/file.png") == ""


def test_defect_arrays_of_floats_raised(run: rn.Run) -> None:
    for kind in (np.float16, np.float32, np.float64):
        assert pixels(run, run.log_image("a", np.ones((2, 2), kind))).tolist() == [[255, 255]] * 2


@pytest.mark.parametrize("form", ["jpg", "JPG", "jpeg"])
def test_defect_the_documented_format_jpg_raised(run: rn.Run, form: str) -> None:
    name = run.log_image("a", RED, format=form)
    assert name.endswith(f".{form.lower()}")
    assert made(run, name)[:3] == b"\xff\xd8\xff"


def test_defect_a_key_with_a_slash_raised(run: rn.Run) -> None:
    name = run.log_image("val/pred", RED)
    assert name.endswith("_val_pred.png")
    assert (pixels(run, name) == RED).all()
    assert images(run)[0]["key"] == "val/pred"


def test_defect_a_file_kept_the_declared_extension_whatever_it_was(run: rn.Run, tmp_path: Path) -> None:
    Image.fromarray(RED).save(tmp_path / "photo.jpg")
    name = run.log_image("a", tmp_path / "photo.jpg")
    assert name.endswith(".png")
    assert made(run, name)[:4] == b"\x89PNG"
