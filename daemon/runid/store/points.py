"""All points of a run at once. For reading again and again, and for charts, see runid.store.reader and series."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from runid.store.reader import Reader


def points(run_dir: Path, metric: str | None = None, problems: list[str] | None = None) -> pa.Table:
    """The run's points, of one metric or of all, by metric, rank, step, writer and order of logging.

    Columns: metric, stage (dictionary-encoded string, stage may be null), rank, writer (int32), step (int64),
    time (timestamp[us, UTC]), value (float64). A folder without points gives an empty table.

    What is damaged costs its own points only: `problems` gets a sentence for each such file, and without that list a
    DamageWarning says it.

    Raises OSError; FormatError if the run's files change faster than they can be read.
    """
    return Reader(run_dir, problems=problems).read(lambda view: view.points(metric))
