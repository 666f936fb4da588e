"""How things are put into words and onto the terminal: times, sizes, values, tables, JSON."""

from __future__ import annotations

import math
import re
import sys
import time
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runid.store import files

NOTHING = "-"
_COLOURS = {"running": "cyan", "finished": "green", "interrupted": "yellow", "failed": "red", "crashed": "bold red"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WIDE = 100_000


def show(*parts: RenderableType) -> None:
    """Prints the parts, in the terminal's width; elsewhere without colours and with lines as long as they are."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    click.echo(re.sub(" +$", "", captured.get(), flags=re.MULTILINE), nl=False)


def show_json(value: Any) -> None:
    """Prints JSON; NaN and infinities are the strings "NaN", "Infinity" and "-Infinity", as in all our files."""
    click.echo(files.dumps(value, indent=1))


def table(*columns: str, numbers: tuple[str, ...] = (), head: bool = True) -> Table:
    """An empty table without lines; the columns in `numbers` stand at the right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=head, header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return made


def pairs(values: dict[str, Any]) -> Table:
    """Names and values, one pair a line."""
    made = table("name", "value", head=False)
    for name, value in values.items():
        made.add_row(line(name), line(value))
    return made


def line(value: Any) -> Text:
    """A value on one line. What would steer the terminal is shown as U+FFFD: names and texts are the user's."""
    return Text(_CONTROL.sub("\ufffd", shown(value)))


def status(word: str) -> Text:
    """A status in its colour."""
    return Text.styled(word, _COLOURS.get(word, ""))


def alarm(sentence: str) -> Text:
    """A sentence that must not be overlooked."""
    return Text.styled(sentence, "bold red")


def shown(value: Any) -> str:
    """A value as people read it: six digits of a number, JSON of what is nested."""
    if value is None:
        return NOTHING
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    if isinstance(value, dict | list | float):
        return files.dumps(value).strip('"')
    return str(value)


def moment(seconds: float | None) -> str:
    """A time since the epoch as local date and time."""
    return NOTHING if not seconds else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def duration(seconds: float | None) -> str:
    """A duration in its two largest units: "0.2 s", "12 min 5 s", "3 h 12 min", "2 d 4 h"."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    for size, unit, below, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // below} {small}"
    return f"{whole} s"


def size(count: int) -> str:
    """Bytes in the unit that fits: "512 B", "1.2 MB"."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
