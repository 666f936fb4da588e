"""What lies beside the outboxes, on its way into a run's folder. Called in the root's thread.

    media/.incoming/<host>-<id>      the bytes of the side file that the ask <id> names, until what it asks for is done

They are on the disk before the event that names them counts as safe, for then the writer removes the side file. Until
its outbox is known, after a crash of the daemon, they wait: the writer says hello again, or it is drained.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from runid.orphan import Owner
from runid.sides import SideError, open_side
from runid.store import files, media

_BLOCK = 1 << 20


class Incoming:
    """The side files that a run's asks name, as far as they are pending."""

    def __init__(self, folder: Path, host: str) -> None:
        """`folder`: the run's."""
        self._run, self._host = folder, host
        self._folder = folder / media.INCOMING
        self._swept = False
        self._owners: dict[str, Owner] = {}
        self._here: set[str] = set()
        self.waiting: set[str] = set()
        """The writers that still have something to be brought: nothing more of theirs is safe."""

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
        self.waiting.clear()
        gone: dict[str, str] = {}
        brought = False
        for name, ask in asked.items():
            if self.here(name, ask):
                continue
            try:
                brought |= self._bring(name, ask)
            except SideError as error:
                gone[name] = str(error)
        if brought:
            files.sync_folder(self._folder)
        return gone

    def drop(self, name: str) -> None:
        """What was asked for is done."""
        self._here.discard(name)
        with contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return media.incoming(self._run, self._host, name)

    def _sweep(self, asked: dict[str, dict[str, Any]]) -> None:
        """Removes what a daemon before this one did not come to remove."""
        pending = {self._path(name).name for name in asked}
        for path in (*self._folder.glob(f"{self._host}-*"), *self._folder.glob(f".{self._host}-*")):
            if path.name not in pending:
                path.unlink()

    def _bring(self, name: str, ask: dict[str, Any]) -> bool:
        """Whether anything was written; where its writer's outbox is not known, it waits."""
        if self._path(name).exists() or media.exists(self._run, ask):
            self._here.add(name)
            return False
        owner = self._owners.get(ask["writer"])
        if owner is None or not owner.is_at(owner.folder):
            self.waiting.add(ask["writer"])
            return False
        side, size = ask["side"], ask.get("size")
        if not isinstance(side, str) or not isinstance(size, int):
            raise SideError("It does not say which bytes are meant.")
        source = open_side(owner.folders(), side, size)
        try:
            for folder in (self._folder.parent, self._folder):  # not the run's own: one that was removed is not made
                folder.mkdir(exist_ok=True)
            _copy(source, self._path(name))
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:  # it would stop all of the run
            raise SideError(f"{error.filename} is in the way: a file of the user's, perhaps.") from error
        finally:
            os.close(source)
        self._here.add(name)
        return True


def _copy(source: int, target: Path) -> None:
    """Returns when the bytes are on the disk under that name; its folder is not synced."""
    temporary = media.temporary(target)
    temporary.unlink(missing_ok=True)
    with open(temporary, "xb") as file:
        while data := os.read(source, _BLOCK):
            file.write(data)
        file.flush()
        os.fdatasync(file.fileno())
    temporary.rename(target)
