"""Alerts on their way to webhooks. Called in the root's thread.

An alert is an ask (see runid.store.assets) that is sent to each webhook of the writer that raised it, one try a job.
Webhook addresses are secrets, so no file in a root has them: a writer says them in its hello, and they are known as
long as this daemon lives or the writer comes again. An alert that is pending when they are not known any more is
recorded as not delivered.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runid.asks import Submit
from runid.jobs.pool import Again
from runid.store.alerts import KIND
from runid.store.fold import Fold

_TRIES = 5
_WAIT, _LONGEST_WAIT = 1.0, 60.0
_PATIENCE = 10.0
_REMEMBERED = 1000
_MOST = 100  # webhooks that a writer may say it has
_VIEW = "http://127.0.0.1:23300/run/"

Ask = dict[str, Any]
Record = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class _Letter:
    """An alert for one webhook."""

    url: str
    tries: int = 0
    running: bool = False
    due: float = 0.0
    sent: bool = False
    why: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will be tried."""
        return self.sent or bool(self.why)


class Alerts:
    """The pending alerts of one host in one run."""

    def __init__(self, path: str, run_id: str, submit: Submit) -> None:
        self._run = {"project": path, "run": run_id, "url": _VIEW + run_id}
        self._submit = submit
        self._webhooks: dict[str, list[str]] = {}
        self._letters: dict[str, list[_Letter]] = {}
        self._missed: dict[str, float] = {}

    def meet(self, writer: bytes, info: dict[str, Any]) -> None:
        """Remembers where a writer wants its alerts sent to."""
        given = info.get("webhooks")
        if isinstance(given, list):
            self._webhooks[writer.hex()] = [url for url in given if isinstance(url, str)][:_MOST]

    def tick(self, fold: Fold, record: Record, now: float) -> None:
        """Sends what is pending, and records what has come of it. Raises what `record` raises."""
        pending = {name: ask for name, ask in fold.asked.items() if ask["kind"] == KIND}
        for name, ask in pending.items():
            letters = self._written(fold, name, ask, now)
            for letter in letters or ():
                if not letter.over and not letter.running and letter.due <= now:
                    self._send(letter, ask)
            if letters is not None and all(letter.over for letter in letters):
                record({"id": name} | _came_of(letters))
        # After a failed fsync what was recorded may be pending again: what was sent is remembered for a while.
        for old in [name for name in list(self._letters)[:-_REMEMBERED] if name not in pending]:
            del self._letters[old]
        for gone in self._missed.keys() - pending.keys():
            del self._missed[gone]

    def _written(self, fold: Fold, name: str, ask: Ask, now: float) -> list[_Letter] | None:
        """The alert for each of its webhooks; None while their addresses may still be told."""
        if name not in self._letters:
            count = ask.get("webhooks")
            wanted = min(count, _MOST) if type(count) is int else 0
            known = self._webhooks.get(ask["writer"], [])
            lives = any(writer.writer == ask["writer"] for writer in fold.live())
            if wanted > 0 and not known and (lives or now - self._missed.setdefault(name, now) < _PATIENCE):
                return None
            self._letters[name] = [_Letter(url) for url in known] if wanted > 0 else []
            if wanted > 0 and not known:
                self._letters[name] = [_Letter("", why="the daemon that knew its address has ended")] * wanted
        return self._letters[name]

    def _send(self, letter: _Letter, ask: Ask) -> None:
        told = {name: ask.get(name) for name in ("level", "title", "text", "step")}

        def done(result: dict[str, Any] | None, error: str | None) -> None:
            letter.running = False
            if result is None:
                result = {"sent": False, "again": isinstance(error, Again), "why": error, "wait": None}
            letter.sent = result["sent"]
            if not letter.sent and (letter.tries >= _TRIES or not result["again"]):
                tries = f", {letter.tries} tries" if letter.tries > 1 else ""
                letter.why = f"{result['why']}{tries}"
            elif not letter.sent:
                wait = min(_WAIT * 4 ** (letter.tries - 1), _LONGEST_WAIT)
                letter.due = time.monotonic() + max(wait, result["wait"] or 0.0)

        letter.running = True
        letter.tries += 1
        job = {"name": KIND, "url": letter.url, "alert": told | self._run | {"timestamp": ask["time"]}}
        self._submit(job, done)


def _came_of(letters: list[_Letter]) -> dict[str, Any]:
    """What is recorded of an alert: how many webhooks have it, and a sentence on the others."""
    failed = [f"Webhook {number} does not have it: {one.why}." for number, one in enumerate(letters, 1) if not one.sent]
    return {"result": {"delivered": len(letters) - len(failed), "problem": " ".join(failed) or None}}
