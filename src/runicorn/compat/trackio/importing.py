"""Scalars from elsewhere, as new runs of a project; names, times and steps are kept as they are."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import runicorn as rn
from runicorn.compat.trackio import notices, starting
from runicorn.compat.trackio.run import Run
from runicorn.notices import warn_once
from runicorn.values import whole_step
from runid import events
from runid.errors import FormatError

_PAUSE = 20_000
_PATIENCE = 60.0


class _Row(NamedTuple):
    step: int
    when: float | None
    values: Mapping[str, float]


def import_csv(
    csv_path: str | os.PathLike[str],
    project: str,
    name: str | None = None,
    space_id: str | None = None,
    dataset_id: str | None = None,
    private: bool | None = None,
    force: bool = False,
) -> None:
    """Makes a run of a CSV file: its columns become metrics, cell by cell where that is a number, under their names.

    The column `step` or `Step` must be there; `timestamp` may be: ISO 8601, or seconds since the epoch; what is no time
    there is that of the import. Spaces around a name are no part of it. `name` is the file's by default. The project
    may have runs already, whether `force` is given or not.

    Raises OSError where the file cannot be read, ValueError where it is no CSV in UTF-8, without a step column or with
    a step that is none.
    """
    _warn("import_csv", space_id, dataset_id, private, force)
    try:
        rows = _rows(csv_path)
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{os.fspath(csv_path)} is no CSV file in UTF-8: {error}.") from error
    _keep(rows, starting.begin(project, name or Path(csv_path).stem))


def import_tf_events(
    log_dir: str | os.PathLike[str],
    project: str,
    name: str | None = None,
    space_id: str | None = None,
    dataset_id: str | None = None,
    private: bool | None = None,
    force: bool = False,
) -> None:
    """Makes runs of TensorBoard's event files below a folder, their scalars: one for each folder that has some.

    A run's name is `name`, by default the folder's, and for those of folders in it this, "/" and their path. The
    project may have runs already, whether `force` is given or not. Needs no TensorBoard.

    Raises ValueError where there is no folder or no event file, OSError where one cannot be read.
    """
    _warn("import_tf_events", space_id, dataset_id, private, force)
    top = Path(log_dir)
    if not top.is_dir():
        raise ValueError(f"{top} is no folder; give the one that the event files of TensorBoard lie in.")
    files = sorted(path for path in top.rglob("*tfevents*") if path.is_file())
    if not files:
        raise ValueError(f"There is no event file of TensorBoard below {top}.")
    for folder in sorted({path.parent for path in files}):
        rows = (row for path in files if path.parent == folder for row in _events(path))
        _keep(rows, starting.begin(project, "/".join((name or top.resolve().name, *folder.relative_to(top).parts))))


def _rows(csv_path: str | os.PathLike[str]) -> list[_Row]:
    with open(csv_path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        reader.fieldnames = names = [name.strip() for name in reader.fieldnames or ()]
        if "step" not in names and "Step" in names:  # W&B's files have it so
            names[names.index("Step")] = "step"
        if "step" not in names:
            has = f"; it has: {', '.join(names)}" if names else ", for it is empty"
            raise ValueError(f"{os.fspath(csv_path)} has no column 'step'{has}.")
        return [_row(line, reader.line_num, csv_path) for line in reader]


def _row(line: Mapping[str, Any], number: int, path: object) -> _Row:
    step = _number(line["step"])
    whole = whole_step(step)
    if whole is None or whole != step:
        raise ValueError(f"{path}, line {number}: the step {line['step']!r} is no whole number.")
    cells = {key: _number(cell) for key, cell in line.items() if key not in ("step", "timestamp", None)}
    return _Row(whole, _time(line.get("timestamp")), {key: cell for key, cell in cells.items() if cell is not None})


def _number(cell: Any) -> float | None:
    try:
        return float(cell)
    except (TypeError, ValueError):  # a text, an empty cell, or none at all
        return None


def _time(cell: str | None) -> float | None:
    """Seconds since the epoch; None for what is no time."""
    seconds = _number(cell)
    if seconds is None and cell:
        try:
            return datetime.fromisoformat(cell.strip()).timestamp()
        except ValueError:
            return None
    return seconds


def _events(path: Path) -> Iterator[_Row]:
    from runicorn import event_files  # it loads NumPy and pyarrow

    with open(path, "rb") as file:
        try:
            for tag, step, seconds, value in event_files.read(file):
                yield _Row(step, seconds, {tag: value})
        except FormatError as error:
            warn_once(("trackio", str(path)), f"{path} is imported up to where it is damaged: {error}")


def _keep(rows: Iterable[_Row], run: Run) -> None:
    native = run._native
    if isinstance(native, rn.NoOpRun):
        return
    for count, row in enumerate(rows, 1):
        named = {native._name(key): value for key, value in row.values.items()}
        points = {key: value for key, value in named.items() if key is not None}
        when = row.when if row.when is not None and 0 <= row.when < events.LATEST else None
        native._put_values(points, {}, row.step, None, when)
        if count % _PAUSE == 0:
            native.flush(_PATIENCE)  # or the outbox is full some day
    native.finish()


def _warn(call: str, space_id: object, dataset_id: object, private: object, force: object) -> None:  # noqa: ARG001
    notices.without_effect(call, space_id=(space_id, None), dataset_id=(dataset_id, None), private=(private, None))
