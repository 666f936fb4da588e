"""`rn.Video`: each input it names is logged, made into a file by the daemon's workers, and read again by `rn.Api`."""

import logging
import os
import re
import struct
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.conftest import Daemon, Home
from tests.media.tensors import Tensor
from tests.programs import only, wait

import runicorn as rn
from runicorn.media import video
from runicorn.media.medium import Medium
from runicorn.media.paths import COPIED
from runicorn.notices import Notices
from runid.media import frames, gif
from runid.media.video import encode
from runid.store import media

Frames = NDArray[np.uint8]

ANY = np.random.default_rng(1).integers(0, 256, (6, 3, 16, 16), np.uint8)  # 256 pixels: as many colours as a GIF holds
BATCH = np.random.default_rng(2).integers(0, 2, (5, 4, 3, 8, 10), np.uint8) * np.uint8(255)

EVEN = [(0, 0), (0, 0), (0, 1), (0, 1)]


def smooth(count: int, height: int = 32, width: int = 48) -> Frames:
    """A video as compression likes them."""
    moment, row, column = np.mgrid[0:count, 0:height, 0:width]
    return np.stack([5 * row, 4 * column, 3 * moment], 1).astype(np.uint8)


def grid(batch: Frames) -> Frames:
    """Five videos as two rows of three."""
    black = np.zeros_like(batch[0])
    upper, lower = np.concatenate(batch[:3], -1), np.concatenate([*batch[3:], black], -1)
    return np.concatenate([upper, lower], -2)


def near(found: Frames, expected: Frames) -> bool:
    return found.shape == expected.shape and float(np.abs(found.astype(int) - expected.astype(int)).mean()) < 4


def same(found: Frames, expected: Frames) -> bool:
    return np.array_equal(found, expected)


def file(folder: Path, form: str, container: str | None = None) -> Path:
    """A video file that Runicorn has not made."""
    path = folder / f"given.{form}"
    with av.open(str(path), "w", format=container or form) as opened:
        stream = opened.add_stream("libvpx" if form == "webm" else "mpeg4", rate=Fraction(10))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        stream.codec_context.bit_rate = 4_000_000
        for frame in np.moveaxis(smooth(7), 1, -1):
            opened.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")))
        opened.mux(stream.encode(None))
    return path


def animated(folder: Path) -> Path:
    path = folder / "given.gif"
    first, *rest = (Image.fromarray(np.moveaxis(frame, 0, -1)) for frame in ANY)
    first.save(path, save_all=True, append_images=rest, duration=100)
    return path


SMOOTH = np.stack([smooth(4)[::-1], smooth(4), 255 - smooth(4), smooth(4), smooth(4)[..., ::-1]])
ARRAYS: dict[str, tuple[Any, dict[str, Any], str, Frames]] = {
    "uint8": (ANY, {}, "gif", ANY),
    "grey": (ANY[:, :1], {}, "gif", np.repeat(ANY[:, :1], 3, 1)),
    "alpha": (np.concatenate([ANY, ANY[:, :1]], 1), {}, "gif", ANY),
    "batch": (BATCH, {}, "gif", grid(BATCH)),
    "batch of one": (ANY[np.newaxis], {}, "gif", ANY),
    "grey batch": (BATCH[:, :, :1], {}, "gif", grid(np.repeat(BATCH[:, :, :1], 3, 2))),
    "bool": (BATCH[0] > 0, {}, "gif", BATCH[0]),
    "float32": (ANY / np.float32(255), {}, "gif", ANY),
    "float16": ((BATCH / 255).astype(np.float16), {}, "gif", grid(BATCH)),
    "float64 to 255": (ANY.astype(float), {}, "gif", ANY),
    "not finite": (np.where(BATCH[0] > 0, np.inf, np.nan), {}, "gif", BATCH[0]),
    "int64": (ANY.astype(np.int64), {}, "gif", ANY),
    "clipped": (BATCH[0].astype(np.int16) * 2 - 100, {}, "gif", BATCH[0]),
    "big-endian": (ANY.astype(">i4"), {}, "gif", ANY),
    "Fortran order": (np.asfortranarray(ANY), {}, "gif", ANY),
    "channels last": (np.moveaxis(np.moveaxis(ANY, 1, -1).copy(), -1, 1), {}, "gif", ANY),
    "tensor": (Tensor(ANY / np.float32(255)), {}, "gif", ANY),
    "batched tensor": (Tensor(BATCH), {}, "gif", grid(BATCH)),
    "still": (np.zeros((5, 3, 4, 6), np.uint8), {}, "gif", np.zeros((5, 3, 4, 6), np.uint8)),
    "a pixel": (ANY[:1, :, :1, :1], {}, "gif", ANY[:1, :, :1, :1]),
    "more colours": (smooth(3, 50, 60), {}, "gif", smooth(3, 50, 60)),
    "50 frames": (np.resize(ANY, (50, 3, 16, 16)), {}, "gif", np.resize(ANY, (50, 3, 16, 16))),
    "51 frames": (smooth(51), {}, "mp4", smooth(51)),
    "long gif": (np.resize(ANY, (51, 3, 16, 16)), {"format": "gif"}, "gif", np.resize(ANY, (51, 3, 16, 16))),
    "mp4": (smooth(9), {"format": "MP4"}, "mp4", smooth(9)),
    "webm": (smooth(9, 31, 47), {"format": "webm"}, "webm", smooth(9, 31, 47)),
    "tiled mp4": (SMOOTH, {"format": "mp4"}, "mp4", grid(SMOOTH)),
    "odd mp4": (smooth(9, 31, 47), {"format": "mp4"}, "mp4", np.pad(smooth(9, 31, 47), EVEN, "edge")),
}
"""What is logged: value, other arguments; and what becomes of it: format, frames."""

LOSSLESS = {name for name, (*_, form, expected) in ARRAYS.items() if form == "gif" and name != "more colours"}


@pytest.fixture(scope="module")
def logged(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run with all of it, and the files that some of it came from."""
    folder = tmp_path_factory.mktemp("given")
    paths = {"gif": animated(folder), **{form: file(folder, form) for form in ("mp4", "webm", "mov", "avi")}}
    paths["mkv"] = file(folder, "mkv", "matroska")
    with open(paths["mp4"], "rb") as small:
        (folder / "large.mp4").write_bytes(small.read() + struct.pack(">I4s", COPIED, b"free") + bytes(COPIED - 8))
    data = {form: path.read_bytes() for form, path in paths.items()}
    (folder / "no.gif").write_bytes(b"GIF89a and nothing else")
    with rn.init("video") as run:
        for name, (value, given, *_) in ARRAYS.items():
            run.log({f"array/{name}": rn.Video(value, caption=name, fps=10, **given)}, step=3)
        for form, path in paths.items():
            run.log({f"path/{form}": rn.Video(path), f"text/{form}": rn.Video(str(path))})
            run.log({f"bytes/{form}": rn.Video(path.read_bytes()), f"to/{form}": rn.Video(path, format="webm")})
        (folder / "wrong.gif").write_bytes(data["mp4"])
        run.log({"mislabelled": rn.Video(folder / "wrong.gif"), "as gif": rn.Video(data["mp4"], format="gif")})
        run.log({"large": rn.Video(folder / "large.mp4"), "as mp4": rn.Video(bytearray(data["gif"]), format="mp4")})
        run.log({"no gif": rn.Video(folder / "no.gif"), "no mp4": rn.Video(data["mp4"][:40])})
        run.log({"list": [rn.Video(ANY), rn.Video(ANY[::-1], format="gif")], "loss": 1.0})
    stored = rn.Api(root).run(run.id)

    def done() -> Any:
        found = stored.media(type="video")
        return found if all("frames" in one or "error" in one for one in found) else None

    found = wait(done, "not all videos are made")
    return {"run": stored, "media": found, "data": data, "large": (folder / "large.mp4").read_bytes()}


def of(logged: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [one for one in logged["media"] if one["key"] == key]
    assert "error" not in found, found["error"]
    one: dict[str, Any] = found
    return one


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_and_tensors(logged: dict[str, Any], name: str) -> None:
    _, _, form, expected = ARRAYS[name]
    one = of(logged, f"array/{name}")
    assert (one["format"], one["caption"], one["step"], one["fps"]) == (form, name, 3, 10)
    count, _, height, width = expected.shape
    assert (one["frames"], one["width"], one["height"]) == (count, width, height)
    found = logged["run"].load(one)
    assert found.dtype == np.uint8
    assert (same if name in LOSSLESS else near)(found, expected)


@pytest.mark.parametrize("form", ["gif", "mp4", "webm"])
@pytest.mark.parametrize("how", ["path", "text", "bytes"])
def test_files_are_kept_byte_for_byte(logged: dict[str, Any], form: str, how: str) -> None:
    one = of(logged, f"{how}/{form}")
    assert one["format"] == form
    assert one["path"].read_bytes() == logged["data"][form]
    assert {"gif": 6, "mp4": 7, "webm": 7}[form] == one["frames"] == len(logged["run"].load(one))
    assert one["fps"] == 10
    assert near(logged["run"].load(one), ANY if form == "gif" else smooth(7))


def test_a_large_file_is_kept_and_its_content_tells_its_format(logged: dict[str, Any]) -> None:
    assert of(logged, "large")["path"].read_bytes() == logged["large"]
    one = of(logged, "mislabelled")
    assert (one["format"], one["path"].read_bytes()) == ("mp4", logged["data"]["mp4"])


@pytest.mark.parametrize("form", ["mov", "mkv", "avi"])
@pytest.mark.parametrize("how", ["path", "bytes"])
def test_files_that_no_browser_plays_become_mp4(logged: dict[str, Any], form: str, how: str) -> None:
    one = of(logged, f"{how}/{form}")
    assert (one["format"], one["frames"], one["fps"]) == ("mp4", 7, 10)
    assert near(logged["run"].load(one), smooth(7))


@pytest.mark.parametrize("form", ["gif", "mp4", "webm", "mov", "mkv", "avi"])
def test_files_get_the_format_that_is_asked_for(logged: dict[str, Any], form: str) -> None:
    one = of(logged, f"to/{form}")
    assert (one["format"], one["fps"]) == ("webm", 10)
    assert len(logged["run"].load(one)) == (6 if form == "gif" else 7)


def test_gif_to_mp4_and_back(logged: dict[str, Any]) -> None:
    assert near(logged["run"].load(of(logged, "as gif")), smooth(7))
    one = of(logged, "as mp4")
    assert (one["frames"], one["width"], one["height"], one["fps"]) == (6, 16, 16, 10)


def test_a_list_of_videos(logged: dict[str, Any]) -> None:
    first, second = (one for one in logged["media"] if one["key"] == "list")
    assert (first["index"], second["index"]) == (0, 1)
    assert same(logged["run"].load(first), ANY)
    assert same(logged["run"].load(second), ANY[::-1])


def test_what_turns_out_to_be_no_video_says_so(logged: dict[str, Any]) -> None:
    for key in ("no gif", "no mp4"):
        (one,) = [one for one in logged["media"] if one["key"] == key]
        assert not one["path"].exists()
        with pytest.raises(ValueError, match="could not be kept"):
            logged["run"].load(one)


def test_movies_are_what_browsers_play(logged: dict[str, Any]) -> None:
    for name, codec in (("51 frames", "h264"), ("webm", "vp9")):
        with av.open(str(of(logged, f"array/{name}")["path"])) as opened:
            context = opened.streams.video[0].codec_context
            assert (context.name.removeprefix("lib"), context.pix_fmt, context.colorspace) == (codec, "yuv420p", 1)


@pytest.mark.parametrize("fps", [24, 29.97, 7, 50, 12.5])
def test_a_gif_takes_its_time(tmp_path: Path, fps: float) -> None:
    """Its frames last hundredths of a second, so no rate but a few is one of single frames."""
    path = tmp_path / "made.gif"
    with open(path, "wb") as opened:
        gif.write(opened, frames.of(np.resize(ANY, (40, 3, 16, 16))), fps)
    with Image.open(path) as image:
        durations = []
        for number in range(40):
            image.seek(number)
            durations.append(image.info["duration"])
    assert abs(sum(durations) / 1000 - 40 / fps) <= 0.005
    assert max(durations) - min(durations) <= 10


def test_no_frame_of_a_gif_is_shorter_than_browsers_play_it(tmp_path: Path) -> None:
    with open(tmp_path / "made.gif", "wb") as opened:
        gif.write(opened, frames.of(ANY), 500)
    assert gif.facts(tmp_path / "made.gif") == {"frames": 6, "width": 16, "height": 16, "fps": 50}


@pytest.mark.parametrize(
    ("value", "given", "why"),
    [
        (5, {}, "a int is no video, array, tensor, bytes or path"),
        ([ANY], {}, "a list is no video"),
        (ANY[0], {}, r"shape \(3, 16, 16\) is no video: it must be \(frames, channels, height, width\) or \(batch, "),
        (np.moveaxis(ANY, 1, -1), {}, r"shape \(6, 16, 16, 3\) is no video"),
        (ANY[:0], {}, r"shape \(0, 3, 16, 16\) is no video"),
        (ANY.astype(complex), {}, "an array of complex128 is no video"),
        (b"", {}, "it is empty"),
        (b"no video", {}, "its file is none of gif, mp4, webm, mov, mkv, avi"),
        ("no file.mp4", {}, "No such file"),
        ("/", {}, "is no plain file|Is a directory"),
        (ANY, {"format": "avi"}, "its format must be one of gif, mp4, webm, got 'avi'"),
        (ANY, {"fps": 0}, r"its fps must be 0.01 … 1000, got 0"),
        (ANY, {"fps": float("nan")}, "got nan"),
        (ANY, {"fps": "fast"}, "could not convert"),
    ],
)
def test_what_is_no_video_is_a_notice(
    run: rn.Run, caplog: pytest.LogCaptureFixture, value: Any, given: dict[str, Any], why: str
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"clip": rn.Video(value, **given)})
    (notice,) = caplog.messages
    assert notice.startswith("runicorn: The video 'clip' is left out: ")
    assert re.search(why, notice)


def test_what_is_changed_after_the_call_does_not_leak_in(run: rn.Run) -> None:
    array = ANY.copy()
    run.log({"clip": rn.Video(array)})
    array[:] = 7
    assert run.flush(30.0)
    stored = rn.Api(run.storage_root).run(run.id)
    (one,) = wait(lambda: [one for one in stored.media() if "frames" in one], "it is not made")
    assert same(stored.load(one), ANY)


# -- without PyAV -----------------------------------------------------------------------------------------------------


def nothing(medium: Medium) -> None:
    raise AssertionError(f"{medium} is no cell")


@pytest.fixture
def no_av(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without PyAV, which has not been told yet."""
    monkeypatch.setattr(video, "_has_av", lambda: False)
    monkeypatch.setattr(video, "warn_once", Notices().once)


@pytest.mark.usefixtures("no_av")
def test_without_pyav_arrays_become_gifs_with_one_notice(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        forms = [
            video.Video(smooth(count), format=form).taken(nothing).format for count, form in ((3, "mp4"), (51, None))
        ]
    assert forms == ["gif", "gif"]
    (notice,) = caplog.messages
    assert "so they become GIFs: pip install 'runicorn[video]'." in notice


@pytest.mark.usefixtures("no_av")
def test_without_pyav_files_stay_what_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = file(tmp_path, "mp4")
    with caplog.at_level(logging.WARNING, "runicorn"):
        assert video.Video(path).taken(nothing).format == "mp4"
        assert not caplog.messages
        assert video.Video(path, format="gif").taken(nothing).format == "mp4"
    assert "so they stay what they are" in caplog.text
    with pytest.raises(ValueError, match="a video of avi takes PyAV, which is not installed"):
        video.Video(file(tmp_path, "avi")).taken(nothing)


@pytest.fixture
def worker_without_av(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "runid.media.movie", None)
    monkeypatch.setattr("runid.media.extra.installed", lambda: False)


def job(folder: Path, data: bytes, form: str, **source: Any) -> dict[str, Any]:
    ask = {"file": f"media/1_abcdef_clip.{form}", "format": form, "fps": 10, "source": source}
    path = media.incoming(folder, "one", "0123456789abcdef")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"id": "0123456789abcdef", "host": "one", "run_dir": str(folder), "ask": ask}


@pytest.mark.usefixtures("worker_without_av")
def test_a_worker_without_pyav_keeps_files_and_says_what_it_lacks(tmp_path: Path) -> None:
    data = file(tmp_path, "mp4").read_bytes()
    assert encode(job(tmp_path / "kept", data, "mp4", kind="file"), print) == {}
    assert (tmp_path / "kept" / "media" / "1_abcdef_clip.mp4").read_bytes() == data
    array = {"kind": "array", "dtype": "|u1", "shape": list(ANY.shape)}
    with pytest.raises(ValueError, match=r"PyAV is needed, and not installed here: pip install 'runicorn\[video\]'"):
        encode(job(tmp_path, ANY.tobytes(), "mp4", **array), print)
    assert not list(tmp_path.glob("media/.incoming/.*")), "half a video is left"
    assert encode(job(tmp_path, ANY.tobytes(), "gif", **array), print)["frames"] == 6


def test_a_job_that_is_done_again_makes_nothing_twice(tmp_path: Path) -> None:
    asked = job(tmp_path, ANY.tobytes(), "gif", kind="array", dtype="|u1", shape=list(ANY.shape))
    told = encode(asked, print)
    path = tmp_path / asked["ask"]["file"]
    before = path.stat().st_mtime_ns
    assert encode(asked, print) == told == {"frames": 6, "width": 16, "height": 16, "fps": 10}
    assert path.stat().st_mtime_ns == before


# -- the daemon is killed ---------------------------------------------------------------------------------------------

HOLD = """
import os, sys, time
if "runid.jobs.worker" in sys.orig_argv:
    from runid.media import frames
    of, held = frames.of, os.environ["HELD"]
    def until_held(array):
        for number, frame in enumerate(of(array)):
            if number == 30 and not os.path.exists(held):
                open(held, "x").close()
                time.sleep(600)
            yield frame
    frames.of = until_held
"""
"""Stops the first worker in the middle of its video; Python runs a module of the name sitecustomize by itself."""


@pytest.fixture
def held(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is there as soon as a worker of the test's daemon is held."""
    folder = home.folder / "hold"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HOLD)
    monkeypatch.setenv("HELD", str(folder / "held"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return folder / "held"


def made(folder: Path) -> list[Path]:
    return [path for path in (folder / "media").iterdir() if path.is_file()]


@pytest.mark.parametrize("form", ["gif", "mp4"])
def test_the_daemon_is_killed_within_an_encoding_and_the_video_is_there_once(home: Home, held: Path, form: str) -> None:
    daemon = Daemon()
    daemon.start()
    with rn.init("killed") as run:
        run.log({"clip": rn.Video(smooth(60), format=form), "loss": 1.0}, step=1)
        wait(held.exists, "no worker has come to the middle of the video")
        folder = only(home.root).folder
        (half,) = folder.glob("media/.incoming/.*.tmp")
        daemon.kill()
        assert half.exists()
        assert made(folder) == []
        run.log({"loss": 2.0}, step=2)
    stored = rn.Api(home.root).run(run.id)
    (one,) = wait(lambda: [one for one in stored.media() if "frames" in one], "the video is not made")
    assert (one["frames"], one["format"]) == (60, form)
    assert near(stored.load(one), smooth(60))
    assert made(folder) == [one["path"]]
    wait(lambda: not list((folder / "media/.incoming").iterdir()), "what was incoming stays")
    lines = stored.objects()
    assert [("frames" in line, line["file"]) for line in lines] == [(False, one["file"]), (True, one["file"])]
    assert stored.history("loss")["value"].to_pylist() == [1.0, 2.0]
