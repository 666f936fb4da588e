"""`runicorn plot`: a metric of one or several runs, drawn in the terminal."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from runicorn import finding
from runicorn.cli import completion, options, words
from runid.errors import NotFoundError

if TYPE_CHECKING:
    from runicorn.cli.chart import Look
    from runicorn.cli.curves import Asked, Drawn

_WIDTH, _HEIGHT = 80, 20
_NARROWEST = 30  # a chart next to its axis; what is narrower shows nothing
_AXIS = 10  # characters that the y axis takes, about
_POINTS = 2000


@click.command()
@click.argument("metric", shell_complete=completion.metrics)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=completion.runs)
@click.option("--x", metavar="AXIS", default="step", help="step, time (since the start), or a metric.  [default: step]")
@click.option("--smooth", metavar="KIND", help="ema:0.9, twema:0.9, mean:51, median:51 or gaussian:10.")
@click.option("--rank", type=int, help="Points of this rank only.")
@click.option("--stage", help="Points of this stage only.")
@click.option("--log", is_flag=True, help="A logarithmic y axis.")
@click.option("--points", type=click.IntRange(1), help="Bins at most.  [default: as many as are seen; of JSON 2000]")
@click.option("--width", type=click.IntRange(_NARROWEST), help="In characters.  [default: the terminal's, or 80]")
@click.option("--height", type=click.IntRange(4), default=_HEIGHT, show_default=True, help="Of the chart, in lines.")
@options.storage
@options.as_json
def plot(
    metric: str,
    runs: tuple[str, ...],
    x: str,
    smooth: str | None,
    rank: int | None,
    stage: str | None,
    log: bool,
    points: int | None,
    width: int | None,
    height: int,
    storage: str | None,
    as_json: bool,
) -> None:
    """Draw METRIC of one or several runs. Each RUN is an id, path/id, alias, or a folder.

    The line is the mean of the points that share a place; the band behind it goes from the smallest to the largest.
    """
    from runicorn.api import StoredRun
    from runicorn.cli import curves
    from runicorn.cli.chart import Look

    asked = curves.Asked(metric, x, smooth, rank, stage)
    look = Look((width or _columns()) - _AXIS, height, log, x == "time", _has_braille())
    found = [StoredRun(finding.run_dir(storage, name)) for name in dict.fromkeys(runs)]
    bins = points or (_POINTS if as_json else 2 * look.width * look.dots[1])
    drawn = {run: curves.read(run, asked, bins) for run in found}
    missing = [curves.without(run, asked) for run, one in drawn.items() if not one.count]
    if len(missing) == len(drawn):
        raise NotFoundError(" ".join(missing))
    if as_json:
        words.show_json([_as_json(one, asked) for one in drawn.values()])
        return
    hidden = {one.run_id: curves.hidden(run, asked, one) for run, one in drawn.items()} if log else {}
    lines = _lines([one for one in drawn.values() if one.count], asked, look, hidden)
    click.echo("\n".join([*lines, *map(words.line, missing)]))


def _lines(drawn: list[Drawn], asked: Asked, look: Look, hidden: dict[str, int]) -> list[str]:
    from runicorn.cli.chart import draw

    notes = [f"over {asked.x}"] if asked.x != "step" else []
    notes += [f"smoothed by {asked.smooth}"] if asked.smooth else []
    notes += ["logarithmic"] if look.log else []
    title = words.title(words.line(asked.metric)) + words.line("".join(f", {note}" for note in notes))
    numbers = [one for one in drawn if one.count > one.nan + hidden.get(one.run_id, 0)]
    if not numbers or all(one.count == 1 for one in drawn):
        return [title, *(_alone(one, hidden) for one in drawn)]
    legend = [f"{look.mark(index)} {_told(one, hidden)}" for index, one in enumerate(drawn)]
    return [title, *draw([one.curve for one in drawn], look), *legend]


def _alone(one: Drawn, hidden: dict[str, int]) -> str:
    """A single value is a number and no chart."""
    if one.count == 1:
        value, at = one.last
        return words.line(f"{one.run_id}: {words.shown(value)} at {words.shown(at)}")
    return _told(one, hidden)


def _told(one: Drawn, hidden: dict[str, int]) -> str:
    """A curve in words: what a chart shows only roughly, exactly."""
    parts = [f"{one.run_id}: {one.count} value{'s' * (one.count != 1)}"]
    if one.count > one.nan:
        extremes = ((name, *one.extreme(name)) for name in ("min", "max"))
        parts += [f"{name} {words.shown(value)} at {words.shown(at)}" for name, value, at in extremes]
    parts.append(f"last {words.shown(one.last[0])}")
    parts += [f"{one.nan} NaN"] if one.nan else []
    parts += [f"{hidden[one.run_id]} of 0 or less are hidden"] if hidden.get(one.run_id) else []
    return words.line(", ".join(parts))


def _as_json(one: Drawn, asked: Asked) -> dict[str, object]:
    told = {"run_id": one.run_id, "path": one.path, "metric": asked.metric, "x": asked.x, "smooth": asked.smooth}
    return told | {"series": one.table.to_pydict()}


def _columns() -> int:
    return max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 0)).columns) if sys.stdout.isatty() else _WIDTH


def _has_braille() -> bool:
    """Elsewhere than on a terminal, colours could not tell curves apart: there each has an ASCII character."""
    return sys.stdout.isatty() and sys.stdout.encoding.lower().startswith("utf")
