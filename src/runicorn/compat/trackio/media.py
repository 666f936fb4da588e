"""Media whose constructors differ from ours; the others are ours."""

from __future__ import annotations

import os
from typing import Any, Self

from runicorn.compat.trackio import notices
from runicorn.media import audio, html, object3d, table


class Table(table.Table):
    """A table, as `runicorn.Table`."""

    def __init__(
        self,
        columns: Any = None,
        data: Any = None,
        dataframe: Any = None,
        rows: Any = None,
        optional: Any = True,  # noqa: ARG002
        allow_mixed_types: Any = False,  # noqa: ARG002
        log_mode: Any = None,
    ) -> None:
        """`rows` and `log_mode` have no effect, which a notice says; any column may lack values, and mix types."""
        notices.without_effect("Table", rows=(rows, None), log_mode=(log_mode, None))
        super().__init__(columns, data, dataframe)


class Audio(audio.Audio):
    """Audio, as `runicorn.Audio`."""

    def __init__(
        self, value: Any, caption: str | None = None, sample_rate: int | None = None, format: str | None = None
    ) -> None:
        """`format`: an array becomes a WAV file, and a file stays what it is; a notice says so where it is not wav."""
        notices.without_effect("Audio", format=(None if format == "wav" else format, None))
        super().__init__(value, caption, sample_rate)


class Html(html.Html):
    """A page, as `runicorn.Html`."""

    def __init__(
        self,
        data: Any,
        inject: bool = True,  # noqa: ARG002
        data_is_not_path: bool = False,  # noqa: ARG002
        caption: str | None = None,
    ) -> None:
        """`inject` and `data_is_not_path` change nothing."""
        super().__init__(data, caption)


class Object3D(object3d.Object3D):
    """A three-dimensional object, as `runicorn.Object3D`."""

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], caption: str | None = None) -> Self:
        """Of a .glb, .gltf, .obj, .stl, .ply or .splat file."""
        return cls(path, caption)

    @classmethod
    def from_numpy(cls, array: Any, caption: str | None = None) -> Self:
        """Of points, (N, 3), (N, 4) or (N, 6)."""
        return cls(array, caption)
