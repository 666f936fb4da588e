"""The wire: what a sender, the CLI and the daemon say to each other.

One ZeroMQ message holds one frame, a msgpack map {"say": name, field: value …}; a Batch holds a second one, the
events. DEALER to ROUTER over ipc://. Unknown fields are ignored and missing ones have defaults, so versions can mix;
`PROTOCOL` grows only when that no longer suffices.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

import msgpack

from runid.errors import ProtocolError

PROTOCOL = 1
MESSAGE_BYTES = 1 << 20
"""Bytes of the largest message; a client that sends more is closed."""

_KINDS: dict[str, type[Message]] = {}


@dataclass_transform()
class Message:
    """A message: its name on the wire is the class' name in lower case, its fields are the annotations.

    Like a dataclass, which would cost `import runicorn` 13 ms; a default that is a dict is copied.
    """

    say: ClassVar[str]
    fields: ClassVar[dict[str, str]]

    def __init_subclass__(cls) -> None:
        cls.say = cls.__name__.lower()
        cls.fields = dict(cls.__annotations__)
        _KINDS[cls.say] = cls

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.fields, values, strict=False)) | named
        if not given.keys() <= self.fields.keys() or len(values) > len(self.fields):
            raise TypeError(f"a {self.say} message has no such fields: {', '.join(given.keys() - self.fields.keys())}")
        for name in self.fields:
            if name not in given and not hasattr(type(self), name):
                raise TypeError(f"a {self.say} message needs {name}")
            value = given[name] if name in given else getattr(type(self), name)
            setattr(self, name, dict(value) if isinstance(value, dict) else value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.fields)})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in self.fields)

    __hash__ = None  # type: ignore[assignment]


class Hello(Message):
    """A writer names itself, its run and its outbox, and asks to be served from now on."""

    writer: bytes
    root: str
    path: str
    run_id: str
    outbox: str
    oldest: int = 0
    known: bool = False
    info: dict[str, Any] = {}  # noqa: RUF012  copied
    protocol: int = PROTOCOL
    version: str = ""


class Welcome(Message):
    """The daemon serves the writer: send from `held` on, at most `window` bytes ahead of what is received."""

    session: int
    held: int
    window: int
    run_dir: str = ""
    protocol: int = PROTOCOL
    version: str = ""


class Refused(Message):
    """The daemon does not serve the writer now, and says why; `later`: say hello again after a while."""

    reason: str
    later: bool = True


class Batch(Message):
    """Whole events of the writer's stream, from `offset` on."""

    session: int
    offset: int
    body: bytes = b""


class Where(Message):
    """The sender asks what the daemon holds; `sync`: after it made that safe."""

    session: int
    sync: bool = False


class Ack(Message):
    """The daemon holds the stream up to `received`; up to `safe` it is on the disk."""

    session: int
    received: int
    safe: int


class Asked(Message):
    """The sender wants to know what came of something its writer asked for."""

    session: int
    id: str


class Answer(Message):
    """What came of it: `result`, unless `error` says why there is none."""

    session: int
    id: str
    result: dict[str, Any] = {}  # noqa: RUF012  copied
    error: str | None = None


class Bye(Message):
    """The sender is done: all it sent is safe."""

    session: int


class Again(Message):
    """The session is over: what the daemon holds is not what it assumed. Say hello again."""

    session: int
    reason: str = ""


class Goodbye(Message):
    """The daemon stops serving; another one may be spoken to."""

    reason: str = ""


class Find(Message):
    """What is known of a run: by its id, or the latest of a path and alias."""

    root: str
    path: str
    run_id: str = ""
    alias: str = ""


class Found(Message):
    """The answer to Find. An empty run_id: there is none."""

    run_id: str = ""
    live: bool = False
    step: int = 0
    config: dict[str, Any] = {}  # noqa: RUF012  copied
    alias: str | None = None


class Edit(Message):
    """A person changes fields of a run: alias, tags, notes, group, trashed_at (see runid.store.edits)."""

    root: str
    path: str
    run_id: str
    changes: dict[str, Any] = {}  # noqa: RUF012  copied


class Save(Message):
    """A person saves a view of a root's runs under a name, or removes it with None (see runid.store.views)."""

    root: str
    name: str
    view: str | None = None


class Edited(Message):
    """The answer to Edit and Save: it is on the disk."""


class Status(Message):
    """How is the daemon?"""


class Report(Message):
    """How the daemon is: what `runid status --json` prints."""

    status: dict[str, Any] = {}  # noqa: RUF012  copied


class Stop(Message):
    """The daemon shall end, in order."""


def encode(message: Message) -> list[bytes]:
    """The frames of a message."""
    fields = {name: getattr(message, name) for name in message.fields}
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
    values = {name: value for name, value in fields.items() if name in kind.fields}
    if len(frames) != (2 if kind is Batch else 1):
        raise ProtocolError(f"A {kind.say} message has {len(frames)} frames.")
    if kind is Batch:
        values["body"] = frames[1]
    for name, value in values.items():
        if not _fits(value, kind.fields[name]):
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
