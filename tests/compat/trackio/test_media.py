"""Each kind of media, with Trackio's constructors, read back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests import programs
from tests.compat.trackio.reading import stored

from runicorn.api import StoredRun
from runicorn.compat import trackio
from runicorn.notices import Notices


def loaded(run: StoredRun, key: str) -> list[Any]:
    """What was logged under a key, as soon as its files are made."""

    def made() -> list[dict[str, Any]] | None:
        found = run.media(key)
        return found if found and all("value" in one or one["path"].exists() for one in found) else None

    return [run.load(one) for one in programs.wait(made, f"{key} is not made")]


def test_histograms(run: trackio.Run) -> None:
    trackio.log({"counts": trackio.Histogram(np_histogram=([1, 2], [0.0, 1.0, 2.0]))})
    trackio.log({"values": trackio.Histogram([1.0, 2.0, float("nan")], num_bins=2)})
    found = stored(run)
    assert loaded(found, "counts") == [{"counts": [1, 2], "edges": [0.0, 1.0, 2.0], "nonfinite": 0}]
    (values,) = loaded(found, "values")
    assert (values["counts"], values["nonfinite"]) == ([1, 1], 1)


def test_arrays(run: trackio.Run) -> None:
    frames = np.zeros((10, 3, 16, 16), np.uint8)
    frames[:, 0] = 255
    sound = np.linspace(-0.5, 0.5, 1600, dtype=np.float32)
    trackio.log({"video": trackio.Video(frames, caption="red", fps=10, format="gif")})
    trackio.log({"audio": trackio.Audio(sound, "a caption", 16000, "wav")})
    found = stored(run)
    (video,) = loaded(found, "video")
    assert (video == frames).all()
    ((samples, rate),) = loaded(found, "audio")
    assert rate == 16000
    assert samples == pytest.approx(sound, abs=1e-4)
    assert [one["caption"] for one in found.media()] == ["red", "a caption"]


def test_tables_with_lists_of_images_as_trl_has_them(run: trackio.Run) -> None:
    pictures = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    frame = pd.DataFrame({"step": [1, 2], "reward": [0.5, 1.0]})
    frame["images"] = [[trackio.Image(picture)] * 2 for picture in pictures]
    trackio.log({"completions": trackio.Table(dataframe=frame)})
    trackio.log({"rows": trackio.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]], optional=False)})
    found = stored(run)
    (rows,) = loaded(found, "rows")
    assert rows.to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    images = found.media("completions", "image")
    (table,) = found.media("completions", "table")
    programs.wait(lambda: table["path"].exists() and all(one["path"].exists() for one in images), "nothing is made")
    assert [found.load(one).getpixel((0, 0)) for one in images] == [(255, 0, 0)] * 2 + [(0, 0, 255)] * 2
    assert found.load(table)["reward"].to_pylist() == [0.5, 1.0]


def test_what_has_no_meaning_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runicorn.compat.trackio.notices.warn_once", Notices().once)
    trackio.Table(rows=[1], log_mode="MUTABLE")
    trackio.Audio("a.mp3", format="mp3")
    trackio.Audio(np.zeros(3), sample_rate=3, format="wav")
    assert [message.partition(".")[2].partition(".")[0] for message in caplog.messages] == [
        "Table: rows, log_mode have no effect", "Audio: format has no effect"
    ]  # fmt: skip
