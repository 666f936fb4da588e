"""How media are put into words: what each one shows in short, and the last ones of a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

from runicorn.cli import words

_LAST = 20
_LONGEST = 60  # characters of what a medium shows
_PLURALS = {"audio": "audio", "html": "pages", "markdown": "markdown", "object3d": "3D objects"}
_COUNTED = ("frames", "rows", "columns", "points", "messages")


def listed(media: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Media without their values; `shows` says in a few words what those are."""
    return [{name: one[name] for name in one if name != "value"} | {"shows": _shows(one)} for one in media]


def counts(media: list[dict[str, Any]]) -> dict[str, str]:
    """How many of each type were logged, and how many of them have failed."""
    logged = Counter(one["type"] for one in media)
    failed = Counter(one["type"] for one in media if "error" in one)
    return {
        _PLURALS.get(kind, f"{kind}s"): f"{count}, {failed[kind]} of them failed" if failed[kind] else str(count)
        for kind, count in logged.items()
    }


def table(media: list[dict[str, Any]]) -> list[str]:
    """The last ones, without those inside of others; `media`: as they are listed."""
    whole = [one for one in media if "within" not in one]
    last = whole[-_LAST:]
    more = [f"These are the last {_LAST} of {len(whole)}; --json lists all."] if len(whole) > _LAST else []
    return more + words.columns(
        {
            "key": [words.line(_key(one)) for one in last],
            "step": [words.line(one["step"]) for one in last],
            "type": [words.line(one["type"]) for one in last],
            "shows": [words.line(one["shows"]) for one in last],
            "caption": [words.line(one.get("caption") or "") for one in last],
            "file": [words.line(_place(one)) for one in last],
        }
        if last
        else {}
    )


def _key(one: dict[str, Any]) -> str:
    return f"{one['key']} [{one['index']}]" if "index" in one else str(one["key"])


def _place(one: dict[str, Any]) -> str:
    return f"failed: {one['error']}" if "error" in one else one.get("file") or ""


def _shows(one: dict[str, Any]) -> str:
    """A medium in a few words, of what its line tells."""
    value, kind = one.get("value"), one["type"]
    if kind == "trace" and isinstance(value, dict):
        return _short(_trace(value))
    if kind == "histogram" and isinstance(value, dict):
        return _histogram(value)
    if kind == "markdown" and isinstance(value, str):
        return _short(value)
    parts = [f"{one['width']}x{one['height']}"] if one.get("width") and one.get("height") else []
    found = {name: len(one[name]) if isinstance(one[name], list) else one[name] for name in _COUNTED if one.get(name)}
    parts += [f"{count} {name if count != 1 else name[:-1]}" for name, count in found.items()]
    parts += [f"{words.shown(one['seconds'])} s"] if one.get("seconds") else []
    return ", ".join(parts)


def _trace(value: dict[str, Any]) -> str:
    """How many messages, and how the first one, or the prompt, begins."""
    messages = value.get("messages")
    messages = messages if isinstance(messages, list) else []
    first = messages[0].get("content") if messages and isinstance(messages[0], dict) else None
    begins = words.shown(value.get("prompt") or first or "")
    return f"{len(messages)} message{'s' * (len(messages) != 1)}" + (f": {begins}" if begins else "")


def _histogram(value: dict[str, Any]) -> str:
    """How many values, and from where to where."""
    edges, counts = value.get("edges"), value.get("counts")
    if not (isinstance(edges, list) and isinstance(counts, list) and edges):
        return ""
    numbers = [count for count in counts if isinstance(count, int | float)]  # NaN is a text here
    return f"{words.shown(sum(numbers))} values, {words.shown(edges[0])} … {words.shown(edges[-1])}"


def _short(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text[: 4 * _LONGEST].split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
