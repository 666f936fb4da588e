"""`rn.Figure`: what a figure looked like when it was logged."""

import logging
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from tests.media.kept import lines, load, loaded

import runicorn as rn


def red(width: int = 2) -> Figure:
    """A figure that is red all over, 20 pixels high."""
    figure = Figure(figsize=(width, 1), dpi=20)
    figure.add_axes((0, 0, 1, 1)).set_facecolor("red")
    for name in ("left", "right", "top", "bottom"):
        figure.axes[0].spines[name].set_visible(False)
    figure.axes[0].set_xticks([])
    figure.axes[0].set_yticks([])
    return figure


def test_a_figure_of_matplotlib_is_an_image_of_it(run: rn.Run) -> None:
    (image,) = loaded(run, rn.Figure(red(), caption="all red"))
    expected = np.zeros((20, 40, 4), np.uint8)
    expected[..., [0, 3]] = 255
    assert np.array_equal(np.asarray(image), expected)
    (line,) = lines(run, type="figure")
    assert (line["caption"], line["format"]) == ("all red", "png")


def test_what_is_changed_after_the_call_does_not_leak_in(run: rn.Run) -> None:
    figure = red()
    canvas = FigureCanvasSVG(figure)
    run.log({"it": figure})
    figure.axes[0].set_facecolor("blue")
    run.log({"it": rn.Figure(figure)})
    assert figure.canvas is canvas
    found = [np.asarray(load(run, line))[10, 10].tolist() for line in lines(run, key="it")]
    assert found == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_a_figure_of_plotly_is_its_page(run: rn.Run) -> None:
    figure = go.Figure(go.Scatter(y=[1, 2, 12345.5]))
    page, direct = loaded(run, rn.Figure(figure), figure)
    assert "12345.5" in page
    assert "12345.5" in direct
    assert "Content-Security-Policy" in page
    assert [line["format"] for line in lines(run, type="figure")] == ["html", "html"]


class Broken(Figure):
    """One that cannot be drawn."""

    def draw(self, renderer: Any) -> None:  # noqa: ARG002
        raise RuntimeError("no pen")


@pytest.mark.parametrize(("figure", "why"), [(5, "a int is no figure of Matplotlib or Plotly"), (Broken(), "no pen")])
def test_what_cannot_be_drawn_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture, figure: Any, why: str) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"it": rn.Figure(figure)})
    assert caplog.messages == [f"runicorn: The figure 'it' is left out: {why}."]
    assert lines(run) == []
