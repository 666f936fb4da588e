"""`runicorn ls`: the runs of a root that a query means, newest first or in another order."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from runicorn import finding
from runicorn.cli import completion, options, words
from runicorn.liveness import clock
from runid.errors import QueryError
from runid.store import catalog, listing, runs
from runid.store.fold import METRICS

_FEW = 3
_SPARE = ("last values", "ranks", "project", "alias", "duration")
_PATH = re.compile(r"/?[\w-]+(/[\w-]+)*/?", re.ASCII)


class _QueryWrong(click.ClickException):
    """The query cannot be understood: a command line that makes no sense."""

    exit_code = 2


@click.command()
@click.argument("query", nargs=-1, metavar="[PATH] [QUERY]...", shell_complete=completion.paths)
@options.storage
@click.option("--order", multiple=True, metavar="KEY", help="Order by a key; -KEY: largest first. May be repeated.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="List so many runs at most.")
@click.option("--group", metavar="KEY", help="List the runs of each value of a key together.")
@click.option("--json", "as_json", is_flag=True, help="Print everything the catalog has, as JSON.")
def ls(
    query: tuple[str, ...],
    storage: str | None,
    order: tuple[str, ...],
    limit: int | None,
    group: str | None,
    as_json: bool,
) -> None:
    """List runs, newest first: all of a root, those under PATH, such as cv/resnet50, or those a QUERY means.

    \b
    runicorn ls cv/resnet50
    runicorn ls 'val/acc>=.9 status:finished' --order -val/acc --limit 10
    runicorn ls tag:baseline or 'lr<1e-3 and not since:7d'
    """
    gc.disable()  # many objects, no cycles, and over soon
    root = finding.storage_root(storage)
    known, paths = finding.known(root)
    text = _understood(query, paths)
    found = _selected(root, known, text, order, limit)
    groups = listing.grouped(found, group) if group else [(None, found)]
    if as_json:
        rows = [{"value": value, "runs": [_told(root, entry) for entry in entries]} for value, entries in groups]
        words.show_json(rows if group else rows[0]["runs"])
    elif found:
        click.echo("\n".join(_lines(groups, group)))
    elif not text or _PATH.fullmatch(text):
        click.echo(finding.no_runs(root, text.strip("/"), paths))
    else:
        click.echo(f"No run in {root} is as the query says.{_unknown(known)}")


def _unknown(known: Iterable[dict[str, Any]]) -> str:
    """A sentence where a run may have metrics or keys that its line in the catalog has no room for."""
    most = {"metrics": METRICS, "config": catalog.KEYS, "summary": catalog.KEYS}
    if not any(len(entry[name]) >= count for entry in known for name, count in most.items()):
        return ""
    return (
        f" It knows the first {METRICS} metrics of a run, and the first {catalog.KEYS} keys of its config and of its "
        "summary; some runs here may have more."
    )


def _understood(arguments: Sequence[str], paths: set[str]) -> str:
    """The query that the arguments are together; the first may be a path, if runs lie there."""
    first = arguments[0].strip("/") if arguments else ""
    is_path = _PATH.fullmatch(first) and any(f"{path}/".startswith(f"{first}/") for path in paths)
    return " ".join([f"path:{first}", *arguments[1:]] if is_path else arguments)


def _selected(
    root: Path, known: Iterable[dict[str, Any]], text: str, order: Sequence[str], limit: int | None
) -> list[dict[str, Any]]:
    try:
        found = listing.select(finding.fresh(root, known), text, order, limit, partial(listing.is_there, root))
    except QueryError as error:
        raise _QueryWrong(_marked(text, error)) from error
    if not order:
        # Again, for the first line of a run may stand in the catalog before its writer has said when it started.
        found.sort(key=lambda entry: entry["started_at"] or entry["time"], reverse=True)
    return found


def _marked(text: str, error: QueryError) -> str:
    """The error, and below it the query with a mark under what is wrong."""
    before, wrong = words.line(text[: error.start]), words.line(text[error.start : error.end])
    mark = " " * cell_len(before) + "^" * max(1, cell_len(wrong))
    return f"{error}\n  {before}{wrong}{words.line(text[error.end :])}\n  {mark}"


def _told(root: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """What --json prints of a run."""
    rest = {name: value for name, value in entry.items() if name != "run"}
    folder = runs.run_dir(root, entry["path"], entry["run"])
    return {"run_id": entry["run"], "run_dir": str(folder), finding.HEARD: None, **rest}


def _lines(groups: list[tuple[Any, list[dict[str, Any]]]], key: str | None) -> list[str]:
    """The table; with a key, its runs below a line for each value."""
    head, *rows = words.columns(_table([entry for _, entries in groups for entry in entries]), _SPARE)
    if key is None:
        return [head, *rows]
    lines = [head]
    for value, entries in groups:
        count = f"{len(entries)} run{'s' * (len(entries) != 1)}"
        lines += ["", words.title(words.line(f"{key} {words.shown(value)}")) + f", {count}", *rows[: len(entries)]]
        del rows[: len(entries)]
    return lines


def _table(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    projects = [words.line(_project(entry)) for entry in found]
    return {
        "run": [words.line(entry["run"]) for entry in found],
        "path": [words.line(entry["path"]) for entry in found],
        **({"project": projects} if any(projects) else {}),
        "alias": [words.line(entry["alias"] or "") for entry in found],
        "status": [_status(entry) for entry in found],
        "ranks": [words.line(entry.get("ranks")) for entry in found],
        "started": [words.moment(entry["started_at"]) for entry in found],
        "duration": [words.duration(clock(entry["started_at"], entry["ended_at"])) for entry in found],
        "best": [words.line(_best(entry["summary"])) for entry in found],
        "last values": [words.line(_last(entry["metrics"])) for entry in found],
    }


def _project(entry: dict[str, Any]) -> str:
    """The project as Trackio's stand-in was given it, where the path is another word."""
    project = entry.get("project") or ""
    return "" if project == entry["path"] else project


def _status(entry: dict[str, Any]) -> str:
    """The status, when a run that runs was heard of, and what was lost: a loss is never silent."""
    silent = entry.get(finding.HEARD)
    parts = [words.line(entry["status"])]
    parts += [f"heard of {words.duration(silent)} ago"] if silent is not None else []
    parts += [f"{entry['dropped']} events dropped"] if entry.get("dropped") else []
    parts += [f"{words.size(entry['lost_bytes'])} lost"] if entry["lost_bytes"] else []
    return ", ".join(parts)


def _best(summary: dict[str, Any]) -> str:
    if "best_metric_name" not in summary:
        return ""
    value = words.shown(summary.get("best_metric_value"))
    return f"{summary['best_metric_name']} {value} @ {summary.get('best_metric_step')}"


def _last(metrics: dict[str, Any]) -> str:
    few = [
        f"{name} {words.shown(stat.get('last'))}"
        for name, stat in islice(metrics.items(), _FEW)
        if isinstance(stat, dict)
    ]
    return "  ".join(few + ([f"+{len(metrics) - _FEW}"] if len(metrics) > _FEW else []))
