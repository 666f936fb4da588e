"""Three-dimensional objects: files of models, and clouds of points. What becomes of them: see runid.media.object3d."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from runicorn.media import arrays, paths
from runicorn.media.medium import Keep, Medium, Taken

FORMATS = ("glb", "gltf", "obj", "stl", "ply", "splat")
_COLUMNS = (3, 4, 6)
MOST = 10_000_000
"""Points of the largest cloud that is kept."""


class Object3D(Medium):
    """A three-dimensional object."""

    kind = "object3d"

    def __init__(self, value: Any, caption: str | None = None) -> None:
        """`value`: the path of a .glb, .gltf, .obj, .stl, .ply or .splat file, which is kept as it is; or an array or
        tensor of points, at most 10 million: (N, 3) is x y z, (N, 4) is x y z category, (N, 6) is x y z r g b. Colours
        are 0 … 255: rounded, and clipped to that.
        """
        self.value, self.caption = value, caption

    def taken(self, keep: Keep) -> Taken:  # noqa: ARG002  there is nothing inside
        if isinstance(self.value, str | os.PathLike):
            return _file(self.value)
        try:
            array = arrays.as_array(self.value)
        except ValueError:
            raise ValueError(f"a {type(self.value).__name__} is no path, array or tensor") from None
        if array.dtype.kind not in "buif" or array.ndim != 2 or array.shape[1] not in _COLUMNS:
            shown = f"an array of {array.dtype.name} of shape {array.shape}"
            raise ValueError(f"{shown} is no cloud of points: it must have numbers, and be (N, 3), (N, 4) or (N, 6)")
        if not 0 < len(array) <= MOST:
            raise ValueError(f"it has {len(array):,} points, but 1 to {MOST:,} may be")
        return Taken([arrays.content(array)], array.nbytes, "ply", arrays.described(array))


def _file(path: Any) -> Taken:
    form = Path(os.fsdecode(path)).suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise ValueError(f"its file must end in .{', .'.join(FORMATS)}, got {os.fsdecode(path)!r}")
    return paths.file(path, form)
