"""Reading media again. What one gets, by type:

image        an image of Pillow
video        an array of uint8, (frames, 3, height, width)
audio        (samples, sample_rate); samples: (n,) of one channel or (n, channels), of the file's own type;
             24 bits are float32, -1 … 1
table        a table of Arrow
histogram    {counts: [number], edges: [float], one more, nonfinite: how many values were left out}
html         the text of the page
markdown     the text
object3d     an array of points, float32 or float64; of a file its bytes
figure       of Matplotlib an image of Pillow, of Plotly its page, a text
trace        a mapping: messages, metadata and spans; of a rollout prompt, messages and rewards
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

_READERS = {
    "image": "runid.media.image:read",
    "video": "runid.media.video:read",
    "audio": "runid.media.audio:read",
    "table": "runid.media.table:read",
    "figure": "runid.media.figure:read",
    "html": "runid.media.kept:text",
    "markdown": "runid.media.kept:text",
    "object3d": "runid.media.object3d:read",
    "trace": "runid.media.trace:read",
}
"""type → module:function of a path; each loads what it needs."""


def load(medium: Mapping[str, Any]) -> Any:
    """What a medium holds; `medium`: as `StoredRun.media` gives it.

    Raises ValueError for one that could not be kept, OSError while its file is not there.
    """
    if "error" in medium:
        raise ValueError(f"The {medium['type']} {medium['key']!r} could not be kept: {medium['error']}")
    if not medium.get("file"):
        if "value" not in medium:
            raise FileNotFoundError(f"The {medium['type']} {medium['key']!r} is not made yet.")
        return _numbers(medium["value"]) if medium["type"] == "histogram" else medium["value"]
    module, _, function = _READERS[medium["type"]].partition(":")
    return getattr(importlib.import_module(module), function)(medium["path"])


def _numbers(value: Any) -> Any:
    """A histogram's value with the NaN and infinities that a program may have given; JSON has texts for them."""
    if isinstance(value, Mapping):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
