"""How things are put into words and onto the terminal: values, times, sizes, columns, JSON."""

from __future__ import annotations

import math
import re
import shutil
import sys
import time
from typing import Any

import click
from rich.cells import cell_len

from runid.store import files

NOTHING = "-"
_RIGHT = frozenset(("ranks", "count", "last", "min", "max", "rank", "pid", "last step", "dropped", "lost bytes"))
_STATUS: dict[str, dict[str, Any]] = {
    "running": {"fg": "cyan"},
    "finished": {"fg": "green"},
    "interrupted": {"fg": "yellow"},
    "failed": {"fg": "red"},
    "crashed": {"fg": "red", "bold": True},
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_COLOUR = re.compile(r"(?!\x1b\[[\d;:]*m)[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def show_json(value: Any) -> None:
    """Prints JSON; NaN and infinities are the strings "NaN", "Infinity" and "-Infinity", as in all our files."""
    click.echo(files.dumps(value, indent=1))


def columns(table: dict[str, list[str]], spare: tuple[str, ...] = (), head: bool = True) -> list[str]:
    """The lines of a table: name of a column → its cells; where the terminal is too narrow, without those in `spare`.

    rich's own tables take 0.6 ms a row, and a root may have 100,000 runs.
    """
    columns = {name: [name, *cells] if head else cells for name, cells in table.items()}
    widths = {name: max(map(cell_len, cells), default=0) for name, cells in columns.items()}
    for name in spare:
        if sum(widths.values()) + 2 * len(widths) <= _width():
            break
        widths.pop(name, None)
    padded = [[_pad(cell, width, name) for cell in columns[name]] for name, width in widths.items()]
    lines = ["  ".join(cells).rstrip() for cells in zip(*padded, strict=True)]
    return [title(line) if head and not number else line for number, line in enumerate(lines)]


def pairs(values: dict[str, Any]) -> list[str]:
    """Names and values, one pair a line."""
    return columns({"name": [*map(line, values)], "value": [*map(line, values.values())]}, head=False)


def title(word: str) -> str:
    """The head of what follows."""
    return click.style(word, bold=True)


def host_title(host: str) -> str:
    """What stands above a host's lines, where there are several hosts."""
    return title(f"==> {line(host)} <==")


def status(text: str, word: str = "") -> str:
    """A text in the colour of the status it begins with, or of `word`; as it is where that is none."""
    style = _STATUS.get(word or text.partition(",")[0].strip())
    return click.style(text, **style) if style else text


def line(value: Any) -> str:
    """A value on one line. What would steer the terminal is shown as U+FFFD: names and texts are the user's."""
    return _CONTROL.sub("\ufffd", shown(value))


def text_line(text: str) -> str:
    """A line of logged text, with its colours and tabs; what else would steer the terminal is shown as U+FFFD."""
    safe = _NO_COLOUR.sub("\ufffd", text.removesuffix("\r"))
    return safe + "\x1b[0m" if "\x1b" in safe else safe


def shown(value: Any) -> str:
    """A value as people read it: six digits of a number, JSON of what is nested."""
    if value is None:
        return NOTHING
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    if isinstance(value, dict | list | float):
        return files.dumps(value).strip('"')
    return str(value)


def moment(seconds: float | None, day_of: float | None = None) -> str:
    """A time since the epoch as local date and time; the time alone on the day of `day_of`."""
    if not seconds:
        return NOTHING
    day, clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)).split()
    return clock if day_of and day == time.strftime("%Y-%m-%d", time.localtime(day_of)) else f"{day} {clock}"


def duration(seconds: float | None) -> str:
    """A duration in its two largest units: "265 ms", "5.7 s", "12 min 5 s", "3 h 12 min", "2 d 4 h"."""
    if seconds is None:
        return NOTHING
    if 0.0005 < seconds < 0.9995:
        return f"{1e3 * seconds:.3g} ms"
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    for large, unit, small, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= large:
            return f"{whole // large} {unit} {whole % large // small} {rest}"
    return f"{whole} s"


def size(count: int) -> str:
    """Bytes in the unit that fits: "512 B", "1.2 MB"."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def _pad(cell: str, width: int, name: str) -> str:
    space = " " * (width - cell_len(cell))
    padded = space + cell if name in _RIGHT else cell + space
    return status(padded) if name == "status" else padded


def _width() -> float:
    """Columns of the terminal; elsewhere a line may have any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf
