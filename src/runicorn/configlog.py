"""`log_config`: what a run is configured by, part by part, and the contents of config files.

The call lists a file, and a thread reads it a moment later: here and not in the daemon, since only this process is
sure to see what it calls by that name; containers and mounts differ. Large configs belong into datasets.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from runicorn import pieces
from runicorn.hparams import Config, entries
from runicorn.notices import Notices
from runicorn.values import Plain, encodable, plain

FILE_BYTES = 128 * 1024
"""Bytes of the largest config file whose contents are kept."""

ALL_BYTES = 1 << 20
"""Bytes of all config files of one process in one run whose contents are kept."""

_FILES = "config_files"


class Keep(Protocol):
    """Keeps a part of the config: its name, names that leave it, and new values."""

    def __call__(self, part: str, gone: list[str], values: dict[str, Any], /) -> None: ...


class ConfigLog:
    """What `log_config` gave so far. Each part that is given replaces what this process gave for it before."""

    def __init__(self, keep: Keep, config: Config, notices: Notices) -> None:
        self._keep, self._config, self._notices = keep, config, notices
        self._given: dict[str, set[str]] = {}
        self._args: dict[str, Plain] = {}
        self._extra = config.as_dict()
        self._room = ALL_BYTES

    def values(self, part: str, given: object) -> None:
        """Takes `args` or `extra`."""
        try:
            values = entries(given)
        except TypeError:
            self._notices.once(
                ("log_config", part),
                f"log_config needs a mapping, a namespace or the like as {part}, but it got "
                f"{type(given).__name__}; it is left out.",
            )
            return
        gone = self._replace(part, values)
        self._put(part, gone, values)
        before = {*self._args, *self._extra}
        self._apply(self._args if part == "args" else self._extra, gone, values)
        now = self._args | self._extra
        self._config._take({name: now[name] for name in (*gone, *values) if name in now}, before - now.keys())

    def files(self, given: Any) -> list[tuple[str, str]]:
        """Takes `config_files`: lists them, and gives the name and the absolute path of each, to be read."""
        single = isinstance(given, str | bytes | os.PathLike) or not isinstance(given, Iterable)
        found: dict[str, str] = {}
        for path in [given] if single else list(given):
            try:
                name = os.fsdecode(path)
                found[encodable(name)] = os.path.abspath(name)
            except (TypeError, OSError) as error:
                self._notices.once(
                    ("log_config", _FILES), f"config_files holds {plain(path)!r:.200}, which is no path: {error}."
                )
        self._put(_FILES, self._replace(_FILES, found), dict.fromkeys(found))
        return list(found.items())

    def read(self, paths: list[tuple[str, str]]) -> None:
        """Keeps the text of each file; a notice says which cannot be kept, and why."""
        for name, path in paths:
            try:
                data = _contents(path, min(FILE_BYTES, self._room))
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                self._notices.once((_FILES, name), f"The contents of the config file {name!r} are not kept: {reason}.")
                continue
            self._room -= len(data)
            text = data.decode("utf-8", "replace")
            if text.encode() != data:
                self._notices.once(
                    (_FILES, name), f"The config file {name!r} is no UTF-8; what is not shows as U+FFFD."
                )
            self._put(_FILES, [], {name: text})

    def changed(self, values: dict[str, Plain]) -> None:
        """These were set through `run.config`: they stay in extra, whatever `log_config` is given for it later."""
        self._extra.update(values)
        self._given.get("extra", set()).difference_update(values)

    def _apply(self, kept: dict[str, Plain], gone: list[str], values: dict[str, Plain]) -> None:
        """Does here what the fold does with the same event (see runid.store.fold)."""
        for name in gone:
            kept.pop(name, None)
        kept.update(values)
        if kept is self._args:
            for name in values:
                self._extra.pop(name, None)

    def _replace(self, part: str, values: Iterable[str]) -> list[str]:
        """The names that leave the part."""
        now = set(values)
        gone = sorted(self._given.get(part, set()) - now)
        self._given[part] = now
        return gone

    def _put(self, part: str, gone: list[str], values: dict[str, Any]) -> None:
        for some in _some(gone):
            self._keep(part, some, {})
        for piece in pieces.mapping(values, part, self._notices):
            self._keep(part, [], piece)


def _some(names: list[str]) -> Iterator[list[str]]:
    """The names, as many at a time as fit into an event."""
    for piece in pieces.mapping(dict.fromkeys(names), "log_config", Notices()):
        yield list(piece)


def _contents(path: str, most: int) -> bytes:
    """All of a regular file. Raises OSError; ValueError for what is none, or holds more than `most` bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it has more than {most} bytes")
    return data
