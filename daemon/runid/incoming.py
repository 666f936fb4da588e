"""What lies beside the outboxes, on its way into a run's folder. Called in the root's thread.

    media/.incoming/<host>-<id>      the bytes of the side file that the ask <id> names, until what it asks for is done

They are on the disk before the event that names them counts as safe, for then the writer removes the side file. Until
its outbox is known, after a crash of the daemon, they wait: the writer says hello again, or it is drained. The thread
that copies them also answers all other runs of the root, so it copies for a moment at a time.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runid.orphan import Owner
from runid.sides import SideError, open_side
from runid.store import files, media

_BLOCK = 1 << 20
_PIECE = 4 << 20
_MOMENT = 0.05


class Incoming:
    """The side files that a run's asks name, as far as they are pending."""

    def __init__(self, folder: Path, host: str) -> None:
        """`folder`: the run's."""
        self._run, self._host = folder, host
        self._folder = folder / media.INCOMING
        self._swept = False
        self._owners: dict[str, Owner] = {}
        self._here: set[str] = set()
        self._copies: dict[str, _Copy] = {}
        self.waiting: set[str] = set()
        """The writers that still have something to be brought: nothing more of theirs is safe."""
        self.unfinished: set[str] = set()
        """Those of them of whom more can be brought at once: the moment was over."""

    def serve(self, owner: Owner) -> None:
        """The writer's outbox is this daemon's to serve, or to drain, and lies there."""
        self._owners[owner.writer.hex()] = owner

    def here(self, name: str, ask: dict[str, Any]) -> bool:
        """Whether the ask has all it needs."""
        return "side" not in ask or name in self._here

    def bring(self, asked: dict[str, dict[str, Any]]) -> dict[str, str]:
        """Brings what the asks name; gives a sentence for each whose bytes cannot be had any more. Raises OSError."""
        if not self._swept:
            self._sweep(asked)
            self._swept = True
        self._here &= asked.keys()
        self.close(self._copies.keys() - asked.keys())
        self.waiting.clear()
        self.unfinished.clear()
        gone: dict[str, str] = {}
        brought, over = False, time.monotonic() + _MOMENT
        for name, ask in asked.items():
            if self.here(name, ask):
                continue
            try:
                brought |= self._bring(name, ask, over, late=brought and time.monotonic() >= over)
            except SideError as error:
                self.close([name])
                gone[name] = str(error)
            except BaseException:
                self.close([name])
                raise
        if brought:
            files.sync_folder(self._folder)
        return gone

    def drop(self, name: str) -> None:
        """What was asked for is done."""
        self._here.discard(name)
        with contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def close(self, names: Iterable[str] | None = None) -> None:
        """Gives copies up that are not finished, all of them by default."""
        for name in list(self._copies if names is None else names):
            copy = self._copies.pop(name, None)
            if copy is not None:
                copy.close()

    def _path(self, name: str) -> Path:
        return media.incoming(self._run, self._host, name)

    def _sweep(self, asked: dict[str, dict[str, Any]]) -> None:
        """Removes what a daemon before this one did not come to remove."""
        pending = {self._path(name).name for name in asked}
        for path in (*self._folder.glob(f"{self._host}-*"), *self._folder.glob(f".{self._host}-*")):
            if path.name not in pending:
                path.unlink()

    def _bring(self, name: str, ask: dict[str, Any], over: float, late: bool) -> bool:
        """Whether its file got its name; where its writer's outbox is not known, or the time is over, it waits."""
        if late or self.unfinished:  # ten thousand that wait are not looked at each time
            self.waiting.add(ask["writer"])
            self.unfinished.add(ask["writer"])
            return False
        if self._path(name).exists() or media.exists(self._run, ask):
            self._here.add(name)
            return False
        owner = self._owners.get(ask["writer"])
        if name not in self._copies and (owner is None or not owner.is_at(owner.folder)):
            self.waiting.add(ask["writer"])
            return False
        if not self._copied(name, ask, over):
            self.waiting.add(ask["writer"])
            self.unfinished.add(ask["writer"])
            return False
        self._here.add(name)
        return True

    def _copied(self, name: str, ask: dict[str, Any], over: float) -> bool:
        """Goes on with a copy until the time is over; whether all is on the disk. Raises OSError, SideError."""
        try:
            if name not in self._copies:
                self._copies[name] = self._begun(name, ask)
            if not self._copies[name].go_on(over):
                return False
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:  # it would stop all of the run
            raise SideError(f"{error.filename} is in the way: a file of the user's, perhaps.") from error
        self.close([name])
        return True

    def _begun(self, name: str, ask: dict[str, Any]) -> _Copy:
        owner, side, size = self._owners[ask["writer"]], ask["side"], ask.get("size")
        if not isinstance(side, str) or not isinstance(size, int):
            raise SideError("It does not say which bytes are meant.")
        source = open_side(owner.folders(), side, size)
        try:
            for folder in (self._folder.parent, self._folder):  # not the run's own: one that was removed is not made
                folder.mkdir(exist_ok=True)
            return _Copy(source, self._path(name))
        except BaseException:
            os.close(source)
            raise


class _Copy:
    """A side file on its way to a file of its own, which gets its name when it is whole."""

    def __init__(self, source: int, target: Path) -> None:
        """Closes the descriptor `source`, in the end. Raises OSError."""
        self._source, self._target = source, target
        self._temporary = media.temporary(target)
        self._temporary.unlink(missing_ok=True)
        self._copy = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def go_on(self, over: float) -> bool:
        """Copies at least a piece, and until the time `over`; True when all is on the disk. Raises OSError."""
        while self._piece():
            if time.monotonic() >= over:
                return False
        self._temporary.rename(self._target)
        return True

    def _piece(self) -> bool:
        """Copies to the disk, so that nobody waits for all of it at the end; whether there may be more."""
        copied, data = 0, b"."
        while data and copied < _PIECE:
            data = left = os.read(self._source, _BLOCK)
            copied += len(data)
            while left:
                left = left[os.write(self._copy, left) :]
        os.fdatasync(self._copy)
        return bool(data)

    def close(self) -> None:
        """Removes what is not finished."""
        os.close(self._source)
        os.close(self._copy)
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)
