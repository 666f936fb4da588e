"""Options that several commands share."""

from __future__ import annotations

import click

from runicorn.cli import completion

run = click.argument("run", shell_complete=completion.runs)
storage = click.option(
    "--storage",
    metavar="DIR",
    help="The storage root; default: RUNICORN_DIR, then user_root_dir of the user's config, then ./.runicorn.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
