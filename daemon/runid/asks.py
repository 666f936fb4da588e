"""What the writers of a run ask for, on its way through the worker processes. Called in the root's thread.

A pending ask (see runid.store.assets) becomes a job {name: its kind, id, ask, root, run_dir, host}, as soon as the side
file that it may name is in the run's folder (see runid.incoming); what the job gives becomes a WORK record. An error
that may pass, such as a full disk, is no end: the job is tried again later, and the run stays open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgpack

from runid.incoming import Incoming
from runid.jobs.pool import Again, Done, Told
from runid.store import alerts, assets, journal, media
from runid.store.fold import Fold
from runid.store.outputs import WATCHED

_TELL_EVERY = 2.0
_WAIT, _LONGEST_WAIT = 5.0, 300.0
_SHOWN = 20
_AT_ONCE = 64
"""Media of one run that wait for a worker together: ten thousand of one run must not delay another run's image."""

Work = dict[str, Any]


class Submit(Protocol):
    """Hands a job to a worker process; what it tells and answers comes back in the root's thread."""

    def __call__(self, job: dict[str, Any], done: Done, told: Told | None = None, /) -> None: ...


@dataclass(slots=True)
class _Asked:
    """A pending ask on its way."""

    medium: bool
    running: bool = False
    work: Work | None = None
    progress: Work | None = None
    told: float = 0.0
    retry: float = 0.0
    wait: float = _WAIT
    trouble: str = ""


class Asks:
    """The pending asks of one host in one run."""

    def __init__(self, root: Path, folder: Path, host: str, submit: Submit) -> None:
        self._place = {"root": str(root), "run_dir": str(folder), "host": host}
        self._submit = submit
        self.incoming = Incoming(folder, host)
        self._asked: dict[str, _Asked] = {}

    @property
    def trouble(self) -> str:
        """Why some of it waits; empty where nothing does. From any thread."""
        return next((asked.trouble for asked in list(self._asked.values()) if asked.trouble), "")

    def status(self, fold: Fold) -> list[dict[str, Any]]:
        """What is pending, for `runid status`: kind, name and progress of the first. From any thread."""
        return [
            {"kind": ask["kind"], "name": _shown(ask.get("name") or ask.get("key")), "progress": ask.get("progress")}
            for ask in list(fold.asked.values())[:_SHOWN]
        ]

    def bring(self, fold: Fold, record: Callable[[Work], None]) -> None:
        """Has all bytes that asks name in the run's folder, on the disk, but those of `incoming.waiting`.

        Records an error for those that cannot be had any more. Raises OSError, and what `record` raises.
        """
        for name, trouble in self.incoming.bring(fold.asked).items():
            record({"id": name, "error": f"What was to be kept is lost: {trouble}"})

    def give_up(self, fold: Fold, writer: str, record: Callable[[Work], None]) -> None:
        """Nothing is left of the writer's outbox: what waits for it is lost. Raises what `record` raises."""
        for name, ask in list(fold.asked.items()):
            if ask["writer"] == writer and not self.incoming.here(name, ask):
                record({"id": name, "error": "What was to be kept is lost: its outbox is gone."})

    def tick(self, fold: Fold, record: Callable[[Work], None], now: float) -> None:
        """Submits what is pending, and records what has come of it. Raises what `record` raises."""
        free = _AT_ONCE - sum(asked.running and asked.medium for asked in self._asked.values())
        for name, ask in list(fold.asked.items()):
            if ask["kind"] == alerts.KIND or ask["kind"] in WATCHED:  # runid.alerts and runid.watches do these
                continue
            if name not in self._asked:
                self._asked[name] = _Asked(ask["kind"] in media.KINDS)
            asked = self._asked[name]
            if asked.work is not None:
                record(asked.work)
                asked.work = None
            elif asked.progress is not None and now - asked.told >= _TELL_EVERY:
                progress, asked.progress, asked.told = asked.progress, None, now
                record({"id": name, "progress": progress})
            elif asked.running or asked.retry > now or (asked.medium and not free):
                continue
            elif self.incoming.here(name, ask):
                self._start(name, ask, asked)
                free -= asked.medium
        for name in self._asked.keys() - fold.asked.keys():
            if not self._asked[name].running:
                del self._asked[name]
                self.incoming.drop(name)

    def _start(self, name: str, ask: dict[str, Any], asked: _Asked) -> None:
        if ask["kind"] not in assets.KINDS:
            asked.work = {"id": name, "error": f"This daemon does not know what {ask['kind']!r} is: update runicorn."}
            return

        def done(result: dict[str, Any] | None, error: str | None) -> None:
            asked.running = False
            if isinstance(error, Again):
                asked.trouble = error
                asked.retry, asked.wait = time.monotonic() + asked.wait, min(2 * asked.wait, _LONGEST_WAIT)
            else:
                asked.trouble = ""
                asked.work = _fitting({"id": name} | ({"error": error} if result is None else {"result": result}))

        def told(progress: dict[str, Any]) -> None:
            asked.progress = progress

        asked.running = True
        self._submit({"name": ask["kind"], "id": name, "ask": ask, **self._place}, done, told)


def _shown(name: object) -> str | None:
    return name[:100] if isinstance(name, str) else None


def _fitting(work: Work) -> Work:
    size = len(msgpack.packb(work))
    if size <= journal.MAX_BODY:
        return work
    return {"id": work["id"], "error": f"What it came to has {size} bytes, {journal.MAX_BODY} may be kept."}
