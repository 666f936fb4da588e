"""Events of the file system: which watched folders something was written in, so that a scan may come sooner.

They are hints and no more: on network file systems they tell of this machine only, and where the system has no more
watches to give they tell nothing. Scans come at their interval all the same. Only files that are closed or renamed
count: a log that is written to a thousand times a second is no event. All of it happens in threads of its own, so that
a mount that hangs stalls nothing but hints.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver, ObservedWatch

MOST_FOLDERS = 1000
"""Folders below a watched one, at most: each takes one of the system's watches, which others need too."""


class FolderEvents:
    """Watches folders, each for any number of names. Its methods return at once; the thread starts with the first."""

    def __init__(self) -> None:
        self._steps: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._observer: BaseObserver | None = None
        self._watches: dict[str, ObservedWatch | None] = {}
        self._names: dict[str, set[str]] = {}
        self._fired: set[str] = set()

    def watch(self, name: str, folders: list[str], ignored: str) -> None:
        """From now on `take(name)` tells of what happens in the folders, but not of what does below `ignored`."""
        self._do(lambda: self._watch(name, folders, ignored))

    def unwatch(self, name: str) -> None:
        """The name is not asked for any more."""
        self._do(lambda: self._unwatch(name))

    def take(self, name: str) -> bool:
        """Whether something has happened since this was asked last."""
        if name in self._fired:
            self._fired.discard(name)
            return True
        return False

    def _do(self, step: Callable[[], None]) -> None:
        self._steps.put(step)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="folder events", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._steps.get()()

    def _watch(self, name: str, folders: list[str], ignored: str) -> None:
        for folder in folders:
            self._names.setdefault(folder, set()).add(name)
            if folder not in self._watches and os.path.isdir(folder):
                self._watches[folder] = self._scheduled(folder, ignored) if _few_folders(folder) else None

    def _unwatch(self, name: str) -> None:
        self._fired.discard(name)
        for folder, names in list(self._names.items()):
            names.discard(name)
            if not names:
                del self._names[folder]
                watch = self._watches.pop(folder, None)
                if watch is not None and self._observer is not None:
                    self._observer.unschedule(watch)

    def _scheduled(self, folder: str, ignored: str) -> ObservedWatch | None:
        from watchdog import events, observers  # loaded only where something is watched

        class Handler(events.FileSystemEventHandler):
            def on_any_event(_, event: FileSystemEvent) -> None:  # noqa: N805
                self._happened(folder, ignored, event)

        try:
            if self._observer is None:
                self._observer = observers.Observer()
                self._observer.start()
            kinds = [events.FileClosedEvent, events.FileMovedEvent, events.DirMovedEvent]
            return self._observer.schedule(Handler(), folder, recursive=True, event_filter=kinds)
        except OSError:  # no watch is left, or the folder has gone
            return None

    def _happened(self, folder: str, ignored: str, event: FileSystemEvent) -> None:
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if not all(path.startswith(ignored + "/") for path in paths):
            self._fired.update(self._names.get(folder, ()))


def _few_folders(folder: str) -> bool:
    return next(islice(os.walk(folder), MOST_FOLDERS, None), None) is None


FOLDERS = FolderEvents()
"""Those of this process."""
