"""Pages. One that is made here of a figure is a single file, which may ask nothing of any other machine."""

from __future__ import annotations

import base64
import io
import os
from typing import Any

from runicorn.media import paths
from runicorn.media.medium import Keep, Medium, Taken, is_a
from runicorn.values import encodable

_SEAL = (
    '<meta http-equiv="Content-Security-Policy" '
    """content="default-src 'unsafe-inline' 'unsafe-eval' data: blob:">"""
)
_PAGE = """<!doctype html>
<html>
<head>
{seal}
<meta charset="utf-8">
{style}</head>
<body>
{body}
</body>
</html>
"""

# Matplotlib's page of an animation takes the signs on its buttons from a font on another machine.
_SIGNS = {
    "minus": "-", "fast-backward": "|<<", "step-backward": "|<", "play": ">", "pause": "||",
    "step-forward": ">|", "fast-forward": ">>|", "plus": "+",
}  # fmt: skip
_BUTTONS = (
    "<style>\n.fa { font-style: normal; }\n.fa-flip-horizontal { display: inline-block; transform: scaleX(-1); }\n"
    + "".join(f'.fa-{name}::before {{ content: "{sign}"; }}\n' for name, sign in _SIGNS.items())
    + "</style>\n"
)


class Html(Medium):
    """A page."""

    kind = "html"

    def __init__(self, data: Any, caption: str | None = None) -> None:
        """`data`: the text of a page; the path of a file; a file that is open for reading, which is read from its
        start; a figure of Plotly or Matplotlib, or an animation of Matplotlib. A str that names a file is its path, any
        other is the text.
        """
        self.data, self.caption = data, caption

    def taken(self, keep: Keep) -> Taken:  # noqa: ARG002  there is nothing inside
        if isinstance(self.data, os.PathLike) or (isinstance(self.data, str) and os.path.isfile(self.data)):
            return paths.file(self.data, "html")
        return paths.whole(_page(self.data), "html")


def of_plotly(figure: Any) -> bytes:
    """The page of a figure of Plotly, with the whole of plotly.js in it."""
    page: str = figure.to_html(include_plotlyjs=True)
    return encodable(page.replace("<head>", f"<head>{_SEAL}", 1)).encode()


def _page(data: Any) -> bytes:
    if is_a(data, "plotly.basedatatypes", "BaseFigure"):
        return of_plotly(data)
    if is_a(data, "matplotlib.animation", "Animation"):
        return _PAGE.format(seal=_SEAL, style=_BUTTONS, body=data.to_jshtml()).encode()
    if is_a(data, "matplotlib.figure", "Figure"):
        drawn = io.BytesIO()
        data.savefig(drawn, format="png")
        image = f'<img src="data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}">'
        return _PAGE.format(seal=_SEAL, style="", body=image).encode()
    if callable(getattr(data, "read", None)):
        if callable(getattr(data, "seek", None)):
            data.seek(0)
        data = data.read()
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    if isinstance(data, str):
        return encodable(data).encode()
    raise ValueError(f"a {type(data).__name__} is no text, path, open file or figure")
