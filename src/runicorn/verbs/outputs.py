"""What a run writes besides its metrics: checkpoints, reports, logs. The daemon finds and archives it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runicorn.values import encodable
from runicorn.verbs.asking import Asking
from runid.outputs.patterns import DEFAULT

Paths = Iterable[str | os.PathLike[str]]

MODES = ("rolling", "overwrite_versions")
WEEK = 7 * 24 * 3600.0
_PATIENCE = 60.0
_ENDLESS = 1e9  # seconds, which are 31 years, or scans; its square is more bytes than there are


class Outputs(Asking):
    """Scanning and watching of output folders."""

    workspace_root: Path
    _watch: str | None = None

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
        """Has the daemon look for outputs once, and archive those that are whole; waits for that, at most 60 s.

        The parameters are those of `watch_outputs`. Each call is one look: with `stable_required=2` a file is archived
        by the second one that finds it unchanged. Gives run_id, scanned (how many outputs there are), archived and
        changed (how many copies were made) and archived_entries (what assets.json says of them). Without an answer it
        is all zeros, and a notice says so; the scan is done all the same.

        Raises TypeError or ValueError for wrong arguments.
        """
        what = self._scanned(
            output_dirs, patterns, stable_required, min_age_sec, mode, log_snapshot_interval_sec, state_gc_after_sec,
            keep_last, keep_best, max_bytes,
        )  # fmt: skip
        name = self._ask("scan", what)
        answer = self._answer(name, _PATIENCE) if name else None
        nothing = {"scanned": 0, "archived": 0, "changed": 0, "archived_entries": []}
        return {"run_id": self.id} | nothing | (answer or {})

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
        """Has the daemon look for outputs every `interval_sec` seconds, sooner when files were written, until the end.

        `patterns`: as in a shell, on the path below the output folder, `*` crosses "/"; one that ends in "/" selects
        folders, each as one output. Default: *.pth *.pt *.ckpt *.safetensors *.onnx *.log *.json *.txt *.csv *.png.
        An output is archived when `stable_required` looks in a row found it unchanged and it is `min_age_sec` seconds
        old; logs (.log .txt .jsonl .csv, tfevents) every `log_snapshot_interval_sec` while they grow. When the watch
        ends, because the run's process ended in whatever way or by `stop_outputs_watch`, what is there is archived as
        it is. `mode`: "rolling" keeps the last copy of each output, "overwrite_versions" each different content.
        `state_gc_after_sec`: what was not seen for so long is forgotten.

        `keep_last` and `keep_best` limit the versions of each output: the newest, and those archived when the primary
        metric was best. `max_bytes` limits all copies of the run. What exceeds that is deleted, oldest first.

        A second call replaces the first. Raises TypeError or ValueError for wrong arguments.
        """
        if not interval_sec > 0:
            raise ValueError(f"interval_sec must be more than 0, got {interval_sec!r}")
        what = self._scanned(
            output_dirs, patterns, stable_required, min_age_sec, mode, log_snapshot_interval_sec, state_gc_after_sec,
            keep_last, keep_best, max_bytes,
        )  # fmt: skip
        self._watch = self._ask("watch", what | {"interval_sec": _seconds(interval_sec)}) or self._watch

    def stop_outputs_watch(self) -> None:
        """Ends what `watch_outputs` began, with a last look; returns at once. Without a watch it does nothing."""
        if self._watch is not None:
            self._ask("unwatch", {"watch": self._watch})
            self._watch = None

    def _scanned(
        self,
        output_dirs: Paths,
        patterns: Iterable[str] | None,
        stable_required: int,
        min_age_sec: float,
        mode: str,
        log_snapshot_interval_sec: float,
        state_gc_after_sec: float,
        keep_last: object,
        keep_best: object,
        max_bytes: object,
    ) -> dict[str, Any]:
        """What the daemon has to know of a scan. Raises TypeError, ValueError."""
        if mode not in MODES:
            raise ValueError(f"mode must be 'rolling' or 'overwrite_versions', got {mode!r}")
        limits: dict[str, Any] = {"keep_last": keep_last, "keep_best": keep_best, "max_bytes": max_bytes}
        for name, limit in limits.items():
            if limit is not None and (not isinstance(limit, int) or limit < 1):
                raise ValueError(f"{name} must be a whole number of at least 1, or None, got {limit!r}")
        if mode == "rolling" and (keep_last is not None or keep_best is not None):
            raise ValueError("keep_last and keep_best are for mode='overwrite_versions': 'rolling' keeps one copy.")
        whole = {name: limit and min(limit, int(_ENDLESS) ** 2) for name, limit in limits.items()}
        return whole | {
            "workspace_root": encodable(os.path.abspath(self.workspace_root)),
            "output_dirs": _folders(output_dirs),
            "patterns": _patterns(patterns),
            "mode": mode,
            "stable_required": min(int(stable_required), int(_ENDLESS)),
            "min_age_sec": _seconds(min_age_sec),
            "log_snapshot_interval_sec": _seconds(log_snapshot_interval_sec),
            "state_gc_after_sec": _seconds(state_gc_after_sec),
        }


def _seconds(given: float) -> float:
    """A finite number, for JSON has no infinity. Raises TypeError, ValueError."""
    seconds = float(given)
    if math.isnan(seconds):
        raise ValueError("Seconds must be a number, got nan.")
    return max(0.0, min(seconds, _ENDLESS))


def _folders(given: Paths) -> list[str]:
    """Absolute paths; one may be given without a list. Raises TypeError."""
    paths = [given] if isinstance(given, str | os.PathLike) else list(given)
    return [encodable(os.path.abspath(os.fsdecode(path))) for path in paths]


def _patterns(given: Iterable[Any] | None) -> list[str]:
    patterns = list(DEFAULT) if given is None else [given] if isinstance(given, str) else list(given)
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern.strip("/"):
            raise TypeError(f"A pattern must be a text such as '*.pt' or 'ckpt/', got {pattern!r}")
    return patterns
