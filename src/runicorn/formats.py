"""Tables of points as files of other programs. NaN and infinities are kept in all of them:

    csv            nan, inf, -inf
    json, jsonl    the strings "NaN", "Infinity", "-Infinity", as in all our files
    parquet        as they are
    xlsx           the texts NaN, Infinity, -Infinity: Excel has no such numbers; integers beyond 2^53 are texts, too
    md, html       NaN, Infinity, -Infinity

Names of metrics and stages are the user's, and may be hostile. HTML and Markdown escape them. In CSV one that begins
with = + - @, a tab or a carriage return gets an apostrophe in front, for spreadsheets would run it as a formula; in
Excel files texts are texts.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from runid.errors import RunicornError

_FORMULA = r"^([=+\-@\t\r])"
_SHEET_ROWS = 1_048_576
"""What a sheet of Excel holds, with its head."""

_SHEET_COLUMNS = 16_384
_CELL_TEXT = 32_767  # characters
_EXACT = 1 << 53  # Excel's numbers are doubles


class Writer(Protocol):
    """Writes tables of one schema, one after the other."""

    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class _Csv:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        names = [re.sub(_FORMULA, r"'\1", name) for name in schema.names]
        self._schema = pa.schema([(name, _plain(field.type)) for name, field in zip(names, schema, strict=True)])
        self._writer = pc_csv.CSVWriter(file, self._schema)

    def write(self, table: pa.Table) -> None:
        columns = [_harmless(column) if pa.types.is_dictionary(column.type) else column for column in table.columns]
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _Parquet:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._schema = pa.schema([(field.name, _plain(field.type)) for field in schema])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table.cast(self._schema))

    def close(self) -> None:
        self._writer.close()


class _Text:
    """A head, a piece of text for each row, what stands between two rows, and an end."""

    def __init__(self, file: BinaryIO, head: str, row: Callable[[dict[str, Any]], bytes], between: str, end: str):
        self._file, self._row, self._between, self._end = file, row, between.encode(), end.encode()
        self._begun = False
        file.write(head.encode())

    def write(self, table: pa.Table) -> None:
        if len(table):
            rows = self._between.join(map(self._row, _rows(table)))
            self._file.write(self._between + rows if self._begun else rows)
            self._begun = True

    def close(self) -> None:
        self._file.write(self._end)


class _Excel:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        try:
            import xlsxwriter
        except ImportError as error:
            raise RunicornError(
                "Excel files need xlsxwriter, which is not installed: pip install 'runicorn[excel]'. CSV needs nothing."
            ) from error
        if len(schema) > _SHEET_COLUMNS:
            raise RunicornError(
                f"An Excel sheet holds {_SHEET_COLUMNS:,} columns, and there are {len(schema):,}. Choose fewer with "
                "--metrics, leave --wide out, or take another format, such as csv or parquet."
            )
        # Rows are written out as they come, and no text becomes a formula, a link or a number.
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options | {"strings_to_numbers": False})
        self._sheet = self._book.add_worksheet("points")
        self._next = 0
        self._add(schema.names)

    def write(self, table: pa.Table) -> None:
        fits(self._next - 1 + len(table))
        for row in _rows(table):
            self._add(row.values())

    def close(self) -> None:
        self._book.close()

    def _add(self, values: Any) -> None:
        for column, value in enumerate(values):
            if value is None:
                failed = 0
            elif isinstance(value, str) or (isinstance(value, int) and abs(value) > _EXACT):
                failed = self._sheet.write_string(self._next, column, str(value))
            else:
                failed = self._sheet.write_number(self._next, column, value)
            if failed:
                raise RunicornError(_no_cell(value))
        self._next += 1


def _no_cell(value: Any) -> str:
    what = f"A cell of an Excel sheet holds {_CELL_TEXT:,} characters, and {str(value)[:40]!r} cannot be put into one."
    return f"{what} Take another format, such as csv or parquet."


def fits(count: int) -> None:
    """Raises RunicornError where an Excel file cannot hold so many points."""
    if count >= _SHEET_ROWS:
        raise RunicornError(
            f"An Excel sheet holds {_SHEET_ROWS:,} rows, and there are more points. Choose fewer with --metrics, "
            "--ranks or --steps, or another format, such as csv or parquet."
        )


def doubled(table: pa.Table) -> str | None:
    """A column that a table has twice: a metric may be named like one of each row."""
    names = table.column_names
    return next((name for name in names if names.count(name) > 1), None)


def _json(file: BinaryIO, _: pa.Schema) -> Writer:
    return _Text(file, "[\n", orjson.dumps, ",\n", "\n]\n")


def _json_lines(file: BinaryIO, _: pa.Schema) -> Writer:
    return _Text(file, "", lambda row: orjson.dumps(row) + b"\n", "", "")


def _markdown(file: BinaryIO, schema: pa.Schema) -> Writer:
    head = markdown_row(schema.names) + "|---" * len(schema) + "|\n"
    return _Text(file, head, lambda row: markdown_row(_cells(row)).encode(), "", "")


def _html(file: BinaryIO, schema: pa.Schema) -> Writer:
    names = "".join(f"<th>{html.escape(name)}</th>" for name in schema.names)
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>points</title>\n<table>\n'
    end = "</table>\n</html>\n"
    return _Text(file, f"{head}<tr>{names}</tr>\n", lambda row: html_row(_cells(row)).encode(), "", end)


FORMATS: dict[str, Callable[[BinaryIO, pa.Schema], Writer]] = {
    "csv": _Csv,
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _Parquet,
    "xlsx": _Excel,
    "md": _markdown,
    "html": _html,
}


def html_row(cells: Iterable[str]) -> str:
    """A row of a table of HTML."""
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>\n"


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a table of Markdown."""
    return "".join(f"| {markdown_cell(cell)} " for cell in cells) + "|\n"


def markdown_cell(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    escaped = re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(text, quote=False))
    return " ".join(escaped.splitlines())


def _cells(row: dict[str, Any]) -> Iterator[str]:
    return ("" if value is None else str(value) for value in row.values())


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows, of values that JSON and Excel know."""
    columns = [_values(column) for column in table.columns]
    names = table.column_names
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    values = column.to_pylist()
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column)).as_py():
        return [_finite(value) for value in values]
    return list(values)


def _finite(value: float | None) -> Any:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _plain(kind: pa.DataType) -> pa.DataType:
    """What other programs know: no dictionaries."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    chunks = []
    for chunk in column.chunks:
        names = pc.replace_substring_regex(chunk.dictionary, _FORMULA, r"'\1")
        chunks.append(pa.DictionaryArray.from_arrays(chunk.indices, names).cast(pa.string()))
    return pa.chunked_array(chunks, pa.string())
