"""Parquet files of which every byte can be verified; Parquet itself has checksums for the data of its pages only.

pages     each has its CRC-32, as Parquet defines it; verified while it is read
footer    its key `runicorn` holds JSON that ends with `footer`: eight hexadecimal digits, the CRC-32 of the footer
          with zeros in their place; verified when the file is opened
the rest  `crc` in that JSON: the CRC-32 of the file's first `bytes` bytes, of all that stands before the footer:
          headers of pages are in it too; verified by fsck
"""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from runid.errors import DamagedError, DamageWarning
from runid.store import files

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_KEY = b"runicorn"
_MARK = b'"footer": "'
_BLANK = b"0" * 8
_TAIL = struct.Struct("<I4s")  # length of the footer, "PAR1"


class File(io.BufferedWriter):
    """A new file to write Parquet to; it knows the CRC-32 of what was written. Raises OSError."""

    crc = 0

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "x+"))

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes and adds to the CRC."""
        self.crc = zlib.crc32(data, self.crc)
        return super().write(data)

    def tell_about(self, writer: pq.ParquetWriter, about: dict[str, Any]) -> None:
        """Puts what the file says of itself, and its checksums, into the footer to come: call it behind all rows."""
        whole = about | {"bytes": self.tell(), "crc": self.crc, "footer": _BLANK.decode()}
        writer.add_key_value_metadata({_KEY: json.dumps(whole)})

    def sign(self) -> None:
        """Puts in the footer's own checksum; call it behind the writer's close."""
        self.flush()
        footer, start = _footer(self.fileno())
        at = footer.rindex(_MARK + _BLANK) + len(_MARK)
        os.pwrite(self.fileno(), b"%08x" % zlib.crc32(footer), start + at)


def writer(file: File, schema: pa.Schema, dictionaries: list[str], encodings: dict[str, str]) -> pq.ParquetWriter:
    """Writes rows of this schema to the file, which is still to be told about and signed."""
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=dictionaries,
        column_encoding=encodings,
        write_page_checksum=True,
        store_schema=False,  # for others names are plain strings
    )


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """What pyarrow raises in this block for bytes that make no sense becomes a DamagedError that names the file."""
    try:
        yield
    except (OSError, pa.ArrowException, ValueError, LookupError, OverflowError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EIO):  # pyarrow's own have no number
            raise
        raise DamagedError(f"{path} is damaged: {str(error).splitlines()[0].rstrip('.')}.") from error


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """Such a file to be read in this block; footer and pages are verified.

    Raises OSError when it cannot be had; DamagedError, also from inside the block, when it is damaged.
    """
    with damage(path), open(path, "rb") as file:
        _check_footer(file)
        yield open_file(file)


def open_file(file: BinaryIO, metadata: pq.FileMetaData | None = None) -> pq.ParquetFile:
    """The same for an open file; its footer is not verified, or known already."""
    return pq.ParquetFile(file, metadata=metadata, read_dictionary=["metric", "stage"], page_checksum_verification=True)


def about(path: Path) -> dict[str, Any]:
    """What a file says of itself. Raises OSError; DamagedError if it cannot be read."""
    with opened(path) as file:
        told: dict[str, Any] = json.loads((file.metadata.metadata or {})[_KEY])
    return told


def writers(path: Path) -> dict[str, dict[str, int]]:
    """The writers in a segment's footer: hex id → {number, rank, offset}; none where it is damaged."""
    try:
        return dict(about(path)["writers"])
    except DamagedError:
        return {}


def tell(found: list[str], problems: list[str] | None = None) -> None:
    """Adds sentences on what is damaged to a list of them, or warns of them where nobody has one."""
    for sentence in found:
        if problems is None:
            warnings.warn(sentence, DamageWarning, stacklevel=3)
        elif sentence not in problems:
            problems.append(sentence)


def check(path: Path) -> None:
    """Verifies all that stands before the footer. Raises OSError; DamagedError."""
    told = about(path)
    with damage(path), open(path, "rb") as file:
        _, start = _footer(file.fileno())
        if told["bytes"] != start or files.checksum(path, start) != told["crc"]:
            raise ValueError("its checksum does not fit")


def _footer(descriptor: int) -> tuple[bytes, int]:
    """The footer and where it starts."""
    end = os.fstat(descriptor).st_size - _TAIL.size
    length, magic = _TAIL.unpack(os.pread(descriptor, _TAIL.size, end)) if end >= 0 else (0, b"")
    if magic != b"PAR1" or length > end:
        raise ValueError("it does not end as Parquet files do")
    return os.pread(descriptor, length, end - length), end - length


def _check_footer(file: BinaryIO) -> None:
    footer, _ = _footer(file.fileno())
    at = footer.rindex(_MARK) + len(_MARK)
    if footer[at : at + 8] != b"%08x" % zlib.crc32(footer[:at] + _BLANK + footer[at + 8 :]):
        raise ValueError("its footer's checksum does not fit")
