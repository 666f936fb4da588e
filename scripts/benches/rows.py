"""What a bench prints: a goal, what was measured, and how the two compare."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from textwrap import fill

from benches.table import table


@dataclass(slots=True, frozen=True)
class Row:
    """One number beside its goal, both in `unit`; `most`: the goal is the most it may be, else the least."""

    what: str
    goal: float | None
    measured: float
    unit: str
    how: str
    most: bool = True

    @property
    def ratio(self) -> float | None:
        """How many times the goal was measured."""
        return self.measured / self.goal if self.goal else None

    @property
    def good(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return self.goal is None or (self.measured <= self.goal if self.most else self.measured >= self.goal)


def show(rows: Sequence[Row]) -> str:
    """The rows as a table, and below it how each was measured."""
    lines = [
        (
            str(number),
            row.what,
            "" if row.goal is None else f"{'≤' if row.most else '≥'} {_number(row.goal)} {row.unit}",
            f"{_number(row.measured)} {row.unit}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            "" if row.goal is None else "ok" if row.good else "MISS",
        )
        for number, row in enumerate(rows, 1)
    ]
    how = [fill(f"{number}. {row.how}", 120, subsequent_indent="   ") for number, row in enumerate(rows, 1)]
    return "\n".join([table(("", "what", "goal", "measured", "ratio", ""), lines), "", *how])


def as_json(rows: Iterable[Row]) -> str:
    """The rows for programs."""
    return json.dumps([asdict(row) | {"ratio": row.ratio, "good": row.good} for row in rows], indent=1)


def median(values: Iterable[float]) -> float:
    """The middle one of what was measured several times."""
    return statistics.median(values)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")
