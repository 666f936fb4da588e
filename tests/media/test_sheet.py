"""Windows of stored tables: any type of column, sorted, searched and matched with another table."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.errors import QueryError
from runid.media.sheet import Sheet
from runid.media.sheet_match import differing, guess, match
from runid.media.sheet_order import order
from runid.media.sheet_summary import summary

ROWS = 10  # of a row group


def sheet(folder: Path, called: str = "t", **columns: object) -> Sheet:
    path = folder / f"{called}.parquet"
    pq.write_table(pa.table(columns), path, ROWS)
    return Sheet(path)


def test_rows_of_several_row_groups_in_any_order(tmp_path: Path) -> None:
    made = sheet(tmp_path, n=list(range(35)), half=[at % 2 for at in range(35)])
    rows = order(made, ["half", "-n"])
    assert made.window("n", rows[:3]) == [34, 32, 30]
    assert made.window("n", rows[[17, 18, 34]]) == [0, 33, 1]
    assert made.window("n", order(made)[:0]) == []
    assert order(made, ["-n"], "n=1 or half>0.5").tolist() == [at for at in range(34, -1, -1) if at == 1 or at % 2]
    with pytest.raises(KeyError, match="none"):
        order(made, ["none"])


def test_types_that_python_does_not_have(tmp_path: Path) -> None:
    made = sheet(
        tmp_path,
        ns=pa.array([1001, None], pa.timestamp("ns", "UTC")),
        lasts=pa.array([1001, None], pa.duration("ns")),
        kind=pa.array(["a", None]).dictionary_encode(),
        medium=pa.array([{"type": "image", "file": "media/x", "caption": "A cat"}, None]),
        nothing=pa.nulls(2),
    )
    assert made.window("ns", order(made)) == [datetime.fromtimestamp(1e-6, UTC), None]
    assert made.window("lasts", order(made)) == [timedelta(microseconds=1), None]
    assert order(made, [], "CAT").tolist() == [0]
    assert order(made, ["-kind"]).tolist() == [0, 1]
    assert summary(made, "kind") == {"kind": "values", "missing": 1, "values": [["a", 1]], "distinct": 1}
    assert summary(made, "medium") == {"kind": "other", "missing": 1}
    with pytest.raises(ValueError, match="'medium' holds struct"):
        order(made, ["medium"])
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
    found, repeats = match(a, b, ["k"])
    assert repeats == any(len(keys) > len({named(key) for key in keys}) for keys in (left, right))
    assert found.tolist() == wanted
    assert differing(a, b, order(a), found).tolist() == [row < 0 for row in wanted]


def test_what_names_rows_is_found(tmp_path: Path) -> None:
    a = sheet(tmp_path, "a", score=[0.5, 0.5], same=["x", "x"], name=["p", "q"])
    b = sheet(tmp_path, "b", name=["q", "r", "p"], score=[0.5, 0.5, 0.7], same=["x", "y", "z"])
    assert guess(a, b) == ["name"]
    rows, repeats = match(a, b, ["name"])
    assert (rows.tolist(), repeats) == ([2, 0], False)
    assert differing(a, b, order(a), rows).tolist() == [True, False]
    assert match(a, b, [])[0].tolist() == [0, 1]


def test_rows_of_other_things_are_not_compared_by_their_numbers(tmp_path: Path) -> None:
    a = sheet(tmp_path, "a", question=["p", "p", "q"], answer=["1", "2", "3"])
    other = sheet(tmp_path, "other", question=["r", "q", "p"], answer=["1", "2", "3"])
    assert guess(a, other) == ["answer"]
    assert guess(a, sheet(tmp_path, "many", question=["r", "q", "p"], answer=["1", "1", "3"])) == ["question"]
    assert guess(a, sheet(tmp_path, "same", question=["p", "p", "q"], answer=["1", "1", "3"])) == []


def test_what_a_query_means(tmp_path: Path) -> None:
    made = sheet(
        tmp_path,
        question=["What is 8 + 9?", "What is 9 + 8?", None, "8"] * 4,
        correct=[1.0, 0.5, None, math.nan] * 4,
        right=[True, False, None, True] * 4,
        when=pa.array([0, 1, None, 2] * 4, pa.timestamp("s")),
        words=[["a", "b"], ["c"], None, []] * 4,
        medium=pa.array([{"type": "image", "file": "x", "caption": "A cat"}, None, None, None] * 4),
    )

    def found(text: str) -> list[int]:
        rows = order(made, [], text).tolist()
        assert rows == [row + group for group in range(0, 16, 4) for row in rows if row < 4], "the same in each group"
        return [row for row in rows if row < 4]

    for text, rows in {
        "8": [0, 1, 3],
        '"8 + 9"': [0],
        "CAT": [0],
        "correct<1": [1],
        "correct=1 or correct=nan": [0, 3],
        "not correct>=0.5": [2, 3],
        "right=true": [0, 3],
        "question=8": [3],
        "question~^What.*8.$": [1],
        "~^8$": [3],
        "words=b": [0],
        "when:1970-*01": [1],
        "medium=a": [],
        "": [0, 1, 2, 3],
    }.items():
        assert found(text) == rows, text
    with pytest.raises(KeyError, match="none"):
        found("none=1")
    with pytest.raises(QueryError):
        found("correct<")
