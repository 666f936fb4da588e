"""In what two nested dicts of values differ, whatever way the values are written."""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from runid.store import files

Row = dict[str, Any]

_WRITTEN = re.compile(r"-?(0|[1-9]\d*)(\.(0|\d*[1-9]))?([eE][+-]?\d{1,3})?", re.ASCII)
"""A number as one writes it: "1.10" is rather a version, and "007" a name."""


def rows(a: dict[str, Any], b: dict[str, Any]) -> list[Row]:
    """A row for each value: name, a, b and whether they are the `same`; without a or b where there is none."""
    leaves = [list(_leaves(values)) for values in (a, b)]
    # {"a.b": 1, "a": {"b": 2}} has two leaves of one dotted name: there each key is told apart.
    doubled = {
        name for side in leaves for name, count in Counter(_dotted(keys) for keys, _ in side).items() if count > 1
    }
    ours, theirs = ({_name(keys, doubled): value for keys, value in side} for side in leaves)
    found = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        sides = {side: values[name] for side, values in (("a", ours), ("b", theirs)) if name in values}
        found.append({"name": name, **sides, "same": len(sides) == 2 and same(sides["a"], sides["b"])})
    return found


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal but for how they are written: 1 and 1.0, 0.001 and "1e-3", 0.1 as float32.

    Two texts are equal only as texts: "1.10" and "1.1" may be versions, "7e12345" and "3e99999" hashes.
    """
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    a, b = _finite(a), _finite(b)
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b) or _tells(a, b) or _tells(b, a)
    if not _is_number(a) or not _is_number(b):
        return type(a) is type(b) and bool(a == b)
    return bool(a == b) or _float32(a) == b or a == _float32(b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> Any:
    """The value; NaN and infinities as the texts that a run's files have for them: a live run still has the numbers."""
    return json.loads(files.dumps(value)) if isinstance(value, float) else value


def _tells(text: Any, number: Any) -> bool:
    """Whether a text is how one writes this number; YAML reads 1e-3 as a text."""
    if not isinstance(text, str) or not _is_number(number) or not _WRITTEN.fullmatch(text):
        return False
    return Decimal(text) == Decimal(number if isinstance(number, int) else repr(number))


def _float32(value: float) -> float | None:
    """What is left of a fraction in single precision; None of what is no fraction: all digits of a seed count."""
    if isinstance(value, int) or value.is_integer():
        return None
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return None


def _leaves(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a nested dict holds, each with the keys that lead to it."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, str(key)))
        else:
            yield (*above, str(key)), value


def _dotted(keys: tuple[str, ...]) -> str:
    return ".".join(keys)


def _name(keys: tuple[str, ...], doubled: set[str]) -> str:
    """The keys with dots between them; where that would mean two things, keys with dots in them stand in quotes."""
    if _dotted(keys) not in doubled:
        return _dotted(keys)
    return _dotted(tuple(json.dumps(key, ensure_ascii=False) if "." in key else key for key in keys))
