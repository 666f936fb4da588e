"""`runicorn`: a look at what was logged. It reads files only; the daemon as a process is `runid`'s business.

click and rich are imported in this package alone, and nothing in it is imported by the SDK.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import warnings
from typing import Any, NoReturn

import click

from runicorn.cli import words
from runicorn.cli.diff import diff
from runicorn.cli.exec import exec_
from runicorn.cli.export_data import export_data
from runicorn.cli.export_html import export_html
from runicorn.cli.fsck import fsck
from runicorn.cli.ls import ls
from runicorn.cli.plot import plot
from runicorn.cli.show import show
from runicorn.cli.tail import tail
from runicorn.cli.viewer import viewer
from runid import __version__
from runid.errors import DamageWarning, RunicornError


class _Sentences(click.Group):
    """Runicorn's own errors, and those of the file system, are sentences for the user, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        # What is damaged of a run is told once, however often it is read, and the rest is shown.
        warn = functools.cache(lambda text: click.echo(f"Warning: {words.line(text)}", err=True))
        warnings.showwarning = lambda message, *_: warn(str(message))
        warnings.simplefilter("always", DamageWarning)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)
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


def run() -> NoReturn:
    """The command as a process: it ends as soon as all is said.

    Arrow's threads now and then abort a process that ends in the usual way (apache/arrow#34314).
    """
    code: object = None
    try:
        main()
    except SystemExit as end:
        code = end.code
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


for command in (ls, show, tail, plot, diff, export_data, export_html, fsck, viewer, exec_):
    main.add_command(command)
