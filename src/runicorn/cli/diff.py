"""`runicorn diff`: in what two runs differ."""

from __future__ import annotations

from typing import Any

import click

from runicorn import finding
from runicorn.cli import completion, options, words
from runicorn.cli.progress import progress

_SECTIONS = ("config", "code", "environment", "data", "ranks", "summary")
_MISSING = "(none)"
_THEN = ("a_then", "b_then", "difference_then")


@click.command()
@click.argument("a", shell_complete=completion.runs)
@click.argument("b", shell_complete=completion.runs)
@click.option("--all", "everything", is_flag=True, help="What is the same, too.")
@options.storage
@options.as_json
def diff(a: str, b: str, everything: bool, storage: str | None, as_json: bool) -> None:
    """Compare two runs: config, code, environment, data, ranks, summary, and all points of their metrics.

    Of a metric that differs it shows the values at the last step that both have, and from which step on it differs.

    A and B are ids, path/id, aliases, or folders.
    """
    from runicorn.api import StoredRun
    from runicorn.differences import compare
    from runicorn.differences.metrics import logged

    one, other = (StoredRun(finding.run_dir(storage, name)) for name in (a, b))
    with progress("Comparing", len(logged(one, other))) as advance:
        told = compare(one, other, advance)
    if not everything:
        for section in (*_SECTIONS, "metrics"):
            told[section] = [row for row in told[section] if not row["same"]]
    if as_json:
        words.show_json(told)
    else:
        click.echo("\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> list[str]:
    lines = words.columns(_runs(told["a"], told["b"]))
    for section in _SECTIONS:
        if told[section]:
            lines += ["", *words.columns(_values(section, told[section]))]
    if told["metrics"]:
        then = tuple(f"{side} after {words.duration(told['seconds'])}" for side in ("A", "B", "B - A"))
        lines += ["", *words.columns(_metrics(told["metrics"], then), spare=then)]
    if not any(told[section] for section in (*_SECTIONS, "metrics")):
        lines += ["", "They do not differ."]
    return lines


def _runs(*runs: dict[str, Any]) -> dict[str, list[str]]:
    table = {"": ["A", "B"], "run": [words.line(run["run_id"]) for run in runs]}
    table |= {name: [words.line(run[name]) for run in runs] for name in ("path", "alias", "status")}
    table |= {"started": [words.moment(run["started_at"]) for run in runs]}
    return table | {"duration": [words.duration(run["duration"]) for run in runs]}


def _values(section: str, rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    pairs = [_pair(row) for row in rows]
    return {section: [words.line(row["name"]) for row in rows], "A": [a for a, _ in pairs], "B": [b for _, b in pairs]}


def _metrics(rows: list[dict[str, Any]], then: tuple[str, ...]) -> dict[str, list[str]]:
    table = _values("metrics", rows)
    return {
        "metrics": table["metrics"],
        "step": [words.line(row["step"]) for row in rows],
        "A": table["A"],
        "B": table["B"],
        "B - A": [words.line(row["difference"]) for row in rows],
        "differ from step": [words.line(row["differs_from"]) for row in rows],
        **{name: [words.line(row[key]) for row in rows] for name, key in zip(then, _THEN, strict=True)},
    }


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    """Both values, with all digits where fewer would look the same."""
    if row.get("file"):
        return _sizes(row)
    shown = [words.line(row[side]) if side in row else _MISSING for side in "ab"]
    if shown[0] == shown[1] and "a" in row and "b" in row and repr(row["a"]) != repr(row["b"]) and not row["same"]:
        shown = [words.line(repr(row[side])) for side in "ab"]
    return shown[0], shown[1]


def _sizes(row: dict[str, Any]) -> tuple[str, str]:
    """What a file of the code has on both sides, and which lines were added and removed."""
    shown = [words.size(row[side]) if side in row else _MISSING for side in "ab"]
    changed = "" if row.get("lines") is None else " (+{} -{})".format(*row["lines"])
    return shown[0], shown[1] + changed
