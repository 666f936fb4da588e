"""What all media have in common: how they are recognized, lists of them, and that nothing of them raises."""

import logging
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image
from tests.conftest import Home
from tests.media.kept import lines, load
from tests.programs import ended, finish, points, read, start, wait

import runicorn as rn
from runicorn.media.medium import Inline, Keep, Medium, media

RED = Image.new("RGB", (2, 2), "red")


class Broken(Medium):
    """One that cannot be taken."""

    kind = "html"

    def taken(self, keep: Keep) -> Inline:  # noqa: ARG002
        raise RuntimeError("gotcha")


def test_a_list_of_media_is_kept_in_its_order(run: rn.Run) -> None:
    run.log({"pages": [rn.Html(str(n), caption=f"page {n}") for n in range(3)], "one": [rn.Html("alone")]}, step=4)
    found = lines(run, key="pages")
    assert [(line["index"], line["step"], line["caption"]) for line in found] == [
        (n, 4, f"page {n}") for n in range(3)
    ]  # fmt: skip
    assert [load(run, line) for line in found] == ["0", "1", "2"]
    assert "index" not in lines(run, key="one")[0]


def test_media_of_several_kinds_may_stand_together(run: rn.Run) -> None:
    run.log({"all": (rn.Html("a"), RED, rn.Markdown("b"), matplotlib.figure.Figure(figsize=(1, 1)))}, stage="eval")
    found = lines(run, key="all")
    assert {(line["type"], line["index"], line["stage"]) for line in found} == {
        ("html", 0, "eval"), ("image", 1, "eval"), ("markdown", 2, "eval"), ("figure", 3, "eval"),
    }  # fmt: skip


def test_values_of_other_libraries_are_media(run: rn.Run) -> None:
    run.log({"pillow": RED, "matplotlib": matplotlib.figure.Figure(figsize=(1, 1)), "plotly": go.Figure(), "loss": 1.0})
    assert [(line["key"], line["type"]) for line in lines(run)] == [
        ("pillow", "image"), ("matplotlib", "figure"), ("plotly", "figure"),
    ]  # fmt: skip
    found = dict(zip(("pillow", "matplotlib", "plotly"), (load(run, line) for line in lines(run)), strict=True))
    assert np.array_equal(np.asarray(found["pillow"]), np.asarray(RED))
    assert found["matplotlib"].size == (100, 100)
    assert found["plotly"].startswith("<!doctype html>")
    assert points(read(run)) == [("loss", 1, 1.0)]


def test_a_data_frame_is_a_table(run: rn.Run) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    run.log({"frame": frame, "frames": [frame, frame]})
    assert [(line["key"], line["type"]) for line in lines(run)] == [("frame", "table")] + [("frames", "table")] * 2


@pytest.mark.parametrize(
    "value", ["text", None, True, 5, 0.5, {"a": 1}, {}, [], (), [1, 2], [[RED]], np.zeros((2, 2)), [RED, 5], [5, RED]]
)
def test_what_is_no_medium(value: Any) -> None:
    assert media(value) is None


class Vicious:
    """One that does not even say what it is."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("gotcha")


def test_one_that_cannot_be_looked_at_is_no_medium(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"evil": Vicious(), "loss": 1.0, "page": rn.Html("x")})
    assert caplog.messages == []
    assert [line["key"] for line in lines(run)] == ["page"]
    assert points(read(run)) == [("loss", 1, 1.0)]


def test_a_list_that_mixes_media_and_others_is_a_value_that_names_them(run: rn.Run) -> None:
    run.log({"mixed": [rn.Html("a", caption="page"), 5]})
    assert lines(run) == []
    (found,) = rn.Api(run.storage_root).run(str(run.run_dir)).objects()
    assert (found["type"], found["value"]) == ("json", ["<Html 'page'>", 5])


def test_one_that_cannot_be_taken_is_one_notice_and_all_else_is_kept(
    run: rn.Run, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        for _ in range(3):
            run.log({"a": 1.0, "bad": Broken(), "some": [rn.Html("x"), Broken()], "b": {"c": 2}, "good": rn.Html("y")})
    assert caplog.messages == ["runicorn: The html 'bad' is left out: gotcha."]
    assert [(line["key"], line["step"]) for line in lines(run)] == [
        (key, step) for step in (1, 2, 3) for key in ("some", "good")
    ]  # fmt: skip
    told = rn.Api(run.storage_root).run(str(run.run_dir))
    assert [one["value"] for one in told.objects() if one["key"] == "b"] == [{"c": 2}] * 3
    assert points(read(run)) == [("a", step, 1.0) for step in (1, 2, 3)]


def test_making_one_copies_and_raises_nothing() -> None:
    kinds = (rn.Html, rn.Markdown, rn.Object3D, rn.Figure, rn.Trace)
    assert [repr(kind(object())) for kind in kinds] == [f"<{kind.__name__}>" for kind in kinds]  # type: ignore[arg-type]


def test_after_the_end_it_is_a_notice(root: Path, caplog: pytest.LogCaptureFixture) -> None:  # noqa: ARG001
    run = rn.init("over")
    run.log({"page": rn.Html("x")})
    run.finish()
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"page": rn.Html("y"), "inline": rn.Markdown("z")})
    assert len(caplog.messages) == 1
    assert "has finished" in caplog.text
    assert [line["key"] for line in rn.Api(run.storage_root).run(str(run.run_dir)).media()] == ["page"]


FORKED = """
import os
import runicorn as rn
run = rn.init("forked")
run.log({"parent": [rn.Html("a page"), rn.Markdown("a text")]})
child = os.fork()
run.log({"child" if child == 0 else "after": [rn.Html("a page"), rn.Markdown("a text")]})
run.finish()
os._exit(0) if child == 0 else os.waitpid(child, 0)
"""


def test_a_forked_child_logs_its_own(root: Path, shared_home: Home) -> None:
    finish(start(FORKED))
    run = rn.Api(root).run(str(ended(root, "forked/*", writers=2).folder))
    for line in run.media(type="html"):
        wait(line["path"].exists, "a page is not made")
    assert sorted((line["key"], run.load(line)) for line in run.media()) == [
        (key, value) for key in ("after", "child", "parent") for value in ("a page", "a text")
    ]  # fmt: skip
    assert not list(shared_home.outbox.rglob("*.side"))


def test_it_takes_no_library_that_the_program_has_not_loaded(root: Path) -> None:
    program = "import sys, runicorn as rn\nrun = rn.init('light')\n"
    program += "run.log({'a': rn.Html('x'), 'b': rn.Markdown('y'), 'c': [rn.Trace([{}]), rn.Object3D('no.glb')]})\n"
    program += "run.finish()\n"
    program += "assert not {'PIL', 'numpy', 'matplotlib', 'plotly', 'pyarrow'} & set(sys.modules)"
    _, err = finish(start(program))
    assert err == "runicorn: The object3d 'c' is left out: [Errno 2] No such file or directory: 'no.glb'.\n"
    kept = rn.Api(root).run(str(ended(root, "light/*").folder)).media()
    assert [line["type"] for line in kept] == ["html", "markdown", "trace"]
