"""What the shell offers for what is being typed. An error here offers nothing: it must not fill the prompt."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from runicorn import finding
from runid.errors import RunicornError
from runid.store import runs as stored

_MOST = 200

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _offered(found: Callable[[click.Context, str], Iterator[CompletionItem]]) -> Complete:
    def complete(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
        try:
            return list(islice(found(context, typed), _MOST))
        except (RunicornError, OSError, ValueError):
            return []

    return complete


def _known(context: click.Context) -> tuple[Iterable[dict[str, Any]], set[str]]:
    root = finding.storage_root(context.params.get("storage"))
    entries, paths = finding.known(root)
    return finding.fresh(root, entries), paths


@_offered
def runs(context: click.Context, typed: str) -> Iterator[CompletionItem]:
    """Ids of runs, newest first; with their paths where a path is typed."""
    for entry in _known(context)[0]:
        name = f"{entry['path']}/{entry['run']}" if "/" in typed else entry["run"]
        if name.startswith(typed):
            told = (entry["path"], entry.get("alias"), entry["status"])
            yield CompletionItem(name, help=" ".join(word for word in told if word))


@_offered
def paths(context: click.Context, typed: str) -> Iterator[CompletionItem]:
    """Paths of runs, and the paths above them."""
    every = {above for path in _known(context)[1] for above in accumulate(path.split("/"), "{}/{}".format)}
    return (CompletionItem(path) for path in sorted(every) if path and path.startswith(typed))


@_offered
def metrics(context: click.Context, typed: str) -> Iterator[CompletionItem]:
    """Metrics of the run that was named, else of the newest runs; the last one of a list with commas."""
    before, comma, last = typed.rpartition(",")
    return (CompletionItem(before + comma + name) for name in _metrics(context) if name.startswith(last))


def _metrics(context: click.Context) -> list[str]:
    """Those that are kept in short: to read the others from the segments would take too long for a key press."""
    # Before an option that waits for its value, click leaves what was typed in `args`.
    named = context.params.get("run") or next(iter(context.args), None)
    if named:
        run = stored.read_run(finding.run_dir(context.params.get("storage"), named))
        return [*sorted(run.metrics), *sorted(run.system)]
    return sorted({name for entry in islice(_known(context)[0], _MOST) for name in entry.get("metrics") or {}})


@_offered
def programs(context: click.Context, typed: str) -> Iterator[CompletionItem]:
    """The words of a command to be run: files, and for the first one programs of the PATH."""
    yield CompletionItem(typed, type="file")
    if not context.params.get("command") and "/" not in typed:
        folders = os.environ.get("PATH", "").split(os.pathsep)
        found = {path.name for folder in folders for path in Path(folder).glob(f"{glob.escape(typed)}*")}
        yield from map(CompletionItem, sorted(found))
