"""In what the code of two runs differs: files of their snapshots, lines of a file, and what git said."""

from __future__ import annotations

import difflib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runicorn.differences.values import Row, same
from runid.store import blobs

MOST_BYTES = 500_000
"""Of a file whose lines are compared; a larger one only says how large it is."""
_MOST_LINES = 20_000  # likewise: of lines that repeat, comparing takes time in proportion to their square
_COUNTED = 200  # files whose lines are counted
_AROUND = 3  # lines around a change
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_SNAPSHOT = "It has no snapshot of its code: init(snapshot_code=True) takes one."
_OF_PATCH = re.compile(rb"^diff --git a/(.+) b/\1$", re.MULTILINE)  # names that git quotes are left out
_GIT = ("commit", "branch", "remote", "has_changes")


class File(NamedTuple):
    """A file of a snapshot: its bytes and their CRC-32."""

    size: int
    crc: int


class Hunk(NamedTuple):
    """Lines that follow each other, from line `a` and `b` on, counted from 1: each begins with " ", "-" or "+"."""

    a: int
    b: int
    lines: list[str]


class Snapshot:
    """The code of a run, and what git said of it."""

    def __init__(self, root: Path, told: dict[str, Any]) -> None:
        """`told`: what the run says of its code, `code.snapshot` in its assets.json."""
        self.git: dict[str, Any] = told.get("git") or {}
        self._archive = _blob(root, told) if told.get("saved") else None
        self._patch = _blob(root, self.git.get("diff") or {})
        self._files: dict[str, File] | None = None
        self.reason = None if self._archive else str(told.get("reason") or _NO_SNAPSHOT)
        """Why there are no files, a sentence."""

    def files(self) -> dict[str, File]:
        """The files by name; none without a snapshot. Raises OSError, zipfile.BadZipFile."""
        if self._files is None:
            self._files = {}
            if self._archive is not None:
                with zipfile.ZipFile(self._archive) as archive:
                    self._files = {one.filename: File(one.file_size, one.CRC) for one in archive.infolist()}
        return self._files

    def read(self, name: str, most: int = MOST_BYTES) -> bytes | None:
        """A file's bytes; None where there is none of this name, or it has more than `most`."""
        if self._archive is None:
            return None
        with zipfile.ZipFile(self._archive) as archive:
            try:
                found = archive.getinfo(name)
            except KeyError:
                return None
            return archive.read(found) if found.file_size <= most else None

    def patch(self) -> bytes | None:
        """In what the tracked files differed from git's commit; None where that was not kept. Raises OSError."""
        return self._patch.read_bytes() if self._patch else None

    def changed(self) -> set[str]:
        """The files that git says differ from its commit, or are not in it, as far as that was kept. Raises OSError."""
        names = {name.decode(errors="replace") for name in _OF_PATCH.findall(self.patch() or b"")}
        return names | set(map(str, self.git.get("untracked") or ()))


def rows(a: Snapshot, b: Snapshot) -> list[Row]:
    """A row for each thing that git knows of, and for each file: name, a and b (bytes), same.

    Of files that both have and that differ also `lines`: how many were added and removed; None of what is no text, or
    too large.
    """
    told = [{f"git.{name}": one.git[name] for name in _GIT if one.git.get(name) is not None} for one in (a, b)]
    found: list[Row] = [_row(name, told[0], told[1]) for name in told[0] | told[1]]
    if a.reason or b.reason:
        return found
    files = a.files(), b.files()
    counted = 0
    for name in sorted(files[0].keys() | files[1].keys()):
        one, other = (side.get(name) for side in files)
        row: Row = {"name": name, "file": True, "same": one == other}
        row |= {side: file.size for side, file in (("a", one), ("b", other)) if file}
        if one and other and one != other:
            counted += 1
            row["lines"] = _count(lines(a, b, name)) if counted <= _COUNTED else None
        found.append(row)
    return found


def lines(a: Snapshot, b: Snapshot, name: str) -> list[Hunk] | None:
    """In which lines a file differs; one that is missing on a side is empty. None of what is no text, or too large."""
    try:
        one, other = (_lines(snapshot, name) for snapshot in (a, b))
    except ValueError:
        return None
    return list(_hunks(one, other))


def _blob(root: Path, told: dict[str, Any]) -> Path | None:
    sha256 = str(told.get("fingerprint", ""))
    return root / blobs.blob_path(sha256) if _SHA256.fullmatch(sha256) else None


def _row(name: str, a: Row, b: Row) -> Row:
    sides = {side: values[name] for side, values in (("a", a), ("b", b)) if name in values}
    return {"name": name, **sides, "same": len(sides) == 2 and same(sides["a"], sides["b"])}


def _lines(snapshot: Snapshot, name: str) -> list[str]:
    """Raises ValueError for what is no text, or too large."""
    if name not in snapshot.files():
        return []
    content = snapshot.read(name)
    if content is None or b"\0" in content:
        raise ValueError(name)
    found = content.decode().splitlines()  # a UnicodeDecodeError is a ValueError
    if len(found) > _MOST_LINES:
        raise ValueError(name)
    return found


def _hunks(a: list[str], b: list[str]) -> Iterator[Hunk]:
    for group in difflib.SequenceMatcher(None, a, b).get_grouped_opcodes(_AROUND):
        told: list[str] = []
        for kind, a_lo, a_hi, b_lo, b_hi in group:
            if kind == "equal":
                told += [" " + line for line in a[a_lo:a_hi]]
            else:
                told += ["-" + line for line in a[a_lo:a_hi]] + ["+" + line for line in b[b_lo:b_hi]]
        yield Hunk(group[0][1] + 1, group[0][3] + 1, told)


def _count(hunks: list[Hunk] | None) -> list[int] | None:
    if hunks is None:
        return None
    signs = [line[0] for hunk in hunks for line in hunk.lines]
    return [signs.count("+"), signs.count("-")]
