"""What writers ask the daemon to do, and what becomes of it: code, datasets, images, outputs …

An ASK event says what is to be done; it is *pending* until a WORK record holds a result or an error:

    asked     id → {kind, time, rank, writer, …what is asked[, progress: map]}     pending, in the order they came
    assets    id → {kind, …}                                                       what the run refers to (assets.json)
    answers   id → {result} or {error}                                             of the last ones that are waited for

Both are records of one journal, so a daemon that comes after a crash does what is pending, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runid.store.fold import Fold

Ask = dict[str, Any]

_ANSWERS = 4
_ANSWERED = frozenset(("scan",))


def ask(fold: Fold, front: Ask, name: str, kind: str, what: dict[str, Any]) -> None:
    """Folds an ASK event; `front`: its time, and the writer and rank that ask."""
    if name not in fold.asked:
        fold.asked[name] = what | {"kind": kind} | front


def work(fold: Fold, said: dict[str, Any]) -> None:
    """Folds a WORK record."""
    asked = fold.asked.get(said["id"])
    if asked is None:
        return
    if "progress" in said:
        asked["progress"] = said["progress"]
        return
    del fold.asked[said["id"]]
    result, error = said.get("result"), said.get("error")
    if asked["kind"] in _ANSWERED:
        fold.answers[said["id"]] = {"error": error} if result is None else {"result": result}
        for old in list(fold.answers)[:-_ANSWERS]:
            del fold.answers[old]
    if asked["kind"] in KINDS:
        KINDS[asked["kind"]](fold, said["id"], asked, result, error)


KINDS: dict[str, Callable[[Fold, str, Ask, dict[str, Any] | None, str | None], None]] = {}
"""What becomes of each kind that can be asked for; called with fold, id, what was asked, and result or error."""
