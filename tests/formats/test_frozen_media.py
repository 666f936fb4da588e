"""The media of the frozen root are read as they were logged: tests/formats/make.py made them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runicorn as rn
from runid.store import fsck
from runid.store.fsck import Look

FOLDER = Path(__file__).parent / "v1" / "root" / "runs" / "formats" / "media" / "media"
DOTS = [[0.1, -2.5, 3e38, 255, 0, 7]]
FRAMES = np.arange(2 * 3 * 4 * 6, dtype=np.uint8).reshape(2, 3, 4, 6)
CHAT = {"messages": [{"role": "user", "content": "✓"}], "metadata": {"n": 1}, "spans": None}
FACTS: dict[str, Any] = {
    "prompt": "✓", "prompt_id": "ef09a40b1fc5f109", "rewards": {}, "length": 0, "unit": "characters", "messages": 1,
    "spans": 0,
}  # fmt: skip
ANSWER = {"role": "assistant", "content": "4"}


@pytest.fixture
def run() -> Any:
    """The run that has media."""
    return rn.Api(FOLDER.parents[3]).run(str(FOLDER))


def kept(run: Any, key: str) -> list[Any]:
    """What the media of a key hold."""
    return [run.load(one) for one in run.media(key)]


def test_lines(run: Any) -> None:
    lines = run.media()
    assert [(one["key"], one["type"], one["step"], one.get("index"), one.get("format")) for one in lines] == [
        ("pages", "html", 1, 0, "html"), ("pages", "html", 1, 1, "html"),
        ("text", "markdown", 2, None, None), ("chat", "trace", 2, None, None), ("rollouts", "trace", 2, None, None),
        *(("dots", "object3d", 3, n, "ply") for n in range(4)),
        ("figure", "figure", 4, None, "png"), ("image", "image", 4, None, "png"), ("broken", "image", 4, None, "png"),
        ("video", "video", 5, None, "gif"), ("audio", "audio", 5, None, "wav"),
        ("table", "html", 6, None, "html"), ("table", "table", 6, None, "parquet"),
        ("counts", "histogram", 7, None, None), ("counted", "histogram", 7, None, ""),
        ("text", "markdown", 8, None, "md"), ("chat", "trace", 8, None, "json"),
    ]  # fmt: skip
    first, table, cell = lines[0], run.media(type="table")[0], run.media("table", "html")[0]
    assert (first["time"], first["stage"], first["caption"]) == (1_800_000_301.0, "eval", "erste")
    assert run.media("rollouts")[0]["stage"] == "train"
    assert cell["within"] == table["file"].removesuffix(".parquet")
    assert "cannot identify image file" in run.media("broken")[0]["error"]


def test_what_was_found_out(run: Any) -> None:
    names = {
        *("width", "height", "frames", "fps", "seconds", "sample_rate", "rows", "columns", "points", "messages"),
        "facts",
    }
    found = {one["key"]: {name: one[name] for name in names if name in one} for one in run.media() if "id" in one}
    assert {key: told for key, told in found.items() if told} == {
        "dots": {"points": 1},
        "video": {"width": 6, "height": 4, "frames": 2, "fps": 10.0},
        "audio": {"seconds": 0.001, "sample_rate": 8000},
        "table": {"rows": 2, "columns": 3},
        "chat": {"messages": 1, "facts": FACTS},
    }


def test_texts_and_conversations(run: Any) -> None:
    assert kept(run, "pages") == ["<p>✓</p>\r\n", "<p>zwei</p>"]
    assert kept(run, "text") == ["# ✓"] * 2
    assert kept(run, "chat") == [CHAT] * 2
    rewards = {"right": 1.0, "brief": "NaN"}
    told = {"prompt": "2 + 2?", "messages": [ANSWER], "rewards": rewards, "advantage": 0.5}
    assert kept(run, "rollouts") == [told]


def test_arrays(run: Any) -> None:
    assert [(dots.dtype, dots.tolist()) for dots in kept(run, "dots")] == [
        ("f8", DOTS), ("f4", np.array(DOTS, "f4").tolist()), ("f8", [DOTS[0][:4]]), ("f8", [DOTS[0][:3]]),
    ]  # fmt: skip
    assert np.asarray(kept(run, "figure")[0]).tolist() == [[[255, 0, 0, 255]] * 4] * 2
    assert np.array_equal(np.asarray(kept(run, "image")[0]), FRAMES[0, 0])
    assert np.array_equal(kept(run, "video")[0], FRAMES)
    [(samples, rate)] = kept(run, "audio")
    assert (samples.dtype, samples.tolist(), rate) == (np.int16, [*range(-4, 4)], 8000)


def test_tables_and_histograms(run: Any) -> None:
    page, table = kept(run, "table")
    assert page == "<p>cell"
    cell = {"type": "html", "file": run.media("table", "html")[0]["file"], "caption": None}
    assert repr(table.to_pydict()) == repr({"text": ["✓", None], "number": [1.5, float("nan")], "page": [cell, None]})
    assert kept(run, "counts") == [{"counts": [1, 2], "edges": [0.0, 0.5, 2.0], "nonfinite": 0}]
    (counted,) = kept(run, "counted")
    assert (len(counted["counts"]), sum(counted["counts"]), counted["edges"][-1]) == (64, 10_001, 10_000.0)


def test_fsck_finds_nothing_in_it() -> None:
    assert fsck.check(Look(FOLDER)) == []
