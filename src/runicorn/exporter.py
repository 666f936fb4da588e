"""MetricsExporter: a run's points as files of other programs, and a report on it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.compute as pc

from runicorn import event_files, finding, formats, report
from runicorn.api import StoredRun
from runicorn.notices import warn_once
from runicorn.output import folder, output
from runid.errors import RunicornError

Place = str | os.PathLike[str]

_FORMULA, _HARMLESS = r"([,;]\s*)([=+\-@])", r"\1'\2"
_REPORTS: dict[str, Callable[[StoredRun], str]] = {"markdown": report.markdown, "html": report.html}


class MetricsExporter:
    """Reads a run, also one that runs, and writes files where it is told; a file that is there is replaced.

    Tables have a row for each step, rank and stage, and a column for each metric: the value logged last there. They are
    made in memory; `runicorn export-data` writes runs that are larger. Methods raise RunicornError for what cannot be
    written.
    """

    def __init__(self, run_dir: Place) -> None:
        """`run_dir`: the run's folder, or its id. Raises NotFoundError where there is no such run."""
        self.run = StoredRun(finding.run_dir(None, os.fspath(run_dir)))

    def to_csv(self, output_path: Place | None = None, include_metadata: bool = True) -> str:
        """The table as CSV; with `output_path` it is also written there.

        With `include_metadata` lines that begin with "# " tell first which run it is.
        """
        text = io.BytesIO()
        if include_metadata:
            text.writelines(_comment(name, value) for name, value in report.identity(self.run).items())
        self._table("csv", text)
        if output_path is not None:
            _write(output_path, lambda file: file.write(text.getvalue()))
        return text.getvalue().decode()

    def to_excel(self, output_path: Place) -> Path:
        """Writes the table as an Excel file, which needs `pip install 'runicorn[excel]'`; gives its path."""
        return _write(output_path, lambda file: self._table("xlsx", file))

    def to_tensorboard(self, log_dir: Place) -> list[Path]:
        """Writes the points as event files of TensorBoard, which is not needed for that; gives their paths.

        Into `log_dir`, or, of a run with several ranks, into its folders rank-0, rank-1 … Values are float32 there,
        and stages are not told.
        """
        points, started = self.run.history(), self.run.meta.get("created_at") or 0.0
        ranks = sorted(points["rank"].unique().to_pylist())
        written = []
        for rank in ranks:
            into = folder(Path(log_dir, f"rank-{rank}") if len(ranks) > 1 else log_dir)
            of_rank = points.filter(pc.equal(points["rank"], rank))
            name = event_files.name(started, self.run.id, rank)
            written.append(_write(into / name, partial(event_files.write, points=of_rank)))
        return written

    def generate_report(self, path: Place, format: str = "markdown") -> Path:
        """Writes a report on the run as "markdown" or "html": who it is, config, summary, metrics; gives its path.

        "pdf" is written as Markdown beside it, with a notice. Raises ValueError for another format.
        """
        given = Path(path)
        if format == "pdf":
            given, format = given.with_suffix(".md"), "markdown"
            warn_once("pdf", f"Reports are not made as PDF; {given} is Markdown, and a browser prints the HTML one.")
        if format not in _REPORTS:
            raise ValueError(f"format must be 'markdown', 'html' or 'pdf', got {format!r}")
        text = _REPORTS[format](self.run)
        return _write(given, lambda file: file.write(text.encode()))

    def _table(self, kind: str, file: BinaryIO) -> None:
        table = self.run.history(wide=True)
        if doubled := formats.doubled(table):
            raise RunicornError(
                f"{doubled!r} is a metric of run {self.run.id} and also a column of each row, so it has no such table. "
                "`runicorn export-data` writes one with a row for each point."
            )
        writer = formats.FORMATS[kind](file, table.schema)
        writer.write(table)
        writer.close()


def _write(path: Place, write: Callable[[BinaryIO], Any]) -> Path:
    with output(Path(path), force=True) as file:
        write(file)
    return Path(path)


def _comment(name: str, value: Any) -> bytes:
    """A line before the table; where a spreadsheet would cut it into cells, none of them is a formula."""
    line = " ".join(str(value).split())
    return f"# {name}: {re.sub(_FORMULA, _HARMLESS, line)}\n".encode()
