"""What a notebook shows of a run: how it goes, its metrics as small pictures, and live charts where a viewer runs.

It is HTML that runs nothing: pictures are SVG, and the charts are a page of the viewer in a frame of their own. A
notebook that is opened later, or elsewhere, still has the pictures. No viewer is started for it, and nothing is waited
for: what the daemon has not written yet is not there.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from runicorn.liveness import clock
from runid import places, viewers
from runid.errors import RunicornError
from runid.store import publishing, runs
from runid.store.reader import Reader
from runid.store.series import Ask, series

_METRICS, _FRAMED, _POINTS, _CONFIG = 12, 4, 80, 16
_WIDTH, _HEIGHT = 120, 22
_SIGNS = {"running": "◐", "finished": "✓", "interrupted": "‖", "failed": "✗", "crashed": "!"}
_BOX = "font: 13px/1.5 system-ui, sans-serif; border: 1px solid rgba(128, 128, 128, .35); border-radius: 6px"
_CELL = "padding: 1px 14px 1px 0; text-align: left; background: none"


def html(folder: Path) -> str:
    """The HTML for the run in a folder. Raises OSError, RunicornError where its files cannot be read."""
    run = runs.read_run(folder)
    names = _names(run)
    page = _viewer(folder, run.id)
    link = f' · <a href="{escape(page[0])}" target="_blank" rel="noopener">open</a>' if page else ""
    head = f"<b>{escape(str(run.meta.get('alias') or run.id))}</b> {escape(_said(run))}{link}"
    where = escape(f"{run.meta.get('path', '')}/{run.id}")
    parts = [f'<div>{head}<br/><span style="opacity: .7">{where}</span></div>']
    if page:
        framed = ",".join(re.sub(r"([\\,])", r"\\\1", name) for name in names[:_FRAMED])
        address = f"{page[1]}&{urlencode({'metrics': framed})}"
        parts.append(
            f'<iframe src="{escape(address)}" title="Charts of the run, live" width="100%" height="280" loading="lazy" '
            f'sandbox="allow-scripts allow-same-origin allow-downloads" style="border: 0; margin-top: 6px"></iframe>'
        )
    parts += [_config(run.config), _table(folder, run, names)]
    return f'<div style="{_BOX}; padding: 8px 12px; max-width: 960px">{"".join(parts)}</div>'


def _names(run: runs.Run) -> list[str]:
    """The user's metrics, the primary one first."""
    best = run.summary.get("best_metric_name")
    return sorted(run.metrics, key=lambda name: name != best)


def _said(run: runs.Run) -> str:
    """ "✓ finished in 0:03:20", "✗ failed: …", "◐ running, step 300"."""
    times = {"started_at": None, "ended_at": None} | publishing.times(run)
    said = f"{_SIGNS.get(run.status, '')} {run.status}"
    if run.status == "running":
        steps = [writer["last_step"] for writer in run.writers if writer["last_step"] is not None]
        return f"{said}, step {max(steps):,}" if steps else said
    if run.status == "finished":
        took = clock(times["started_at"], times["ended_at"])
        return said if took is None else f"{said} in {timedelta(seconds=round(took))}"
    return f"{said}: {run.exit_reason}" if run.exit_reason else said


def _viewer(folder: Path, run: str) -> tuple[str, str] | None:
    """The addresses of the run's page and of its charts to be framed, in a viewer that runs; None without one."""
    root = next((one for one in folder.resolve().parents if (one / runs.MARKER).exists()), None)
    try:
        found = root and viewers.of(places.runtime_dir(), root)
    except RunicornError:
        return None
    if not found:
        return None
    url, number = found
    more = {"root": number} if number else {}
    page = f"{url}/run/{run}" + (f"?{urlencode(more)}" if more else "")
    return page, f"{url}/embed?{urlencode({'run': run} | more)}"


def _config(config: dict[str, Any]) -> str:
    shown = [f"{escape(name)} <b>{escape(str(value)[:60])}</b>" for name, value in list(config.items())[:_CONFIG]]
    more = [f"and {len(config) - _CONFIG} more"] if len(config) > _CONFIG else []
    return f'<div style="margin: 4px 0">{" · ".join([*shown, *more])}</div>' if shown else ""


def _table(folder: Path, run: runs.Run, names: list[str]) -> str:
    """The metrics' last values and pictures: open also behind live charts, which are gone when the viewer is."""
    if not names:
        return "<div>Nothing was logged yet.</div>"
    taken = names[:_METRICS]
    lines = Reader(folder).read(lambda view: {name: series(view, Ask(name, _POINTS, whole=True)) for name in taken})
    rows = []
    for name in taken:
        known = run.metrics[name]
        values = "".join(f'<td style="{_CELL}">{_number(known.get(one))}</td>' for one in ("last", "min", "max"))
        picture = _spark(*(lines[name][column].to_pylist() for column in ("x0", "x1", "min", "max")))
        first = f'<td style="{_CELL}">{escape(name)}</td><td>{picture}</td>'
        rows.append(f'<tr style="background: none">{first}{values}</tr>')
    heads = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("metric", "", "last", "min", "max"))
    count = f"{len(taken)} of {len(names)} metrics" if len(taken) < len(names) else "metrics"
    table = f'<tr style="background: none">{heads}</tr>{"".join(rows)}'
    folded = f'<summary>{count}</summary><table style="margin: 0; border: 0; font: inherit">{table}</table>'
    return f'<details open="">{folded}</details>'


def _number(value: Any) -> str:
    return escape(f"{value:.6g}" if isinstance(value, int | float) else str(value))


def _spark(x0: list[float], x1: list[float], low: list[float], high: list[float]) -> str:
    """A line through the least and the greatest value of each bin, so that no spike is hidden."""
    there = [at for at in range(len(x0)) if math.isfinite(low[at]) and math.isfinite(high[at])]
    if not there:
        return ""
    bottom, top = min(low[at] for at in there), max(high[at] for at in there)
    wide, tall = (x1[there[-1]] - x0[there[0]]) or 1, (top - bottom) or 1
    points, before = list[str](), high[there[0]]
    for at in there:
        x = ((x0[at] + x1[at]) / 2 - x0[there[0]]) / wide * (_WIDTH - 2) + 1
        ends = sorted((low[at], high[at]), key=lambda y: abs(y - before))  # to the nearer end first
        points += [f"{x:.1f} {(1 - (y - bottom) / tall) * (_HEIGHT - 2) + 1:.1f}" for y in dict.fromkeys(ends)]
        before = ends[-1]
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f'<path d="M{"L".join(points)}" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>'
    )
