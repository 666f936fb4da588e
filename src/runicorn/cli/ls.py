"""`runicorn ls`: the runs of a root, newest first."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from runicorn import finding
from runicorn.cli import options, words
from runicorn.cli.liveness import clock, heard
from runid.errors import RunicornError
from runid.store import runs

_FEW = 3
_SPARE = ("last values", "ranks", "alias", "duration")


@click.command()
@click.argument("path", default="")
@options.storage
@click.option("--json", "as_json", is_flag=True, help="Print everything the catalog has, as JSON.")
def ls(path: str, storage: str | None, as_json: bool) -> None:
    """List runs, newest first: all of a root, or those under PATH, such as cv/resnet50."""
    root = finding.storage_root(storage)
    path = path.strip("/")
    known = finding.entries(root)
    found = [_fresh(root, entry) for entry in known if f"{entry['path']}/".startswith(f"{path}/" if path else "")]
    # Again, for the first line of a run may stand in the catalog before its writer has said when it started.
    found.sort(key=lambda entry: entry["started_at"] or entry["time"], reverse=True)
    if as_json:
        words.show_json(found)
    elif found:
        click.echo("\n".join(words.columns(_table(found), _SPARE)))
    else:
        click.echo(finding.no_runs(root, path, known))


def _fresh(root: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with the run's folder; a run that runs is read from there: the catalog lags by up to two seconds."""
    folder = runs.run_dir(root, entry["path"], entry["run"])
    silent = None
    if entry["status"] == "running":
        # Removed, damaged, or not ours to read: then what the catalog has must do.
        with contextlib.suppress(OSError, RunicornError):
            run = runs.read_run(folder)
            entry = runs.catalog_entry(run, run.folds[0]) if run.folds else entry
            silent = heard(run)
    rest = {name: value for name, value in entry.items() if name != "run"}
    return {"run_id": entry["run"], "run_dir": str(folder), **rest, "heard_seconds_ago": silent}


def _table(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {
        "run": [words.line(entry["run_id"]) for entry in found],
        "path": [words.line(entry["path"]) for entry in found],
        "alias": [words.line(entry.get("alias") or "") for entry in found],
        "status": [_status(entry) for entry in found],
        "ranks": [words.line(entry.get("ranks")) for entry in found],
        "started": [words.moment(entry.get("started_at")) for entry in found],
        "duration": [words.duration(clock(entry.get("started_at"), entry.get("ended_at"))) for entry in found],
        "best": [words.line(_best(entry.get("summary") or {})) for entry in found],
        "last values": [words.line(_last(entry.get("metrics") or {})) for entry in found],
    }


def _status(entry: dict[str, Any]) -> str:
    """The status, when a run that runs was heard of, and what was lost: a loss is never silent."""
    silent = entry["heard_seconds_ago"]
    parts = [words.line(entry["status"])]
    parts += [f"heard of {words.duration(silent)} ago"] if silent is not None else []
    parts += [f"{entry['dropped']} events dropped"] if entry.get("dropped") else []
    parts += [f"{words.size(entry['lost_bytes'])} lost"] if entry.get("lost_bytes") else []
    return ", ".join(parts)


def _best(summary: dict[str, Any]) -> str:
    if "best_metric_name" not in summary:
        return ""
    value = words.shown(summary.get("best_metric_value"))
    return f"{summary['best_metric_name']} {value} @ {summary.get('best_metric_step')}"


def _last(metrics: dict[str, dict[str, Any]]) -> str:
    few = [f"{name} {words.shown(stat.get('last'))}" for name, stat in list(metrics.items())[:_FEW]]
    return "  ".join(few + ([f"+{len(metrics) - _FEW}"] if len(metrics) > _FEW else []))
