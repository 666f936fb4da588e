"""Datasets and pretrained models as `runicorn show` puts them into words."""

from __future__ import annotations

from typing import Any

from runicorn.cli import words


def table(entries: list[dict[str, Any]], kind: str, where: str) -> list[str]:
    """The lines of a table of them; `kind` and `where`: the fields for what each is used for, and where it is."""
    if not entries:
        return []
    return words.columns(
        {
            "name": [words.line(entry["name"]) for entry in entries],
            kind.replace("_", " "): [words.line(entry[kind]) for entry in entries],
            "where": [words.line(entry[where]) for entry in entries],
            "files": [words.line(_counted(entry, "file_count")) for entry in entries],
            "size": [_size(entry) for entry in entries],
            "archived": [words.line(_archived(entry)) for entry in entries],
        }
    )


def _counted(entry: dict[str, Any], name: str) -> int | None:
    """A count, of what is archived or else of the fast fingerprint."""
    fast = entry["fingerprint"] if isinstance(entry["fingerprint"], dict) else {}
    found = entry.get(name, fast.get(name, fast.get("size_bytes") if name == "total_size_bytes" else None))
    return found if isinstance(found, int) else None


def _size(entry: dict[str, Any]) -> str:
    bytes_ = _counted(entry, "total_size_bytes")
    return words.NOTHING if bytes_ is None else words.size(bytes_)


def _archived(entry: dict[str, Any]) -> str:
    """Whether it is, how far that is, and what is missing."""
    told = [str(entry["fingerprint"])[:12] if entry["saved"] else "no"]
    if "progress" in entry:
        done, total = (entry["progress"].get(name) for name in ("bytes", "total_bytes"))
        told.append(f"{words.size(done)} of {words.size(total)} looked at" if total else "waits")
    told += [f"{entry[f'{name}_count']} {name}" for name in ("skipped", "changed") if name in entry]
    return ", ".join(told) + (f": {entry['error']}" if "error" in entry else "")
