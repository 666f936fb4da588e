"""Runicorn: an experiment tracker that training never pays for.

import runicorn as rn

with rn.init("demo", config={"lr": 1e-3}) as run:
    run.log({"loss": 0.3}, step=1)
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from runicorn import names
from runicorn import start as _start
from runicorn.console import capture
from runicorn.noop import NoOpRun
from runicorn.notices import warn_once
from runicorn.run import Run
from runicorn.switch import enabled, is_enabled, reset_enabled, set_enabled
from runicorn.text import RunicornLoggingHandler
from runicorn.verbs.outputs import WEEK, Paths
from runid import __version__
from runid.errors import RunicornError

if TYPE_CHECKING:
    from runicorn.api import Api
    from runicorn.environment_info import EnvironmentCapture, EnvironmentInfo
    from runicorn.exporter import MetricsExporter
    from runicorn.media.audio import Audio
    from runicorn.media.figure import Figure
    from runicorn.media.histogram import Histogram
    from runicorn.media.html import Html
    from runicorn.media.image import Image
    from runicorn.media.markdown import Markdown
    from runicorn.media.object3d import Object3D
    from runicorn.media.table import Table
    from runicorn.media.trace import Trace
    from runicorn.media.video import Video
    from runicorn.monitors import AlertRule, AnomalyDetector, MetricMonitor
    from runicorn.registry import get_config, get_effective_rnconfig

__all__ = [
    "AlertRule",
    "AnomalyDetector",
    "Api",
    "Audio",
    "EnvironmentCapture",
    "EnvironmentInfo",
    "Figure",
    "Histogram",
    "Html",
    "Image",
    "Markdown",
    "MetricMonitor",
    "MetricsExporter",
    "NoOpRun",
    "Object3D",
    "Run",
    "RunicornError",
    "RunicornLoggingHandler",
    "Table",
    "Trace",
    "Video",
    "__version__",
    "alert",
    "enabled",
    "finish",
    "flush",
    "get_active_run",
    "get_config",
    "get_effective_rnconfig",
    "get_logging_handler",
    "init",
    "is_enabled",
    "log",
    "log_config",
    "log_dataset",
    "log_image",
    "log_pretrained",
    "log_rollout",
    "log_text",
    "reset_enabled",
    "scan_outputs_once",
    "set_enabled",
    "set_primary_metric",
    "snapshot_workspace",
    "stop_outputs_watch",
    "summary",
    "watch_outputs",
]

_LAZY = {
    "AlertRule": "monitors",
    "AnomalyDetector": "monitors",
    "Api": "api",
    "Audio": "media.audio",
    "EnvironmentCapture": "environment_info",
    "EnvironmentInfo": "environment_info",
    "Figure": "media.figure",
    "Histogram": "media.histogram",
    "Html": "media.html",
    "Image": "media.image",
    "Markdown": "media.markdown",
    "MetricMonitor": "monitors",
    "MetricsExporter": "exporter",
    "Object3D": "media.object3d",
    "Table": "media.table",
    "Trace": "media.trace",
    "Video": "media.video",
    "get_config": "registry",
    "get_effective_rnconfig": "registry",
}
"""Names and the modules they are in, which are loaded when they are used: most training has no use for them."""

_active: Run | None = None


def init(
    path: str | None = None,
    storage: str | os.PathLike[str] | None = None,
    run_id: str | None = None,
    alias: str | None = None,
    capture_env: bool = False,
    snapshot_code: bool = False,
    workspace_root: str | os.PathLike[str] | None = None,
    snapshot_format: str = "zip",
    force_snapshot: bool = False,
    capture_console: bool = False,
    tqdm_mode: str = "smart",
    *,
    project: str | None = None,
    name: str | None = None,
    group: str | None = None,
    tags: Iterable[str] | None = None,
    notes: str | None = None,
    config: Any = None,
    resume: str | None = None,
) -> Run:
    """Begins a run, or joins one, and makes it the active run of this process.

    `path` is the family the run belongs to, such as "cv/resnet50" (default "default"); `alias` its display name;
    `storage` the root (default RUNICORN_DIR, then the user's config, then ./.runicorn). `project` and `name` are other
    words for path and alias. Ranks of one job that call the same `init()` join one run. An ended run with this `run_id`
    is continued, unless `resume` is "never"; "must" asks for one; with `name` alone, "allow" and "must" continue the
    latest run of that path and name. `capture_env`: what surrounds the process is written down, without secrets.
    `snapshot_code`: the daemon archives the code in `workspace_root`, by default the nearest git checkout upwards, else
    the working folder; up to 500 MiB and 200,000 files, unless `force_snapshot`.

    Waits for nothing, except for an answer of the daemon, at most a second, with `run_id` or `resume`. Raises TypeError
    or ValueError for wrong arguments, before anything is written.
    """
    global _active
    if snapshot_format != "zip":
        raise ValueError(f"snapshot_format must be 'zip', got {snapshot_format!r}")
    if tqdm_mode not in ("smart", "all", "none"):
        raise ValueError(f"tqdm_mode must be 'smart', 'all' or 'none', got {tqdm_mode!r}")
    if not is_enabled():
        _active = NoOpRun(path if path is not None else project, alias or name, storage, config)
        return _active
    where, shown = names.run_path(path, project), names.run_alias(alias, name)
    plan = _start.plan(where, storage, run_id, shown, workspace_root, group, tags, notes, config, resume)
    try:
        run = Run(plan)
    except (OSError, RunicornError) as error:  # no place for an outbox: training goes on, and is told
        warn_once("outbox", f"There is no place for an outbox, so this run is not kept. {error}")
        _active = NoOpRun(where, shown, storage)
        return _active
    if snapshot_code:
        run._snapshot_code(bool(force_snapshot))
    if capture_env:
        run._capture_environment()
    if capture_console:
        capture.begin(run, tqdm_mode)
    run._tell(f"runicorn: run {run.id} in {run.runs_dir / run.path / run.id}, shown at {run.url}")
    _active = run
    return run


def snapshot_workspace(
    root: str | os.PathLike[str],
    out_zip: str | os.PathLike[str],
    *,
    ignore_file: str = ".rnignore",
    extra_excludes: Iterable[str] | None = None,
    max_total_bytes: int = 500 * 1024 * 1024,
    max_files: int = 200_000,
    force_snapshot: bool = False,
) -> dict[str, Any]:
    """Archives the code in the folder `root` as the zip file `out_zip`, and returns when that is done; needs no run.

    Left out are what `ignore_file` in `root` and `extra_excludes` say, in the language of .gitignore, what .gitignore
    files say, and what is no code anywhere, such as .git and virtual environments. Unchanged code gives the same bytes.

    Returns workspace_root, archive_path, format, file_count, total_bytes (uncompressed), changed: files that did so
    meanwhile, and skipped: name → why it could not be read. Raises ValueError past a limit, unless `force_snapshot`;
    FileNotFoundError or NotADirectoryError where `root` is no folder, OSError where `out_zip` cannot be written.
    """
    from runid.snapshot import taking, walk  # only who takes a snapshot pays for it

    limits = walk.Limits(max_files, max_total_bytes, force_snapshot)
    return taking.snapshot_workspace(root, out_zip, ignore_file, extra_excludes or (), limits)


def get_active_run() -> Run | None:
    """The run that `init()` gave last, until it is finished; None without one."""
    return None if _active is None or _active.is_finished else _active


def log(
    data: Mapping[str, Any] | None = None, *, step: int | None = None, stage: str | None = None, **metrics: Any
) -> None:
    """`Run.log` of the active run."""
    _run().log(data, step=step, stage=stage, **metrics)


def log_text(text: str) -> None:
    """`Run.log_text` of the active run."""
    _run().log_text(text)


def get_logging_handler(level: int | str = logging.INFO, fmt: str | None = None) -> RunicornLoggingHandler:
    """`Run.get_logging_handler` of the active run."""
    return _run().get_logging_handler(level, fmt)


def summary(update: Mapping[str, Any] | None = None) -> None:
    """`Run.summary` of the active run."""
    _run().summary(update)


def log_config(
    *,
    args: Any = None,
    extra: Mapping[str, Any] | None = None,
    config_files: Iterable[str | os.PathLike[str]] | None = None,
) -> None:
    """`Run.log_config` of the active run."""
    _run().log_config(args=args, extra=extra, config_files=config_files)


def log_image(
    key: str,
    image: Any,
    step: int | None = None,
    caption: str | None = None,
    format: str = "png",
    quality: int = 90,
) -> str:
    """`Run.log_image` of the active run."""
    return _run().log_image(key, image, step, caption, format, quality)


def log_rollout(
    prompt: str | Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    rewards: Mapping[str, float] | Iterable[Mapping[str, Any]],
    step: int | None = None,
    mode: str = "train",
    *,
    id: str | None = None,
    advantage: float | None = None,
    truncated: bool | None = None,
) -> None:
    """`Run.log_rollout` of the active run."""
    _run().log_rollout(prompt, messages, rewards, step, mode, id=id, advantage=advantage, truncated=truncated)


def log_dataset(
    name: str,
    root_or_uri: str | os.PathLike[str] | Mapping[str, Any],
    *,
    context: str = "train",
    save: bool = False,
    description: str | None = None,
    force_save: bool = False,
    max_archive_bytes: int = 5 * 1024**3,
    max_archive_files: int = 2_000_000,
) -> None:
    """`Run.log_dataset` of the active run."""
    _run().log_dataset(
        name,
        root_or_uri,
        context=context,
        save=save,
        description=description,
        force_save=force_save,
        max_archive_bytes=max_archive_bytes,
        max_archive_files=max_archive_files,
    )


def log_pretrained(
    name: str,
    *,
    path_or_uri: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    save: bool = False,
    source_type: str = "unknown",
    description: str | None = None,
    force_save: bool = False,
    max_archive_bytes: int = 5 * 1024**3,
    max_archive_files: int = 2_000_000,
) -> None:
    """`Run.log_pretrained` of the active run."""
    _run().log_pretrained(
        name,
        path_or_uri=path_or_uri,
        save=save,
        source_type=source_type,
        description=description,
        force_save=force_save,
        max_archive_bytes=max_archive_bytes,
        max_archive_files=max_archive_files,
    )


def alert(title: str, text: str | None = None, level: str | Enum = "warn", *, step: int | None = None) -> None:
    """`Run.alert` of the active run."""
    _run().alert(title, text, level, step=step)


def set_primary_metric(metric_name: str, mode: str = "max") -> None:
    """`Run.set_primary_metric` of the active run."""
    _run().set_primary_metric(metric_name, mode)


def scan_outputs_once(
    *,
    output_dirs: Paths,
    patterns: Iterable[str] | None = None,
    stable_required: int = 2,
    min_age_sec: float = 1.0,
    mode: str = "rolling",
    log_snapshot_interval_sec: float = 60.0,
    state_gc_after_sec: float = WEEK,
    keep_last: int | None = None,
    keep_best: int | None = None,
    max_bytes: int | None = None,
) -> dict[str, Any]:
    """`Run.scan_outputs_once` of the active run."""
    return _run().scan_outputs_once(
        output_dirs=output_dirs,
        patterns=patterns,
        stable_required=stable_required,
        min_age_sec=min_age_sec,
        mode=mode,
        log_snapshot_interval_sec=log_snapshot_interval_sec,
        state_gc_after_sec=state_gc_after_sec,
        keep_last=keep_last,
        keep_best=keep_best,
        max_bytes=max_bytes,
    )


def watch_outputs(
    *,
    output_dirs: Paths,
    interval_sec: float = 10.0,
    patterns: Iterable[str] | None = None,
    stable_required: int = 2,
    min_age_sec: float = 1.0,
    mode: str = "rolling",
    log_snapshot_interval_sec: float = 60.0,
    state_gc_after_sec: float = WEEK,
    keep_last: int | None = None,
    keep_best: int | None = None,
    max_bytes: int | None = None,
) -> None:
    """`Run.watch_outputs` of the active run."""
    _run().watch_outputs(
        output_dirs=output_dirs,
        interval_sec=interval_sec,
        patterns=patterns,
        stable_required=stable_required,
        min_age_sec=min_age_sec,
        mode=mode,
        log_snapshot_interval_sec=log_snapshot_interval_sec,
        state_gc_after_sec=state_gc_after_sec,
        keep_last=keep_last,
        keep_best=keep_best,
        max_bytes=max_bytes,
    )


def stop_outputs_watch() -> None:
    """`Run.stop_outputs_watch` of the active run."""
    _run().stop_outputs_watch()


def flush(timeout: float = 5.0) -> bool:
    """`Run.flush` of the active run."""
    return _run().flush(timeout)


def finish(status: str = "finished") -> None:
    """`Run.finish` of the active run."""
    _run().finish(status)


def _run() -> Run:
    run = get_active_run()
    if run is None:
        raise RuntimeError("Call runicorn.init() first.")
    return run


def __getattr__(name: str) -> Any:
    if name == "config":
        return _run().config
    if name in _LAZY:
        return getattr(importlib.import_module(f"runicorn.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
