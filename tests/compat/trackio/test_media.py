"""Each kind of media, with Trackio's constructors, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests import programs
from tests.compat.trackio.reading import stored

from runicorn.api import StoredRun
from runicorn.compat import trackio
from runicorn.notices import Notices

mpl.use("Agg")


def loaded(run: StoredRun, key: str) -> list[Any]:
    """What was logged under a key, as soon as its files are made."""

    def made() -> list[dict[str, Any]] | None:
        found = run.media(key)
        return found if found and all("value" in one or one["path"].exists() for one in found) else None

    return [run.load(one) for one in programs.wait(made, f"{key} is not made")]


def test_what_fits_into_an_event_or_a_page(run: trackio.Run, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    (tmp_path / "page.html").write_text("<p>of a file</p>")
    trackio.log({"text": trackio.Markdown("# A report")})
    trackio.log({"counts": trackio.Histogram(np_histogram=([1, 2], [0.0, 1.0, 2.0]))})
    trackio.log({"values": trackio.Histogram([1.0, 2.0, float("nan")], num_bins=2)})
    trackio.log({"rollouts": [trackio.Trace(messages=messages, metadata={"reward": 1.0}), trackio.Trace(messages)]})
    trackio.log({"page": trackio.Html("<p>a page</p>", inject=False, caption="a caption")})
    trackio.log({"file": trackio.Html(str(tmp_path / "page.html"))})
    found = stored(run)
    assert loaded(found, "text") == ["# A report"]
    assert loaded(found, "counts") == [{"counts": [1, 2], "edges": [0.0, 1.0, 2.0], "nonfinite": 0}]
    (values,) = loaded(found, "values")
    assert (values["counts"], values["nonfinite"]) == ([1, 1], 1)
    first, second = loaded(found, "rollouts")
    assert (first["messages"], first["metadata"], second["messages"]) == (messages, {"reward": 1.0}, messages)
    assert (loaded(found, "page"), loaded(found, "file")) == (["<p>a page</p>"], ["<p>of a file</p>"])
    assert [one["caption"] for one in found.media("page")] == ["a caption"]
    assert [one["step"] for one in found.media()] == [0, 1, 2, 3, 3, 4, 5]


def test_arrays(run: trackio.Run) -> None:
    frames = np.zeros((10, 3, 16, 16), np.uint8)
    frames[:, 0] = 255
    sound = np.linspace(-0.5, 0.5, 1600, dtype=np.float32)
    cloud = np.arange(12, dtype=np.float32).reshape(4, 3)
    trackio.log({"video": trackio.Video(frames, caption="red", fps=10, format="gif")})
    trackio.log({"audio": trackio.Audio(sound, "a caption", 16000, "wav")})
    trackio.log({"cloud": trackio.Object3D.from_numpy(cloud, caption="four points")})
    found = stored(run)
    (video,) = loaded(found, "video")
    assert (video == frames).all()
    ((samples, rate),) = loaded(found, "audio")
    assert rate == 16000
    assert samples == pytest.approx(sound, abs=1e-4)
    (points,) = loaded(found, "cloud")
    assert (points[:, :3] == cloud).all()
    assert [one["caption"] for one in found.media()] == ["red", "a caption", "four points"]


def test_a_file_of_a_model(run: trackio.Run, tmp_path: Path) -> None:
    (tmp_path / "model.obj").write_text("v 0 0 0\n")
    trackio.log({"model": trackio.Object3D.from_file(tmp_path / "model.obj")})
    (medium,) = stored(run).media("model")
    programs.wait(medium["path"].exists, "the model is not kept")
    assert medium["path"].read_text() == "v 0 0 0\n"


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


def test_figures_need_no_class(run: trackio.Run) -> None:
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    trackio.log({"figure": figure})
    plt.close(figure)
    (picture,) = loaded(stored(run), "figure")
    assert picture.size == (640, 480)


def test_what_has_no_meaning_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runicorn.compat.trackio.notices.warn_once", Notices().once)
    trackio.Table(rows=[1], log_mode="MUTABLE")
    trackio.Audio("a.mp3", format="mp3")
    trackio.Audio(np.zeros(3), sample_rate=3, format="wav")
    assert [message.partition(".")[2] for message in caplog.messages] == [
        "Table: rows, log_mode have no effect.", "Audio: format has no effect."
    ]  # fmt: skip
