"""Tables: what they are made of, and what `load` gives; the files are made by the daemon's workers."""

import logging
import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.media.tensors import Tensor
from tests.programs import ended, train, wait

import runicorn as rn
from runicorn.media.image import Image as Picture
from runid.media import table as tables
from runid.sides import Side

NOON = datetime.fromisoformat("2026-02-03T12:00:00.000250")
BERLIN, ZULU, EAST = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC"), timezone(timedelta(hours=1))
FRAME = pd.DataFrame({"n": [1, 2], "text": ["a", "b"]})
RED = Image.new("RGB", (4, 2), "red")


def loaded(run: rn.Run) -> dict[str, pa.Table]:
    """All tables of a run by their keys, as soon as all are made."""
    run.flush()
    stored = rn.Api(run.storage_root).run(str(run.run_dir))
    wait(lambda: all({"rows", "error"} & one.keys() for one in stored.media(type="table")), "not all tables are made")
    found = {one["key"]: (one, stored.load(one)) for one in stored.media(type="table")}
    assert all((one["rows"], one["columns"]) == (table.num_rows, table.num_columns) for one, table in found.values())
    return {key: table for key, (_, table) in found.items()}


def through(table: rn.Table) -> pa.Table:
    """The table as its file would have it; without a daemon."""
    taken = table.taken(lambda medium: {"type": medium.kind, "file": f"media/{medium.kind}", "caption": medium.caption})
    data = b"".join(taken.parts)
    assert len(data) == taken.size
    file = BytesIO()
    pq.write_table(tables._table(BytesIO(data)), file)
    return pq.read_table(file)


def test_lists_of_rows_and_of_dicts_and_dicts_of_columns_and_arrays(run: rn.Run) -> None:
    rows = [[1, "a", 0.5, True], (2, None, math.nan, False), [3, "ß", None, None]]
    whole = {"n": [1, 2, 3], "text": ["a", None, "ß"], "x": [0.5, math.nan, None], "yes": [True, False, None]}
    run.log({
        "rows": rn.Table(list(whole), rows),
        "dicts": rn.Table(data=[dict(zip(whole, row, strict=True)) for row in rows]),
        "columns": rn.Table(data=whole),
        "mixed columns": rn.Table(data=whole | {"n": np.array([1, 2, 3]), "text": pd.Series(["a", None, "ß"])}),
        "their columns": rn.Table(data={
            "n": Tensor(np.array([1, 2, 3])), "text": pd.Categorical(["a", None, "ß"]),
            "x": pl.Series([0.5, math.nan, None]), "yes": pd.array([True, False, None], "boolean"),
        }),
        "unnamed": rn.Table(data=rows),
        "array": rn.Table(["a", "b"], np.arange(6).reshape(3, 2)),
        "records": rn.Table(data=np.array([(1, 0.5)], [("n", "i4"), ("x", "f4")])),
    })  # fmt: skip
    found = loaded(run)
    for key in ("rows", "dicts", "columns", "mixed columns", "their columns"):
        assert repr(found[key].to_pydict()) == repr(whole), key
    assert [str(kind) for kind in found["rows"].schema.types] == ["int64", "string", "double", "bool"]
    assert found["unnamed"].column_names == ["0", "1", "2", "3"]
    assert found["array"].to_pydict() == {"a": [0, 2, 4], "b": [1, 3, 5]}
    assert found["records"].to_pydict() == {"n": [1], "x": [0.5]}


COLUMNS: dict[str, tuple[Any, list[Any], str]] = {
    "text": (["a", None, "ß"], ["a", None, "ß"], "large_string"),
    "object": (pd.Series(["a", np.nan, "ß"], dtype=object), ["a", None, "ß"], "string"),
    "python": (pd.array(["a", None, "ß"], pd.StringDtype("python")), ["a", None, "ß"], "string"),
    "float": ([0.5, np.nan, -np.inf], [0.5, math.nan, -math.inf], "double"),
    "half": (np.array([0.5, 1, 2], "f2"), [0.5, 1.0, 2.0], "float"),
    "int": (np.array([1, 2, 3], "i2"), [1, 2, 3], "int16"),
    "nullable": (pd.array([1, None, 3], "Int64"), [1, None, 3], "int64"),
    "maybe": (pd.array([True, None, False], "boolean"), [True, None, False], "bool"),
    "arrow": (pd.array([1, None, 3], pd.ArrowDtype(pa.int8())), [1, None, 3], "int8"),
    "category": (
        pd.Categorical(["x", None, "y"]),
        ["x", None, "y"],
        "dictionary<values=string, indices=int8, ordered=0>",
    ),
    "level": (pd.Categorical([5, None, 7]), [5, None, 7], "int64"),
    "time": (pd.to_datetime([NOON, None, NOON]), [NOON, None, NOON], "timestamp[us]"),
    "zoned": (
        pd.to_datetime([NOON, None, NOON]).tz_localize("Europe/Berlin"),
        [NOON.replace(tzinfo=BERLIN), None, NOON.replace(tzinfo=BERLIN)],
        "timestamp[us, tz=Europe/Berlin]",
    ),
    "offset": (
        pd.to_datetime([NOON, None, NOON]).tz_localize("+01:00"),
        [NOON.replace(tzinfo=EAST), None, NOON.replace(tzinfo=EAST)],
        "timestamp[us, tz=+01:00]",
    ),
    "delta": (pd.to_timedelta(["1s", None, "24h"]), [timedelta(seconds=1), None, timedelta(days=1)], "duration[us]"),
    "period": (pd.period_range("2026-01", periods=3, freq="M"), ["2026-01", "2026-02", "2026-03"], "string"),
    "missing": (pd.Series([pd.NA, 3, pd.NaT], dtype=object), [None, 3, None], "int64"),
    "list": ([[1, 2], [], None], [[1, 2], [], None], "list<element: int64>"),
    "sparse": (pd.arrays.SparseArray([0, 0, 1]), [0, 0, 1], "int64"),
}
"""Columns of pandas: their values, and what becomes of them in Parquet."""


def test_frames_of_pandas_with_columns_of_any_type(run: rn.Run) -> None:
    frame = pd.DataFrame({name: given for name, (given, _, _) in COLUMNS.items()})
    frame[7], frame["two", "levels"] = frame["int"], frame["int"]
    run.log({"table": rn.Table(dataframe=frame.set_index(pd.Index([7, 8, 9]))), "direct": frame})
    run.log({"twice": frame[["int", "int", "text"]], "filtered": rn.Table(dataframe=frame[frame["int"] != 2])})
    found = loaded(run)
    expected = {name: values for name, (_, values, _) in COLUMNS.items()}
    expected |= {"7": [1, 2, 3], "('two', 'levels')": [1, 2, 3]}
    assert repr(found["table"].to_pydict()) == repr(expected), "and the index is no column"
    assert found["table"].schema.equals(found["direct"].schema)
    kinds = [str(kind) for kind in found["table"].schema.types]
    assert kinds[:-2] == [kind for _, _, kind in COLUMNS.values()]
    assert found["twice"].to_pydict() == {"int": [1, 2, 3], "int_2": [1, 2, 3], "text": ["a", None, "ß"]}
    first_and_last = {name: [values[0], values[2]] for name, values in expected.items()}
    assert repr(found["filtered"].to_pydict()) == repr(first_and_last)


def test_frames_of_polars_and_tables_of_arrow(run: rn.Run) -> None:
    whole = {
        "n": [1, None], "x": [0.5, math.nan], "text": ["ß", None], "yes": [True, None], "day": [NOON.date(), None],
        "time": [NOON, None], "delta": [timedelta(1), None], "list": [[1, 2], None], "nested": [{"a": [1]}, None],
        "clock": [time(1, 2), None], "nothing": [None, None], "bytes": [b"\xff", None],
    }  # fmt: skip
    polars = pl.DataFrame(whole)
    own = {"object": pl.Series([print, None], dtype=pl.Object), "huge": pl.Series([1, 2], dtype=pl.Int128)}
    own["kind"] = pl.Series(["x", None], dtype=pl.Categorical)
    arrow = pa.table(whole)
    odd = {"empty": pa.array([{}, None], pa.struct([])), "kind": pa.array(["x", None]).dictionary_encode()}
    odd["union"] = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["x", "y"])])
    for key, frame in (("polars", polars), ("arrow", arrow), ("own", pl.DataFrame(own)), ("odd", pa.table(odd))):
        run.log({key: frame, f"{key} table": rn.Table(dataframe=frame), f"{key} data": rn.Table(data=frame)})
    run.log({"slice": arrow.slice(1), "chunks": pa.concat_tables([arrow, arrow])})
    found = loaded(run)
    for key in ("polars", "arrow"):
        assert repr(found[key].to_pydict()) == repr(whole)
        assert found[key].schema.equals(found[f"{key} table"].schema)
        assert found[key].schema.equals(found[f"{key} data"].schema)
    assert found["arrow"].schema.equals(arrow.schema)
    assert found["own"].to_pydict() == {"object": [str(print), None], "huge": [1, 2], "kind": ["x", None]}
    assert found["odd"].to_pydict() == {"empty": ["{}", None], "kind": ["x", None], "union": ["1", "y"]}
    assert (found["slice"].num_rows, found["chunks"].num_rows) == (1, 4)


@pytest.mark.parametrize(
    ("given", "expected", "kind"),
    [
        ([1, 2.5, None], [1.0, 2.5, None], "double"),
        ([1, "a", None, math.nan, {"b": math.nan}, [True]], ["1", "a", None, None, '{"b": "NaN"}', "[true]"], "string"),
        ([True, 1], ["true", "1"], "string"),
        ([2**53 + 1, 0.5], ["9007199254740993", "0.5"], "string"),
        ([2**64 - 1, 0], [2**64 - 1, 0], "uint64"),
        ([2**63, -1], ["9223372036854775808", "-1"], "string"),
        ([2**70, 1], [2.0**70, 1.0], "double"),
        (["\ud800", "b"], ["\ufffd", "b"], "string"),
        ([[1, 2.5], None, []], [[1.0, 2.5], None, []], "list<element: double>"),
        ([[1, "a"], []], ['[1, "a"]', "[]"], "string"),
        ([{"a": 1, "b": [{"c": "x"}]}, None], [{"a": 1, "b": [{"c": "x"}]}, None], "struct<a: int64"),
        ([{"a": 1}, {"b": 1}], ['{"a": 1}', '{"b": 1}'], "string"),
        ([{}, {}], ["{}", "{}"], "string"),
        ([None, None], [None, None], "null"),
        ([NOON, None], [NOON, None], "timestamp[us]"),
        ([NOON.replace(tzinfo=EAST), None], [NOON.replace(hour=11, tzinfo=ZULU), None], "timestamp[us, tz=UTC]"),
        ([NOON, NOON.replace(tzinfo=UTC)], [NOON.isoformat(), NOON.isoformat() + "+00:00"], "string"),
        ([NOON.date(), None], [NOON.date(), None], "date32"),
        ([pd.Timestamp(NOON), pd.NaT], [NOON, None], "timestamp[us]"),
        ([np.float32(0.5), 1], [0.5, 1.0], "double"),
        ([np.array([1, 2]), None], [[1, 2], None], "list<element: int64>"),
        ([b"bytes", 1j], ["bytes", "1j"], "string"),
        (np.array([[1, 2], [3, 4]], "u1"), [[1, 2], [3, 4]], "large_list<element: uint8>"),
        (np.zeros((1, 2, 0)), [[[], []]], "large_list<element: large_list<element: double>>"),
        (np.array([1, 2], ">i2"), [1, 2], "int16"),
        (np.array([1, 2], np.longdouble), [1.0, 2.0], "double"),
        (np.array([1j]), ["1j"], "string"),
        (np.array(["a"]), ["a"], "string"),
        (np.array(["2026-02-03", "NaT"], "M8[D]"), [NOON.date(), None], "date32"),
        (np.array(["2026", "NaT"], "M8[Y]"), [date(2026, 1, 1), None], "date32"),
        (np.array(["2026-02-03T12", "NaT"], "M8[h]"), [NOON.replace(microsecond=0), None], "timestamp[ms]"),
        (np.array([90, "NaT"], "m8[m]"), [timedelta(minutes=90), None], "duration[s]"),
        (np.array([90, "NaT"], "m8[D]"), [timedelta(90), None], "duration[s]"),
    ],
)  # fmt: skip
def test_columns_of_any_values(given: Any, expected: list[Any], kind: str) -> None:
    column = through(rn.Table(data={"column": given}))["column"]
    assert repr(column.to_pylist()) == repr(expected)
    assert str(column.type).startswith(kind)


def test_empty_tables_and_rows_of_other_lengths(run: rn.Run) -> None:
    run.log({
        "nothing": rn.Table(), "names": rn.Table(["a", "b"]), "no rows": rn.Table(["a", "b"], []),
        "frame": pd.DataFrame(), "no rows of pandas": FRAME.iloc[:0], "no rows of polars": pl.DataFrame(FRAME).clear(),
        "short": rn.Table(["a", "b", "c"], [[1], [2, 3], 4, np.array([5, 6]), {"k": 7}]),
        "gaps": rn.Table(data=[{"a": 1}, {"b": 2}]), "picked": rn.Table(["b", "c"], [{"a": 1}, {"b": 2}]),
        "of columns": rn.Table(["b"], {"a": [1], "b": [2]}), "one": rn.Table(data=np.arange(2)),
    })  # fmt: skip
    found = {key: table.to_pydict() for key, table in loaded(run).items()}
    assert found == {
        "nothing": {}, "names": {"a": [], "b": []}, "no rows": {"a": [], "b": []}, "frame": {},
        "no rows of pandas": {"n": [], "text": []}, "no rows of polars": {"n": [], "text": []},
        "short": {"a": ["1", "2", "4", "5", '{"k": 7}'], "b": [None, 3, None, 6, None]},
        "gaps": {"a": [1, None], "b": [None, 2]}, "picked": {"b": [None, 2], "c": [None, None]},
        "of columns": {"b": [2]}, "one": {"0": [0, 1]},
    }  # fmt: skip


def test_cells_that_are_media_are_kept_as_files(run: rn.Run) -> None:
    frame = pd.DataFrame({
        "step": [1, 2, 3],
        "image": [RED, Picture(np.zeros((2, 2)), "black"), None],
        "images": [[RED, RED], [], None],
        "mixed": [[RED], Picture(RED, caption=7), "a text"],  # type: ignore[arg-type]
    })  # fmt: skip
    run.log({"samples": frame, "rows": rn.Table(["cell"], [[RED], [rn.Histogram([1, 2])]])}, step=5)
    found = loaded(run)
    stored = rn.Api(run.storage_root).run(str(run.run_dir))
    cells = found["samples"].to_pydict()
    kept = {one["file"]: one for one in stored.media(type="image")}
    wait(lambda: all(one["path"].exists() for one in kept.values()), "not all images are made")
    assert [cells["image"][0]["type"], cells["image"][1]["caption"], cells["image"][2]] == ["image", "black", None]
    assert [cell if cell is None else len(cell) for cell in cells["images"]] == [2, 0, None]
    assert cells["mixed"][1][0]["caption"] == "7"
    assert cells["mixed"][2] == [{"type": "text", "file": None, "caption": "a text"}]
    assert found["rows"]["cell"].to_pylist()[1] == {"type": "text", "file": None, "caption": "<Histogram>"}
    image = stored.load(kept[cells["images"][0][1]["file"]])
    assert np.array_equal(np.asarray(image), np.asarray(RED))
    table = stored.media("samples", "table")[0]
    assert {one["within"] for one in kept.values() if one["key"] == "samples"} == {
        table["file"].removesuffix(".parquet")
    }
    assert {one["step"] for one in kept.values()} == {5}
    assert len(kept) == 7


def test_a_cell_that_cannot_be_kept_is_text(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"samples": rn.Table(["image"], [[Picture("no file.png", "gone")], [RED]])})
    assert "The image 'samples' is left out: " in caplog.text
    first, second = loaded(run)["samples"]["image"].to_pylist()
    assert first == {"type": "text", "file": None, "caption": "<Image 'gone'>"}
    assert second["file"].endswith(".png")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"data": 5}, "a int has no rows"),
        ({"data": "abc"}, "a str has no rows"),
        ({"data": np.array(5)}, "a number has no rows"),
        ({"data": {"a": [1], "b": [1, 2]}}, "its columns are not of one length: 'a' 1, 'b' 2"),
        ({"data": {"a": 5}}, "a int is no column"),
        ({"data": {"a": "text"}}, "a str is no column"),
        ({"data": {"a": np.array(1)}}, "a number is no column"),
        ({"data": {"a": [1]}, "columns": ["b"]}, "it has no column 'b'"),
    ],
)
def test_what_is_no_table_is_a_notice(
    run: rn.Run, caplog: pytest.LogCaptureFixture, given: dict[str, Any], why: str
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"t": rn.Table(**given)})
    (notice,) = caplog.messages
    assert notice == f"runicorn: The table 't' is left out: {why}."


def test_what_is_changed_after_the_call_does_not_leak_in(run: rn.Run) -> None:
    frame, rows = pd.DataFrame({"n": np.arange(3), "text": ["a", "b", "c"]}), [[1, ["x"]]]
    run.log({"frame": frame, "rows": rn.Table(["n", "list"], rows)})
    frame.loc[:, "n"] = 7
    rows[0][1] = []
    found = loaded(run)
    assert found["frame"].to_pydict() == {"n": [0, 1, 2], "text": ["a", "b", "c"]}
    assert found["rows"].to_pydict() == {"n": [1], "list": [["x"]]}


def test_a_large_table_that_lies_on_disk_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("RUNICORN_OUTBOX_MB", "1")
    on_disk, make = [], Side.__init__

    def noted(self: Side, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        on_disk.append(self.on_disk)

    monkeypatch.setattr(Side, "__init__", noted)
    with rn.init("large") as run:
        run.log({"large": rn.Table(data={"n": np.arange(300_000), "text": [f"row {row}" for row in range(300_000)]})})
        assert on_disk == [True]
        found = loaded(run)["large"]
    assert found["n"].to_pylist() == list(range(300_000))
    assert found["text"][-1].as_py() == "row 299999"


def test_any_program_reads_the_file(run: rn.Run) -> None:
    run.log({"eval": rn.Table(["prompt", "score"], [["a", 0.5], ["b", 0.25]])}, step=9)
    loaded(run)
    (table,) = rn.Api().run(run.id).media("eval")
    assert re.fullmatch(r"media/[0-9]{13}_[0-9a-f]{6}_eval\.parquet", table["file"])
    found = duckdb.execute(f"SELECT prompt FROM '{table['path']}' WHERE score > 0.3").fetchall()
    assert (found, table["step"], table["format"]) == ([("a",)], 9, "parquet")
    assert pl.read_parquet(table["path"])["score"].sum() == 0.75


LIGHT = """
import sys, runicorn as rn
with rn.init("light") as run:
    run.log({"rows": rn.Table(["n", "text"], [[1, "a"], [2, None]]), "dicts": rn.Table(data=[{"a": [1]}])})
assert not {"numpy", "pyarrow", "pandas"} & set(sys.modules)
"""


def test_it_takes_no_library_that_the_program_has_not_loaded(root: Path) -> None:
    train(LIGHT)
    stored = rn.Api(root).run(str(ended(root, "light/*").folder))
    wait(lambda: all("rows" in one for one in stored.media()), "not all tables are made")
    found = {one["key"]: stored.load(one).to_pydict() for one in stored.media()}
    assert found == {"rows": {"n": [1, 2], "text": ["a", None]}, "dicts": {"a": [[1]]}}


CELLS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=5,
)
ONE_TYPE = st.sampled_from(
    [st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(), st.lists(st.text())]
)


@given(ONE_TYPE.flatmap(lambda kind: st.lists(st.none() | kind, max_size=8)))
def test_columns_of_one_type_come_back_as_they_are(values: list[Any]) -> None:
    assert repr(through(rn.Table(data={"column": values}))["column"].to_pylist()) == repr(values)


@given(st.lists(CELLS, max_size=6))
def test_columns_of_anything_come_back_as_they_are_or_as_text(values: list[Any]) -> None:
    found = through(rn.Table(data={"column": values}))["column"].to_pylist()
    assert len(found) == len(values)
    for value, cell in zip(values, found, strict=True):
        if isinstance(cell, str) and not isinstance(value, str):
            assert value is not None
        elif cell is None:
            assert value is None or (isinstance(value, float) and math.isnan(value))
        else:
            assert repr(cell) == repr(value) or repr(cell) == repr(_as_floats(value))


def _as_floats(value: Any) -> Any:
    """The value with floats for whole numbers, which they become beside other numbers."""
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_floats(item) for key, item in value.items()}
    return float(value) if type(value) is int else value


@given(st.lists(st.tuples(st.text(max_size=3), st.lists(st.integers(0, 9), min_size=2, max_size=2)), max_size=5))
def test_names_of_any_text_stay_in_order_and_differ(named: list[tuple[str, list[int]]]) -> None:
    rows = [[values[at] for _, values in named] for at in range(2)]
    found = through(rn.Table([name for name, _ in named], rows))
    assert [column.to_pylist() for column in found.columns] == [values for _, values in named]
    assert len(set(found.column_names)) == len(named)


def test_a_table_that_holds_itself_comes_to_an_end(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    endless = rn.Table(["table", "image"])
    endless.data = [[endless, RED], [endless, None]]
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"endless": endless})
    assert caplog.messages == [
        "runicorn: The table 'endless' holds tables with tables in them: those are kept as text."
    ]
    assert run.flush()
    stored = rn.Api(run.storage_root).run(str(run.run_dir))
    outer = next(one for one in stored.media(type="table") if "within" not in one)
    wait(outer["path"].exists, "the table is not made")
    inner = {f"{one['within']}.parquet" for one in stored.media("endless") if "within" in one}
    cells = stored.load(outer)["table"].to_pylist()
    assert {cell["file"] for cell in cells} | {outer["file"]} == inner
    assert len(stored.media(type="table")) == 3


@pytest.mark.parametrize("depth", [10, 60])
def test_cells_of_lists_in_each_other(depth: int) -> None:
    cell: Any = 1
    for _ in range(depth):
        cell = [cell]
    found = through(rn.Table(["deep", "number"], [[cell, 1]]))
    assert found.to_pydict() == {"deep": [cell if depth == 10 else "[" * depth + "1" + "]" * depth], "number": [1]}
