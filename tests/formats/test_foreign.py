"""The reader of journals in docs/files.md finds what Runicorn's own reader finds, in whole, cut and damaged files."""

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.test_docs import BLOCK, HOUSE

from runid.store import points

LIVE = Path(__file__).parent / "v1" / "root" / "runs" / "formats" / "live" / "live"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the frozen run with points in segments and in the journal, and the same tail from a second host."""
    copy = tmp_path / "live"
    shutil.copytree(LIVE, copy)
    last = tail(copy)
    shutil.copy(last, last.with_name(re.sub("^[^-]+", "node8_00000000", last.name)))
    return copy


def tail(folder: Path) -> Path:
    return max(folder.glob("journal/node7_*.journal"))


def foreign(folder: Path) -> Counter[str]:
    """The points by DuckDB and by the reader that the page shows."""
    [page] = [block for block in BLOCK.findall((HOUSE / "docs" / "files.md").read_text()) if "def read_tail" in block]
    names: dict[str, Any] = {}
    exec(page, names)
    segments, live = names["read_tail"](folder)
    columns = "metric, stage, rank, step, epoch_us(time), value"
    sealed = duckdb.execute(f"SELECT {columns} FROM read_parquet({[str(path) for path in segments]})").fetchall()
    moved = [(metric, stage, rank, step, round(when * 1e6), float(v)) for metric, stage, rank, step, when, v in live]
    return Counter(map(repr, sealed + moved))  # repr: NaN equals nothing


def own(folder: Path, problems: list[str] | None = None) -> Counter[str]:
    rows = points.points(folder, problems=problems).to_pylist()
    names = ("metric", "stage", "rank", "step", "time", "value")
    for row in rows:
        row["time"] = round(row["time"].timestamp() * 1e6)
    return Counter(repr(tuple(row[name] for name in names)) for row in rows)


def test_all_points_are_found(folder: Path) -> None:
    found = foreign(folder)
    assert found == own(folder)
    assert found.total() == 415 + 14  # and the tail of the second host


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_journal_is_read_up_to_where_it_is_cut_or_damaged(folder: Path, part: float) -> None:
    path = tail(folder)
    whole = path.read_bytes()
    at = 8 + int(part * (len(whole) - 8))
    path.write_bytes(whole[:at])
    cut = foreign(folder)
    assert cut == own(folder, [])
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    problems: list[str] = []
    assert cut == foreign(folder) <= own(folder, problems)  # ours goes on behind what is damaged
    assert all("is damaged" in problem for problem in problems)


def test_what_a_later_journal_begins_again_is_not_read(folder: Path) -> None:
    path = tail(folder)
    before = foreign(folder)
    later = int(path.stem.rpartition("-")[2]) + 1
    path.with_name(f"node7_f801c8db-{later:012d}.journal").write_bytes(b"RNJOURN1")
    found = foreign(folder)
    assert found == own(folder)
    assert found < before
