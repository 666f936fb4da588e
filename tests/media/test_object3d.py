"""`rn.Object3D`: files of models, and clouds of points that become PLY files."""

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesized
from tests.media.kept import lines, load, loaded, told
from tests.media.tensors import Tensor

import runicorn as rn
from runicorn.media import arrays
from runicorn.media import object3d as sdk
from runid.errors import FormatError
from runid.media import object3d

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("form", sdk.FORMATS)
def test_a_file_of_a_model_is_kept_as_it_is(run: rn.Run, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"model.{form.upper()}"
    path.write_bytes(b"ply\nwhatever a model is made of \x00\xff")
    assert loaded(run, rn.Object3D(path, caption="a model"), rn.Object3D(str(path))) == [path.read_bytes()] * 2
    first, second = lines(run, type="object3d")[-2:]
    assert (first["format"], first["caption"], second["caption"]) == (form, "a model", None)


DTYPES = {"f8": "f8", "f4": "f4", ">f4": "f4", "f2": "f4", "i8": "f8", "u1": "f4", "?": "f4"}


@pytest.mark.parametrize("columns", [3, 4, 6])
def test_points_come_back_as_they_were(run: rn.Run, columns: int) -> None:
    given = [RNG.integers(0, 2 if dtype == "?" else 256, (7, columns)).astype(dtype) for dtype in DTYPES]
    for points in given[:4]:
        points[:, :3] += RNG.random((7, 3)).astype(points.dtype)
    given.append(given[0][::-2])
    found = loaded(run, *map(rn.Object3D, given))
    assert [one.tolist() for one in found] == [one.tolist() for one in given]
    assert [one.dtype for one in found] == [*DTYPES.values(), "f8"]


def test_how_many_points_there_are_is_told(run: rn.Run) -> None:
    run.log({"dots": rn.Object3D(np.zeros((7, 3)), caption="black")})
    assert told(run, "points", key="dots") == 7
    (line,) = lines(run, key="dots")
    assert (line["format"], line["caption"]) == ("ply", "black")


def test_a_tensor_and_what_is_changed_after_the_call(run: rn.Run) -> None:
    points = RNG.random((5, 3))
    before = points.tolist()
    run.log({"it": rn.Object3D(Tensor(points))})
    points[:] = 0
    assert [load(run, line).tolist() for line in lines(run, key="it")] == [before]


def test_colours_are_rounded_and_clipped(run: rn.Run) -> None:
    points = np.array([[1e300, -1.5, np.inf, -3, 127.6, 999], [0, 0, np.nan, np.nan, np.inf, -np.inf]])
    (found,) = loaded(run, rn.Object3D(points))
    assert np.array_equal(found[:, :3], points[:, :3], equal_nan=True)
    assert found[:, 3:].tolist() == [[0, 128, 255], [0, 255, 0]]


def test_any_reader_of_ply_reads_the_head(run: rn.Run) -> None:
    loaded(run, rn.Object3D(np.arange(12).reshape(2, 6).astype(np.float32)))
    data = lines(run, type="object3d")[-1]["path"].read_bytes()
    head, _, body = data.partition(b"end_header\n")
    assert head.decode().splitlines() == [
        "ply", "format binary_little_endian 1.0", "comment points of runicorn", "element vertex 2",
        "property float x", "property float y", "property float z",
        "property uchar red", "property uchar green", "property uchar blue",
    ]  # fmt: skip
    assert body == np.array([0, 1, 2], "<f4").tobytes() + b"\3\4\5" + np.array([6, 7, 8], "<f4").tobytes() + b"\t\n\x0b"


NUMBERS = st.sampled_from(["<f4", ">f8", "<f8", "<i2", "<i4", "|u1"])
SHAPES = st.tuples(st.integers(1, 5), st.sampled_from([3, 4, 6]))


@given(st.data())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    array = data.draw(hypothesized.arrays(data.draw(NUMBERS), shape))
    array[:, 3:] = data.draw(hypothesized.arrays(np.uint8, shape))[:, 3:] % 128
    run_dir = tmp_path_factory.mktemp("run")
    (run_dir / "media" / ".incoming").mkdir(parents=True)
    (run_dir / "media" / ".incoming" / "host-id").write_bytes(array.tobytes())
    source = {"kind": "array", "dtype": array.dtype.str, "shape": list(array.shape)}
    job = {
        "id": "id",
        "run_dir": str(run_dir),
        "host": "host",
        "ask": {"file": "media/1_abcdef_a.ply", "source": source},
    }
    for _ in range(2):  # the second finds that it is done
        assert object3d.encode(job, lambda _: None) == {"points": shape[0]}
    found = object3d.read(run_dir / "media" / "1_abcdef_a.ply")
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, array, equal_nan=True)


def test_a_damaged_file_says_so(run: rn.Run, tmp_path: Path) -> None:
    loaded(run, rn.Object3D(np.zeros((2, 3))))
    data = lines(run, type="object3d")[-1]["path"].read_bytes()
    for damaged in (data[:-1], data.replace(b"double x", b"octet x"), data.replace(b"vertex 2", b"vertex two")):
        (tmp_path / "damaged.ply").write_bytes(damaged)
        with pytest.raises(FormatError, match=r"damaged.ply is damaged"):
            object3d.read(tmp_path / "damaged.ply")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("model.fbx", "its file must end in .glb, .gltf, .obj, .stl, .ply, .splat, got 'model.fbx'"),
        ("no/model.glb", "No such file"),
        ([[1, 2, 3]], "a list is no path, array or tensor"),
        (np.zeros((4, 5)), r"of shape \(4, 5\) is no cloud of points"),
        (np.zeros(3), r"of shape \(3,\) is no cloud"),
        (np.zeros((0, 3)), "it has 0 points"),
        (np.zeros((2, 3), complex), "complex128 of shape"),
        (np.broadcast_to(np.uint8(1), (sdk.MOST + 1, 3)), "it has 10,000,001 points, but 1 to 10,000,000 may be"),
    ],
)
def test_what_is_no_object_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture, value: Any, why: str) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"none": rn.Object3D(value)})
    (notice,) = caplog.messages
    assert notice.startswith("runicorn: The object3d 'none' is left out: ")
    assert re.search(why, notice)
    assert lines(run, key="none") == []


def test_what_turns_out_to_be_wrong_in_the_daemon_is_told(run: rn.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "described", lambda _: {"kind": "array", "dtype": "|O8", "shape": [1, 3]})
    run.log({"bad": rn.Object3D(np.zeros((1, 3)))})
    assert "A cloud of points cannot be made of" in told(run, "error", key="bad")
