"""What `runicorn plot` draws of one run, read from its files. It loads NumPy and pyarrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runicorn import finding
from runicorn.api import StoredRun
from runicorn.cli.chart import Curve

_DRAWN = ("x0", "x1", "min", "max", "mean")
_EVERY = 1 << 62  # bins: each x is one of its own


@dataclass(frozen=True)
class Asked:
    """What is asked for of each run; as in `StoredRun.series`."""

    metric: str
    x: str
    smooth: str | None
    rank: int | None
    stage: str | None


@dataclass(frozen=True)
class Drawn:
    """A metric of one run: `table` as `StoredRun.series` gives it, times counted from the run's start."""

    run_id: str
    path: str
    table: pa.Table

    @property
    def count(self) -> int:
        """Its points, NaN among them."""
        return int(pc.sum(self.table["count"]).as_py() or 0)

    @property
    def nan(self) -> int:
        """How many of them are NaN."""
        return int(pc.sum(self.table["nan"]).as_py() or 0)

    @property
    def curve(self) -> Curve:
        """Its bins as they are drawn."""
        x0, x1, low, high, mean = (np.array(self.table[name], np.float64) for name in _DRAWN)
        return Curve(x0, x1, low, high, mean, np.array(self.table["nan"]))

    def extreme(self, name: str) -> tuple[float, Any]:
        """The smallest ("min") or largest ("max") value and where it is. At least one value must be a number."""
        values = np.array(self.table[name])
        # Not nanargmin: it takes a NaN for an infinity, and may give the place of one.
        best = np.fmin.reduce(values) if name == "min" else np.fmax.reduce(values)
        place = int((values == best).argmax())
        return float(values[place]), self.table["arg" + name][place].as_py()

    @property
    def last(self) -> tuple[float, Any]:
        """The value with the largest x, and that x."""
        return self.table["last"][-1].as_py(), self.table["x1"][-1].as_py()


def read(run: StoredRun, asked: Asked, points: int) -> Drawn:
    """At most so many bins of the metric; none where the run has no such points. Raises ValueError."""
    table = _series(run, asked, points)
    if asked.x == "time":
        start = run.meta.get("created_at") or (table["x0"][0].as_py() if len(table) else 0.0)
        for name in ("x0", "x1", "argmin", "argmax"):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, pc.subtract(table[name], start))
    return Drawn(run.id, run.path, table)


def without(run: StoredRun, asked: Asked) -> str:
    """The sentence for a run that has no such points."""
    names = [asked.metric] + ([asked.x] if asked.x not in ("step", "time") else [])
    for name in names:
        if name not in run.metrics:
            return finding.no_metric(run.id, name, run.metrics)
    of = [f"of {word} {value}" for word, value in (("rank", asked.rank), ("stage", asked.stage)) if value is not None]
    at = f" where {asked.x!r} was logged too" if len(names) > 1 else ""
    return " ".join([f"Run {run.id} has no points of {asked.metric!r}", *of]) + at + "."


def hidden(run: StoredRun, asked: Asked, drawn: Drawn) -> int:
    """How many values are not above zero and have no place on a logarithmic axis; smoothed ones of each x as one."""
    if not pc.any(pc.less_equal(drawn.table["min"], 0.0)).as_py():
        return 0
    if asked.smooth:
        every = _series(run, asked, _EVERY)
        return int(pc.sum(pc.less_equal(every["mean"], 0.0)).as_py() or 0)
    points = run.history(asked.metric, asked.rank)
    wanted = pc.less_equal(points["value"], 0.0)
    if asked.stage is not None:
        wanted = pc.and_(wanted, pc.fill_null(pc.equal(points["stage"], asked.stage), False))
    return int(pc.sum(wanted).as_py() or 0)


def _series(run: StoredRun, asked: Asked, points: int) -> pa.Table:
    return run.series(asked.metric, points, rank=asked.rank, stage=asked.stage, x=asked.x, smooth=asked.smooth)
