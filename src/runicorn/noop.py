"""The run one gets while Runicorn is disabled: the same names and signatures, and no thread, file or daemon."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runicorn import settings
from runicorn.hparams import Config, entries
from runicorn.notices import Notices
from runicorn.run import Run
from runicorn.start import workspace
from runicorn.text import RunicornLoggingHandler
from runicorn.verbs.outputs import WEEK, Paths


class NoOpRun(Run):
    """Does nothing, like a run that nobody reads."""

    def __init__(
        self,
        path: str | None = None,
        alias: str | None = None,
        storage: str | os.PathLike[str] | None = None,
        config: Any = None,
    ) -> None:
        self.id = "disabled"
        self.path = "default" if path is None else path
        self.alias = alias
        self.storage_root = settings.storage_root(storage)
        self.workspace_root = workspace()
        self.rank = 0
        self.is_finished = False
        self.step = 0
        self.config = Config(entries(config), lambda changed: True, Notices())
        self._names = set()

    @property
    def run_dir(self) -> Path:
        """Where the run's folder would be."""
        return self.runs_dir / self.path / self.id

    @property
    def url(self) -> str:
        """Empty: there is nothing to show."""
        return ""

    @property
    def tags(self) -> list[str]:
        """None are kept."""
        return []

    @property
    def notes(self) -> str | None:
        """None are kept."""
        return None

    @property
    def group(self) -> str | None:
        """None is kept."""
        return None

    def log(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
        stage: str | None = None,
        **metrics: Any,
    ) -> None:
        """Does nothing."""

    def _log_at(self, data: Mapping[str, Any], step: int) -> None:
        """Does nothing."""

    def log_text(self, text: str) -> None:
        """Does nothing."""

    def get_logging_handler(self, level: int | str = logging.INFO, fmt: str | None = None) -> RunicornLoggingHandler:
        """A handler that drops all records."""
        return RunicornLoggingHandler(None, level, fmt, active=lambda: None)

    def summary(self, update: Mapping[str, Any] | None = None) -> None:
        """Does nothing."""

    def log_config(
        self,
        *,
        args: Any = None,
        extra: Mapping[str, Any] | None = None,
        config_files: Iterable[str | os.PathLike[str]] | None = None,
    ) -> None:
        """Does nothing."""

    def log_image(
        self,
        key: str,
        image: Any,
        step: int | None = None,
        caption: str | None = None,
        format: str = "png",
        quality: int = 90,
    ) -> str:
        """Does nothing."""
        return ""

    def log_rollout(
        self,
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
        """Does nothing."""

    def log_dataset(
        self,
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
        """Does nothing."""

    def log_pretrained(
        self,
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
        """Does nothing."""

    def alert(
        self, title: str, text: str | None = None, level: str | Enum = "warn", *, step: int | None = None
    ) -> None:
        """Does nothing."""

    def set_primary_metric(self, metric_name: str, mode: str = "max") -> None:
        """Does nothing."""

    def scan_outputs_once(
        self,
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
        """Zeros: nothing is scanned."""
        return {"scanned": 0, "archived": 0, "changed": 0}

    def watch_outputs(
        self,
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
        """Does nothing."""

    def stop_outputs_watch(self) -> None:
        """Does nothing."""

    def flush(self, timeout: float = 5.0) -> bool:
        """True: there is nothing to wait for."""
        return True

    def finish(self, status: str = "finished") -> None:
        """Does nothing but to be finished."""
        self.is_finished = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()
