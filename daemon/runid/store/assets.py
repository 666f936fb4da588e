"""What writers ask the daemon to do, and what becomes of it: code, datasets, images, outputs …

An ASK event says what is to be done; it is *pending* until a WORK record holds a result or an error:

    asked     id → {kind, time, rank, writer, …what is asked[, progress: map]}     pending, in the order they came
    assets    id → {kind, …}                                                       what the run refers to (assets.json)
    answers   id → {writer, result} or {writer, error}      of the last ones that each live writer waits for

Both are records of one journal, so a daemon that comes after a crash does what is pending, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from runid import events
from runid.store import alerts, inputs, media

if TYPE_CHECKING:
    from runid.store.fold import Fold

Ask = dict[str, Any]

_ANSWERS = 4
_ANSWERED = frozenset(("scan",))


def ask(fold: Fold, front: Ask, name: str, kind: str, what: dict[str, Any]) -> None:
    """Folds an ASK event; `front`: its time, and the writer and rank that ask."""
    if name not in fold.asked:
        named = {field: value for field, value in what.items() if field != "progress"}
        fold.asked[name] = named | {"kind": kind} | front
        if kind in media.KINDS:
            media.asked(fold, name, fold.asked[name])


def work(fold: Fold, said: dict[str, Any]) -> None:
    """Folds a WORK record."""
    asked = fold.asked.get(said["id"])
    if asked is None:
        return
    if "outputs" in said:
        fold.scans.append((fold.through, said["outputs"]))
    if "progress" in said:
        asked["progress"] = said["progress"]
    if not said.keys() & {"result", "error"}:
        return
    del fold.asked[said["id"]]
    result, error = said.get("result"), said.get("error")
    if asked["kind"] in _ANSWERED:
        came = {"error": error} if result is None else {"result": result}
        _answer(fold, said["id"], {"writer": asked["writer"]} | came)
    if asked["kind"] in KINDS:
        KINDS[asked["kind"]](fold, said["id"], asked, result, error)


def _answer(fold: Fold, name: str, answer: dict[str, Any]) -> None:
    """Keeps it until its writer has had time to ask for it: all ranks may wait at once."""
    live = {writer.writer for writer in fold.live()}
    fold.answers = {key: kept for key, kept in fold.answers.items() if kept.get("writer") in live} | {name: answer}
    mine = [key for key, kept in fold.answers.items() if kept["writer"] == answer["writer"]]
    for old in mine[:-_ANSWERS]:
        del fold.answers[old]


def published(folds: list[Fold], config: dict[str, Any]) -> dict[str, Any]:
    """What assets.json holds of all hosts' folds, besides the run's config; its outputs are in files of their own."""
    given = {"datasets": inputs.listed(folds, "dataset"), "pretrained": inputs.listed(folds, "pretrained")}
    return {"code": {"snapshot": snapshot(folds)}, "config": config, **given}


def snapshot(folds: Iterable[Fold]) -> dict[str, Any]:
    """The newest code snapshot of a run, `code.snapshot` of assets.json; empty where none was asked for."""
    kept = [entry for fold in folds for entry in fold.assets.values() if entry["kind"] == "code"]
    newest = max(kept, key=lambda entry: float(entry["time"]), default=None)
    return dict(newest["snapshot"]) if newest else {}


def _code(fold: Fold, name: str, asked: Ask, result: dict[str, Any] | None, error: str | None) -> None:
    """One snapshot is kept, the last; where there is none, the run's text says why."""
    found = result or {"saved": False, "workspace_root": asked.get("workspace_root"), "reason": error}
    fold.assets = {key: entry for key, entry in fold.assets.items() if entry["kind"] != "code"}
    fold.assets[name] = {"kind": "code", "time": asked["time"], "snapshot": found}
    if not found["saved"] and (writer := fold.writers.get(asked["writer"])):
        said = [events.TEXT, asked["time"], "WARNING", f"The code was not kept: {found['reason']}"]
        fold.pending["logs"] += fold.lines(writer, said)


KINDS: dict[str, Callable[[Fold, str, Ask, dict[str, Any] | None, str | None], None]] = {
    "code": _code,
    **dict.fromkeys(media.KINDS, media.done),
    "dataset": inputs.done,
    "pretrained": inputs.done,
    alerts.KIND: alerts.done,
}
"""What becomes of each kind that can be asked for; called with fold, id, what was asked, and result or error."""
