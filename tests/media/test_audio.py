"""`rn.Audio`: each input it names is logged, made into a file by the daemon's workers, and read again by `rn.Api`."""

import io
import logging
import os
import re
import struct
import sys
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.media.tensors import Tensor
from tests.programs import wait

import runicorn as rn
from runicorn.media.paths import COPIED
from runid.media import signatures, wav
from runid.media.audio import encode, read
from runid.store import media

RATE = 8000
THE_RATE: Any = np.int64(RATE)
SINE = np.sin(np.arange(RATE // 4) * 2 * np.pi * 440 / RATE)
STEREO = np.stack([SINE, 0.5 * SINE[::-1]], 1)
NOISE = np.random.default_rng(1).integers(-(2**31), 2**31, (1001, 2), np.int32)
STEP = 2.0**-23


def whole(values: NDArray[Any]) -> NDArray[np.int16]:
    return (values * 32767).astype(np.int16)


ARRAYS: dict[str, tuple[Any, NDArray[Any]]] = {
    "int16": (whole(SINE), whole(SINE)),
    "int16 stereo": (whole(STEREO), whole(STEREO)),
    "int16 big-endian": (whole(STEREO).astype(">i2"), whole(STEREO)),
    "int16 column": (whole(SINE)[:, np.newaxis], whole(SINE)),
    "eight channels": (NOISE.reshape(-1)[:2000].reshape(-1, 8), NOISE.reshape(-1)[:2000].reshape(-1, 8)),
    "int32": (NOISE, NOISE),
    "int32 mono": (NOISE[:, 0], NOISE[:, 0]),
    "uint8": (np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)),
    "uint8 stereo": (np.arange(256, dtype=np.uint8).reshape(-1, 2), np.arange(256, dtype=np.uint8).reshape(-1, 2)),
    "float16": (SINE.astype(np.float16), SINE.astype(np.float16)),
    "float32": (SINE.astype(np.float32), SINE.astype(np.float32)),
    "float32 stereo": (STEREO.astype(np.float32), STEREO.astype(np.float32)),
    "float64": (SINE, SINE),
    "float64 stereo": (STEREO, STEREO),
    "loud": (3 * SINE, np.clip(3 * SINE, -1, 1)),
    "not finite": (np.array([np.nan, np.inf, -np.inf, 0.25]), np.array([0, 1, -1, 0.25])),
    "tensor": (Tensor(STEREO.astype(np.float32)), STEREO),
    "Fortran order": (np.asfortranarray(STEREO), STEREO),
    "a sample": (np.array([-5], np.int16), np.array([-5], np.int16)),
}
"""What is logged, and what is read again: the same, floats to within a step of 24 bits."""


def file(folder: Path, form: str) -> Path:
    """An audio file that Runicorn has not made: 16 bits, or compressed."""
    path = folder / f"given.{form}"
    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame", "flac": "flac", "ogg": "vorbis"}[form]
    with av.open(str(path), "w") as opened:
        stream = opened.add_stream(codec, rate=RATE, options={"strict": "-2"}, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(stream.format, "stereo", RATE, frame_size=stream.frame_size or 256)
        packed = np.ascontiguousarray(whole(STEREO)).reshape(1, -1)
        given = av.AudioFrame.from_ndarray(packed, "s16", "stereo")
        given.rate = RATE
        for frame in (given, None):
            for part in resampler.resample(frame):
                opened.mux(stream.encode(part))
        opened.mux(stream.encode(None))
    return path


def floats(folder: Path) -> Path:
    """A WAV file of floats, which the module wave does not read."""
    data = STEREO.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 2, RATE, 8 * RATE, 8, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    path = folder / "floats.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


@pytest.fixture(scope="module")
def logged(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run with all of it, and the files that some of it came from."""
    folder = tmp_path_factory.mktemp("given")
    paths = {form: file(folder, form) for form in ("wav", "mp3", "flac", "ogg")} | {"floats": floats(folder)}
    data = {form: path.read_bytes() for form, path in paths.items()}
    data["large"] = b"RIFF" + struct.pack("<I", COPIED + 36) + data["wav"][8:36] + b"data" + struct.pack("<I", COPIED)
    data["large"] += os.urandom(COPIED)
    paths["large"] = folder / "large"
    paths["large"].write_bytes(data["large"])
    with rn.init("audio") as run:
        for name, (value, _) in ARRAYS.items():
            run.log({f"array/{name}": rn.Audio(value, name, THE_RATE)}, step=3)
        for form, path in paths.items():
            run.log({f"path/{form}": rn.Audio(path), f"text/{form}": rn.Audio(str(path), sample_rate=1)})
            run.log({f"bytes/{form}": rn.Audio(data[form])})
        run.log({"list": [rn.Audio(whole(SINE), "first", RATE), rn.Audio(whole(STEREO), "second", RATE)], "loss": 1.0})
        run.log({"no flac": rn.Audio(b"fLaC and nothing else")})
    stored = rn.Api(root).run(run.id)

    def done() -> Any:
        found = stored.media(type="audio")
        return found if all("sample_rate" in one or "error" in one for one in found) else None

    return {"run": stored, "media": wait(done, "not all audio is made"), "data": data}


def of(logged: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [one for one in logged["media"] if one["key"] == key]
    assert "error" not in found, found["error"]
    one: dict[str, Any] = found
    return one


def same(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    if expected.dtype.kind != "f":
        return found.dtype == expected.dtype and np.array_equal(found, expected)
    return found.dtype == np.float32 and np.allclose(found, expected, rtol=0, atol=STEP)


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_and_tensors(logged: dict[str, Any], name: str) -> None:
    expected = ARRAYS[name][1]
    one = of(logged, f"array/{name}")
    assert (one["format"], one["caption"], one["step"]) == ("wav", name, 3)
    assert (one["sample_rate"], one["seconds"]) == (RATE, len(expected) / RATE)
    found, rate = logged["run"].load(one)
    assert rate == RATE
    assert same(found, expected)


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "ogg", "floats", "large"])
@pytest.mark.parametrize("how", ["path", "text", "bytes"])
def test_files_are_kept_byte_for_byte(logged: dict[str, Any], form: str, how: str) -> None:
    one = of(logged, f"{how}/{form}")
    assert one["format"] == ("wav" if form in ("floats", "large") else form)
    assert one["path"].read_bytes() == logged["data"][form]
    assert one["sample_rate"] == RATE
    if form != "large":
        assert one["seconds"] == pytest.approx(0.25, abs=0.2 if form in ("mp3", "ogg") else 0.01)


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "ogg", "floats"])
def test_files_are_read_as_they_are(logged: dict[str, Any], form: str) -> None:
    found, rate = logged["run"].load(of(logged, f"path/{form}"))
    assert (rate, found.shape[1]) == (RATE, 2)
    if form in ("wav", "flac"):
        assert same(found, whole(STEREO))
    elif form == "floats":
        assert np.array_equal(found, STEREO.astype(np.float32))
    else:
        assert found.dtype == np.float32
        assert len(found) == pytest.approx(len(STEREO), abs=2500)


def test_a_list_of_audio(logged: dict[str, Any]) -> None:
    first, second = (one for one in logged["media"] if one["key"] == "list")
    assert [(one["index"], one["caption"]) for one in (first, second)] == [(0, "first"), (1, "second")]
    assert same(logged["run"].load(first)[0], whole(SINE))
    assert same(logged["run"].load(second)[0], whole(STEREO))


def test_what_turns_out_to_be_no_audio_says_so(logged: dict[str, Any]) -> None:
    (one,) = [one for one in logged["media"] if one["key"] == "no flac"]
    assert not one["path"].exists()
    with pytest.raises(ValueError, match="could not be kept"):
        logged["run"].load(one)


@pytest.mark.parametrize(
    ("value", "rate", "why"),
    [
        (5, RATE, "a int is no audio, array, tensor, bytes or path"),
        ([0.5, 0.25], RATE, "a list is no audio"),
        (SINE, None, "an array needs a sample_rate, such as 16000"),
        (SINE, 0, "its sample_rate must be 1 or more, got 0"),
        (SINE, 0.5, "cannot be interpreted as an integer"),
        (STEREO.T, RATE, r"shape \(2, 2000\) is no audio: it must be \(n,\) or \(n, channels\), with 1 … 8 channels"),
        (STEREO[np.newaxis], RATE, "is no audio: it must be"),
        (SINE[:0], RATE, "is no audio: it must be"),
        (NOISE.astype(np.int64), RATE, "an array of int64 is no audio: it must be one of uint8, int16, int32, float16"),
        (SINE > 0, RATE, "an array of bool is no audio"),
        (b"", None, "it is empty"),
        (b"no audio", None, "its file is none of wav, mp3, flac, ogg"),
        ("no file.wav", None, "No such file"),
        ("/", None, "is no plain file|Is a directory"),
    ],
)
def test_what_is_no_audio_is_a_notice(
    run: rn.Run, caplog: pytest.LogCaptureFixture, value: Any, rate: Any, why: str
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"clip": rn.Audio(value, sample_rate=rate)})
    (notice,) = caplog.messages
    assert notice.startswith("runicorn: The audio 'clip' is left out: ")
    assert re.search(why, notice)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.integers(1, 8))
@settings(max_examples=50)
def test_floats_come_back_to_within_a_step_of_24_bits(values: list[float], channels: int) -> None:
    samples = np.resize(np.array(values), (len(values), channels))
    opened = io.BytesIO()
    wav.write(opened, samples, 44_100)
    with wave.open(io.BytesIO(opened.getvalue())) as reader:
        found = wav._floats(reader.readframes(len(values)))
        assert (reader.getsampwidth(), reader.getnchannels(), reader.getframerate()) == (3, channels, 44_100)
    assert np.allclose(found.reshape(samples.shape), samples, rtol=0, atol=STEP)


def test_what_is_long_is_written_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "_BLOCK", 100)
    with open(tmp_path / "made.wav", "wb") as opened:
        wav.write(opened, STEREO, RATE)
    found, rate = wav.read(tmp_path / "made.wav")
    assert rate == RATE
    assert same(found, STEREO)


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"), (b"ID3\x04", "mp3"), (b"\xff\xfb\x90\x00", "mp3"), (b"\xff\xf3\x40", "mp3"),
        (b"\xff\xf1\x50\x80", None), (b"fLaC\0", "flac"), (b"OggS\0", "ogg"), (b"RIFF\0\0\0\0WEBP", None), (b"", None),
        (b"\xff", None), (b"\0\0\0\x20ftypisom", "mp4"), (b"\0\0\0\x14ftypqt  ", "mov"), (b"GIF87a", "gif"),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_first_bytes(head: bytes, form: str | None) -> None:
    assert signatures.container(head) == form


def test_without_pyav_files_are_kept_and_wav_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {form: file(tmp_path, form) for form in ("flac", "wav")}
    monkeypatch.setitem(sys.modules, "runid.media.sound", None)
    monkeypatch.setattr("runid.media.extra.installed", lambda: False)
    for form, path in paths.items():
        ask = {"file": f"media/1_abcdef_clip.{form}", "format": form, "sample_rate": None, "source": {"kind": "file"}}
        source = media.incoming(tmp_path, "one", "0123456789abcdef")
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(path.read_bytes())
        told = encode({"id": "0123456789abcdef", "host": "one", "run_dir": str(tmp_path), "ask": ask}, print)
        assert told == ({} if form == "flac" else {"seconds": 0.25, "sample_rate": RATE})
    assert same(read(paths["wav"])[0], whole(STEREO))
    with pytest.raises(ValueError, match="PyAV is needed"):
        read(paths["flac"])
