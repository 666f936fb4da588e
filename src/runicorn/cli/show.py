"""`runicorn show`: one run, with what became of each of its writers."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from runicorn.cli import finding, words
from runicorn.cli.about import about
from runicorn.cli.finding import storage_option
from runid.store import catalog, runs

_METRICS = 50  # what a daemon keeps in short
_WHO = ("hostname", "python", "platform")


@click.command()
@click.argument("run")
@storage_option
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
def show(run: str, storage: str | None, as_json: bool) -> None:
    """Show one run: RUN is its id, path/id, or its folder."""
    told = about(runs.read_run(finding.run_dir(storage, run)))
    if as_json:
        words.show_json(told)
    else:
        words.show(*_parts(told))


def _parts(told: dict[str, Any]) -> list[Text | Table]:
    parts: list[Text | Table] = [words.line(f"run {told['run_id']} of {told['path'] or '/'}"), _sentence(told), Text()]
    parts.append(words.pairs(_identity(told)))
    for title, content in (
        ("config", words.pairs(catalog.flat(told["config"]))),
        ("summary", words.pairs(told["summary"])),
        ("metrics", _metrics(told["metrics"])),
        ("writers", _writers(told["writers"])),
    ):
        parts += [_title(title), content] if content.row_count else []
    if told["text"]:
        parts += [_title(f"text, its last {len(told['text'])} lines"), *map(words.line, told["text"])]
    return [*parts, _title("files"), words.pairs(_places(told))]


def _sentence(told: dict[str, Any]) -> Text:
    """The status, why, and what is missing: a loss is never silent."""
    sentence = words.status(told["status"])
    if told["heard_seconds_ago"] is not None:
        sentence += f", last heard of {words.duration(told['heard_seconds_ago'])} ago"
    if told["exit_reason"]:
        sentence += words.line(f": {told['exit_reason']}")
    if told["dropped"]:
        sentence += words.alarm(f"\nLost: {told['dropped']} events were dropped, because the outbox was full.")
    if told["lost_bytes"]:
        sentence += words.alarm(f"\nLost: {told['lost_bytes']} bytes of events could not be had from the outbox.")
    return sentence


def _identity(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: told[name] for name in ("alias", "group", "notes") if told[name]},
        **({"tags": ", ".join(told["tags"])} if told["tags"] else {}),
        "started": words.moment(told["started_at"]),
        "ended": words.moment(told["ended_at"]),
        "duration": words.duration(told["duration"]),
        **{name: told["meta"][name] for name in _WHO if name in told["meta"]},
    }


def _metrics(metrics: dict[str, dict[str, Any]]) -> Table:
    columns = ("count", "last", "min", "max")
    table = words.table("metric", *columns, numbers=columns)
    for name, stat in metrics.items():
        table.add_row(words.line(name), *(words.line(stat[column]) for column in columns))
    if len(metrics) >= _METRICS:
        table.add_row(words.line(f"… the first {_METRICS}; the files hold all"))
    return table


def _writers(writers: list[dict[str, Any]]) -> Table:
    counts = ("rank", "pid", "last step", "dropped", "lost bytes")
    table = words.table(
        "rank", "host", "pid", "last step", "status", "ended", "dropped", "lost bytes", "reason", numbers=counts
    )
    for writer in writers:
        table.add_row(
            str(writer["rank"]),
            words.line(writer["hostname"]),
            str(writer["pid"]),
            words.line(writer["last_step"]),
            words.status(writer["status"]),
            words.moment(writer["ended"]),
            str(writer["dropped"]),
            str(writer["lost_bytes"]),
            words.line(_reason(writer)),
        )
    return table


def _reason(writer: dict[str, Any]) -> str:
    silent = writer["heard_seconds_ago"]
    return writer["reason"] or "" if silent is None else f"last heard of {words.duration(silent)} ago"


def _places(told: dict[str, Any]) -> dict[str, str]:
    found = {"folder": told["run_dir"]}
    for kind, files in told["files"].items():
        count = f"{len(files)} file{'s' * (len(files) != 1)}, {words.size(sum(file['bytes'] for file in files))}"
        found[kind] = f"{count}: {files[0]['name'].partition('/')[0]}/" if files else "none"
    return found


def _title(word: str) -> Text:
    return Text(f"\n{word}", style="bold")
