"""Reading what was logged: `rn.Api`. It needs no daemon, and sees every event that was acknowledged, also of live runs.

Tables are Arrow's (pyarrow); `.to_pandas()`, `polars.from_arrow()` and DuckDB take them as they are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runicorn import finding, tables
from runid.store import listing, rows, runs
from runid.store.fold import SYSTEM_METRICS
from runid.store.following import Follower
from runid.store.reader import MOVED, Reader, View
from runid.store.series import Ask, series

_POLL = 0.25


class Api:
    """The runs of one storage root."""

    def __init__(self, storage: str | os.PathLike[str] | None = None) -> None:
        """`storage`: the root, found as `init()` finds it. Raises NotFoundError when it does not exist."""
        self.root = finding.storage_root(storage)

    def runs(
        self, query: str | None = None, order: str | Iterable[str] | None = None, limit: int | None = None
    ) -> list[StoredRun]:
        """The runs that a query means, all without one; newest first, or by keys such as "-val/acc" (largest first).

        Each has as `listed` what the catalog says of it: status, tags, times, config (flat), summary, metrics; so a
        table of many runs reads no other files. The query language is that of `runicorn ls`.

        Raises QueryError, a ValueError, with the place of what is wrong.
        """
        keys = [order] if isinstance(order, str) else list(order or ())
        entries = finding.fresh(self.root, finding.entries(self.root))
        found = listing.select(entries, query or "", keys, limit, partial(listing.is_there, self.root))
        return [StoredRun(runs.run_dir(self.root, entry["path"], entry["run"]), entry) for entry in found]

    def run(self, run_id: str) -> StoredRun:
        """One run, by its id, path/id, alias, or folder. Raises NotFoundError, naming those that come near."""
        return StoredRun(finding.run_dir(self.root, run_id))

    def __repr__(self) -> str:
        return f"<Api {self.root}>"


class StoredRun:
    """One run as its files stand: each property and method reads them anew, and so a live run to its newest event.

    All of them raise OSError where files cannot be read, FormatError where they make no sense.
    """

    def __init__(self, folder: Path, listed: dict[str, Any] | None = None) -> None:
        self.run_dir = folder
        self.listed = listed or {}
        self._reader = Reader(folder)

    @property
    def id(self) -> str:
        """The run's id."""
        return self._now().id

    @property
    def path(self) -> str:
        """The family it belongs to."""
        return str(self.meta.get("path", ""))

    @property
    def alias(self) -> str | None:
        """Its display name."""
        return self.meta.get("alias")

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.meta.get("tags") or [])

    @property
    def status(self) -> str:
        """running, finished, interrupted, failed or crashed."""
        return self._now().status

    @property
    def exit_reason(self) -> str | None:
        """A sentence on how it ended; None while it runs, or when it finished."""
        return self._now().exit_reason

    @property
    def meta(self) -> dict[str, Any]:
        """All that is known of where and how it ran, by name."""
        return self._now().meta

    @property
    def config(self) -> dict[str, Any]:
        """Its config."""
        return self._now().config

    @property
    def config_files(self) -> dict[str, str | None]:
        """Its config files: paths as they were given → their text; None where it is not known."""
        return self._now().config_files

    @property
    def code(self) -> dict[str, Any]:
        """What `init(snapshot_code=True)` came to: whether it is saved, where, its SHA-256, git; empty without it."""
        return self._now().code

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """What `log_dataset` noted, as assets.json has it: name, context, uri, path, saved, fingerprint and more."""
        return self._now().datasets

    @property
    def pretrained(self) -> list[dict[str, Any]]:
        """What `log_pretrained` noted: name, source_type, path_or_uri, path, saved, fingerprint and more."""
        return self._now().pretrained

    @property
    def environment(self) -> dict[str, Any]:
        """What `init(capture_env=True)` found: Python, packages, git, GPU and more; empty without it."""
        return self._now().environment

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What was archived of its outputs: key, name, kind, archive_path (below the root), fingerprint, mode and more.

        What could not be archived is among them, with `saved` false and `last_error`.
        """
        return self._now().outputs

    @property
    def summary(self) -> dict[str, Any]:
        """Its summary, with the best value of the primary metric."""
        return self._now().summary

    @property
    def writers(self) -> list[dict[str, Any]]:
        """All processes that logged into it, by rank: rank, host name, pid, last step, status, reason and more."""
        return self._now().writers

    @property
    def metrics(self) -> Mapping[str, dict[str, Any]]:
        """Its metrics by name, the system's last: count, last, min, max; read one by one, where there are many."""
        now = self._now()
        return _Metrics(self._reader, now.metrics | now.system)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What `alert` raised: time, rank, step, level, title, text; how many of its webhooks have it, and problem.

        `delivered` is None while that is not decided.
        """
        return self._now().alerts

    def history(
        self,
        metrics: str | Iterable[str] | None = None,
        ranks: int | Iterable[int] | None = None,
        steps: tuple[int | None, int | None] | None = None,
        *,
        wide: bool = False,
    ) -> pa.Table:
        """Points, each with its exact value: of these metrics, ranks and steps (first, last), or of all.

        System metrics are given by name only: without `metrics` it is what the program logged.

        A row a point: metric, stage, rank, writer, step, time, value; by metric, rank, step, writer and order of
        logging. With `wide` a row for each step, rank and stage, a column for each metric: the value logged last there.
        """
        found = self._reader.read(partial(_points, _listed(metrics)))
        found = _logged(found) if metrics is None else found
        found = _picked(found, "rank", _listed(ranks))
        low, high = steps or (None, None)
        found = found if low is None else found.filter(pc.greater_equal(found["step"], low))
        found = found if high is None else found.filter(pc.less_equal(found["step"], high))
        return _wide(found) if wide else found

    def count(self) -> int:
        """How many points it has, without those of system metrics."""
        system = sum(int(stat["count"]) for stat in self._now().system.values())
        return max(0, self._reader.read(lambda view: view.count()) - system)

    def tables(
        self,
        metrics: str | Iterable[str] | None = None,
        ranks: int | Iterable[int] | None = None,
        steps: tuple[int | None, int | None] | None = None,
    ) -> Iterator[pa.Table]:
        """What `history` gives, in tables of a few million points at most, for runs that are larger than memory.

        At least one table; of a live run each has the points that are there when it is made.
        """
        if metrics is None and self.count() <= tables.MOST:
            yield self.history(None, ranks, steps)
            return
        names, wanted = _listed(metrics), {writer["rank"] for writer in self.writers}
        wanted.intersection_update(wanted if ranks is None else _listed(ranks) or ())
        yield rows.POINTS.empty_table()
        names = [name for name in self.metrics if not _is_system(name)] if names is None else names
        yield from tables.tables(self._reader, names, wanted, steps or (None, None))

    def series(
        self,
        metric: str,
        points: int = 2000,
        *,
        rank: int | None = None,
        stage: str | None = None,
        x: str = "step",
        lo: float | None = None,
        hi: float | None = None,
        smooth: str | None = None,
    ) -> pa.Table:
        """A metric as a chart shows it: at most `points` bins that hold all points from `lo` to `hi`, extremes exact.

        `rank` and `stage`: of one only. `x`: "step", "time" (seconds since the epoch) or another metric. `smooth`:
        "ema:0.9", "twema:0.9", "mean:51", "median:51" or "gaussian:10", over all points of each rank and stage before
        they are put into bins. Columns: x0, x1, min, max, mean, first, last, count, nan, argmin, argmax.

        Raises ValueError for what cannot be asked for.
        """
        ask = Ask(metric, points, rank, stage, x, lo, hi, smooth)
        return self._reader.read(lambda view: series(view, ask))

    def text(self) -> str:
        """All that was logged as text."""
        return self._now().text()

    def objects(self) -> list[dict[str, Any]]:
        """The logged values that are no numbers, as they came: key, step, stage, time, rank, type, value.

        Media are among them: see `media`.
        """
        return self._now().objects()

    def media(self, key: str | None = None, type: str | None = None) -> list[dict[str, Any]]:
        """The logged images, tables and other media, in the order they were logged: all, or of a key, or of a type.

        Each has key, step, stage, time, rank, type and caption; of a list also its index, of a table's cell `within`.
        Those with a file have file ("media/...", in the run's folder), path and format. It is whole as soon as it is
        there, which takes a moment; `error` says why it will never be. Others have their value. `load` reads them.
        """
        found = [one for one in self._now().media() if key in (None, one["key"]) and type in (None, one["type"])]
        return [one | {"path": self.run_dir / one["file"]} if one.get("file") else one for one in found]

    def images(self) -> list[dict[str, Any]]:
        """The logged images: what `media(type="image")` gives."""
        return self.media(type="image")

    def load(self, medium: Mapping[str, Any]) -> Any:
        """What one of `media` holds: see runicorn.loading. Raises OSError while its file is not there, FormatError."""
        from runicorn.loading import load  # it loads what the type needs

        return load(medium)

    def follow(self, metrics: str | Iterable[str] | None = None, timeout: float | None = None) -> Iterator[pa.Table]:
        """Tables of points as they come, those that are there first; each point once. Ends with the run.

        Of these metrics, or of all but the system's. With `timeout`, it also ends when nothing has come for so many
        seconds.
        """
        names = _listed(metrics)
        follower = Follower(self.run_dir)
        heard = time.monotonic()
        while True:
            ended = self.status != "running"
            try:
                news = follower.news()
                news = _logged(news) if names is None else _picked(news, "metric", names)
            except OSError as error:  # sealed and removed, or merged, since it was listed
                if error.errno not in MOVED:
                    raise
                news = None
            if news:
                heard = time.monotonic()
                yield news
            elif ended or (timeout is not None and time.monotonic() - heard > timeout):
                return
            else:
                time.sleep(_POLL)

    def __repr__(self) -> str:
        return f"<StoredRun {self.run_dir}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from runicorn.notebook import html

        return html(self.run_dir)

    def _now(self) -> runs.Run:
        return runs.read_run(self.run_dir)


class _Metrics(Mapping[str, dict[str, Any]]):
    """The metrics in short. Of the first fifty the run's files say it; the others are read when they are asked for."""

    def __init__(self, reader: Reader, known: dict[str, dict[str, Any]]) -> None:
        self._reader, self._known = reader, known
        found = reader.read(lambda view: view.metrics()) | set(known)
        self._names = dict.fromkeys(sorted(found, key=lambda name: (_is_system(name), name)))

    def __getitem__(self, metric: str) -> dict[str, Any]:
        if metric not in self._known:
            if metric not in self._names:
                raise KeyError(metric)
            found = self._reader.read(lambda view: series(view, Ask(metric, 1)))
            last = self._reader.read(lambda view: series(view, Ask(metric, 1, lo=found["x1"][0].as_py())))
            names = {"count": found["count"], "last": last["last"], "min": found["min"], "max": found["max"]}
            self._known[metric] = {name: column[0].as_py() for name, column in names.items()}
        return self._known[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{len(self)} metrics>"


def _listed(values: Any) -> list[Any] | None:
    """What is asked for, one or several, each once; a rank may be NumPy's integer. None: everything."""
    if values is None:
        return None
    several = isinstance(values, Iterable) and not isinstance(values, str)
    return list(dict.fromkeys(values)) if several else [values]


def _points(names: list[str] | None, view: View) -> pa.Table:
    if names is None:
        return view.points()
    return pa.concat_tables([rows.POINTS.empty_table(), *(view.points(name) for name in names)]).unify_dictionaries()


def _is_system(metric: str) -> bool:
    return metric.startswith(SYSTEM_METRICS)


def _logged(found: pa.Table) -> pa.Table:
    """The points without those of system metrics."""
    names = {name for chunk in found["metric"].chunks for name in chunk.dictionary.to_pylist()}
    system = pa.array([name for name in names if _is_system(name)], pa.string())
    return found.filter(pc.invert(pc.is_in(found["metric"], system))) if len(system) else found


def _picked(found: pa.Table, column: str, values: list[Any] | None) -> pa.Table:
    if values is None:
        return found
    kind = found.schema.field(column).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return found.filter(pc.is_in(found[column], pa.array(values, kind)))


def _wide(found: pa.Table) -> pa.Table:
    """A row for each step, rank and stage, a column for each metric; of values at the same place the last."""
    found = found.unify_dictionaries().combine_chunks()
    keys = [np.array(found["rank"]), np.array(_codes(found["stage"])), np.array(found["step"])]
    order = np.lexsort(keys)
    changes = np.zeros(len(order), np.bool_)
    for key in keys:
        changes[1:] |= np.diff(key[order]) != 0
    row = np.empty(len(order), np.int64)
    row[order] = np.cumsum(changes)
    firsts = pa.array(order[np.flatnonzero(changes | (np.arange(len(order)) == 0))])
    table = found.select(["step", "rank", "stage"]).take(firsts)
    metric, value = np.array(_codes(found["metric"])), np.array(found["value"])
    names, columns = _names(found["metric"]), dict[str, pa.Array]()
    edges = [0, *(np.flatnonzero(np.diff(metric)) + 1).tolist(), len(metric)] if len(metric) else []
    for lo, hi in pairwise(edges):  # rows are sorted by metric
        column, missing = np.zeros(len(table)), np.ones(len(table), np.bool_)
        column[row[lo:hi]] = value[lo:hi]
        missing[row[lo:hi]] = False
        columns[names[metric[lo]]] = pa.array(column, mask=missing)
    return pa.table([*table.columns, *columns.values()], [*table.column_names, *columns])


def _codes(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0).indices.fill_null(-1) if column.num_chunks else pa.array([], pa.int32())


def _names(column: pa.ChunkedArray) -> list[str]:
    return list(column.chunk(0).dictionary.to_pylist()) if column.num_chunks else []
