"""logs.txt, logs/<host>.txt and objects/: whether they are what the host's records made them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from runid.errors import DamagedError
from runid.store import files, refold, runs
from runid.store.fold import LOGS, OBJECTS, Fold
from runid.store.fsck.finding import Finding, Look


def check(look: Look) -> Iterator[Finding]:
    """Every host's text and objects, up to the length that it has put down."""
    for host in runs.hosts(look.folder):
        try:
            fold = runs.read_fold(look.folder, host, [])
        except DamagedError:
            continue
        for what, path in places(look.folder, host):
            found = _read(path)
            look.seen(len(found))
            finding = _finding(look, fold, what, path, found)
            if finding is not None:
                yield finding


def places(folder: Path, host: str) -> list[tuple[str, Path]]:
    """The files made from a host's records."""
    owner = runs.owner(folder) == host
    return [(LOGS, runs.text_path(folder, host, owner)), (OBJECTS, runs.objects_path(folder, host))]


def write(folder: Path, fold: Fold) -> None:
    """Brings these files to what the fold says of them and what it has pending for them."""
    for what, path in places(folder, fold.host):
        found = _read(path)
        whole = found[: fold.lengths[what]] + "".join(fold.pending[what]).encode(errors="replace")
        fold.pending[what].clear()
        fold.lengths[what], fold.sums[what] = len(whole), zlib.crc32(whole)
        if found != whole:
            _put(path, whole)


def _finding(look: Look, fold: Fold, what: str, path: Path, found: bytes) -> Finding | None:
    length = fold.lengths[what]
    kept, behind = found[:length], found[length:]
    name = look.name(path)
    if len(kept) < length or zlib.crc32(kept) != fold.sums[what]:
        said = (
            f"Its last {length - len(kept)} bytes are missing." if len(kept) < length else "It is not what was written."
        )
        whole = _again(look.folder, fold, what)
        if whole is None:
            return Finding(name, said, "no journal holds it any more: bring the file back from a copy")
        return Finding(name, said, "it is made again from the journal", partial(_put, path, whole))
    pending = "".join(fold.pending[what]).encode(errors="replace")
    if look.busy or pending.startswith(behind):  # the records behind the fold will add it
        return None
    what = f"{len(behind)} bytes stand in it that no record has put there."
    return Finding(name, what, "it is cut where they begin", partial(_put, path, kept))


def _again(folder: Path, fold: Fold, what: str) -> bytes | None:
    """The file up to its length, made again from the journals; None where they do not hold that."""
    replayed = refold.replayed(folder, fold.host)
    if replayed is None:
        return None
    whole = "".join(replayed.pending[what]).encode(errors="replace")[: fold.lengths[what]]
    return whole if zlib.crc32(whole) == fold.sums[what] else None


def _put(path: Path, whole: bytes) -> None:
    files.set_aside(path)
    path.parent.mkdir(exist_ok=True)
    files.replace(path, whole)


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
