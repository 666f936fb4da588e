"""`runicorn export-data`: every point in every format, hostile names, files whole or not at all."""

import csv
import io
import json
import re
import struct
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.commands import call, on_terminal, refused, runicorn, settled
from tests.cli.handmade import logged
from tests.programs import train

import runicorn as rn
from runicorn import formats
from runid import events
from runid.errors import RunicornError

RUN = """
import runicorn as rn
with rn.init("export", run_id="one") as run:
    for step in range(50):
        run.log({"loss": 1 / (step + 1), "=1+1": float(step)}, step=step, stage="train" if step < 25 else None)
    run.log({"loss": float("nan")}, step=50)
    run.log({"loss": float("inf")}, step=51)
    run.log({"loss": float("-inf"), "<script>a|b": 1.0}, step=52)
with rn.init("export", run_id="twice") as run:
    run.log({"rank": 3.0})
with rn.init("export", run_id="empty") as run:
    pass
"""
COLUMNS = ["metric", "stage", "rank", "writer", "step", "time", "value"]


@pytest.fixture(scope="module", autouse=True)
def _runs(root: Path) -> None:
    train(RUN)
    settled(root / "runs" / "export" / "one")


@pytest.fixture
def points(root: Path) -> list[dict[str, Any]]:
    """The points of the run."""
    found: list[dict[str, Any]] = rn.Api(root).run("one").history().to_pylist()
    assert len(found) == 104
    return found


def same(found: list[tuple[str, float]], points: list[dict[str, Any]]) -> bool:
    wanted = [(point["metric"], point["value"]) for point in points]
    return [name for name, _ in found] == [name for name, _ in wanted] and np.array_equal(
        [value for _, value in found], [value for _, value in wanted], equal_nan=True
    )


def test_csv_is_what_goes_to_stdout(points: list[dict[str, Any]]) -> None:
    rows = list(csv.DictReader(io.StringIO(runicorn("export-data", "one"))))
    assert list(rows[0]) == COLUMNS
    assert same([(row["metric"].removeprefix("'"), float(row["value"])) for row in rows], points)
    assert {row["metric"] for row in rows} == {"'=1+1", "<script>a|b", "loss"}
    assert [row["stage"] for row in rows] == [point["stage"] or "" for point in points]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z", rows[0]["time"])


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_json_and_its_lines(kind: str, points: list[dict[str, Any]]) -> None:
    out = runicorn("export-data", "one", "--format", kind)
    rows = json.loads(out) if kind == "json" else [json.loads(line) for line in out.splitlines()]
    assert list(rows[0]) == COLUMNS
    assert same([(row["metric"], float(row["value"])) for row in rows], points)
    assert {row["value"] for row in rows if isinstance(row["value"], str)} == {"NaN", "Infinity", "-Infinity"}
    assert rows[0]["step"] == points[0]["step"]


def test_parquet(points: list[dict[str, Any]], tmp_path: Path) -> None:
    assert runicorn("export-data", "one", "-o", tmp_path / "a.parquet") == ""
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.column_names == COLUMNS
    assert found["time"].to_pylist() == [point["time"] for point in points]
    assert same(list(zip(found["metric"].to_pylist(), found["value"].to_pylist(), strict=True)), points)


def test_excel_has_numbers_and_texts_and_no_formulas(tmp_path: Path) -> None:
    runicorn("export-data", "one", "-o", tmp_path / "a.xlsx")
    with ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 105
    assert "<f>" not in sheet
    assert ">=1+1<" in sheet
    assert {f">{text}<" in sheet for text in ("NaN", "Infinity", "-Infinity")} == {True}
    assert "<v>0.5</v>" in sheet


def test_html_escapes_what_is_hostile() -> None:
    out = runicorn("export-data", "one", "--format", "html")
    cells: list[str] = []

    class Cells(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
            assert tag != "script"

        def handle_data(self, data: str) -> None:
            cells.append(data)

    Cells().feed(out)
    assert "<script>a|b" in cells
    assert out.count("<tr>") == 105


def test_markdown_keeps_its_columns() -> None:
    head, line, *rows = runicorn("export-data", "one", "--format", "md").splitlines()
    assert head == "| metric | stage | rank | writer | step | time | value |"
    assert line == "|---|---|---|---|---|---|---|"
    assert len(rows) == 104
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    assert any(row.startswith(r"| &lt;script&gt;a\|b |") for row in rows)


def test_only_what_is_asked_for() -> None:
    def steps(*arguments: str) -> list[int]:
        rows = csv.DictReader(io.StringIO(runicorn("export-data", "one", "--metrics", "loss", *arguments)))
        return [int(row["step"]) for row in rows]

    assert steps("--steps", "10:12") == [10, 11, 12]
    assert steps("--steps", "50:") == [50, 51, 52]
    assert steps("--steps", ":0", "--ranks", "0,3") == [0]
    for arguments, asked in (
        (("--ranks", "1,7"), "of rank 1 or 7"),
        (("--steps", "10:1"), "from step 10 up to step 1"),
        (("--steps", "99:", "--wide"), "from step 99"),
    ):
        out, err = call("runicorn", "export-data", "one", *arguments)
        assert len(out.splitlines()) == 1
        assert err == f"Run one has no such points {asked}; it has ranks 0. The table is empty.\n"
    wide = list(csv.reader(io.StringIO(runicorn("export-data", "one", "--wide", "--steps", "49:52"))))
    assert wide[0] == ["step", "rank", "stage", "<script>a|b", "'=1+1", "loss"]
    assert [row[0] for row in wide[1:]] == ["49", "50", "51", "52"]


def test_each_metric_that_is_asked_for_once(tmp_path: Path) -> None:
    folder = logged(tmp_path / "run", 1_000.0, [events.POINTS, 1_000.0, 1, None, {"loss": 1.0, "a,b": 2.0, "a": 3.0}])

    def values(*arguments: str) -> list[float]:
        rows = csv.DictReader(io.StringIO(runicorn("export-data", folder, *arguments)))
        return [float(row["value"]) for row in rows]

    assert values("--metrics", "loss,loss") == [1.0]
    assert sorted(values("--metrics", "loss", "--metrics", "a,b", "--metrics", "loss")) == [1.0, 2.0]
    assert sorted(values("--metrics", "loss,a")) == [1.0, 3.0]


def test_a_run_without_points_is_a_head() -> None:
    assert runicorn("export-data", "empty") == ",".join(f'"{name}"' for name in COLUMNS) + "\n"
    assert json.loads(runicorn("export-data", "empty", "--format", "json")) == []


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    assert "Run one has no metric 'los'. Did you mean loss?" in refused("export-data", "one", "--metrics", "los")
    for arguments, sentence in (
        (("one", "--format", "xlsx"), "xlsx is no text: name a file with -o FILE."),
        (("one", "-o", "a.txt"), "The ending of a.txt names no format."),
        (("one", "--ranks", "1,a"), "'1,a' is no list of ranks"),
        (("one", "--steps", "5"), "'5' is no range of steps"),
        (("twice", "--wide"), "'rank' is a metric and a column"),
    ):
        assert sentence in call("runicorn", "export-data", *arguments, code=2)[1]
    gone = tmp_path / "gone" / "a.csv"
    assert f"{gone} cannot be written: No such file or directory." in refused("export-data", "one", "-o", gone)


def test_a_file_is_replaced_only_by_force_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("precious")
    assert f"{path} exists. Name another file, or replace it with --force." in refused("export-data", "one", "-o", path)
    assert path.read_text() == "precious"
    call("runicorn", "export-data", "twice", "--wide", "--force", "-o", path, code=2)
    assert path.read_text() == "precious"
    (tmp_path / "link.csv").symlink_to(path)
    runicorn("export-data", "one", "-o", tmp_path / "link.csv", "--force")
    assert path.read_text().startswith('"metric",')
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.csv", "link.csv"]
    assert f"{tmp_path} is no file." in refused("export-data", "one", "-o", tmp_path, "--force", "--format", "csv")


def test_a_terminal_sees_how_far_it_is(tmp_path: Path) -> None:
    assert "Exporting" in on_terminal(80, "runicorn", "export-data", "one", "-o", tmp_path / "a.csv")
    assert "Exporting" not in on_terminal(80, "runicorn", "export-data", "one", "--steps", "0:0")


def test_excel_refuses_more_than_a_sheet_and_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = pa.schema({"value": pa.float64()})
    writer = formats.FORMATS["xlsx"](io.BytesIO(), schema)
    with pytest.raises(RunicornError, match="holds 1,048,576 rows, and there are more"):
        writer.write(pa.table({"value": np.zeros(1_048_576)}))
    writer.write(pa.table({"value": [1.0]}))
    writer.close()
    wide = pa.schema([(f"m{number}", pa.float64()) for number in range(16_385)])
    with pytest.raises(RunicornError, match=r"holds 16,384 columns, and there are 16,385\. Choose fewer"):
        formats.FORMATS["xlsx"](io.BytesIO(), wide)
    texts = formats.FORMATS["xlsx"](io.BytesIO(), pa.schema({"metric": pa.string()}))
    with pytest.raises(RunicornError, match="holds 32,767 characters, and 'mmm"):
        texts.write(pa.table({"metric": ["m" * 32_768]}))
    texts.close()
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(RunicornError, match=r"pip install 'runicorn\[excel\]'"):
        formats.FORMATS["xlsx"](io.BytesIO(), schema)


def test_excel_keeps_all_digits_of_large_steps() -> None:
    file = io.BytesIO()
    writer = formats.FORMATS["xlsx"](file, pa.schema({"step": pa.int64()}))
    writer.write(pa.table({"step": [1 << 53, (1 << 53) + 1, -(1 << 62)]}))
    writer.close()
    with ZipFile(file) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r"<v>(.*?)</v>|<t>(.*?)</t>", sheet) == [
        ("", "step"),
        ("9007199254740992", ""),
        ("", "9007199254740993"),
        ("", "-4611686018427387904"),
    ]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1),
    st.sampled_from(["=", "+", "-", "@", "\t", "\r", ""]),
)
def test_no_text_is_a_formula_in_csv(texts: list[str], first: str) -> None:
    names = pa.array([first + text for text in texts]).dictionary_encode()
    file = io.BytesIO()
    writer = formats.FORMATS["csv"](file, pa.schema({"metric": names.type}))
    writer.write(pa.table({"metric": names}))
    writer.close()
    _, *rows = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert [row[0].removeprefix("'") for row in rows] == [(first + text).removeprefix("'") for text in texts]
    assert not any(row[0][:1] in tuple("=+-@\t\r") for row in rows if row[0])


def test_what_is_damaged_is_said_and_the_rest_exported(tmp_path: Path) -> None:
    folder = logged(tmp_path / "run", 1_000.0, point(1), point(2))
    logged(folder, 1_000.0, point(3), point(4), host="two", batches=2)
    path = folder / "journal" / "two-000000000001.journal"
    path.write_bytes(path.read_bytes().replace(struct.pack(">d", 3.0), struct.pack(">d", 5.0)))
    out, err = call("runicorn", "export-data", folder)
    assert [row["value"] for row in csv.DictReader(io.StringIO(out))] == ["1", "2", "4"]
    assert err == f"Warning: {path} is damaged: its records 2 to 2 are missing.\n"


def point(step: int) -> events.Event:
    return [events.POINTS, 1_000.0, step, None, {"loss": float(step)}]
