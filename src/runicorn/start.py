"""What `init()` makes of its arguments, before anything is written: which run, which rank, what is known of it."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from runicorn import names, ranks, settings
from runicorn.hparams import entries
from runicorn.notices import warn_once
from runicorn.values import encodable
from runid import endpoint, places, wire
from runid.errors import RunicornError

_PATIENCE = 1.0
_numbers: dict[str, itertools.count[int]] = {}


class Plan(NamedTuple):
    """A run to be joined or begun by this process; `continues`: it has ended before."""

    root: Path
    path: str
    run_id: str
    alias: str | None
    workspace_root: Path
    rank: int
    world: int | None
    step: int
    continues: bool
    meta: dict[str, Any]
    config: dict[str, Any]
    known_config: dict[str, Any]

    def identity(self) -> dict[str, Any]:
        """Which run and rank, for the outbox and the daemon."""
        named = {"root": str(self.root), "path": self.path, "run_id": self.run_id, "rank": self.rank}
        return named if self.world is None else named | {"world": self.world}

    @property
    def start(self) -> dict[str, Any]:
        """What meta.json says of the run's beginning."""
        return {"alias": self.alias, "workspace_root": encodable(str(self.workspace_root)), "storage_dir": "."}


def plan(
    path: str | None,
    storage: str | os.PathLike[str] | None,
    run_id: str | None,
    alias: str | None,
    workspace_root: str | os.PathLike[str] | None,
    group: str | None,
    tags: Iterable[str] | None,
    notes: str | None,
    config: object,
    resume: str | None,
) -> Plan:
    """Checks the arguments; asks the daemon only for an explicit `run_id` or `resume`, for at most a second.

    Raises TypeError and ValueError for wrong arguments.
    """
    if resume not in (None, "never", "allow", "must"):
        raise ValueError(f"resume must be None, 'never', 'allow' or 'must', got {resume!r}")
    if resume == "must" and run_id is None and alias is None:
        raise ValueError("resume='must' needs a run_id or a name: which run?")
    meta = {"group": names.free_text("group", group), "tags": names.tag_list(tags)}
    meta |= {"notes": names.free_text("notes", notes), "alias": alias}
    given = entries(config)
    root = Path(os.path.realpath(settings.storage_root(storage)))
    if str(root) != encodable(str(root)):
        raise ValueError(f"The storage root {str(root)!r} is no UTF-8. Choose a folder with another name.")
    job = ranks.current_job()
    rank, world = (job.rank, job.world) if job else (0, None)
    found = wire.Found()
    if run_id is not None:
        run_id = names.run_id(run_id)
    if run_id is not None or (alias is not None and resume in ("allow", "must")):
        found = _find(root, path or "", run_id, alias, resume)
    continues = bool(found.run_id) and not found.live
    return Plan(
        root=root,
        path=path or "",
        run_id=run_id or found.run_id or _new_id(job, path or ""),
        alias=alias if alias is not None else found.alias,
        workspace_root=workspace(workspace_root),
        rank=rank,
        world=world,
        step=found.step if continues else 0,
        continues=continues,
        meta={name: value for name, value in meta.items() if value is not None},
        config=given,
        known_config=found.config,
    )


def writer_info(identity: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Who this process is as a writer of a run, for the outbox and the daemon; `told` is added."""
    return identity | {
        "writer": os.urandom(16),
        "pid": os.getpid(),
        "start": places.process_start(os.getpid()),
        "pidns": places.pid_namespace(),
        "boot": places.boot_id(),
        "hostname": os.uname().nodename,
        "started": time.time(),
        **told,
    }


def _new_id(job: ranks.Job | None, path: str) -> str:
    if job is None:
        return names.new_run_id()
    return job.run_id(path, next(_numbers.setdefault(path, itertools.count(1))))


def _find(root: Path, path: str, run_id: str | None, alias: str | None, resume: str | None) -> wire.Found:
    """What the daemon knows of the run. Raises ValueError where `resume` does not agree with it."""
    question = wire.Find(str(root), path, run_id or "", alias or "")
    found = _ask(question)
    named = f"run {run_id!r}" if run_id is not None else f"run of the alias {alias!r}"
    if found is None:
        warn_once(("resume", path, str(run_id)), f"The daemon did not say within {_PATIENCE:.0f} s whether there is a "
                  f"{named} under {path!r}; it is continued if there is.")  # fmt: skip
        return wire.Found()
    if resume == "must" and not found.run_id:
        raise ValueError(f"There is no {named} under the path {path!r} to resume. Leave resume='must' out to begin it.")
    if resume == "never" and found.run_id and not found.live:
        raise ValueError(f"There is a {named} under the path {path!r} already. Choose another id, or resume='allow'.")
    return found


def _ask(question: wire.Find) -> wire.Found | None:
    answer: list[wire.Message] = []

    def ask() -> None:
        try:
            answer.append(endpoint.ask(endpoint.start(places.runtime_dir()), question, timeout=_PATIENCE))
        except (OSError, RunicornError):
            return

    until = time.monotonic() + _PATIENCE
    asking = threading.Thread(target=ask, name="runicorn find", daemon=True)
    asking.start()
    asking.join(max(0.0, until - time.monotonic()))
    return answer[0] if answer and isinstance(answer[0], wire.Found) else None


def workspace(given: str | os.PathLike[str] | None = None) -> Path:
    """The given folder, else the nearest one upwards that is a git checkout, else the working folder.

    Raises TypeError and ValueError for what is no folder's path.
    """
    if given is not None:
        try:
            return Path(given).expanduser().absolute()
        except TypeError as error:
            raise TypeError(f"workspace_root must be a path to a folder, but it is {type(given).__name__}.") from error
        except (OSError, RuntimeError) as error:
            raise ValueError(f"workspace_root is {given!r}, which is no folder's path: {error}") from error
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        return Path("/")
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
