"""The named points at which the harness kills: functions of the product, named from outside.

The product has no hooks for this. `killpoints/sitecustomize.py` runs in every process of a round, wraps the functions
below as their modules are imported, and kills at a random line of the call that the round's plan names. A name that no
longer exists stops the process that imports it, and `check` stops the harness before that.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

TRAINER, DAEMON, WORKER = "trainer", "daemon", "worker"


@dataclass(frozen=True, slots=True)
class Place:
    """A function, the kind of process it runs in, and the latest of its calls that may be the one.

    `hot`: called so often that it is wrapped only in rounds that aim there. `after`: whose death leads there.
    """

    point: str
    process: str
    module: str
    function: str
    calls: int = 1
    hot: bool = False
    after: str = ""


PLACES = (
    Place("start-up", TRAINER, "runicorn.run", "Run.__init__"),
    Place("start-up", TRAINER, "runid.outbox", "Outbox._open_folder"),
    Place("start-up", TRAINER, "runicorn.sender", "Sender._connect", calls=2),
    Place("start-up", DAEMON, "runid.server", "Server.startup"),
    Place("start-up", DAEMON, "runid.keeper", "Keeper._open"),
    Place("publish", TRAINER, "runid.outbox", "Outbox.put", calls=2000, hot=True),
    Place("publish", TRAINER, "runid.outbox", "Outbox._switch", calls=2),
    Place("publish", TRAINER, "runid.outbox", "Outbox._recycle", calls=2),
    Place("publish", DAEMON, "runid.keeper", "Keeper.batch", calls=50),
    Place("sealing", DAEMON, "runid.keeper", "Keeper._seal", calls=3),
    Place("sealing", DAEMON, "runid.keeper", "Keeper._make", calls=8),
    Place("sealing", DAEMON, "runid.keeper", "Keeper._save"),
    Place("sealing", DAEMON, "runid.store.segments", "commit", calls=3),
    Place("sealing", WORKER, "runid.store.sealing", "seal", calls=3),
    Place("merging", DAEMON, "runid.store.segments", "commit_merge"),
    Place("merging", DAEMON, "runid.store.segments", "_swap"),
    Place("merging", WORKER, "runid.store.sealing", "merge"),
    Place("files", TRAINER, "runicorn.verbs.media", "Media._taken_medium", calls=3),
    Place("files", TRAINER, "runicorn.verbs.assets", "Assets._input"),
    Place("files", DAEMON, "runid.incoming", "Incoming._bring", calls=10),
    Place("files", DAEMON, "runid.incoming", "Incoming.drop", calls=10),
    Place("files", DAEMON, "runid.asks", "Asks._start", calls=10),
    Place("files", DAEMON, "runid.watches", "Watches._send", calls=4),
    Place("files", DAEMON, "runid.watches", "Watches._settle", calls=4),
    Place("files", DAEMON, "runid.store.outputs", "save"),
    Place("files", WORKER, "runid.media.image", "encode", calls=6),
    Place("files", WORKER, "runid.media.video", "encode", calls=2),
    Place("files", WORKER, "runid.jobs.archive", "archive", calls=2),
    Place("files", WORKER, "runid.jobs.scan", "scan", calls=4),
    Place("files", WORKER, "runid.outputs.archive", "Archive.keep", calls=4),
    Place("recovery", DAEMON, "runid.keeper", "Keeper._open", after=DAEMON),
    Place("recovery", DAEMON, "runid.keeper", "Keeper._replay", after=DAEMON),
    Place("recovery", DAEMON, "runid.store.seals", "Seals.recover", after=DAEMON),
    Place("recovery", DAEMON, "runid.drains", "Drains._window", after=TRAINER),
    Place("recovery", DAEMON, "runid.orphan", "Orphan.remove", after=TRAINER),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where this round kills and whom. Lies in a JSON file that each process of the round reads.

    `victims`: counter files of trainers, "daemon" (the one at the point, or above it), or a pid; negative: a group.
    `fraction`: how far into the call. `token`: made by whoever kills, so that it happens once.
    """

    place: Place
    call: int
    fraction: float
    victims: list[str | int]
    token: str
    endpoint: str
    armed: bool

    def write(self, path: Path) -> None:
        """Replaces the plan in a file, at once."""
        fields = {name: getattr(self, name) for name in Plan.__slots__}
        fields["place"] = {name: getattr(self.place, name) for name in Place.__slots__}
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(fields))
        temporary.rename(path)


def read_plan(path: str) -> Plan | None:
    """The plan in a file; None when there is none."""
    try:
        fields: dict[str, Any] = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return None
    return Plan(**fields | {"place": Place(**fields["place"])})


def check() -> None:
    """Raises AttributeError or ImportError when the product has no function of one of the names any more."""
    for place in PLACES:
        attrgetter(place.function)(importlib.import_module(place.module))


def daemon_pid(endpoint: str) -> int:
    """The pid of the daemon that an endpoint file names; 0 when there is no such file."""
    try:
        return int(json.loads(Path(endpoint).read_text())["pid"])
    except FileNotFoundError:
        return 0
