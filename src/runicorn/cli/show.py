"""`runicorn show`: one run, with what became of each of its writers."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from operator import itemgetter
from typing import Any

import click

from runicorn import finding
from runicorn.cli import inputs, media, options, surroundings, words
from runicorn.cli.about import about
from runid.store import catalog, runs

_ALERTS = 20
_METRICS = 50  # what a daemon keeps in short
_OUTPUTS = 20
_WHO = ("hostname", "python", "platform")


@click.command()
@options.run
@options.storage
@options.as_json
def show(run: str, storage: str | None, as_json: bool) -> None:
    """Show one run: RUN is its id, path/id, alias, or its folder."""
    told = about(runs.read_run(finding.run_dir(storage, run)))
    if as_json:
        words.show_json(told)
    else:
        click.echo("\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [words.line(f"run {told['run_id']} of {told['path'] or '/'}"), *_sentences(told), ""]
    lines += words.pairs(_identity(told))
    for title, content in (
        ("code", [words.line(_code(told["code"]))] if told["code"] else []),
        ("config", words.pairs(catalog.flat(told["config"]))),
        ("config files", _config_files(told["config_files"])),
        ("datasets", inputs.table(told["datasets"], "context", "uri")),
        ("pretrained", inputs.table(told["pretrained"], "source_type", "path_or_uri")),
        ("environment", words.pairs(surroundings.short(told["environment"]))),
        ("summary", words.pairs(told["summary"])),
        ("metrics", _metrics(told["metrics"])),
        ("system", _metrics(told["system"])),
        ("media", media.table(told["media"])),
        ("alerts", _alerts(told)),
        ("outputs", _outputs(told["outputs"])),
        ("writers", _writers(told)),
        (f"text, its last {len(told['text'])} lines", _text(told["text"])),
        ("files", words.pairs(_places(told))),
    ):
        lines += ["", words.title(title), *content] if content else []
    return lines


def _sentences(told: dict[str, Any]) -> list[str]:
    """The status, why, and what is missing: a loss is never silent."""
    silent, reason = told["heard_seconds_ago"], told["exit_reason"]
    status = words.status(told["status"])
    status += f", last heard of {words.duration(silent)} ago" if silent is not None else ""
    status += words.line(f": {reason}") if reason else ""
    lost = []
    if told["dropped"]:
        lost.append(f"Lost: {told['dropped']} events were dropped, because the outbox was full.")
    if told["lost_bytes"]:
        lost.append(f"Lost: {told['lost_bytes']} bytes of events could not be had from the outbox.")
    lost += [f"Damaged: {words.line(problem)}" for problem in told["problems"]]
    return [status, *(words.status(sentence, "crashed") for sentence in lost)]


def _identity(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: told[name] for name in ("alias", "project", "group", "notes") if told[name]},
        **({"tags": ", ".join(told["tags"])} if told["tags"] else {}),
        "started": words.moment(told["started_at"]),
        "ended": words.moment(told["ended_at"]),
        "duration": words.duration(told["duration"]),
        **media.counts(told["media"]),
        **{name: told["meta"][name] for name in _WHO if name in told["meta"]},
    }


def _code(code: dict[str, Any]) -> str:
    """What became of the code snapshot, in a line."""
    if not code.get("saved"):
        return f"not kept: {code.get('reason')}"
    count = code["file_count"]
    said = f"{count} file{'s' * (count != 1)}, {words.size(code['total_bytes'])}, in {code['archive_path']}"
    told = code.get("git") or {}
    if told.get("commit"):
        said += f"; commit {told['commit'][:12]}" + (f" of {told['branch']}" if told.get("branch") else "")
        said += ", changed since" if told.get("has_changes") else ""
    if code.get("changed_count"):
        said += f"; {code['changed_count']} files changed while it was taken"
    return said


def _config_files(files: dict[str, str | None]) -> list[str]:
    return words.pairs(
        {name: "not kept" if text is None else words.size(len(text.encode())) for name, text in files.items()}
    )


def _metrics(metrics: dict[str, dict[str, Any]]) -> list[str]:
    if not metrics:
        return []
    table = {"metric": [words.line(name) for name in metrics]}
    table |= {name: [words.line(stat[name]) for stat in metrics.values()] for name in ("count", "last", "min", "max")}
    more = [f"These are the first {_METRICS}; the files hold all."] if len(metrics) >= _METRICS else []
    return words.columns(table) + more


def _alerts(told: dict[str, Any]) -> list[str]:
    if not told["alerts"]:
        return []
    alerts = told["alerts"][-_ALERTS:]
    more = [f"These are the last {_ALERTS} of {len(told['alerts'])}."] if len(told["alerts"]) > _ALERTS else []
    return more + words.columns(
        {
            "time": [words.moment(alert["time"], told["started_at"]) for alert in alerts],
            "rank": [words.line(alert["rank"]) for alert in alerts],
            "step": [words.line(alert["step"]) for alert in alerts],
            "level": [words.line(alert["level"]) for alert in alerts],
            "title": [words.line(alert["title"]) for alert in alerts],
            "text": [words.line(alert["text"] or "") for alert in alerts],
            "webhooks": [_delivered(alert) for alert in alerts],
        }
    )


def _delivered(alert: dict[str, Any]) -> str:
    if not alert["webhooks"]:
        return ""
    if alert["delivered"] is None:
        return "on its way"
    return words.line(f"{alert['delivered']} of {alert['webhooks']} {alert['problem'] or ''}")


def _outputs(outputs: list[dict[str, Any]]) -> list[str]:
    """A line for each output: how many versions there are, the size of the newest, and what went wrong."""
    newest = {entry["key"]: entry for entry in outputs}
    count = Counter(entry["key"] for entry in outputs if entry["saved"])
    table = {
        "output": [words.line(key) for key in newest],
        "versions": [words.line(count[key]) for key in newest],
        "size": [words.size(entry["size_bytes"]) if entry["saved"] else "" for entry in newest.values()],
        "error": [words.line(entry.get("last_error", "")) for entry in newest.values()],
    }
    more = [f"And {len(newest) - _OUTPUTS} more; --json lists all."] if len(newest) > _OUTPUTS else []
    return words.columns({name: column[-_OUTPUTS:] for name, column in table.items()}) + more if newest else []


def _writers(told: dict[str, Any]) -> list[str]:
    writers = told["writers"]
    return words.columns(
        {
            "rank": [words.line(writer["rank"]) for writer in writers],
            "host": [words.line(writer["hostname"]) for writer in writers],
            "pid": [words.line(writer["pid"]) for writer in writers],
            "last step": [words.line(writer["last_step"]) for writer in writers],
            "status": [words.line(writer["status"]) for writer in writers],
            "ended": [words.moment(writer["ended"], told["started_at"]) for writer in writers],
            "dropped": [words.line(writer["dropped"]) for writer in writers],
            "lost bytes": [words.line(writer["lost_bytes"]) for writer in writers],
            "reason": [_reason(writer) for writer in writers],
        }
    )


def _text(text: list[dict[str, str]]) -> list[str]:
    lines = []
    for host, of in groupby(text, itemgetter("host")):
        lines += [words.host_title(host)] if any(one["host"] != host for one in text) else []
        lines += [words.text_line(one["line"]) for one in of]
    return lines


def _reason(writer: dict[str, Any]) -> str:
    silent = writer["heard_seconds_ago"]
    return words.line(writer["reason"] or "") if silent is None else f"last heard of {words.duration(silent)} ago"


def _places(told: dict[str, Any]) -> dict[str, str]:
    found = {"folder": told["run_dir"]}
    for kind, files in told["files"].items():
        count = f"{len(files)} file{'s' * (len(files) != 1)}, {words.size(sum(file['bytes'] for file in files))}"
        found[kind] = f"{count}: {files[0]['name'].partition('/')[0]}/" if files else "none"
    return found
