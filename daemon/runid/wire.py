"""The wire: what a sender, the CLI and the daemon say to each other.

One ZeroMQ message holds one frame, a msgpack map {"say": name, field: value …}; a Batch holds a second one, the
events. DEALER to ROUTER over ipc://. Unknown fields are ignored and missing ones have defaults, so versions can mix;
`PROTOCOL` grows only when that no longer suffices.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgpack

from runid.errors import ProtocolError

PROTOCOL = 1
MESSAGE_BYTES = 1 << 20
"""Bytes of the largest message; a client that sends more is closed."""

_KINDS: dict[str, type[Message]] = {}


class Message:
    """A message: its name on the wire is the class' name in lower case."""

    say: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.say = cls.__name__.lower()
        _KINDS[cls.say] = cls


@dataclass(slots=True)
class Hello(Message):
    """A writer names itself, its run and its outbox, and asks to be served from now on."""

    writer: bytes
    root: str
    path: str
    run_id: str
    outbox: str
    oldest: int = 0
    known: bool = False
    info: dict[str, Any] = field(default_factory=dict)
    protocol: int = PROTOCOL
    version: str = ""


@dataclass(slots=True)
class Welcome(Message):
    """The daemon serves the writer: send from `held` on, at most `window` bytes ahead of what is received."""

    session: int
    held: int
    window: int
    run_dir: str = ""
    protocol: int = PROTOCOL
    version: str = ""


@dataclass(slots=True)
class Refused(Message):
    """The daemon does not serve the writer now, and says why; `later`: say hello again after a while."""

    reason: str
    later: bool = True


@dataclass(slots=True)
class Batch(Message):
    """Whole events of the writer's stream, from `offset` on."""

    session: int
    offset: int
    body: bytes = b""


@dataclass(slots=True)
class Where(Message):
    """The sender asks what the daemon holds; `sync`: after it made that safe."""

    session: int
    sync: bool = False


@dataclass(slots=True)
class Ack(Message):
    """The daemon holds the stream up to `received`; up to `safe` it is on the disk."""

    session: int
    received: int
    safe: int


@dataclass(slots=True)
class Bye(Message):
    """The sender is done: all it sent is safe."""

    session: int


@dataclass(slots=True)
class Again(Message):
    """The session is over: what the daemon holds is not what it assumed. Say hello again."""

    session: int
    reason: str = ""


@dataclass(slots=True)
class Goodbye(Message):
    """The daemon stops serving; another one may be spoken to."""

    reason: str = ""


@dataclass(slots=True)
class Find(Message):
    """What is known of a run: by its id, or the latest of a path and alias."""

    root: str
    path: str
    run_id: str = ""
    alias: str = ""


@dataclass(slots=True)
class Found(Message):
    """The answer to Find. An empty run_id: there is none."""

    run_id: str = ""
    live: bool = False
    step: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    alias: str | None = None


@dataclass(slots=True)
class Status(Message):
    """How is the daemon?"""


@dataclass(slots=True)
class Report(Message):
    """How the daemon is: what `runid status --json` prints."""

    status: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Stop(Message):
    """The daemon shall end, in order."""


def encode(message: Message) -> list[bytes]:
    """The frames of a message."""
    fields = {item.name: getattr(message, item.name) for item in dataclasses.fields(message)}  # type: ignore[arg-type]
    if isinstance(message, Batch):
        del fields["body"]
        return [msgpack.packb({"say": message.say, **fields}), message.body]
    return [msgpack.packb({"say": message.say, **fields})]


def decode(frames: list[bytes]) -> Message:
    """The message in some frames. Raises ProtocolError for anything that is none."""
    try:
        fields = msgpack.unpackb(frames[0], unicode_errors="replace")
        kind = _KINDS[fields.pop("say")]
    except Exception as error:
        raise ProtocolError(f"A message of {len(frames)} frames is none of this protocol: {error!r}.") from error
    known = {item.name: item for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in fields.items() if name in known}
    if kind is Batch:
        values["body"] = frames[-1] if len(frames) == 2 else b""
    for name, value in values.items():
        if not _fits(value, str(known[name].type)):
            raise ProtocolError(f"The field {name} of a {kind.say} message holds a {type(value).__name__}.")
    try:
        return kind(**values)
    except TypeError as error:
        raise ProtocolError(f"A {kind.say} message is not whole: {error}.") from error


def too_old_or_new(theirs: int) -> str:
    """A sentence that says which side to restart, for a daemon that meets a sender of protocol `theirs`."""
    if theirs == PROTOCOL:
        return ""
    older = "training process" if theirs < PROTOCOL else "daemon"
    cure = "Update runicorn there." if theirs < PROTOCOL else "Run `runid restart`."
    return f"The {older} is too old: the daemon speaks protocol {PROTOCOL}, the training process {theirs}. {cure}"


_TYPES: dict[str, tuple[type, ...]] = {
    "bytes": (bytes,),
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "str | None": (str, type(None)),
    "dict[str, Any]": (dict,),
}


def _fits(value: Any, annotation: str) -> bool:
    if annotation == "int":
        return type(value) is int and -(1 << 63) <= value < 1 << 63
    return isinstance(value, _TYPES[annotation])
