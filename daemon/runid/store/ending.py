"""What became of a run: its writers' end states, together and as a sentence."""

from __future__ import annotations

from runid import events
from runid.store.fold import Fold, Writer


def together(folds: list[Fold]) -> list[Writer]:
    """The processes of the run: all hosts' writers but those with a role."""
    return [writer for writer in served(folds) if not writer.role]


def served(folds: list[Fold]) -> list[Writer]:
    """All hosts' writers; one that several hosts served is told by the one that holds most of its stream."""
    found: dict[str, Writer] = {}
    for fold in folds:
        for key, writer in fold.writers.items():
            other = found.get(key)
            if other is None or _known_better(writer, other):
                found[key] = writer
    return sorted(found.values(), key=lambda writer: (writer.rank, writer.started, writer.number))


def state(writers: list[Writer]) -> tuple[str, str | None]:
    """The run's status and, once it ended, a sentence that says how.

    It runs while a writer lives, else it is as its worst writer. A writer that ended before another one of its rank
    began (a restarted worker, a resumed run) does not count.
    """
    ranks: dict[int, list[Writer]] = {}
    for writer in writers:
        ranks.setdefault(writer.rank, []).append(writer)
    counted = [writer for writer in writers if not _replaced(writer, ranks[writer.rank])] or writers
    if any(writer.status not in events.ENDS for writer in counted):
        return "running", None
    if not counted:
        return "running", None
    worst = max((writer.status for writer in counted), key=events.ENDS.index)
    if worst == "finished":
        return worst, None
    return worst, _sentence(worst, counted)


def _known_better(writer: Writer, other: Writer) -> bool:
    ended, other_ended = (one.status in events.ENDS for one in (writer, other))
    return (writer.offset, ended) > (other.offset, other_ended)


def _replaced(writer: Writer, same_rank: list[Writer]) -> bool:
    if writer.ended is None:
        return False
    # A crash is noticed some time after it came: what counts is the last sign of life.
    end = (writer.last_time or writer.started) if writer.status == "crashed" else writer.ended
    return any(other.started >= end for other in same_rank if other is not writer and not other.forked)


def _sentence(worst: str, writers: list[Writer]) -> str:
    bad = [writer for writer in writers if writer.status == worst]
    parts = []
    for writer in bad[:3]:
        ranks = writer.world or len(writers)
        who = f"rank {writer.rank} of {ranks}" if ranks > 1 else "the process"
        at = f" at step {writer.last_step}" if writer.last_step is not None else ""
        parts.append(f"{who} {writer.reason or _ended(worst, 'was')}{at}")
    if len(bad) > 3:
        parts.append(f"{len(bad) - 3} more {_ended(worst, 'were')}")
    others = {writer.status for writer in writers} - {worst}
    if others:
        parts.append("the others " + (_ended(others.pop(), "were") if len(others) == 1 else "ended otherwise"))
    return "; ".join(parts)


def _ended(status: str, verb: str) -> str:
    return f"{verb} interrupted" if status == "interrupted" else status
