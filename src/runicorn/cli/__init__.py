"""`runicorn`: a look at what was logged. It reads files only; the daemon as a process is `runid`'s business.

click and rich are imported in this package alone, and nothing in it is imported by the SDK.
"""

from __future__ import annotations

from typing import Any

import click

from runicorn.cli.fsck import fsck
from runicorn.cli.ls import ls
from runicorn.cli.show import show
from runid import __version__
from runid.errors import RunicornError


class _Sentences(click.Group):
    """Runicorn's own errors, and those of the file system, are sentences for the user, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (RunicornError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:  # no file of a root: a closed pipe, for instance, is click's to handle
                raise
            raise click.ClickException(f"{error.filename} cannot be read: {error.strerror}.") from error


@click.group(cls=_Sentences)
@click.version_option(__version__, prog_name="runicorn")
def main() -> None:
    """What was logged: the runs of a storage root, with or without a daemon."""


main.add_command(fsck)
main.add_command(ls)
main.add_command(show)
