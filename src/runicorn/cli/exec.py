"""`runicorn exec`: a program that logs to another tracker logs to Runicorn, and not one line of it changes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from runicorn.cli import completion

_SHIMS = Path(__file__).parents[1] / "compat" / "shims"
_TRACKERS = ("trackio", "expt_logger")


def _chosen(_: click.Context, __: click.Parameter, given: str) -> list[str]:
    names = [name.strip().replace("-", "_") for name in given.split(",")]
    for name in names:
        if name not in _TRACKERS:
            raise click.BadParameter(f"{name!r} is none of {', '.join(_TRACKERS)}.")
    return names


def _trackers(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    before, comma, last = typed.rpartition(",")
    return [CompletionItem(before + comma + name) for name in _TRACKERS if name.startswith(last)]


# What follows the program is its own, options too.
@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option(
    "--as", "trackers", metavar="NAMES", default=",".join(_TRACKERS), show_default=True, callback=_chosen,
    shell_complete=_trackers, help="What Runicorn stands in for, separated by commas.",
)  # fmt: skip
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, shell_complete=completion.programs)
@click.pass_context
def exec_(context: click.Context, trackers: list[str], command: tuple[str, ...]) -> None:
    """Run a program with Runicorn in the place of other trackers: `import trackio` and `import expt_logger` give ours.

    That holds for COMMAND and for the processes that it starts, whether or not these trackers are installed.
    """
    environment = os.environ | {"PYTHONPATH": _python_path(trackers, os.environ.get("PYTHONPATH", ""))}
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores these, and the program would inherit that
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        click.echo(f"Error: {command[0]!r} cannot be run: {error.strerror}.", err=True)
        context.exit(127 if isinstance(error, FileNotFoundError) else 126)  # those that shells give


def _python_path(trackers: list[str], before: str) -> str:
    """The folders of the stand-ins, then what was there."""
    ours = [str(_SHIMS / name) for name in trackers]
    # An empty entry would be the working folder; those of an outer `runicorn exec` are not wanted.
    kept = [folder for folder in before.split(os.pathsep) if folder and Path(folder).parent != _SHIMS]
    return os.pathsep.join([*ours, *kept])
