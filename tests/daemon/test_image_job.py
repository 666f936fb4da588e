"""The job "image": whatever was logged becomes a file of the format that was asked for, once."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from runid.errors import FormatError
from runid.media.image import encode
from runid.store import media

ID = "0123456789abcdef"
GREY = [[0, 128, 255]]


def quiet(progress: dict[str, Any]) -> None:
    raise AssertionError(f"{progress} is told")


def made(folder: Path, data: bytes, form: str = "png", **source: Any) -> Image.Image:
    """What the job makes of these bytes."""
    name = f"media/1_{os.urandom(3).hex()}_key.{form}"
    ask = {"file": name, "format": form, "quality": 90, "source": source}
    path = media.incoming(folder, "one", ID)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    result = encode({"id": ID, "host": "one", "run_dir": str(folder), "ask": ask}, quiet)
    assert result == {}
    return Image.open(io.BytesIO((folder / name).read_bytes()))


def of_array(folder: Path, array: NDArray[Any], layout: str = "HW", form: str = "png") -> NDArray[Any]:
    source = {"dtype": array.dtype.str, "layout": layout, "shape": list(array.shape)}
    return np.asarray(made(folder, np.ascontiguousarray(array).tobytes(), form, kind="array", **source))


def in_file(image: Image.Image, form: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array(GREY, np.uint8), GREY),
        (np.array([[True, False]]), [[255, 0]]),
        *((np.array(GREY, kind), GREY) for kind in (np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)),
        (np.array(GREY, ">i4"), GREY),
        (np.array([[-128, 127]], np.int8), [[0, 255]]),
        (np.array([[0, 32768, 65535]], np.uint16), GREY),
        (np.array([[-(2**63), 0, 2**63 - 1]]), GREY),
        (np.array([[300, 300]]), [[0, 0]]),
        *((np.array([[0, 0.5, 1]], kind), GREY) for kind in (np.float16, np.float32, np.float64, ">f4")),
        *((np.array([[0, 127.6, 255]], kind), GREY) for kind in (np.float32, np.float64)),
        (np.array([[np.nan, 0.5, np.inf, -np.inf]], np.float32), [[0, 128, 255, 0]]),
        (np.array([[np.nan, 128, 300, -5]], np.float32), [[0, 128, 255, 0]]),
        (np.array([[np.nan, np.nan]]), [[0, 0]]),
        (np.array([[-0.1, 0.5, 1.1]]), [[0, 128, 255]]),
        (np.array([[0.0, 1.7e308]]), [[0, 255]]),
    ],
)
def test_numbers_of_any_type(tmp_path: Path, array: NDArray[Any], expected: list[list[int]]) -> None:
    assert of_array(tmp_path, array).tolist() == expected


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_layouts(tmp_path: Path, channels: int) -> None:
    array = np.arange(5 * 6 * channels, dtype=np.uint8).reshape(5, 6, channels)
    expected = array[..., 0] if channels == 1 else array
    assert (of_array(tmp_path, array, "HWC") == expected).all()
    assert (of_array(tmp_path, np.moveaxis(array, -1, 0), "CHW") == expected).all()


@pytest.mark.parametrize("form", ["jpg", "jpeg", "webp"])
def test_lossy_formats_come_near(tmp_path: Path, form: str) -> None:
    array = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    found = of_array(tmp_path, array, "HWC", form)
    assert np.abs(found.astype(int) - array).mean() < 4


@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_pixels_of_any_mode_in_any_format(tmp_path: Path, form: str, mode: str) -> None:
    image = Image.new(mode, (8, 6))
    found = made(tmp_path, image.tobytes(), form, kind="pixels", mode=mode, size=[8, 6])
    assert (found.size, found.format) == ((8, 6), {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[form])


def test_what_is_transparent_is_white_in_a_jpeg(tmp_path: Path) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    found = made(tmp_path, image.tobytes(), "jpg", kind="pixels", mode="RGBA", size=[8, 8])
    assert found.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(("form", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("JPEG", "jpeg"), ("WEBP", "webp")])
def test_a_file_of_that_format_is_kept_byte_for_byte(tmp_path: Path, form: str, extension: str) -> None:
    data = in_file(Image.new("RGB", (8, 8), "red"), form) + b"and what it likes to say"
    made(tmp_path, data, extension, kind="file")
    assert [path.read_bytes() for path in tmp_path.glob(f"media/*.{extension}")] == [data]


@pytest.mark.parametrize(("form", "other"), [("png", "PNG"), ("jpg", "PNG"), ("png", "JPEG")])
def test_an_image_is_not_too_large_for_pillow(
    tmp_path: Path, form: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = in_file(Image.new("RGB", (8, 8), "red"), other)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # it refuses twice as many, which it takes for an attack
    assert made(tmp_path, data, form, kind="file").size == (8, 8)


@pytest.mark.parametrize("other", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
def test_a_file_of_another_format_is_encoded_anew(tmp_path: Path, form: str, other: str) -> None:
    found = made(tmp_path, in_file(Image.new("RGB", (16, 16), "red"), other), form, kind="file")
    assert found.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[form]
    red, green, blue = np.asarray(found.convert("RGB"))[8, 8]
    assert red > 200
    assert green < 50 > blue


def test_a_photograph_stays_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    data = in_file(Image.new("RGB", (16, 8)), "JPEG", exif=exif)
    assert made(tmp_path, data, "png", kind="file").size == (8, 16)


def test_a_file_of_16_bits_is_not_white_in_a_jpeg(tmp_path: Path) -> None:
    data = in_file(Image.fromarray(np.array([[0, 40_000] * 8] * 16, np.uint16)), "PNG")
    found = np.asarray(made(tmp_path, data, "jpg", kind="file"))
    assert found.min() < 50
    assert found.max() > 200


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (b"no image", {"kind": "file"}),
        (in_file(Image.effect_noise((64, 64), 50), "PNG")[:200], {"kind": "file"}),
        (b"12345678", {"kind": "array", "dtype": "O", "layout": "HW", "shape": [1, 1]}),
        (b"123", {"kind": "array", "dtype": "|u1", "layout": "HW", "shape": [2, 2]}),
        (b"123", {"kind": "pixels", "mode": "RGB", "size": [2, 2]}),
        (b"123", {"kind": "pixels", "mode": "nonsense", "size": [1, 1]}),
        (b"123", {"kind": "dance"}),
    ],
)
def test_what_is_no_image_is_an_error_and_no_file(tmp_path: Path, data: bytes, source: dict[str, Any]) -> None:
    with pytest.raises((OSError, ValueError)):
        made(tmp_path, data, "jpg", **source)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [".incoming"]


@pytest.mark.parametrize(
    "name", ["../../x.png", "/etc/x.png", "media/../x.png", "media/x.png", "media/.incoming", None]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str | None) -> None:
    ask = {"file": name, "format": "png", "quality": 90, "source": {"kind": "file"}}
    with pytest.raises(FormatError, match="is no name of a file in media/"):
        encode({"id": ID, "host": "one", "run_dir": str(tmp_path), "ask": ask}, quiet)


def test_a_job_that_is_done_again_makes_nothing_anew(tmp_path: Path) -> None:
    name = "media/1_abcdef_key.png"
    ask = {"file": name, "format": "png", "quality": 90, "source": {"kind": "file"}}
    job = {"id": ID, "host": "one", "run_dir": str(tmp_path), "ask": ask}
    path = media.incoming(tmp_path, "one", ID)
    path.parent.mkdir(parents=True)
    path.write_bytes(in_file(Image.new("L", (2, 2)), "GIF"))
    media.temporary(path).write_bytes(b"what a killed worker left")
    first = encode(job, quiet)
    before = (tmp_path / name).stat()
    path.unlink()
    assert encode(job, quiet) == first
    assert (tmp_path / name).stat().st_mtime_ns == before.st_mtime_ns
