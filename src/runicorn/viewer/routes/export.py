"""The table of runs, and a run with all that it holds, as files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runicorn import finding
from runicorn.viewer.library import Library
from runicorn.viewer.routes import asked
from runicorn.viewer.standalone import standalone
from runid.store.keys import Entry, as_text, getter

_ALWAYS = ("run", "path", "alias", "status")
_BLOCK = 500  # rows made at a time


def runs_csv(request: Request) -> Response:
    """The runs that the query `q` means, by the keys `sort`, with the columns `cols`; with `runs`, only of those."""
    library, only = asked.library(request), set(asked.listed(request, "runs"))
    found = library.find(request.query_params.get("q", ""), asked.listed(request, "sort")).entries()
    entries = [entry for entry in found if not only or entry["run"] in only]
    keys = list(dict.fromkeys((*_ALWAYS, *asked.listed(request, "cols"))))
    headers = {"content-disposition": 'attachment; filename="runs.csv"'}
    return StreamingResponse(_lines(library, entries, keys), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(library: Library, entries: list[Entry], keys: list[str]) -> Iterator[str]:
    getters = [getter(key) for key in keys]
    yield _csv([keys])
    for start in range(0, len(entries), _BLOCK):
        block = finding.fresh(library.root, entries[start : start + _BLOCK])
        yield _csv([[_cell(get(entry)) for get in getters] for entry in block])


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return "" if value is None else " ".join(map(as_text, value)) if isinstance(value, list) else as_text(value)


def run_html(request: Request) -> Response:
    """A run as one HTML file, see runicorn.viewer.standalone."""
    folder = asked.library(request).folder(asked.run(request))
    name = re.sub(r"[^\w.-]", "_", f"{folder.name}.html", flags=re.ASCII)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(standalone(folder), media_type="text/html; charset=utf-8", headers=headers)


ROUTES = [Route("/runs.csv", runs_csv), Route("/runs/{run}/file.html", run_html)]
