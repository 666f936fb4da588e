"""`init()`: a project becomes a path, a name an alias, and the run before is finished."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import runicorn as rn
from runicorn import settings as names
from runicorn.compat.trackio import active, naming, notices
from runicorn.compat.trackio.run import AlertLevel, Run
from runid import events


def init(
    project: str,
    name: str | None = None,
    group: str | None = None,
    space_id: str | None = None,
    server_url: str | None = None,
    dataset_id: str | None = None,
    bucket_id: str | None = None,
    config: Any = None,
    resume: str = "never",
    settings: Any = None,
    private: bool | None = None,
    embed: bool = True,
    auto_log_gpu: bool | None = None,
    gpu_log_interval: float = 10.0,
    auto_log_cpu: bool | None = None,
    cpu_log_interval: float = 10.0,
    webhook_url: str | None = None,
    webhook_min_level: AlertLevel | str | None = None,
) -> Run:
    """Begins a run of a project, or resumes one, and finishes the one before that this thread or task began.

    Without a name it gets one of its own. `resume`: "allow" and "must" continue the project's latest run of this name,
    steps and config included; "must" is a ValueError where there is none. `webhook_url` and `webhook_min_level` (by
    default TRACKIO_WEBHOOK_URL and TRACKIO_WEBHOOK_MIN_LEVEL, then RUNICORN_WEBHOOK_URL and RUNICORN_WEBHOOK_LEVEL):
    where alerts go, and from which level on.

    The machine is looked at every 10 s, unless both `auto_log_gpu` and `auto_log_cpu` are False. `space_id`,
    `server_url`, `dataset_id`, `bucket_id`, `settings`, `private`, `embed` and the two intervals have no effect, which
    one notice says. Waits for nothing but the end of the run before, and with `resume` for the daemon, at most 1 s.
    Raises TypeError or ValueError for wrong arguments, before anything is written.
    """
    notices.without_effect(
        "init",
        space_id=(space_id, None),
        server_url=(server_url, None),
        dataset_id=(dataset_id, None),
        bucket_id=(bucket_id, None),
        settings=(settings, None),
        private=(private, None),
        embed=(embed, True),
        gpu_log_interval=(gpu_log_interval, 10.0),
        cpu_log_interval=(cpu_log_interval, 10.0),
    )
    previous = active.before()
    if previous is not None and resume != "never" and (previous.project, previous.name) == (project, name):
        previous.finish()  # or it would be joined
    unwatched = auto_log_gpu is False and auto_log_cpu is False
    with _set(_webhook(webhook_url, webhook_min_level) | ({names.SYSTEM: "0"} if unwatched else {})):
        run = begin(project, name, group, config, resume)
    if previous is not None:
        previous.finish()
    active.begin(run)
    return run


def begin(project: str, name: str | None, group: str | None = None, config: Any = None, resume: str = "never") -> Run:
    """A run that is not yet the active one. Raises TypeError, ValueError."""
    native = rn.init(naming.path(project), alias=name, group=group, config=config, resume=resume)
    if native.alias is None:
        native.alias = naming.named(native.id)
    if not isinstance(native, rn.NoOpRun):
        native._keep(events.META, "project", {"project": project, "alias": native.alias})
        if native._plan.continues:
            return Run(native, project, native.alias)
    native.step = -1  # the first step is 0
    return Run(native, project, native.alias)


def _webhook(url: str | None, level: AlertLevel | str | None) -> dict[str, str]:
    """The settings that say where alerts go. Raises ValueError for a level that is none."""
    url = url or os.environ.get("TRACKIO_WEBHOOK_URL")
    level = level or os.environ.get("TRACKIO_WEBHOOK_MIN_LEVEL")
    word = None if level is None else str(getattr(level, "value", level)).lower()
    if word is not None and word not in names.LEVELS:
        raise ValueError(f"webhook_min_level must be 'info', 'warn' or 'error', got {level!r}")
    given = {names.WEBHOOK_URL: url, names.WEBHOOK_LEVEL: word}
    return {name: value for name, value in given.items() if value}


@contextmanager
def _set(given: dict[str, str]) -> Iterator[None]:
    """Settings of one run: a run reads them when it begins."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
