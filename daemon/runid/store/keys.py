"""What a key of a query means in a catalog entry: `status`, `lr`, `config.lr`, `metric.loss.min`.

A key that names a field of the run itself is that field. Any other is looked for in the config, then in the summary,
then among the metrics, of which it is the last value; `config.`, `summary.` and `metric.` in front say which, and
`.last`, `.min`, `.max` or `.count` behind a metric say what of it, unless a metric is called so. `loss @best` is the
best value of a run whose primary metric this is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from runid.store.files import dumps

Entry = dict[str, Any]
Getter = Callable[[Entry], Any]

TAGS = "tags"
DURATION = "duration"
BEGAN, ANYWHERE = "since", ""  # keys that no query can name
TIMES = frozenset(("created_at", "started_at", "ended_at", "trashed_at", "time"))
TEXTS = frozenset(("alias", "group", "notes", "project", "exit_reason"))
_COUNTS = ("revision", "ranks", "writers", "dropped", "lost_bytes")
_SAME = {"id": "run", "run_id": "run", "tag": TAGS, "created": "created_at", "started": "started_at"}
FIELDS = {name: name for name in ("run", "path", "status", "host", TAGS, DURATION, *TIMES, *TEXTS, *_COUNTS)}
FIELDS |= _SAME | {"ended": "ended_at"}

_BEST = " @best"
_STATISTICS = ("last", "min", "max", "count")
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII)
_LONGEST_NUMBER = 64
_EXACT = 1e15
SEARCHED = 10_000  # characters of a text, at most


def getter(key: str) -> Getter:
    """The function that takes a key's value out of an entry; None where the run has no such key, or null there.

    An alias, a group or notes that were never given are the empty text, and tags no tags. The duration is in seconds,
    of a run that runs up to when its entry was made.
    """
    if key == BEGAN:
        return lambda entry: entry.get("started_at") or entry["time"]
    if key == ANYWHERE:
        return _text
    name = FIELDS.get(key)
    if name == TAGS:
        return lambda entry: entry.get(TAGS) or []
    if name == DURATION:
        return _duration
    if name in TEXTS:
        return lambda entry: entry.get(name) or ""
    if name is not None:
        return lambda entry: entry.get(name)
    place, _, rest = key.partition(".")
    if rest and place in ("config", "summary"):
        return lambda entry: entry[place].get(rest)
    if rest and place == "metric":
        return _metric(rest)
    if key.endswith(_BEST):
        return _best(key.removesuffix(_BEST))
    return _anywhere(key)


def as_number(value: Any) -> float | None:
    """The number that a value is or that its text tells ("1e-3", ".9", "NaN"); None for anything else."""
    if type(value) is float or type(value) is int:
        return value
    return _told(value) if type(value) is str and len(value) <= _LONGEST_NUMBER else None


def as_text(value: Any) -> str:
    """A value as a query's text is compared with it: JSON of what is nested, 2 for 2.0."""
    if type(value) is str:
        return value
    if type(value) is float:
        return repr(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    try:
        return dumps(value)
    except RecursionError:
        return ""


def _text(entry: Entry) -> str:
    """The texts that bare words are looked for in, one a line."""
    fields = (entry["run"], entry["path"], entry.get("alias"), entry.get("group"), entry.get("notes"))
    return "\n".join([*filter(None, fields), *map(as_text, entry.get(TAGS) or ())])[:SEARCHED]


def _duration(entry: Entry) -> float | None:
    began = entry.get("started_at")
    return None if began is None else (entry.get("ended_at") or entry["time"]) - began


@lru_cache(4096)
def _told(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _metric(name: str) -> Getter:
    front, _, last = name.rpartition(".")
    metric, statistic = (front, last) if front and last in _STATISTICS else (name, "last")

    def get(entry: Entry) -> Any:
        stat = entry["metrics"].get(metric)
        return stat.get(statistic) if type(stat) is dict else None

    return get


def _best(metric: str) -> Getter:
    def get(entry: Entry) -> Any:
        summary = entry["summary"]
        return summary.get("best_metric_value") if summary.get("best_metric_name") == metric else None

    return get


def _anywhere(key: str) -> Getter:
    statistic = _metric(key)

    def get(entry: Entry) -> Any:
        value = entry["config"].get(key)
        if value is None:
            value = entry["summary"].get(key)
        if value is None:
            stat = entry["metrics"].get(key)
            return stat.get("last") if type(stat) is dict else statistic(entry)
        return value

    return get
