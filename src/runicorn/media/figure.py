"""Figures of Matplotlib and Plotly, as they look when they are logged."""

from __future__ import annotations

from typing import Any

from runicorn.media import html, paths
from runicorn.media.image import Image
from runicorn.media.medium import Keep, Medium, Taken, is_a


class Figure(Medium):
    """A figure: of Matplotlib it becomes an image, of Plotly a page."""

    kind = "figure"

    def __init__(self, figure: Any, caption: str | None = None) -> None:
        """`figure`: of Matplotlib or Plotly."""
        self.figure, self.caption = figure, caption

    @classmethod
    def of(cls, value: Any) -> Figure:
        """Of a figure."""
        return cls(value)

    def taken(self, keep: Keep) -> Taken:
        if is_a(self.figure, "plotly.basedatatypes", "BaseFigure"):
            return paths.whole(html.of_plotly(self.figure), "html")
        if is_a(self.figure, "matplotlib.figure", "Figure"):
            return Image(drawn(self.figure)).taken(keep)
        raise ValueError(f"a {type(self.figure).__name__} is no figure of Matplotlib or Plotly")


def drawn(figure: Any) -> Any:
    """A figure of Matplotlib as it looks: an array (height, width, 4) of uint8."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    before = figure.canvas
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
    finally:
        figure.set_canvas(before)
