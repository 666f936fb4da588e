"""Exact points as files: what a chart shows, to be used elsewhere."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runicorn import formats
from runicorn.api import StoredRun
from runicorn.viewer.routes import asked

_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def points(request: Request) -> Response:
    """All points of `metric` of `runs` from step `lo` to `hi` as a file, `fmt` csv or parquet, piece by piece.

    A row for each point, one run after the other: run, alias, metric, stage, rank, writer, step, time, value.
    """
    kind, metric = request.query_params.get("fmt", "csv"), request.query_params.get("metric", "")
    if kind not in _TYPES:
        raise ValueError(f"Points are given as {' or '.join(_TYPES)}, not as {kind!r}.")
    library = asked.library(request)
    found = [StoredRun(library.folder(run)) for run in asked.listed(request, "runs")]
    lo, hi = (None if request.query_params.get(end) is None else asked.whole(request, end, 0) for end in ("lo", "hi"))
    name = re.sub(r"[^\w.-]+", "-", metric, flags=re.ASCII).strip("-.") or "points"
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return StreamingResponse(_file(kind, _tables(found, metric, (lo, hi))), headers=headers, media_type=_TYPES[kind])


def _tables(found: list[StoredRun], metric: str, steps: tuple[int | None, int | None]) -> Iterator[pa.Table]:
    for run in found:
        names = {"run": run.id, "alias": run.alias}
        for table in run.tables(metric, None, steps):
            for place, (name, text) in enumerate(names.items()):
                column = pa.repeat(pa.scalar(text, pa.string()), len(table)).dictionary_encode()
                table = table.add_column(place, name, column)  # noqa: PLW2901
            yield table


class _Pieces(io.RawIOBase):
    """A file whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        self._at += len(self._pieces[-1])
        return len(self._pieces[-1])

    def take(self) -> bytes:
        """What was written since the last call."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _file(kind: str, tables: Iterator[pa.Table]) -> Iterator[bytes]:
    pieces, writer = _Pieces(), None
    for table in tables:
        writer = writer or formats.FORMATS[kind](pieces, table.schema)  # type: ignore[arg-type]
        writer.write(table)
        yield pieces.take()
    if writer:
        writer.close()
    yield pieces.take()


ROUTES = [Route("/points", points)]
