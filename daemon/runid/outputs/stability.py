"""Which outputs are whole: nobody can know, but one that did not change for a while is taken for it."""

from __future__ import annotations

from dataclasses import dataclass

from runid.outputs.state import Item
from runid.outputs.walk import Found

_TRY_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """When an output is archived. `final`: the run ends, so what is there counts as it is."""

    stable_required: int = 2
    min_age_sec: float = 1.0
    log_snapshot_interval_sec: float = 60.0
    state_gc_after_sec: float = 7 * 24 * 3600.0
    final: bool = False


def sight(item: Item, found: Found, now: float, rules: Rules, counts: bool) -> bool:
    """Notes that an output was seen, and says whether the item changed by that.

    `counts`: it is a scan of its own, not one that goes on where the one before had to stop.
    """
    changed = False
    if now - item.seen >= rules.state_gc_after_sec / 10:  # not each time: an unchanged item costs nothing then
        item.seen, changed = now, True
    if item.stamp != found.stamp:
        item.stamp, item.count, item.since = found.stamp, 1, now
        return True
    if item.count < rules.stable_required and counts:
        item.count += 1
        return True
    return changed


def due(item: Item, found: Found, now: float, rules: Rules, log: bool) -> bool:
    """Whether an output that was just sighted is to be archived now."""
    if item.done == found.stamp:
        return False
    if rules.final:
        return True
    if item.error and now - item.snapshot < _TRY_AGAIN:
        return False
    if log:
        return now - item.snapshot >= rules.log_snapshot_interval_sec
    # The file's time is of the clock of the machine that keeps it: it may be ahead of ours.
    age = max(now - found.newest, now - item.since)
    return item.count >= rules.stable_required and age >= rules.min_age_sec
