"""`runicorn show`: one run, with what became of each of its writers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from runicorn.cli import finding, words
from runicorn.cli.finding import storage_option
from runicorn.cli.liveness import clock, heard, lives, silence
from runid.store import catalog, files, journal, runs, segments
from runid.store.fold import LOGS
from runid.store.runs import Run

_LINES = 10
_TAIL = 1 << 16
_METRICS = 50  # a fold keeps no more


@click.command()
@click.argument("run")
@storage_option
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
def show(run: str, storage: str | None, as_json: bool) -> None:
    """Show one run: RUN is its id, path/id, or its folder."""
    here = Path(run)
    folder = here.resolve() if finding.is_run(here) else finding.run_dir(finding.storage_root(storage), run)
    found = runs.read_run(folder)
    if as_json:
        words.show_json(_all(found))
    else:
        words.show(*_sections(found))


def _all(run: Run) -> dict[str, Any]:
    """Everything about a run but its points, objects and all of its text."""
    times = {"started_at": None, "ended_at": None} | runs.times(run)
    writers = [
        writer | {"heard_seconds_ago": silence(run, writer) if lives(writer) else None} for writer in run.writers
    ]
    return {
        "run_id": run.id,
        "path": run.meta.get("path"),
        "run_dir": str(run.folder),
        "status": run.status,
        "exit_reason": run.exit_reason,
        "heard_seconds_ago": heard(run),
        **{name: run.meta.get(name) for name in ("alias", "tags", "group", "notes")},
        **times,
        "duration": clock(times["started_at"], times["ended_at"]),
        "dropped": sum(writer["dropped"] for writer in writers),
        "lost_bytes": sum(writer["lost_bytes"] for writer in writers),
        "config": run.config,
        "summary": run.summary,
        "metrics": run.metrics,
        "writers": writers,
        "text": _tail(run),
        "files": _files(run.folder),
        "meta": run.meta,
    }


def _sections(run: Run) -> list[Text | Table]:
    told = _all(run)
    parts: list[Text | Table] = [words.line(f"run {run.id} of {told['path'] or '/'}"), _sentence(told)]
    parts += [Text(), words.pairs(_identity(told))]
    for title, content in (
        ("config", words.pairs(catalog.flat(run.config)) if run.config else None),
        ("summary", words.pairs(told["summary"]) if told["summary"] else None),
        ("metrics", _metrics(run.metrics) if run.metrics else None),
        ("writers", _writers(told["writers"])),
    ):
        parts += [] if content is None else [_title(title), content]
    if told["text"]:
        parts += [_title(f"text, its last {len(told['text'])} lines"), *map(words.line, told["text"])]
    return [*parts, _title("files"), words.pairs(_places(run.folder, told["files"]))]


def _sentence(told: dict[str, Any]) -> Text:
    """The status, why, and what is missing: a loss is never silent."""
    sentence = words.status(told["status"])
    if told["heard_seconds_ago"] is not None:
        sentence += f", last heard of {words.duration(told['heard_seconds_ago'])} ago"
    if told["exit_reason"]:
        sentence += words.line(f": {told['exit_reason']}")
    if told["dropped"]:
        sentence += Text(f"\nlost: {told['dropped']} events were dropped, for the outbox was full", style="bold red")
    if told["lost_bytes"]:
        lost = f"\nlost: {told['lost_bytes']} bytes of events were gone from the outbox before they were kept"
        sentence += Text(lost, style="bold red")
    return sentence


def _identity(told: dict[str, Any]) -> dict[str, Any]:
    meta = told["meta"]
    return {
        **{name: told[name] for name in ("alias", "group", "notes") if told[name]},
        **({"tags": ", ".join(told["tags"])} if told["tags"] else {}),
        "started": words.moment(told["started_at"]),
        "ended": words.moment(told["ended_at"]),
        "duration": words.duration(told["duration"]),
        **{name: meta[name] for name in ("hostname", "python", "platform") if name in meta},
    }


def _metrics(metrics: dict[str, dict[str, Any]]) -> Table:
    table = words.table("metric", "count", "last", "min", "max", numbers=("count", "last", "min", "max"))
    for name, stat in metrics.items():
        table.add_row(words.line(name), *(words.line(stat[column]) for column in ("count", "last", "min", "max")))
    if len(metrics) >= _METRICS:
        table.add_row(words.line(f"only the first {_METRICS} metrics are told here; the files have all"))
    return table


def _writers(writers: list[dict[str, Any]]) -> Table:
    table = words.table(
        "rank", "host", "pid", "last step", "status", "ended", "dropped", "lost bytes", "how",
        numbers=("rank", "pid", "last step", "dropped", "lost bytes"),
    )  # fmt: skip
    for writer in writers:
        silent = writer["heard_seconds_ago"]
        how = writer["reason"] or "" if silent is None else f"last heard of {words.duration(silent)} ago"
        table.add_row(
            str(writer["rank"]),
            words.line(writer["hostname"]),
            str(writer["pid"]),
            words.line(writer["last_step"]),
            words.status(writer["status"]),
            words.moment(writer["ended"]),
            str(writer["dropped"]),
            str(writer["lost_bytes"]),
            words.line(how),
        )
    return table


def _title(word: str) -> Text:
    return Text(f"\n{word}", style="bold")


def _tail(run: Run) -> list[str]:
    """The last lines of the run's text; of the owner's where several hosts log."""
    lines: list[str] = []
    for fold in run.folds[:1]:
        path = runs.text_path(run.folder, fold.host, fold.host == run.meta.get("host"))
        lines = (_end(path, fold.lengths[LOGS]) + "".join(fold.pending[LOGS])).splitlines()
    return lines[-_LINES:]


def _end(path: Path, length: int) -> str:
    """The end of a file of which the first `length` bytes count."""
    try:
        with open(path, "rb") as file:
            start = file.seek(max(0, length - _TAIL))
            text = file.read(length - start).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return text if start == 0 else text.partition("\n")[2]


def _files(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The files that hold the points: segments, and the journals that are not sealed and removed yet."""
    sealed = [one.path for one in segments.segments(folder / "metrics")]
    journals = [path for found in journal.journals(folder / "journal").values() for _, path in found]
    return {"segments": _sizes(folder, sealed), "journals": _sizes(folder, journals)}
