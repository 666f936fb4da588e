"""Alerts of a run, as they are kept: `alerts.json`, {alerts: a list of objects in the order they were raised}.

id, time, rank, step, level (info, warn, error), title, text (or null), webhooks (how many it is to be sent to),
delivered (how many have it; null while that is not decided), problem (a sentence on what was not delivered, or null)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runid.store.fold import Fold

KIND = "alert"
_KEPT = ("time", "rank", "step", "level", "title", "text", "webhooks")
_MOST = 1000
"""Alerts that are kept; the run's text has all."""

Alert = dict[str, Any]


def done(fold: Fold, name: str, asked: Alert, result: Alert | None, error: str | None) -> None:
    """Folds what became of an alert."""
    said = result or {"delivered": 0, "problem": error}
    fold.assets[name] = {"kind": KIND, **_kept(asked), "delivered": said["delivered"], "problem": said["problem"]}
    old = [key for key, asset in fold.assets.items() if asset["kind"] == KIND]
    for key in old[:-_MOST]:
        del fold.assets[key]


def told(folds: Iterable[Fold]) -> list[Alert]:
    """All hosts' alerts, those that are on their way too."""
    found: dict[str, Alert] = {}
    for fold in folds:
        for name, asset in fold.assets.items():
            if asset["kind"] == KIND:
                found[name] = {"id": name} | {field: value for field, value in asset.items() if field != "kind"}
        for name, ask in fold.asked.items():
            if ask["kind"] == KIND:
                found[name] = {"id": name, **_kept(ask), "delivered": None, "problem": None}
    return sorted(found.values(), key=lambda alert: alert["time"])


def restore(fold: Fold, published: dict[str, Any]) -> None:
    """Takes alerts that the fold does not know from what alerts.json says."""
    said = published.get("alerts")
    for alert in [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []:
        known = {field: alert[field] for field in (*_KEPT, "delivered", "problem") if field in alert}
        whole = isinstance(alert.get("id"), str) and isinstance(alert.get("time"), float)
        if whole and len(known) == len(_KEPT) + 2 and alert["id"] not in fold.asked:
            fold.assets.setdefault(alert["id"], {"kind": KIND} | known)


def _kept(asked: Alert) -> Alert:
    return {field: asked.get(field) for field in _KEPT}
