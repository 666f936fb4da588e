"""`runicorn export-data`: a run's points as a file of another program, or its media as files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from runicorn import finding
from runicorn.cli import completion, options
from runicorn.cli.export_media import export_media
from runicorn.cli.progress import progress
from runicorn.output import output
from runid.errors import NotFoundError

if TYPE_CHECKING:
    import pyarrow as pa

    from runicorn.api import StoredRun

_FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx", "md", "html")
_NO_TEXT = ("parquet", "xlsx")
_ROWS = 1 << 16  # written at once


def _numbers(_: click.Context, __: click.Parameter, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(part) for part in text.split(",") if part]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of ranks such as 0,1.") from None


def _range(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int | None, int | None]:
    first, colon, last = (text or ":").partition(":")
    try:
        if colon:
            return int(first) if first else None, int(last) if last else None
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is no range of steps such as 100:200, 100: or :200.")


@click.command("export-data")
@options.run
@click.option(
    "--metrics",
    multiple=True,
    shell_complete=completion.metrics,
    metavar="A,B",
    help="Of these metrics; may be given several times.",
)
@click.option("--ranks", callback=_numbers, metavar="N,N", help="Of these ranks.")
@click.option("--steps", callback=_range, metavar="FIRST:LAST", help="Of these steps, both included.")
@click.option("--wide", is_flag=True, help="A row for each step, rank and stage, a column for each metric.")
@click.option("--format", "kind", type=click.Choice(_FORMATS), help="Default: by the file's ending, else csv.")
@click.option("-o", "file", type=click.Path(path_type=Path), metavar="FILE", help="Default: stdout.")
@click.option(
    "--media",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy images, tables and other media to DIR instead.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@options.storage
def export_data(
    run: str,
    storage: str | None,
    kind: str | None,
    file: Path | None,
    folder: Path | None,
    force: bool,
    **of: Any,
) -> None:
    """Write the points of RUN as CSV, JSON, Parquet, Excel, Markdown or HTML; or copy its media.

    RUN is its id, path/id, alias, or its folder.
    """
    if folder is not None and (kind or file or of["metrics"] or of["wide"]):
        raise click.UsageError("--media goes with --ranks, --steps and --force only.")
    kind = kind or _by_ending(file)
    if file is None and folder is None and kind in _NO_TEXT:
        raise click.UsageError(f"{kind} is no text: name a file with -o FILE.")
    from runicorn.api import StoredRun

    found = StoredRun(finding.run_dir(storage, run))
    if folder is not None:
        export_media(found, folder, force, of["ranks"], of["steps"])
        return
    of["metrics"] = _names(found, of["metrics"])
    # A bar between the lines of a table would harm both.
    bar = progress("Exporting", _total(found, kind, of), shown=file is not None or not sys.stdout.isatty())
    with output(file, force) if file else nullcontext(sys.stdout.buffer) as opened, bar as advance:
        written = _write(kind, opened, _tables(found, **of), advance)
    if not written and (of["ranks"] is not None or of["steps"] != (None, None)):
        click.echo(_nothing(found, of), err=True)


def _by_ending(file: Path | None) -> str:
    ending = file.suffix.lower().lstrip(".") if file else "csv"
    kind = {"htm": "html", "markdown": "md", "ndjson": "jsonl", "pq": "parquet"}.get(ending, ending)
    if kind not in _FORMATS:
        known = ", ".join(f".{one}" for one in _FORMATS)
        raise click.UsageError(f"The ending of {file} names no format. Known are {known}; or say --format.")
    return kind


def _names(run: StoredRun, texts: tuple[str, ...]) -> list[str] | None:
    """The metrics that are meant; None for all. A text is a name, which may have commas in it, or else a list."""
    if not texts:
        return None
    known, names = run.metrics, list[str]()
    for text in texts:
        names += [text] if text in known else [part for part in text.split(",") if part]
    for name in names:
        if name not in known:
            raise NotFoundError(finding.no_metric(run.id, name, known))
    return list(dict.fromkeys(names))


def _nothing(run: StoredRun, of: dict[str, Any]) -> str:
    """The sentence for a table without rows."""
    first, last = of["steps"]
    asked = [f"of rank {' or '.join(map(str, of['ranks']))}"] if of["ranks"] is not None else []
    asked += [f"from step {first}"] if first is not None else []
    asked += [f"up to step {last}"] if last is not None else []
    ranks = ", ".join(str(rank) for rank in sorted({writer["rank"] for writer in run.writers}))
    return f"Run {run.id} has no such points {' '.join(asked)}; it has ranks {ranks or 'none'}. The table is empty."


def _total(run: StoredRun, kind: str, of: dict[str, Any]) -> int | None:
    """All points; None where only some are wanted: these are not counted before."""
    if of["wide"] or of["metrics"] is not None or of["ranks"] is not None or of["steps"] != (None, None):
        return None
    from runicorn import formats

    total = run.count()
    if kind == "xlsx":
        formats.fits(total)
    return total


def _tables(
    run: StoredRun, metrics: list[str] | None, ranks: list[int] | None, steps: Any, wide: bool
) -> Iterator[pa.Table]:
    if not wide:
        return run.tables(metrics, ranks, steps)
    table = run.history(metrics, ranks, steps, wide=True)
    from runicorn import formats

    if doubled := formats.doubled(table):
        raise click.UsageError(f"{doubled!r} is a metric and a column of each row: export it without --wide.")
    return iter([table])


def _write(kind: str, file: BinaryIO, tables: Iterator[pa.Table], advance: Callable[[int], None]) -> int:
    """Gives how many rows were written."""
    from runicorn import formats

    first = next(tables)
    writer, written = formats.FORMATS[kind](file, first.schema), 0
    for table in chain([first], tables):
        for start in range(0, len(table), _ROWS):
            rows = table.slice(start, _ROWS)
            writer.write(rows)
            advance(len(rows))
            written += len(rows)
    writer.close()
    return written
