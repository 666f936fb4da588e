"""Texts in Markdown."""

from __future__ import annotations

from runicorn.media import paths
from runicorn.media.medium import Inline, Keep, Medium, Taken
from runicorn.values import encodable

_INLINE = 64 << 10


class Markdown(Medium):
    """A text in Markdown."""

    kind = "markdown"

    def __init__(self, text: str) -> None:
        """`text`: one of more than 64 KiB gets a file of its own."""
        self.text = text

    def taken(self, keep: Keep) -> Taken | Inline:  # noqa: ARG002  there is nothing inside
        if not isinstance(self.text, str):
            raise ValueError(f"a {type(self.text).__name__} is no text")
        data = encodable(self.text).encode()
        return Inline(data.decode()) if len(data) <= _INLINE else paths.whole(data, "md")
