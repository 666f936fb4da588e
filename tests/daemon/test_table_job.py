"""The jobs "table" and "histogram": once, whoever is killed meanwhile, and whatever the bytes are."""

import struct
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runid.errors import FormatError
from runid.jobs import worker
from runid.media import histogram, table
from runid.store import media

ID = "0123456789abcdef"
NAME = "media/1_abcdef_key.parquet"
FLOATS = {"name": "x", "rows": 2, "size": 16, "kind": "array", "dtype": "<f8", "shape": [2], "nulls": False}
DATA = np.array([0.5, 2.0]).tobytes()


def quiet(progress: dict[str, Any]) -> None:
    raise AssertionError(f"{progress} is told")


def job(folder: Path, data: bytes, **ask: Any) -> dict[str, Any]:
    """A job, and the bytes that it is made from."""
    path = media.incoming(folder, "one", ID)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"id": ID, "host": "one", "run_dir": str(folder), "ask": {"file": NAME} | ask}


def columns(heads: Any, data: bytes) -> bytes:
    head: bytes = msgpack.packb(heads)
    return struct.pack("<I", len(head)) + head + data


def test_a_table_is_made_once_and_told_again(tmp_path: Path) -> None:
    asked = job(tmp_path, columns([FLOATS, FLOATS], DATA + DATA))
    assert worker._do({"name": "table", **asked}, quiet) == {"result": {"rows": 2, "columns": 2}}
    made = (tmp_path / NAME).stat()
    assert table.encode(asked, quiet) == {"rows": 2, "columns": 2}
    assert (tmp_path / NAME).stat() == made
    assert table.read(tmp_path / NAME).to_pydict() == {"x": [0.5, 2.0], "x_2": [0.5, 2.0]}
    assert pq.read_metadata(tmp_path / NAME).row_group(0).column(0).compression == "ZSTD"
    assert [path.name for path in (tmp_path / "media").rglob("*") if path.is_file()] == [Path(NAME).name, f"one-{ID}"]


def test_a_folder_whose_name_looks_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "lr=0.1"
    folder.mkdir()
    table.encode(job(folder, columns([FLOATS], DATA)), quiet)
    assert table.read(folder / NAME).column_names == ["x"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff\xff\xff",
        columns({"no": "list"}, b""),
        columns([FLOATS | {"kind": "pickle"}], DATA),
        columns([FLOATS | {"dtype": "O"}], DATA),
        columns([FLOATS | {"shape": [3]}], DATA),
        columns([FLOATS | {"kind": "values"}], DATA),
        columns([FLOATS | {"kind": "arrow"}], DATA),
        columns([FLOATS, FLOATS | {"shape": [1], "size": 8}], DATA + DATA[:8]),
    ],
)
def test_bytes_that_are_no_table_are_an_error_and_leave_no_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, struct.error, pa.ArrowException)):
        table.encode(job(tmp_path, data), quiet)
    assert not (tmp_path / NAME).exists()


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        table.encode(job(tmp_path, columns([FLOATS], DATA), file="media/../../x.parquet"), quiet)


def test_a_histogram_is_told_each_time(tmp_path: Path) -> None:
    asked = job(tmp_path, DATA, file=None, bins=2, source={"kind": "array", "dtype": "<f8", "shape": [2]})
    expected = {"value": {"counts": [1, 1], "edges": [0.5, 1.25, 2.0], "nonfinite": 0}}
    assert worker._do({"name": "histogram", **asked}, quiet) == {"result": expected}
    assert histogram.count(asked, quiet) == expected
    asked["ask"]["source"] = {"dtype": "O"}
    with pytest.raises(ValueError, match="cannot be made of 'O'"):
        histogram.count(asked, quiet)
