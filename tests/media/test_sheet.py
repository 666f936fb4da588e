"""Windows of stored tables: any type of column, sorted, searched and matched with another table."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.media.sheet import Sheet
from runid.media.sheet_match import differing, guess, match
from runid.media.sheet_summary import summary

ROWS = 10  # of a row group


def sheet(folder: Path, called: str = "t", **columns: object) -> Sheet:
    path = folder / f"{called}.parquet"
    pq.write_table(pa.table(columns), path, ROWS)
    return Sheet(path)


def test_rows_of_several_row_groups_in_any_order(tmp_path: Path) -> None:
    made = sheet(tmp_path, n=list(range(35)), half=[at % 2 for at in range(35)])
    rows = made.order(["half", "-n"])
    assert made.window("n", rows[:3]) == [34, 32, 30]
    assert made.window("n", rows[[17, 18, 34]]) == [0, 33, 1]
    assert made.window("n", made.order()[:0]) == []
    assert made.order(["-n"], "1").tolist() == [at for at in range(34, -1, -1) if at == 1 or at % 2]
    with pytest.raises(KeyError, match="none"):
        made.order(["none"])


def test_types_that_python_does_not_have(tmp_path: Path) -> None:
    made = sheet(
        tmp_path,
        ns=pa.array([1001, None], pa.timestamp("ns", "UTC")),
        lasts=pa.array([1001, None], pa.duration("ns")),
        kind=pa.array(["a", None]).dictionary_encode(),
        medium=pa.array([{"type": "image", "file": "media/x", "caption": "A cat"}, None]),
        nothing=pa.nulls(2),
    )
    assert made.window("ns", made.order()) == [datetime.fromtimestamp(1e-6, UTC), None]
    assert made.window("lasts", made.order()) == [timedelta(microseconds=1), None]
    assert made.order([], "CAT").tolist() == [0]
    assert made.order(["-kind"]).tolist() == [0, 1]
    assert summary(made, "kind") == {"kind": "values", "missing": 1, "values": [["a", 1]], "distinct": 1}
    assert summary(made, "medium") == {"kind": "other", "missing": 1}
    with pytest.raises(ValueError, match="'medium' holds struct"):
        made.order(["medium"])
    with pytest.raises(ValueError, match="'medium' holds struct"):
        match(made, made, ["medium"])


KEYS = st.lists(st.one_of(st.none(), st.integers(0, 3), st.just(math.nan)), max_size=12)


def named(key: float | None) -> str:
    return str(None if key is None else float(key))


@given(left=KEYS, right=KEYS)
def test_each_row_belongs_to_the_next_of_the_same_value(
    left: list[float | None], right: list[float | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("match")
    a, b = (sheet(folder, name, k=pa.array(keys, pa.float64())) for name, keys in (("a", left), ("b", right)))
    free: dict[str, list[int]] = {}
    for row, key in enumerate(right):
        free.setdefault(named(key), []).append(row)
    wanted = [free[named(key)].pop(0) if free.get(named(key)) else -1 for key in left]
    found = match(a, b, ["k"])
    assert found.tolist() == wanted
    assert differing(a, b, a.order(), found).tolist() == [row < 0 for row in wanted]


def test_what_names_rows_is_found(tmp_path: Path) -> None:
    a = sheet(tmp_path, "a", score=[0.5, 0.5], same=["x", "x"], name=["p", "q"])
    b = sheet(tmp_path, "b", name=["q", "r", "p"], score=[0.5, 0.5, 0.7], same=["x", "y", "z"])
    assert guess(a, b) == ["name"]
    rows = match(a, b, ["name"])
    assert rows.tolist() == [2, 0]
    assert differing(a, b, a.order(), rows).tolist() == [True, False]
    assert match(a, b, []).tolist() == [0, 1]
