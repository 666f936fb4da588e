"""What earlier scans of a run saw, and which copies they made. It travels between daemon and worker as bytes.

    msgpack map: mode → {key: [stamp, count, since, seen, done, snapshot, error, [[fingerprint, archive_path,
    size, time, value] …]]}

What was archived is in the entries too, so a state that is lost with its daemon is made from them; then only the
sightings of what is not archived yet start anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgpack

Entry = dict[str, Any]


class Version(NamedTuple):
    """A copy that was made."""

    fingerprint: str
    archive_path: str
    size: int
    time: float  # seconds since the epoch
    value: float | None  # of the run's primary metric then


@dataclass(slots=True)
class Item:
    """What is known of one output in one mode. Times are seconds since the epoch."""

    stamp: str = ""
    count: int = 0  # scans in a row that saw this stamp
    since: float = 0.0  # when it was seen first
    seen: float = 0.0  # when the output was seen last, about
    done: str = ""  # the stamp of what was archived last
    snapshot: float = 0.0  # when that was, or was tried in vain
    error: str = ""
    versions: list[Version] = field(default_factory=list)

    @classmethod
    def of(cls, packed: list[Any]) -> Item:
        """The item that travelled so."""
        item = cls(*packed)
        item.versions = [Version(*version) for version in item.versions]
        return item

    def packed(self) -> list[Any]:
        """The item as it travels."""
        return [self.stamp, self.count, self.since, self.seen, self.done, self.snapshot, self.error, self.versions]


class State:
    """The items of a run, by mode and key."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Item]] = {}
        self.changed = False

    @classmethod
    def of(cls, packed: bytes) -> State:
        """The state in these bytes."""
        state = cls()
        for mode, items in msgpack.unpackb(packed).items():
            state.items[mode] = {key: Item.of(known) for key, known in items.items()}
        return state

    @classmethod
    def from_entries(cls, entries: Iterable[Entry], now: float) -> State:
        """The state that these entries of a run tell of, those that are marked as removed too."""
        state = cls()
        for entry in sorted(entries, key=lambda entry: float(entry.get("archived_at", 0.0))):
            item = state.item(entry["mode"], entry["key"])
            if "last_error" in entry:
                item.error, item.seen = entry["last_error"], now
                continue
            item.done, item.snapshot, item.seen = entry["stamp"], entry["archived_at"], now
            if entry["saved"]:
                value = (entry.get("metric") or {}).get("value")
                item.versions.append(
                    Version(
                        entry["fingerprint"], entry["archive_path"], entry["size_bytes"], entry["archived_at"], value
                    )
                )
        return state

    def packed(self) -> bytes:
        """The state as it travels."""
        told = {mode: {key: item.packed() for key, item in items.items()} for mode, items in self.items.items()}
        return bytes(msgpack.packb(told))

    def item(self, mode: str, key: str) -> Item:
        """What is known of an output; made if there is nothing."""
        items = self.items.setdefault(mode, {})
        if key not in items:
            items[key] = Item()
            self.changed = True
        return items[key]

    def collect(self, now: float, after: float) -> None:
        """Forgets the sightings of what was not seen for `after` seconds; which copies there are stays known."""
        for items in self.items.values():
            for key, item in list(items.items()):
                if now - item.seen <= 1.1 * after:  # `seen` is up to a tenth too early
                    continue
                if not item.versions:
                    del items[key]
                    self.changed = True
                elif item.stamp:
                    items[key] = Item(done=item.done, snapshot=item.snapshot, seen=item.seen, versions=item.versions)
                    self.changed = True
