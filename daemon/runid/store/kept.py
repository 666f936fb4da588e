"""What was made last and may be asked for again, as far as there is room in memory: one room for all of a process.

Whatever is kept, of whichever kind, what was not asked for longest goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Room:
    """Memory that many share. From any thread."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of all that is in it."""
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Of all that is in it."""
        return self._bytes

    def get(self, key: Hashable) -> Any:
        """A value, if it is there."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keeps a value of so many bytes; what is larger than the room is not kept, and nothing goes for it."""
        with self._lock:
            self._bytes -= self._values.pop(key, (None, 0))[1]
            if size <= self._most:
                self._values[key] = value, size
                self._bytes += size
            self._shrink()

    def limit(self, most: int) -> None:
        """From now on no more bytes than these."""
        with self._lock:
            self._most = most
            self._shrink()

    def _shrink(self) -> None:
        while self._bytes > self._most:
            self._bytes -= self._values.popitem(last=False)[1][1]


ROOM = Room(256 << 20)
_numbers = count()


class Kept(Generic[T]):
    """Values of one kind by key, in a room. From any thread."""

    def __init__(self, size: Callable[[T], int], room: Room = ROOM) -> None:
        """`size`: how many bytes a value has."""
        self._size, self._room = size, room
        self._number = next(_numbers)

    def get(self, key: Hashable) -> T | None:
        """A value, if it is there."""
        found: T | None = self._room.get((self._number, key))
        return found

    def put(self, key: Hashable, value: T) -> None:
        """Keeps a value."""
        self._room.put((self._number, key), value, self._size(value))

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """A value, which is made where it is not there."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found
