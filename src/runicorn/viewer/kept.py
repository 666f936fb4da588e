"""What was read of runs and follows their files: of the latest few, each used by one thread at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Following(Protocol):
    """Something that reads what was added to files since it did so last."""

    def refresh(self) -> object:
        """Reads it."""


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Following)


class Kept(Generic[K, V]):
    """Those that were used last. From any thread."""

    def __init__(self, make: Callable[[K], V], most: int = 16) -> None:
        self._make, self._most = make, most
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[threading.Lock, V]] = OrderedDict()

    @contextmanager
    def fresh(self, key: K) -> Iterator[V]:
        """The one of this key, as its files are now; nobody else uses it meanwhile."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = threading.Lock(), self._make(key)
            self._kept.move_to_end(key)
            lock, found = self._kept[key]
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        with lock:
            found.refresh()
            yield found
