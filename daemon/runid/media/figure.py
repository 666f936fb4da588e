"""Figures: an image of what Matplotlib has drawn, or a page that was made of a figure of Plotly. The job "figure".

ask: {file: media/<name>.png, format: png, quality, source: as of an image} or
     {file: media/<name>.html, format: html, source: {kind: "file"}}
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runid.media import image, kept

if TYPE_CHECKING:
    from PIL.Image import Image

    from runid.jobs.worker import Job, Tell


def encode(job: Job, tell: Tell) -> Job:
    """Makes the file. Raises what the job of images raises."""
    return kept.keep(job, tell) if job["ask"]["format"] == "html" else image.encode(job, tell)


def read(path: Path) -> Image | str:
    """The image, or the text of the page. Raises OSError, and what Pillow raises for what is no image."""
    return kept.text(path) if path.suffix == ".html" else image.read(path)
