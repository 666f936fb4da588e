"""Videos as MP4 and WebM, by PyAV, which is an extra: whoever imports this says what is to be done without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from runid.media.frames import Frame

_ENCODERS = {
    "mp4": ("libx264", {"crf": "18"}),
    "webm": ("libvpx-vp9", {"crf": "24", "b:v": "0", "deadline": "good", "cpu-used": "4"}),
}
_DEMUXERS = {"gif": "gif", "mp4": "mov", "mov": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi"}
_BT709 = 1  # FFmpeg's number of the colours of today's screens; what does not say which it has is shown in others
_NARROW = 1


def write(path: Path, frames: Iterable[Frame], fps: float, form: str) -> None:
    """Writes the frames as mp4 or webm, over what is there.

    Sizes in MP4 are even: the last row or column is there twice where they were odd. Raises OSError, av's errors.
    """
    stream: VideoStream | None = None
    with av.open(str(path), "w", format=form) as container:
        for pixels in frames:
            image = av.VideoFrame.from_ndarray(_even(pixels) if form == "mp4" else pixels, "rgb24")
            if stream is None:
                stream = _stream(container, form, fps, image)
            container.mux(stream.encode(image.reformat(format="yuv420p", dst_colorspace="ITU709")))
        if stream is not None:
            container.mux(stream.encode(None))


def frames(path: Path, container: str) -> Iterator[Frame]:
    """The frames of a file of this container, one after the other. Raises ValueError, OSError, av's errors."""
    with av.open(str(path), format=_DEMUXERS[container]) as opened:
        for image in opened.decode(_video(opened.streams.video)):
            yield np.asarray(image.to_ndarray(format="rgb24"), np.uint8)


def read(path: Path, container: str) -> NDArray[np.uint8]:
    """The frames, (frames, 3, height, width). Raises ValueError, OSError, av's errors."""
    return np.moveaxis(np.stack(list(frames(path, container))), -1, 1)


def facts(path: Path, container: str) -> dict[str, Any]:
    """Its frames, width, height and fps. Raises ValueError, OSError, av's errors."""
    with av.open(str(path), format=_DEMUXERS[container]) as opened:
        stream = _video(opened.streams.video)
        count = stream.frames or sum(1 for packet in opened.demux(stream) if packet.size)
        found = {"frames": count, "width": stream.width, "height": stream.height}
        return found | ({"fps": round(float(stream.average_rate), 3)} if stream.average_rate else {})


def _stream(container: OutputContainer, form: str, fps: float, image: av.VideoFrame) -> VideoStream:
    encoder, options = _ENCODERS[form]
    stream = container.add_stream(encoder, rate=Fraction(fps).limit_denominator(1001), options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = image.width, image.height
    stream.pix_fmt = "yuv420p"  # what all browsers play
    context = stream.codec_context
    context.thread_count = 1  # one core is what a worker may take
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _NARROW
    return stream


def _even(frame: Frame) -> Frame:
    height, width, _ = frame.shape
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), "edge") if height % 2 or width % 2 else frame


def _video(streams: tuple[VideoStream, ...]) -> VideoStream:
    if not streams:
        raise ValueError("There is no video in it.")
    return streams[0]
