"""`runicorn export-html`: a run as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from runicorn import finding
from runicorn.cli import options
from runicorn.output import output


@click.command("export-html")
@options.run
@click.option("-o", "file", type=click.Path(path_type=Path), metavar="FILE", help="Default: RUN.html, by its id.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@options.storage
def export_html(run: str, storage: str | None, file: Path | None, force: bool) -> None:
    """Write RUN as one HTML file that opens without a server: charts, values, text and some media.

    RUN is its id, path/id, alias, or its folder.
    """
    from runicorn.viewer.standalone import standalone  # it loads a web server

    folder = finding.run_dir(storage, run)
    path = file or Path(f"{folder.name}.html")
    made = standalone(folder)
    with output(path, force) as opened:
        opened.write(made)
    click.echo(f"{path}: {len(made) / 1e6:.1f} MB")
