"""Audio: a WAV file made of samples (see runid.media.wav), or a file that is kept. The job "audio" makes it.

    {id, run_dir, host, ask: {file: media/<name>.<format>, format: wav | mp3 | flac | ogg, sample_rate, source}}

`source` says what the bytes are, and `sample_rate` is for samples only:

    {kind: "array", dtype: "|u1" | "<i2" | "<i4" | a float's, shape: [n] or [n, channels]}     samples, C order
    {kind: "file"}                                                                             a file of this format

The job gives {seconds, sample_rate}; of files that `wave` does not read only where PyAV is installed.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runid.media import extra, making, signatures, wav

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Makes the file. Raises OSError; ValueError, FormatError and av's errors for what is no audio."""
    ask, found = job["ask"], dict[str, Any]()

    def choose(source: Path) -> Path:
        made = _made(source, ask)
        found.update(_facts(made))
        return made

    target = making.make(job, choose)
    return found or _facts(target)


def read(path: Path) -> tuple[NDArray[Any], int]:
    """The samples of an audio file, (n,) of one channel or (n, channels), and how many there are a second.

    Of WAV they are uint8, int16, float32 (of 24 bits) or int32, of others as PyAV decodes them. Raises OSError,
    ValueError without PyAV where that is needed, av's errors for what is no audio.
    """
    try:
        return wav.read(path)
    except (wave.Error, EOFError):
        found: tuple[NDArray[Any], int] = extra.module("sound").read(path, signatures.container_of(path))
        return found


def _made(source: Path, ask: dict[str, Any]) -> Path:
    said = ask["source"]
    if said["kind"] == "file":
        return source
    dtype = np.dtype(said["dtype"])
    if dtype.kind not in "uif" or len(said["shape"]) not in (1, 2):
        raise ValueError(f"Audio cannot be made of {said!r}.")
    samples = np.memmap(source, dtype, "r").reshape(said["shape"])
    return making.written(source, lambda file: wav.write(file, samples, ask["sample_rate"]))


def _facts(path: Path) -> dict[str, Any]:
    try:
        return wav.facts(path)
    except (wave.Error, EOFError):
        if not extra.installed():
            return {}  # it is kept all the same
        found: dict[str, Any] = extra.module("sound").facts(path, signatures.container_of(path))
        return found
