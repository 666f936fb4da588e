"""Segments: the immutable Parquet files of a run's sealed points, by name. What stands in them: runid.store.sealing.

    metrics/<host>-<lo>-<hi>.parquet            the points of the host's records lo … hi (12 digits each)
    metrics/<host>-<lo>-<hi>.parquet.covered    the same, after a merge: needed only where no larger one is
    metrics/.<host>-<lo>-<hi>.parquet.tmp       being written by a worker
    metrics/<host>-<lo>-<hi>.merging.parquet    no Parquet: a merge into lo … hi is being committed

There is no manifest. Of two segments of one host that share a record one contains the other, and a reader ignores
the contained one. So whatever a crash leaves behind reads right.

Readers that know nothing of this (DuckDB, Spark …) take the plain glob `metrics/*.parquet`. For them a merge is
committed in this order:

    1. create the .merging.parquet: who lists from now on gets an error, not a wrong count; then wait a little
    2. rename the merged segments to .covered
    3. rename the temporary file to its final name
    4. remove the .merging.parquet

Whoever listed before 1 opens all of the old segments or meets a missing file; but DuckDB passes over a file that goes
between its listing and its look at it, and would count the others if they stayed: hence the wait. The .merging.parquet
is never valid, so no reader that listed it succeeds later either; and it is not empty, because some readers skip empty
files.

A daemon commits by names alone: this module loads no pyarrow.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runid.store.files import set_aside, sync_folder

_FINAL, _COVERED, _TMP, _MERGING = ".parquet", ".parquet.covered", ".parquet.tmp", ".merging.parquet"
_PYRAMID = "pyramid"
_NAME = re.compile(r"(.+)-([0-9]{12,})-([0-9]{12,})(\.parquet|\.parquet\.covered|\.parquet\.tmp|\.merging\.parquet)")
_NOTE = b"This is no Parquet file: segments are being merged here. List the folder again in a moment.\n"


@dataclass(slots=True, frozen=True, order=True)
class Segment:
    """A segment by its name: records lo … hi of this host, both included."""

    host: str
    lo: int
    hi: int
    path: Path

    def contains(self, other: Segment) -> bool:
        """True if all records of `other` are this segment's too."""
        return self.host == other.host and self.lo <= other.lo and other.hi <= self.hi


def final(folder: Path, host: str, lo: int, hi: int) -> Path:
    """The path of the segment with the points of records lo … hi."""
    return folder / f"{host}-{lo:012d}-{hi:012d}{_FINAL}"


def temporary(folder: Path, host: str, lo: int, hi: int) -> Path:
    """Where a worker writes that segment before it is committed."""
    return folder / f".{host}-{lo:012d}-{hi:012d}{_TMP}"


def pyramid(segment: Path) -> Path:
    """The path of the cells of a segment's points, by the path of the segment; temporary of a temporary one."""
    return segment.parent.with_name(_PYRAMID) / segment.name.replace(_COVERED, _FINAL)


def segments(folder: Path) -> list[Segment]:
    """The segments that together hold every sealed point once, by host and lo. A missing folder holds none."""
    files = _list(folder)
    return _largest(files[_FINAL] + files[_COVERED])


def covered(folder: Path, host: str) -> list[Path]:
    """The host's files that a merge made superfluous: to be deleted once no reader can still be using them."""
    files = _list(folder)
    needed = _largest(files[_FINAL] + files[_COVERED])
    unneeded = [old.path for old in files[_COVERED] if old.host == host and old not in needed]
    kept = {pyramid(one.path) for one in needed}
    cells = [one.path for one in _list(folder.with_name(_PYRAMID))[_FINAL] if one.host == host]
    return [*unneeded, *(path for path in cells if path not in kept)]


def commit(tmp: Path, folder: Path, host: str, lo: int, hi: int) -> None:
    """Gives a segment and its cells their names, for good. One whose records a segment holds already is dropped.

    Segments inside lo … hi are covered; foreign readers never count wrong meanwhile. Raises OSError: the old segments
    are then in their place, or where `recover` finds them.
    """
    new = Segment(host, lo, hi, final(folder, host, lo, hi))
    present = segments(folder)
    inside = [segment.path for segment in present if new.contains(segment)]
    if any(segment.contains(new) for segment in present):
        os.unlink(tmp)
        pyramid(tmp).unlink(missing_ok=True)
        return
    with contextlib.suppress(FileNotFoundError):  # too few points for any
        os.rename(pyramid(tmp), pyramid(new.path))
    if inside:
        _swap(tmp, new, inside)
    else:
        os.rename(tmp, new.path)
        sync_folder(folder)


def announce(folder: Path, host: str, lo: int, hi: int) -> None:
    """The first step of committing a merge; `commit_merge` does the rest, some time later. Raises OSError."""
    _create(_note(Segment(host, lo, hi, final(folder, host, lo, hi))))
    sync_folder(folder)


def commit_merge(tmp: Path, folder: Path, host: str, lo: int, hi: int, merged: Iterable[Path]) -> None:
    """Puts a merged segment in the place of those it was made from, as `commit` does.

    No record inside lo … hi may still wait in a journal to be sealed. Raises ValueError, with nothing changed, if
    something else lies inside lo … hi than what was merged: its points would vanish.
    """
    new = Segment(host, lo, hi, final(folder, host, lo, hi))
    differing = {one.path for one in segments(folder) if new.contains(one)} ^ set(merged)
    if differing:
        _settle(folder, host)
        names = ", ".join(sorted(path.name for path in differing))
        raise ValueError(f"{new.path.name} was not merged from what lies inside it ({names}). Nothing was changed.")
    commit(tmp, folder, host, lo, hi)


def originals(folder: Path, merged: Segment) -> list[Segment]:
    """What is left of the segments that this one was merged from, by lo."""
    return _largest([old for old in _list(folder)[_COVERED] if merged.contains(old)])


def replace(damaged: Segment, made: Iterable[tuple[Path, Path]]) -> None:
    """Sets a damaged segment aside, and puts others in its place: (temporary file, name), or its originals without any.

    Foreign readers never count wrong meanwhile. Raises OSError: `recover` then brings the originals back.
    """
    folder = damaged.path.parent
    note = _note(damaged)
    _create(note)
    sync_folder(folder)
    set_aside(damaged.path)
    os.unlink(damaged.path)
    for temporary_file, path in made:
        with contextlib.suppress(FileNotFoundError):  # too few points for any cells
            os.rename(pyramid(temporary_file), pyramid(path))
        os.rename(temporary_file, path)
    sync_folder(folder)
    _settle(folder, damaged.host)


def unsettled(folder: Path) -> list[Segment]:
    """What a crash left of a seal or a merge: temporary files, and notes on merges that are being committed."""
    files = _list(folder)
    return files[_TMP] + files[_MERGING] + _list(folder.with_name(_PYRAMID))[_TMP]


def recover(folder: Path, host: str) -> None:
    """After a crash: ends or takes back a merge's commit, and removes the host's temporary files. Raises OSError.

    Only for a host for which no worker is writing. A missing folder needs nothing.
    """
    _settle(folder, host)
    for place in (folder, folder.with_name(_PYRAMID)):
        for left in _list(place)[_TMP]:
            if left.host == host:
                os.unlink(left.path)


def _swap(tmp: Path, new: Segment, merged: Iterable[Path]) -> None:
    folder, note = new.path.parent, _note(new)
    try:
        if not note.exists():
            _create(note)
        # Renames may reach the disk in any order: each step is there before the next begins.
        sync_folder(folder)
        for old in merged:
            os.rename(old, old.with_name(old.name.removesuffix(_COVERED).removesuffix(_FINAL) + _COVERED))
        sync_folder(folder)
        os.rename(tmp, new.path)
        sync_folder(folder)
        os.unlink(note)
    except OSError:
        _settle(folder, new.host)
        raise


def _note(new: Segment) -> Path:
    return new.path.with_name(new.path.name.removesuffix(_FINAL) + _MERGING)


def _settle(folder: Path, host: str) -> None:
    for note in _list(folder)[_MERGING]:
        if note.host == host:
            # Where the merged segment has its name, none of these is needed, and so none comes back.
            for old in segments(folder):
                if note.contains(old) and old.path.name.endswith(_COVERED):
                    os.rename(old.path, old.path.with_name(old.path.name.removesuffix(_COVERED) + _FINAL))
            sync_folder(folder)
            os.unlink(note.path)
            sync_folder(folder)


def _create(note: Path) -> None:
    with open(note, "xb") as file:
        file.write(_NOTE)
        file.flush()
        os.fsync(file.fileno())


def _list(folder: Path) -> dict[str, list[Segment]]:
    # One listing for all kinds: between two of them a file could change its kind and be missed by both.
    found: dict[str, list[Segment]] = {_FINAL: [], _COVERED: [], _TMP: [], _MERGING: []}
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return found
    for name in names:
        match = _NAME.fullmatch(name)
        if match:
            host, lo, hi, kind = match.groups()
            host = host.removeprefix(".") if kind == _TMP else host
            found[kind].append(Segment(host, int(lo), int(hi), folder / name))
    return found


def _largest(found: list[Segment]) -> list[Segment]:
    kept: list[Segment] = []
    # By lo, the larger first, so that what contains comes before what is contained; a plain name before .covered.
    for segment in sorted(found, key=lambda one: (one.host, one.lo, -one.hi, one.path.name)):
        if not kept or not kept[-1].contains(segment):
            kept.append(segment)
    return kept
