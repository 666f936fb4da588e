"""Curves drawn with characters: braille, which has 2 x 4 dots in each, or ASCII, where a character is a dot.

Behind each curve's line, the mean of what falls on one place, stands its band from the smallest to the largest value
there: so no spike is lost, however many points share a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from runicorn.cli import axes

Floats = NDArray[np.float64]
Dots = NDArray[np.bool_]
Cell = tuple[str, tuple[tuple[str, Any], ...]]
"""A character, and the arguments of `click.style` for it."""

_COLOURS = ("bright_blue", "bright_yellow", "bright_green", "bright_magenta", "bright_cyan", "bright_red")
_BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_LARGEST = 1e300  # so that no step of drawing overflows; what is larger is drawn at the edge
_TICK_WIDTH, _TICK_HEIGHT = 14, 4  # characters for each tick of the x and of the y axis


class Curve(NamedTuple):
    """Bins of a series, by x: arrays of one length."""

    x0: Floats
    x1: Floats
    low: Floats
    high: Floats
    mean: Floats
    nan: NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """How a chart is drawn. `width` and `height` in characters, without the axes."""

    width: int
    height: int
    log: bool = False
    times: bool = False
    """x is in seconds."""
    braille: bool = True

    @property
    def dots(self) -> tuple[int, int]:
        """Rows and columns of dots in a character."""
        return (4, 2) if self.braille else (1, 1)

    def mark(self, index: int) -> str:
        """What stands for a curve in the legend."""
        return click.style("━━", fg=_COLOURS[index % len(_COLOURS)]) if self.braille else "*+ox#%&$"[index % 8] * 2


@dataclass(frozen=True)
class _Scale:
    lo: float
    hi: float
    dots: int

    def at(self, values: Floats) -> NDArray[np.int64]:
        """The dots of values, of infinite ones the outermost."""
        # Divided before they are subtracted: the range of two floats may be more than a float.
        room = max(abs(self.lo), abs(self.hi))
        place = (np.clip(values, self.lo, self.hi) / room - self.lo / room) / (self.hi / room - self.lo / room)
        return np.rint(place * (self.dots - 1)).astype(np.int64)


def draw(curves: list[Curve], look: Look) -> list[str]:
    """The lines of a chart with its axes. At least one value must be a number."""
    rows, columns = look.dots
    shown = [_logarithms(curve) for curve in curves] if look.log else curves
    x = _scale([end for curve in shown for end in (curve.x0, curve.x1)], columns * look.width)
    y = _scale([end for curve in shown for end in (curve.low, curve.high)], rows * look.height)
    cells = _cells([_dots(curve, x, y) for curve in shown], look)
    _mark_infinite(cells, shown, x, look)
    return [*_with_y_axis(cells, y, look), *_x_axis(shown, x, _margin(y, look), look)]


def _logarithms(curve: Curve) -> Curve:
    """Without what has no logarithm; of a band that reaches below, the part above."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high, mean = (np.log10(values) for values in (np.maximum(curve.low, 0), curve.high, curve.mean))
    hidden = curve.high <= 0
    return curve._replace(low=np.where(hidden, np.nan, low), high=np.where(hidden, np.nan, high), mean=mean)


def _scale(values: list[Floats], dots: int) -> _Scale:
    found = np.concatenate(values)
    found = np.clip(found[np.isfinite(found)], -_LARGEST, _LARGEST)
    lo, hi = (float(found.min()), float(found.max())) if len(found) else (0.0, 0.0)
    if hi / 2 - lo / 2 <= abs(lo) * 1e-12:
        room = abs(lo) / 10 or 1.0
        lo, hi = lo - room, hi + room
    return _Scale(lo, hi, dots)


def _dots(curve: Curve, x: _Scale, y: _Scale) -> tuple[Dots, Dots]:
    """The dots of a curve's line, and those of its band; row 0 is at the bottom."""
    line, band = np.zeros((y.dots, x.dots), np.bool_), np.zeros((y.dots, x.dots), np.bool_)
    first, last = x.at(curve.x0), x.at(curve.x1)
    for index in np.flatnonzero(curve.high > curve.low):
        bottom, top = y.at(curve.low[index]), y.at(curve.high[index])
        band[bottom : top + 1, first[index] : last[index] + 1] = True
    there = np.isfinite(curve.mean)
    places = np.stack((y.at(np.where(there, curve.mean, y.lo)), x.at(curve.x0 / 2 + curve.x1 / 2)))
    line[tuple(places[:, there])] = True
    for one, other in pairwise(range(len(there))):
        if there[one] and there[other]:
            count = int(np.abs(places[:, other] - places[:, one]).max()) + 1
            line[tuple(np.rint(np.linspace(places[:, one], places[:, other], count, axis=1)).astype(int))] = True
    return line, band


def _cells(drawn: list[tuple[Dots, Dots]], look: Look) -> list[list[Cell]]:
    """The characters, the top row first: a line is before all bands, and an earlier curve before a later one."""
    cells: list[list[Cell]] = [[(" ", ())] * look.width for _ in range(look.height)]
    layers = [(index, kind) for kind in (1, 0) for index in reversed(range(len(drawn)))]
    for index, kind in layers:
        style = (("fg", _COLOURS[index % len(_COLOURS)]), *((("dim", True),) if kind else ()))
        rows, columns = look.dots
        dots = drawn[index][kind][::-1].reshape(look.height, rows, look.width, columns)
        codes = (dots * _BRAILLE[None, :rows, None, :columns]).sum(axis=(1, 3))
        for row, column in zip(*np.nonzero(codes), strict=True):
            mark = chr(0x2800 + codes[row, column]) if look.braille else ":" if kind else look.mark(index)[0]
            cells[row][column] = mark, style
    return cells


def _mark_infinite(cells: list[list[Cell]], curves: list[Curve], x: _Scale, look: Look) -> None:
    up, down = "▲▼" if look.braille else "^v"
    for index, curve in enumerate(curves):
        style = (("fg", _COLOURS[index % len(_COLOURS)]),)
        for column in x.at(curve.x0[np.isposinf(curve.high)]) // look.dots[1]:
            cells[0][column] = up, style
        if not look.log:
            for column in x.at(curve.x0[np.isneginf(curve.low)]) // look.dots[1]:
                cells[-1][column] = down, style


def _y_ticks(y: _Scale, look: Look) -> dict[int, str]:
    """The labels, by the row that each stands in."""
    ticks = (axes.logarithmic if look.log else axes.linear)(y.lo, y.hi, look.height // _TICK_HEIGHT + 1)
    return {look.height - 1 - int(y.at(np.array(at))) // look.dots[0]: label for at, label in ticks}


def _margin(y: _Scale, look: Look) -> int:
    return max(map(len, _y_ticks(y, look).values()), default=0)


def _with_y_axis(cells: list[list[Cell]], y: _Scale, look: Look) -> Iterator[str]:
    ticks, margin = _y_ticks(y, look), _margin(y, look)
    tick, line = "┤│" if look.braille else "+|"
    for row, content in enumerate(cells):
        runs = groupby(content, key=lambda cell: cell[1])
        drawn = (_styled("".join(mark for mark, _ in run), dict(style)) for style, run in runs)
        yield f"{ticks.get(row, ''):>{margin}} {tick if row in ticks else line}{''.join(drawn)}".rstrip()


def _styled(text: str, style: dict[str, Any]) -> str:
    return click.style(text, **style) if style else text


def _x_axis(curves: list[Curve], x: _Scale, margin: int, look: Look) -> list[str]:
    """The axis, on which places with NaN are marked, and its labels."""
    corner, line, tick, nan = "└─┬×" if look.braille else "+-+N"  # noqa: RUF001
    axis, labels = [line] * look.width, [" "] * (look.width + _TICK_WIDTH)
    for at, label in (axes.times if look.times else axes.linear)(x.lo, x.hi, look.width // _TICK_WIDTH):
        column = int(x.at(np.array(at))) // look.dots[1]
        start = max(0, min(column - len(label) // 2, look.width - len(label)))
        if all(one == " " for one in labels[max(0, start - 1) : start + len(label) + 1]):
            axis[column] = tick
            labels[start : start + len(label)] = label
    for curve in curves:
        for column in x.at(curve.x0[curve.nan > 0]) // look.dots[1]:
            axis[column] = nan
    return [f"{'':>{margin}} {corner}{''.join(axis)}", f"{'':>{margin}}  {''.join(labels)}".rstrip()]
