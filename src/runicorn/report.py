"""A report on one run, as Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple

from runicorn import formats
from runicorn.api import StoredRun
from runid.store import catalog, publishing, runs


class _Section(NamedTuple):
    title: str
    columns: list[str]
    rows: list[list[Any]]


def markdown(run: StoredRun) -> str:
    """The report as Markdown."""
    lines = [f"# Run {formats.markdown_cell(run.id)}\n"]
    for section in _sections(run):
        head = formats.markdown_row(section.columns) + "|---" * len(section.columns) + "|\n"
        rows = "".join(formats.markdown_row(map(_text, row)) for row in section.rows)
        lines.append(f"## {section.title}\n\n{head}{rows}")
    return "\n".join(lines)


def html(run: StoredRun) -> str:
    """The report as a page of HTML, which loads nothing."""
    title = escape(f"Run {run.id}")
    parts = [f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n']
    for section in _sections(run):
        head = "".join(f"<th>{escape(name)}</th>" for name in section.columns)
        rows = "".join(formats.html_row(map(_text, row)) for row in section.rows)
        parts.append(f"<h2>{section.title}</h2>\n<table>\n<tr>{head}</tr>\n{rows}</table>\n")
    return "".join(parts) + "</html>\n"


def identity(run: StoredRun) -> dict[str, Any]:
    """Which run it is and how it stands, by name; without what it does not have."""
    read = runs.read_run(run.run_dir)
    times = publishing.times(read)
    told = {
        "Run": read.id, "Path": read.meta.get("path"), "Alias": read.meta.get("alias"),
        "Tags": ", ".join(read.meta.get("tags") or []), "Status": read.status, "Reason": read.exit_reason,
        "Started": _moment(times["started_at"]), "Ended": _moment(times.get("ended_at")),
        "Host": read.meta.get("hostname"), "Python": read.meta.get("python"),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _sections(run: StoredRun) -> Iterator[_Section]:
    """Those that hold something."""
    yield _pairs("Run", identity(run))
    metrics = [[name, *(stats[one] for one in ("count", "last", "min", "max"))] for name, stats in run.metrics.items()]
    writers = [[one["rank"], one["hostname"], one["status"], one["last_step"], one["reason"]] for one in run.writers]
    found = [
        _pairs("Config", catalog.flat(run.config)),
        _pairs("Summary", catalog.flat(run.summary)),
        _Section("Metrics", ["metric", "count", "last", "min", "max"], metrics),
        _Section("Writers", ["rank", "host", "status", "last step", "reason"], writers),
    ]
    yield from (section for section in found if section.rows)


def _pairs(title: str, values: dict[str, Any]) -> _Section:
    return _Section(title, ["name", "value"], [[name, value] for name, value in values.items()])


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
