"""How a run has something done by the daemon: it asks, and goes on."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from runicorn import pieces
from runicorn.notices import Notices
from runicorn.sender import Sender
from runid import events
from runid.outbox import Outbox
from runid.sides import Buffer


class Asking(ABC):
    """What all verbs stand on."""

    id: str
    is_finished: bool
    _notices: Notices
    _sender: Sender

    @abstractmethod
    def _guarded(self, event: events.Event) -> None:
        """Puts an event; what goes wrong is a notice."""

    @abstractmethod
    def _put_late(self, event: events.Event) -> None:
        """What is put after the end: a notice."""

    @abstractmethod
    def _own_outbox(self) -> Outbox:
        """The outbox of this process; a forked child makes its own at its first call."""

    def _is_late(self) -> bool:
        """Whether the run has finished; then a notice says that what is called now is left out."""
        if self.is_finished:
            self._put_late([])
        return self.is_finished

    def _ask(self, kind: str, what: dict[str, Any]) -> str | None:
        """Asks the daemon to do something (see runid.store.assets), and gives the ask's id; None where it cannot be.

        `what`: plain values, 250 KiB at most.
        """
        if self._is_late():
            return None
        if not pieces.fits(what, f"What is asked for as {kind}", self._notices):
            return None
        name = os.urandom(8).hex()
        self._guarded([events.ASK, time.time(), name, kind, what])
        return name

    def _ask_beside(
        self, kind: str, what: dict[str, Any], parts: Iterable[Buffer], size: int, when: float
    ) -> str | None:
        """Asks for something about bytes too large for an event, which are copied now (see runid.sides).

        `parts`: `size` bytes in all, gone through twice at most; `when`: the time of the call. None where there is no
        room; the outbox counts that. Raises ValueError when other than so many bytes come.
        """
        if self._is_late() or not pieces.fits(what, f"What is asked for as {kind}", self._notices):
            return None
        outbox = self._own_outbox()
        side = outbox.side(parts, size)
        if side is None:
            return None
        name = os.urandom(8).hex()
        event = [events.ASK, when, name, kind, what | {"side": side.path.name, "size": size}]
        return name if outbox.put_beside(event, side) else None

    def _answer(self, name: str, timeout: float) -> dict[str, Any] | None:
        """What came of an ask of a kind that is answered; None, with a notice, if it failed or takes longer."""
        said = self._sender.answer(name, timeout)
        if said is not None and said.error is None:
            return said.result
        why = (said and said.error) or f"it takes longer than {timeout:g} s, but is done all the same"
        self._notices.once(("answer", why), f"What run {self.id} asked for has no result: {why}.")
        return None
