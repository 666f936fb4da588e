"""What is printed as text of runs: the copier's second thread, which the terminal never waits for."""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from runicorn import pieces, settings, start
from runicorn.console.lines import Lines
from runicorn.notices import Notices
from runicorn.sender import Sender
from runid import events
from runid.errors import RunicornError
from runid.outbox import Outbox
from runid.store.fold import CONSOLE

Item = tuple[float, str, bytes] | dict[str, Any]
"""When and on which stream what was printed, or a message of the training process."""


def make(items: Iterable[Item], say: Callable[[dict[str, Any]], None]) -> None:
    """Makes text of the items, in order, and answers through `say`, until the training process is gone."""
    texts: dict[int, Text] = {}
    ending: list[threading.Thread] = []

    def end(number: int, text: Text | None, timeout: float) -> None:
        safe = text is not None and text.end(timeout)
        say({"ended": number, "safe": safe})

    for item in items:
        if isinstance(item, tuple):
            for text in texts.values():
                text.feed(*item)
        elif "begin" in item:
            try:
                texts[item["begin"]] = Text(item)
            except (OSError, RunicornError):  # no place for an outbox: the terminal still gets all
                continue
        elif "end" in item:
            asked = item["end"], texts.pop(item["end"], None), item["timeout"]
            ending.append(threading.Thread(target=end, args=asked, name="runicorn end"))
            ending[-1].start()
    for number, text in texts.items():
        end(number, text, settings.finish_timeout())
    for thread in ending:
        thread.join()


class Text:
    """One run's text: lines of both streams, as a writer of its own that no reader counts as a process of the run."""

    def __init__(self, said: dict[str, Any]) -> None:
        """`said`: a `begin` message. Raises OSError or FolderError where no outbox can be made."""
        info = start.writer_info(said["identity"], role=CONSOLE)
        self._outbox = Outbox(info)
        self._outbox.put([events.START, time.time(), said["start"]])
        self._sender = Sender(self._outbox, info, Notices())
        self._sender.start()
        decoder = codecs.getincrementaldecoder("utf-8")
        self._streams = {level: (decoder("replace"), Lines(said["mode"])) for level in ("stdout", "stderr")}
        self._blank = dict.fromkeys(self._streams, "")

    def feed(self, when: float, level: str, data: bytes) -> None:
        """Adds what one stream printed."""
        decoder, lines = self._streams[level]
        self._put(when, level, lines.feed(decoder.decode(data)))

    def end(self, timeout: float) -> bool:
        """Nothing more comes; whether all is on disk within `timeout` seconds."""
        for level, (decoder, lines) in self._streams.items():
            self._put(time.time(), level, lines.feed(decoder.decode(b"", final=True)) + lines.rest())
        self._outbox.note_dropped()
        self._outbox.put_vital([events.FINISH, time.time(), "finished", None])
        safe = self._sender.flush(timeout)
        self._sender.finish()
        self._sender.join(0.5 if safe else 0.0)
        return safe

    def _put(self, when: float, level: str, lines: str) -> None:
        lines = self._blank[level] + lines
        kept = lines.rstrip("\n")
        # Blank lines at an event's end do not count, so they begin the next one.
        self._blank[level] = lines[len(kept) + 1 :] if kept else lines
        if kept:
            for part in pieces.text(kept + "\n"):
                self._outbox.put([events.TEXT, when, level, part])
