"""Tables: media/<name>.parquet. The job "table" makes it from the columns that were copied when it was logged.

    {id, run_dir, host, ask: {file: media/<name>.parquet, source: {kind: "columns"}}}  →  {rows: int, columns: int}

The bytes: the length of a msgpack list, u32, little-endian; this list, a head for each column; then the bytes of each,
in this order (see runid.media.columns). The file has its columns by name; one whose name is taken is called <name>_2,
_3 … It is compressed with zstd.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgpack
import pyarrow as pa
import pyarrow.parquet as pq

from runid.media import making
from runid.media.columns import column

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell

_LENGTH = struct.Struct("<I")
_ROWS = 1 << 16
"""Rows of a row group: who looks at a part of a large table reads no more than its groups."""


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Makes the file. Raises OSError; FormatError, ValueError, pyarrow's ArrowException."""
    target = making.make(job, _parquet)
    with pq.ParquetFile(target) as file:
        return {"rows": file.metadata.num_rows, "columns": len(file.schema_arrow)}


def read(path: Path) -> pa.Table:
    """The table in a file. Raises OSError, and pyarrow's ArrowInvalid for what is none."""
    with pq.ParquetFile(path) as file:
        return file.read()


def _parquet(source: Path) -> Path:
    with open(source, "rb") as data:
        table = _table(data)
    return making.written(source, lambda file: pq.write_table(table, file, _ROWS, compression="zstd"))


def _table(data: IO[bytes]) -> pa.Table:
    (length,) = _LENGTH.unpack(data.read(_LENGTH.size))
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}
    for head in msgpack.unpackb(data.read(length)):
        columns[_free(head["name"], columns)] = column(head, data.read(head["size"]))
    return pa.table(columns)


def _free(name: str, taken: dict[str, pa.Array | pa.ChunkedArray]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
