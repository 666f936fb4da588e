"""Videos: a GIF, MP4 (H.264) or WebM (VP9) file. The job "video" makes it from the bytes that were logged.

    {id, run_dir, host, ask: {file: media/<name>.<format>, format: gif | mp4 | webm, fps: frames a second, source}}

`source` says what the bytes are:

    {kind: "array", dtype: NumPy's, such as "|u1", shape: [int]}   the items in C order: (frames, channels, height,
                                                                   width), or a batch of these, which is one video
    {kind: "file"}                                                 a video file

A file of this format is kept byte for byte, and its own fps are told. The job gives {frames, width, height, fps}: those
of the file that was made, except that of an array `fps` is what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runid.media import extra, frames, gif, making, signatures

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  one that is killed begins anew
    """Makes the file. Raises OSError; ValueError, FormatError, Pillow's and av's errors for what is no video."""
    ask, found = job["ask"], dict[str, Any]()

    def choose(source: Path) -> Path:
        made = _made(source, ask)
        found.update(_facts(made, ask))
        return made

    target = making.make(job, choose)
    return found or _facts(target, ask)


def read(path: Path) -> NDArray[np.uint8]:
    """The frames of a video file: (frames, 3, height, width).

    Raises OSError, ValueError without PyAV where that is needed, Pillow's and av's errors for what is no video.
    """
    container = signatures.container_of(path)
    found: NDArray[np.uint8] = gif.read(path) if container == "gif" else extra.module("movie").read(path, container)
    return found


def _made(source: Path, ask: dict[str, Any]) -> Path:
    wanted, fps = ask["format"], ask["fps"]
    if ask["source"]["kind"] != "file":
        return _written(source, frames.of(_array(source, ask["source"])), fps, wanted)
    found = signatures.container_of(source)
    if found == wanted:
        return source
    movie = extra.module("movie")
    return _written(source, movie.frames(source, found), movie.facts(source, found).get("fps", fps), wanted)


def _array(path: Path, source: dict[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(source["dtype"])
    if dtype.kind not in "buif" or len(source["shape"]) not in (4, 5):
        raise ValueError(f"A video cannot be made of {source!r}.")
    items: NDArray[Any] = np.memmap(path, dtype, "r")
    return items.reshape(source["shape"])


def _written(source: Path, images: Iterator[frames.Frame], fps: float, wanted: str) -> Path:
    if wanted == "gif":
        return making.written(source, lambda file: gif.write(file, images, fps))
    return making.written(source, lambda file: extra.module("movie").write(Path(file.name), images, fps, wanted))


def _facts(path: Path, ask: dict[str, Any]) -> dict[str, Any]:
    given = {"fps": ask["fps"]} if ask["source"]["kind"] == "array" else {}
    if ask["format"] == "gif":
        return gif.facts(path) | given
    if not extra.installed():
        return {}  # it is kept all the same
    found: dict[str, Any] = extra.module("movie").facts(path, ask["format"])
    return found | given
