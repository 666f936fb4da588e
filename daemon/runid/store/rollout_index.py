"""A run's conversations: traces, rollouts, and tables that have a prompt and a completion in each row.

The lines of objects/ are read through once, and from then on only what was added. Of each conversation its numbers are
kept, as columns (runid.store.rollouts); its text is read again when it is asked for. A large one lies in a file of its
own: what is told of it in short stands in its line, once that file is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from runid.media import rollout, trace
from runid.media.sheet import Sheet
from runid.store import media
from runid.store.object_lines import Line, ObjectLines, is_whole, said
from runid.store.rollouts import Places, Rollouts, Where

_MOST_ROWS = 100_000
"""Of one table."""
_ENVIRONMENT = "env_logs"
"""The key of objects {rollout_id, content}: see runicorn.compat.expt_logger."""
_CHUNK = 2000
"""Rows of a table that are taken at once."""


class RolloutIndex(ObjectLines):
    """One run's conversations. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.of: dict[tuple[str, str], Rollouts] = {}
        """By key and type."""
        self._environment: dict[str, list[Line]] = {}
        self._others: set[str] = set()  # keys of tables that hold something else

    def add(self, at: Line, told: dict[str, Any]) -> None:
        """See ObjectLines."""
        kind, key, step = told.get("type"), told.get("key"), told.get("step")
        if key == _ENVIRONMENT and isinstance(said_of := _mapping(told).get("rollout_id"), str):
            self._environment.setdefault(said_of, []).append(at)
        if kind not in ("trace", "table") or "within" in told or not isinstance(key, str) or not is_whole(step):
            return
        rank, time, stage = told.get("rank"), told.get("time"), told.get("stage")
        where = Where(
            at, 0, step, rank if is_whole(rank) else 0, float(time) if isinstance(time, int | float) else 0.0,
            stage if isinstance(stage, str) else None,
        )  # fmt: skip
        if kind == "table":
            self._add_table(where, key, told)
        elif "value" in told or "messages" in told or "error" in told:  # else its file is still to be made
            self._of(key, kind).add(where, _facts(told))

    def refreshed(self) -> None:
        """See ObjectLines."""
        for one in self.of.values():
            one.settle()

    def environment(self, name: str, most: int) -> list[str]:
        """What the environment of the rollout of this id said, the first `most` of it."""
        told = (_mapping(self.line(at)).get("content") for at in self._environment.get(name, [])[:most])
        return [rollout.content_text(content) for content in told]

    def value(self, of: Rollouts, place: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the line of a sample says, and the conversation: {prompt, messages, rewards, metadata, spans …}.

        Raises OSError, ValueError where its file cannot be read.
        """
        told = self.line(of.line(place))
        return told, self._value(of, place, told)

    def values(self, of: Rollouts, places: Places) -> Iterator[dict[str, Any]]:
        """The conversations of these places; one that cannot be read is empty. What lies together is read together."""
        first, size = of["start"][places], of["size"][places]
        one = len(places) > 0 and bool(np.all(of["host"][places] == of["host"][places[0]]))
        together = one and int((first + size).max() - first.min()) <= 2 * int(size.sum())
        lo, hi = (int(first.min()), int((first + size).max())) if together else (0, 0)
        data = self.part(int(of["host"][places[0]]), lo, hi) if together else b""
        for place, start, length in zip(places.tolist(), first.tolist(), size.tolist(), strict=True):
            told = said(data[start - lo : start - lo + length]) if data else self.line(of.line(place))
            try:
                yield self._value(of, place, told)
            except (OSError, ValueError, pa.ArrowException):
                yield {}

    def _value(self, of: Rollouts, place: int, told: dict[str, Any]) -> dict[str, Any]:
        if of.type == "table":
            path = media.named(self.folder, str(told.get("file")))
            if path is None:
                raise ValueError(f"{told.get('file')!r} is no table of the run.")
            (found,) = _rows(Sheet(path), np.array([of["row"][place]]))
            return found
        if isinstance(told.get("value"), dict):
            return dict(told["value"])
        path = media.named(self.folder, str(told.get("file")))
        if path is None or "error" in told:
            raise ValueError(str(told.get("error", "The conversation is in no file of the run.")))
        read: Any = trace.read(path)
        return read if isinstance(read, dict) else {}

    def _of(self, key: str, kind: str) -> Rollouts:
        found = self.of.get((key, kind))
        if found is None:
            found = self.of[key, kind] = Rollouts(key, kind)
        return found

    def _add_table(self, where: Where, key: str, told: dict[str, Any]) -> None:
        path = media.named(self.folder, str(told.get("file")))
        if path is None or "rows" not in told or key in self._others:
            return
        try:
            sheet = Sheet(path)
            if not {"prompt", "completion"} <= set(sheet.schema.names):
                self._others.add(key)
                return
            of = self._of(key, "table")
            for lo in range(0, min(sheet.rows, _MOST_ROWS), _CHUNK):
                rows = np.arange(lo, min(lo + _CHUNK, sheet.rows, _MOST_ROWS))
                for row, value in zip(rows.tolist(), _rows(sheet, rows), strict=True):
                    of.add(where._replace(row=row), rollout.facts(value))
        except (OSError, pa.ArrowException):  # a file that is gone or damaged
            return


def _mapping(told: dict[str, Any]) -> dict[str, Any]:
    value = told.get("value")
    return value if isinstance(value, dict) else {}


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    given, value = told.get("facts"), told.get("value")
    if isinstance(given, dict):
        return given
    try:
        return rollout.facts(value if isinstance(value, dict) else {})
    except (TypeError, RecursionError):  # containers too deep to be written by us
        return rollout.facts({})


def _rows(sheet: Sheet, rows: Places) -> Iterator[dict[str, Any]]:
    """Rows of a table as conversations: its other columns of numbers are rewards."""
    kinds = {field.name: field.type for field in sheet.schema}
    named = {"prompt", "completion", "advantage", "step"}
    numbers = [name for name, kind in kinds.items() if name not in named and _is_number(kind)]
    wanted = [name for name in ("prompt", "completion", "advantage", *numbers) if name in kinds]
    columns = [sheet.window(name, rows) for name in wanted]
    for values in zip(*columns, strict=True):
        row = dict(zip(wanted, values, strict=True))
        completion = row["completion"]
        said_last = completion if isinstance(completion, list) else [{"role": "assistant", "content": completion}]
        yield {
            "prompt": row["prompt"],
            "messages": said_last,
            "rewards": {name: row[name] for name in numbers if row[name] is not None},
            "advantage": row.get("advantage"),
        }


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
