"""A run as one HTML file that needs no server: its charts, values and text are in it, and some of its media.

It asks nobody, and nothing of the run is HTML or script in it: what the run holds stands in a block of JSON, which our
one script shows, and its policy lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from runicorn.cli.about import known
from runicorn.viewer import frames
from runicorn.viewer.answers import as_json
from runicorn.viewer.enclosed import enclosed
from runicorn.viewer.pages import STATIC
from runid import __version__
from runid.errors import RunicornError
from runid.store import publishing, runs
from runid.store.by_rank import by_rank
from runid.store.fold import SYSTEM_METRICS
from runid.store.reader import Reader, View
from runid.store.runs import Run
from runid.store.series import Ask, series
from runid.store.texts import TextFollower

_METRICS, _BINS, _FEWEST = 2000, 2000, 100
_LINES_OF_SYSTEM = 40  # lines of a chart: machines, or processes
_LOOKS = 8  # metrics
_TIME = re.compile(r"time(?!nt|step|stamp)|duration|second|latency|(^|[/_.])ms($|[/_.])", re.IGNORECASE)
"""Metrics that tell how long something took, as far as their names say it; as in stragglers.ts."""
_ALL_BINS = 200_000  # some 6 MB
_X = ("x0", "x1")
_COLUMNS = (*_X, "min", "max", "mean", "count", "nan")
_LINES, _LONGEST, _TEXT = 2000, 2000, 4 << 20  # of the text, characters of a line, and of all
_OUTPUTS = 200
_SHOWN = (
    *("run_id", "path", "status", "exit_reason", "alias", "tags", "notes", "started_at", "ended_at"),
    *("config", "summary", "writers", "alerts", "outputs", "dropped", "lost_bytes", "problems"),
)
_OF_PROCESS = f"{SYSTEM_METRICS}process/"
_PRIVATE = ("env_variables",)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>This file needs JavaScript, which is in it; it asks nobody.</noscript>
<script type="application/json" id="content">{content}</script>
<script>{script}</script>
</body>
</html>
"""


def standalone(folder: Path) -> bytes:
    """The file of a run, of about 25 MB at most. Raises RunicornError where the pages are not built; OSError."""
    if not (STATIC / "file.js").is_file():
        raise RunicornError("The viewer's pages are not built, so there is nothing that could show the run in a file.")
    run = runs.read_run(folder)
    limits = list[str]()
    told = {name: value for name, value in known(run).items() if name in _SHOWN}
    told["environment"] = {name: value for name, value in run.environment.items() if name not in _PRIVATE}
    told["meta"] = {name: run.meta.get(name) for name in ("python", "platform")}
    told["outputs"] = told["outputs"][-_OUTPUTS:]
    reader = Reader(folder)
    content = {
        "run": told,
        "made": f"made {time.strftime('%Y-%m-%d %H:%M')} by Runicorn {__version__}",
        "frame": _text_of(reader.read(lambda view: _frame(view, run, limits))),
        "ranks": reader.read(lambda view: _ranks(view, run, limits)),
        "text": _text(folder, limits),
        **enclosed(folder, limits),
        "limits": [*limits, *_elsewhere(run), _private(run)],
    }
    return _page(str(run.meta.get("alias") or run.id), content)


def _elsewhere(run: Run) -> list[str]:
    """A sentence on the files that the run has besides."""
    there = {"code": run.code, "datasets": run.datasets, "pretrained models": run.pretrained, "outputs": run.outputs}
    found = [name for name, some in there.items() if some]
    return [f"The files of these stay with the run: {', '.join(found)}."] if found else []


def _private(run: Run) -> str:
    """A sentence on what is for nobody else."""
    variables = ", the environment's variables" if any(map(run.environment.get, _PRIVATE)) else ""
    return f"Left out, since others may read this file: the path of the run's folder{variables}."


def _page(title: str, content: dict[str, Any]) -> bytes:
    script, style = ((STATIC / name).read_text() for name in ("file.js", "file.css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:"
    told = as_json(content).replace(b"<", b"\\u003c").decode()
    parts = {"policy": policy, "title": escape(title), "style": style, "content": told, "script": script}
    return _PAGE.format(**parts).encode(errors="replace")


def _frame(view: View, run: Run, limits: list[str]) -> bytes:
    """The bins of all metrics over steps, with exact extremes; of system metrics, which say where they are a line of,
    over the time since the run began."""
    names = sorted(view.metrics(), key=lambda name: (name.startswith(SYSTEM_METRICS), name))
    taken = names[:_METRICS]
    asks = [ask for name in taken for ask in _asks(name, run)]
    points = max(_FEWEST, min(_BINS, _ALL_BINS // max(1, len(asks))))
    limits.append(
        f"Charts have up to {points:,} bins over steps, those of the machines over time, each with its exact mean, "
        "least and greatest value."
    )
    if len(taken) < len(names):
        limits.append(f"Of {len(names):,} metrics the first {len(taken):,} are here.")
    if len({one["rank"] for one in run.writers}) > _LINES_OF_SYSTEM:
        limits.append(f"Of machines, and of processes, the first {_LINES_OF_SYSTEM} are drawn.")
    start = publishing.times(run)["started_at"] or 0.0
    return frames.pack((told, _columns(view, replace(ask, points=points), start)) for told, ask in asks)


def _asks(metric: str, run: Run) -> Iterator[tuple[dict[str, Any], Ask]]:
    """What is told and asked of each line of a metric: of a system metric each host's, or each process'."""
    if not metric.startswith(SYSTEM_METRICS):
        yield {"metric": metric}, Ask(metric, whole=True)
        return
    lines = defaultdict[str, set[int]](set)
    for one in run.writers:
        lines[f"rank {one['rank']}" if metric.startswith(_OF_PROCESS) else one["hostname"]].add(one["rank"])
    for name, ranks in islice(lines.items(), _LINES_OF_SYSTEM):
        yield {"metric": metric, "line": name}, Ask(metric, rank=tuple(sorted(ranks)), x="time")


def _columns(view: View, ask: Ask, start: float) -> frames.Columns:
    found = series(view, ask)
    columns = {name: found[name].to_numpy().astype(np.float64) for name in _COLUMNS}
    since = start if ask.x == "time" else 0
    return {name: column - since if name in _X else frames.drawn(column) for name, column in columns.items()}


def _ranks(view: View, run: Run, limits: list[str]) -> dict[str, Any] | None:
    """{metric, ranks, frame} of the first metric by which ranks say how long something took; a sentence on the rest."""
    count = len({one["rank"] for one in run.writers})
    if count < 2:
        return None
    limits.append(
        f"Charts of metrics have the mean, least and greatest of all {count:,} ranks together: "
        "what each of them logged stays with the run."
    )
    for metric in islice(filter(_TIME.search, run.metrics), _LOOKS):
        found = by_rank(view, metric)
        if len(found.ranks) > 1:
            columns = {name: getattr(found, name).astype(np.float64) for name in _X}
            each = {"mean": frames.drawn(found.values.ravel())}
            frame = frames.pack([({"metric": metric}, columns), ({"metric": metric}, each)])
            return {"metric": metric, "ranks": found.ranks.tolist(), "frame": _text_of(frame)}
    return None


def _text_of(frame: bytes) -> str:
    return base64.b64encode(frame).decode()


def _text(folder: Path, limits: list[str]) -> list[dict[str, Any]]:
    news = TextFollower(folder, _LINES).news()
    found = [{"host": host, "lines": _last(lines, _TEXT // len(news))} for host, lines in news]
    if any(len(lines) == _LINES or len(one["lines"]) < len(lines) for (_, lines), one in zip(news, found, strict=True)):
        limits.append(f"Of the text the last lines are here, at most {_LINES:,} of each machine.")
    return found


def _last(lines: list[str], room: int) -> list[str]:
    cut = [line[:_LONGEST] for line in lines]
    sizes = np.cumsum([len(line) for line in reversed(cut)])
    return cut[len(cut) - int(np.searchsorted(sizes, room, side="right")) :]
