"""Draining: what dead writers left in their outboxes goes into the journals, window by window, in the root's thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runid import evidence
from runid.errors import FormatError, ProtocolError
from runid.keeper import Keeper, Place
from runid.orphan import Orphan, Owner

_WINDOW = 2 << 20
_LONGEST_WAIT = 60.0
_BREATH = 0.1  # seconds for all others, while side files are copied for a moment at a time


@dataclass(eq=False)
class Drain:
    """A dead writer's outbox on its way into the journal."""

    place: Place
    owner: Owner
    exit: evidence.Exit
    orphan: Orphan | None = None
    greeted: bool = False
    offset: int = 0
    retry: float = 0.0
    wait: float = 1.0
    trouble: str = ""


class Drains:
    """The outboxes that are being drained below one root."""

    def __init__(self, keeper: Callable[[Place], Keeper], log: Callable[[str], None]) -> None:
        self._keeper = keeper
        self._log = log
        self._drains: list[Drain] = []

    def add(self, drain: Drain) -> bool:
        """Takes an outbox over, unless its writer lives after all or another daemon was faster."""
        if drain.owner.take():
            self._drains.append(drain)
            return True
        drain.owner.close()
        drain.exit.close()
        return False

    def of(self, folder: Path) -> bool:
        """Whether an outbox of the run in that folder is being drained."""
        return any(drain.place.folder == folder for drain in self._drains)

    def due(self, now: float) -> bool:
        """Whether there is something to drain now."""
        return any(drain.retry <= now for drain in self._drains)

    def turn(self, now: float) -> list[bytes]:
        """Brings a window of each outbox into its journal; gives the writers of those that are empty now."""
        done = []
        for drain in [drain for drain in self._drains if drain.retry <= now]:
            try:
                if self._window(drain):
                    self._drains.remove(drain)
                    done.append(drain.owner.writer)
                    drain.owner.close()
            except Exception as problem:  # whatever an outbox holds must not stop the others
                self._later(drain, now, str(problem) or repr(problem))
        return done

    def _later(self, drain: Drain, now: float, trouble: str) -> None:
        if trouble != drain.trouble:
            self._log(f"The outbox {drain.owner.folder} cannot be drained yet: {trouble}")
        drain.orphan, drain.trouble = None, trouble
        drain.retry, drain.wait = now + drain.wait, min(2 * drain.wait, _LONGEST_WAIT)

    def close(self) -> None:
        """Gives the outboxes back as they are; whoever comes next goes on."""
        for drain in self._drains:
            drain.owner.close()
            drain.exit.close()
        self._drains.clear()

    def _window(self, drain: Drain) -> bool:
        """True when the outbox is drained, the writer's end is recorded, and all of it is safe."""
        if drain.orphan is None:
            drain.orphan, drain.greeted = Orphan(drain.owner), False
            if not drain.orphan.head and not drain.place.folder.exists():
                drain.exit.close()
                drain.orphan.remove()  # its writer died before it said anything: there is no run to speak of
                return True
            drain.offset = self._keeper(drain.place).held(drain.owner.writer, known=True)
        writer, keeper = drain.owner.writer, self._keeper(drain.place)
        keeper.asks.incoming.serve(drain.owner)
        stop = min(drain.offset + _WINDOW, drain.orphan.head)
        while drain.offset < stop:
            start, body = drain.orphan.next(drain.offset)
            if start != drain.offset or not drain.greeted:
                drain.offset = keeper.hello(writer, drain.owner.info, start, known=False)
                drain.greeted = True
                continue
            try:
                if body and not keeper.batch(writer, start, body):
                    raise FormatError(f"the journal holds less than offset {start}")
                drain.offset += len(body)
            except ProtocolError as problem:  # it will never be better: a hole, and counted
                self._log(f"The outbox {drain.owner.folder} holds what is no event: {problem}")
                keeper.salvage(writer, start, body)
                drain.offset = start + len(body)
        keeper.rotate(time.monotonic())
        if drain.offset < drain.orphan.head:
            return False
        if not keeper.brought(writer):
            drain.retry = time.monotonic() + _BREATH
            return False
        keeper.end(writer, *drain.exit.end(), time.time())
        keeper.sync()
        drain.orphan.remove()
        return True
