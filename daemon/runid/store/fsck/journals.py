"""Journals: records that are damaged in the middle, or missing at the end.

A journal is made whole by writing it anew: good records keep their numbers, and in the place of damaged ones stand
records that say what is lost, so that it is counted and a daemon can seal the journal:

    HOLE         for each writer, from where its stream was held to where its next good record starts
    WRITER       for a writer whose own record was damaged, as the host's other files know it
    HEARTBEAT    with the last time known, until the count is right
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgpack

from runid.errors import DamagedError
from runid.store import files, journal, runs, segments
from runid.store.fold import Fold
from runid.store.fsck.finding import Finding, Look
from runid.store.journal import Gap, Record

Journals = list[tuple[int, Path]]


def check(look: Look) -> Iterator[Finding]:
    """Every host's journals."""
    for host, found in sorted(journal.journals(look.folder / "journal").items()):
        try:
            fold = runs.saved_fold(look.folder, host)
        except DamagedError:
            fold = Fold(host)
        yield from _check_host(look, found, fold)


def _check_host(look: Look, found: Journals, fold: Fold) -> Iterator[Finding]:
    gaps: list[Gap] = []
    last = 0
    try:
        for record in journal.read_host(found, gaps=gaps):
            last = record.number
        unmarked = [path for _, path in found if not _marked(path)]
    except FileNotFoundError:  # sealed and removed since it was listed
        return
    end = found[-1][0]
    if last < fold.through and end <= fold.through:
        gaps.append(Gap(found[-1][1], max(last + 1, end), fold.through))
    for lo, path in found:
        look.seen(path.stat().st_size if path.exists() else 0)
        mine = [gap for gap in gaps if gap.path == path]
        if path in unmarked and not (look.busy and path == found[-1][1]):
            yield _finding(look, found, lo, last, mine, fold, "It does not begin as journals do. ")
        elif mine:
            yield _finding(look, found, lo, last, mine, fold, "")


def _finding(look: Look, found: Journals, lo: int, last: int, gaps: list[Gap], fold: Fold, what: str) -> Finding:
    path = dict(found)[lo]
    lost = ", ".join(f"{gap.lo} to {gap.hi}" if gap.lo < gap.hi else f"{gap.lo}" for gap in gaps)
    what += (
        f"The journal is damaged: its records {lost} cannot be read, the others can." if gaps else "All can be read."
    )
    hi = min((after - 1 for after, _ in found if after > lo), default=max(last, fold.through))
    if look.holds(fold.host, lo, hi) and hi <= fold.through:
        return Finding(
            look.name(path), f"{what} All are in a whole segment too.", "it is set aside", partial(_drop, path)
        )
    if any(_in_segment(look, fold.host, gap) for gap in gaps):
        return Finding(look.name(path), what, "the segment that holds these records is damaged too")
    how = "a new one is written, which counts as lost what cannot be read" if gaps else "it is written anew"
    return Finding(look.name(path), what, how, partial(_renew, look.folder, found, lo, gaps, fold))


def _marked(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(len(journal.MAGIC)) == journal.MAGIC


def _in_segment(look: Look, host: str, gap: Gap) -> bool:
    """Whether a damaged segment holds these records: it must not be made again from a journal without them."""
    sealed = [one for one in segments.segments(look.folder / "metrics") if one.host == host]
    return any(one.lo <= gap.hi and gap.lo <= one.hi for one in sealed if one not in look.whole)


def _drop(path: Path) -> None:
    files.set_aside(path)
    path.unlink()
    files.sync_folder(path.parent)


@dataclass
class _Held:
    """Up to where each writer's stream is held at some record, and who the writers are."""

    ends: dict[bytes, int] = field(default_factory=dict)
    named: set[bytes] = field(default_factory=set)
    heartbeat: float = 0.0

    def take(self, record: Record) -> None:
        if record.kind == journal.HEARTBEAT:
            self.heartbeat = msgpack.unpackb(record.body)
        elif record.kind == journal.WRITER:
            self.named.add(record.writer)
            self.ends[record.writer] = record.offset
        elif record.kind == journal.HOLE:
            self.ends[record.writer] = msgpack.unpackb(record.body)["to"]
        elif record.kind == journal.BATCH:
            self.ends[record.writer] = record.offset + len(record.body)


def _renew(folder: Path, found: Journals, lo: int, gaps: list[Gap], fold: Fold) -> None:
    """Writes the journal that begins at `lo` anew, with other records in its gaps."""
    path = dict(found)[lo]
    end = next((after for after, _ in found if after > lo), None)
    held, records = _Held(), []
    for record in journal.read_host(found, gaps=[]):
        if record.number < lo:
            held.take(record)
        else:
            records.append(record)
    held.named.clear()  # each journal names its writers again
    parts: list[Record | Gap] = [record for record in records if end is None or record.number < end]
    parts += gaps
    whole: list[Record] = []
    lost: dict[bytes, int] = {}
    for one in sorted(parts, key=lambda one: one.lo if isinstance(one, Gap) else one.number):
        good = _fill(one, records, held, fold, lost) if isinstance(one, Gap) else [one]
        for record in good:
            held.take(record)
        whole += good
    _count(folder, fold, lost)
    files.set_aside(path)
    files.replace(path, journal.MAGIC + b"".join(map(_packed, whole)))


def _fill(gap: Gap, records: list[Record], held: _Held, fold: Fold, lost: dict[bytes, int]) -> list[Record]:
    """What stands in the place of damaged records; what each writer lost by them is added to `lost`."""
    following: dict[bytes, Record] = {}
    for record in records:
        if record.number > gap.hi and record.kind in (journal.BATCH, journal.HOLE, journal.WRITER):
            following.setdefault(record.writer, record)
    ends = {writer: record.offset for writer, record in following.items()}
    if fold.through >= gap.hi:
        ends = {bytes.fromhex(key): writer.offset for key, writer in fold.writers.items()} | ends
    made: list[tuple[int, bytes, int, bytes]] = []
    for writer, end in ends.items():
        start = held.ends.get(writer, 0)
        known = fold.writers.get(writer.hex())
        if writer not in held.named and known is not None:
            who = msgpack.packb({"rank": known.rank, "number": known.number})
            made.append((journal.WRITER, writer, start, who))
        if end > start:
            made.append((journal.HOLE, writer, start, msgpack.packb({"to": end})))
            lost[writer] = lost.get(writer, 0) + (end - start if fold.through >= gap.lo else 0)
    beat = (journal.HEARTBEAT, bytes(16), 0, msgpack.packb(held.heartbeat))
    made = (made + [beat] * (gap.hi - gap.lo + 1))[: gap.hi - gap.lo + 1]
    return [
        Record(number, offset, writer, kind, body) for number, (kind, writer, offset, body) in enumerate(made, gap.lo)
    ]


def _count(folder: Path, fold: Fold, lost: dict[bytes, int]) -> None:
    """Tells of what is lost from records that the fold has taken in already; the others it will find as holes."""
    for writer, bytes_lost in lost.items():
        if writer.hex() in fold.writers:
            fold.writers[writer.hex()].lost_bytes += bytes_lost
    if any(lost.values()):
        files.replace_json(folder / "writers" / f"{fold.host}.json", fold.saved())


def _packed(record: Record) -> bytes:
    return journal.packed(record.number, record.kind, record.writer, record.offset, record.body)
