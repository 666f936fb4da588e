"""Tables that were logged: windows of rows, sorted and searched here, what their columns are like, and two compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked, blobs
from runid.errors import NotFoundError
from runid.media.sheet import Rows, Sheet
from runid.media.sheet_match import differing, guess, match
from runid.media.sheet_order import order
from runid.media.sheet_summary import summary

_MOST_ROWS, _MOST_COLUMNS = 500, 200
_ROW = "#"
"""In place of a column: the number of the row."""
_TEXT = 300
"""Characters of a text among others; of one row alone it is whole."""


def table(request: Request) -> Response:
    """Rows `lo` to `hi` of a table, the latter not included: {rows, found, columns: [{name, type}], lo, row: [their
    numbers], values: {column: [value]}}, of the columns `cols`, or the first 30.

    `sort`: columns, "-x" is the largest first; `q`: rows that this query means, in which columns are keys. With
    `other`, a file of the run `other_run` (or this one), also by: [column], others: {column: [value]}, other_row:
    [number or -1], the rows of that table that have the same values in the columns `by`; without `by` a column that
    names rows; with `by=#`, or where there is none, rows of the same number. `repeats`: whether several rows have
    the same values there, and so belong together in their order. `unmatched`: how many of its rows belong to none here,
    `alone`: how many here to none of its. `differ=1`: only rows that are not the same.
    """
    sheet = _sheet(request, asked.run(request), str(request.path_params["file"]))
    try:
        rows = order(sheet, _names(request, "sort"), request.query_params.get("q", ""))
        other = _other(request)
        if other is not None:
            by, matching, repeats = _matching(request, sheet, other)
            others = matching[rows]
            if request.query_params.get("differ") == "1":
                chosen = differing(sheet, other, rows, others)
                rows, others = rows[chosen], others[chosen]
        lo = max(0, asked.whole(request, "lo", 0))
        hi = min(asked.whole(request, "hi", lo + 100), lo + _MOST_ROWS)
        names = [*(_names(request, "cols") or sheet.schema.names[:30])][:_MOST_COLUMNS]
        told: dict[str, Any] = {
            "rows": sheet.rows,
            "found": len(rows),
            "columns": [{"name": field.name, "type": _type(field.type)} for field in sheet.schema],
            "lo": lo,
            "row": rows[lo:hi],
            "values": _window(sheet, names, rows[lo:hi]),
        }
        if other is not None:
            shared = [name for name in names if name in other.schema.names]
            together = int((matching >= 0).sum())
            told |= {
                "by": by,
                "repeats": repeats,
                "unmatched": other.rows - together,
                "alone": sheet.rows - together,
                "other_row": others[lo:hi],
                "others": _window(other, shared, others[lo:hi]),
            }
    except KeyError as error:
        raise NotFoundError(f"The table has no column {error.args[0]!r}.") from error
    except pa.ArrowException as error:
        raise ValueError(f"That cannot be done with the columns of {sheet.path.name}: {error}") from error
    return Json(told)


def _other(request: Request) -> Sheet | None:
    """The table that this one is compared with, if it is."""
    name = request.query_params.get("other")
    return _sheet(request, request.query_params.get("other_run") or asked.run(request), name) if name else None


def _matching(request: Request, sheet: Sheet, other: Sheet) -> tuple[list[str], Rows, bool]:
    """The columns that say which rows belong together, the other table's row for each of this one's, and whether
    the values of these columns repeat."""
    by = _names(request, "by") or guess(sheet, other)
    by = [name for name in by if name != _ROW or _ROW in sheet.schema.names]
    return by, *match(sheet, other, by)


def summaries(request: Request) -> Response:
    """{column: what it is like (see runid.media.sheet_summary)}, of the columns `cols`."""
    sheet = _sheet(request, asked.run(request), str(request.path_params["file"]))
    names = [name for name in _names(request, "cols")[:_MOST_COLUMNS] if name in sheet.schema.names]
    return Json({name: summary(sheet, name) for name in names})


def beginning(path: Path, rows: int, columns: int) -> dict[str, Any]:
    """The first rows and columns of a table's file: {rows: how many there are, columns: [{name, type}], of all, values:
    {column: [value]}}. Raises OSError, and pyarrow's ArrowInvalid for what is no table.
    """
    sheet = Sheet(path)
    names = sheet.schema.names[:columns]
    told = [{"name": field.name, "type": _type(field.type)} for field in sheet.schema]
    return {"rows": sheet.rows, "columns": told, "values": _window(sheet, names, np.arange(min(rows, sheet.rows)))}


def _sheet(request: Request, run: str, name: str) -> Sheet:
    path = blobs.file(asked.library(request).folder(run), name)
    try:
        return Sheet(path)
    except pa.ArrowException as error:
        raise ValueError(f"{name} is no table: {error}") from error


def _names(request: Request, parameter: str) -> list[str]:
    """The columns that a parameter names, which is given once for each: a name may have commas."""
    return [name for name in request.query_params.getlist(parameter) if name]


def _window(sheet: Sheet, names: Sequence[str], rows: Rows) -> dict[str, list[Any]]:
    alone = len(rows) == 1
    return {name: [_cell(value, alone) for value in sheet.window(name, np.asarray(rows))] for name in names}


def _cell(value: Any, alone: bool) -> Any:
    """A value as it is sent: JSON has no NaN, infinities and bytes."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str):
        return value if alone or len(value) <= _TEXT else value[:_TEXT] + " …"
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, dict):
        return {str(name): _cell(one, alone) for name, one in value.items()}
    if isinstance(value, list):
        return [_cell(one, alone) for one in (value if alone else value[:20])]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _type(kind: pa.DataType) -> str:
    """How a column's type is called: number, text, truth, time, medium, or as Arrow does."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_struct(kind) and kind.get_field_index("file") >= 0:
        return "medium"
    return str(kind)


ROUTES = [
    Route("/runs/{run}/tables/{file:path}/columns", summaries),
    Route("/runs/{run}/tables/{file:path}", table),
]
