"""A run, as training code sees it. `log()` checks values, stamps step and time, and leaves the rest to the outbox."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runicorn import lifecycle, pieces, settings
from runicorn.aside import Aside
from runicorn.configlog import ConfigLog
from runicorn.console import capture
from runicorn.hparams import Config, entries
from runicorn.notices import Notices
from runicorn.sender import Sender
from runicorn.start import Plan, writer_info
from runicorn.text import RunicornLoggingHandler
from runicorn.values import encodable
from runicorn.verbs.alerts import Alerts
from runicorn.verbs.assets import Assets
from runicorn.verbs.log import Log
from runicorn.verbs.outputs import Outputs
from runicorn.verbs.rollouts import Rollouts
from runid import events
from runid.errors import RunicornError
from runid.outbox import Outbox

_ALIASES = {
    "completed": "finished", "success": "finished", "error": "failed", "crashed": "failed",
    "killed": "interrupted", "cancelled": "interrupted", "aborted": "interrupted",
}  # fmt: skip
_time = time.time


class Run(Log, Rollouts, Assets, Outputs, Alerts):
    """One execution attempt. Made by `runicorn.init()`.

    Nothing a run's methods do waits for a disk, a network or the daemon, except `flush` and `finish`, which say how
    long. Once the run exists they raise for nothing but `log(x)` with x neither a mapping nor None, and
    `set_primary_metric` with a mode that is none; all else is one notice on the logger "runicorn".
    """

    def __init__(self, plan: Plan) -> None:
        """`plan`: what `init()` made of its arguments. Raises OSError or FolderError where no outbox can be made."""
        self.id = plan.run_id
        self.path = plan.path
        self.alias = plan.alias
        self.storage_root = plan.root
        self.workspace_root = plan.workspace_root
        self.rank = plan.rank
        self.is_finished = False
        self.step = plan.step
        self._plan = plan
        self._notices = Notices()
        self._names: set[str] = set()
        self._stages: set[str] = set()
        self._step_lock = threading.RLock()
        self._aside = Aside(self._notices)
        self._told, self._webhook_level = settings.for_the_daemon(), settings.webhook_level()
        self._connect()
        self.config = Config(plan.known_config, self._changed_config, self._notices)
        self._config_log = ConfigLog(self._keep_part, self.config, self._notices)
        if plan.meta:
            self._put([events.META, _time(), plan.meta])
        self.config.update(plan.config)
        lifecycle.register(self)

    # -- what is logged -----------------------------------------------------------------------------------------------

    def log_text(self, text: str) -> None:
        """Adds lines to the run's text, logs.txt."""
        self._text("TEXT", text)

    def get_logging_handler(self, level: int | str = logging.INFO, fmt: str | None = None) -> RunicornLoggingHandler:
        """A handler for the standard `logging` module that writes into the run's text."""
        return RunicornLoggingHandler(self, level, fmt, active=lambda: self)

    def summary(self, update: Mapping[str, Any] | None = None) -> None:
        """Adds to the run's summary: what the run came to. Later values of a key replace earlier ones."""
        self._keep(events.SUMMARY, "summary", update)

    def log_config(
        self,
        *,
        args: Any = None,
        extra: Mapping[str, Any] | None = None,
        config_files: Iterable[str | os.PathLike[str]] | None = None,
    ) -> None:
        """Adds to the run's config, which is also `run.config`.

        `args` and `extra` are mappings, namespaces of argparse, dataclasses, or configs of attrs, pydantic or
        OmegaConf; `args` is meant for the command line's. `config_files` are paths of text files, whose contents are
        read a moment later and kept, up to 128 KiB each and 1 MiB in all. A part that is given replaces what
        `log_config` was given for it before; of keys in several parts, and in `run.config`, the last value counts.
        """
        if self.is_finished:
            self._put_late([])
            return
        try:
            for part, given in (("args", args), ("extra", extra)):
                if given is not None:
                    self._config_log.values(part, given)
            if config_files is not None:
                paths = self._config_log.files(config_files)
                self._aside.do(lambda: self._config_log.read(paths), "The contents of config files")
        except Exception as error:  # the user's own iterable may raise anything
            self._notices.once("log_config", f"log_config left something out: {error!r}.")

    def set_primary_metric(self, metric_name: str, mode: str = "max") -> None:
        """Keeps the best value of this metric, of those logged from now on, and its step in the summary.

        Raises ValueError unless `mode` is "max" or "min".
        """
        if mode not in ("max", "min"):
            raise ValueError(f"Mode must be 'max' or 'min', got {mode!r}")
        name = self._name(metric_name)
        if name is not None:
            self._guarded([events.PRIMARY, _time(), name, mode])

    # -- its end ------------------------------------------------------------------------------------------------------

    def flush(self, timeout: float = 5.0) -> bool:
        """Waits until everything logged so far is on disk; False if that took longer than `timeout` seconds."""
        if self.is_finished:
            return True
        until = time.monotonic() + timeout
        return self._aside.wait(timeout) and self._sender.flush(max(0.0, until - time.monotonic()))

    def finish(self, status: str = "finished") -> None:
        """Ends this process' part in the run. A second call does nothing.

        `status`: finished, failed or interrupted; completed and success, error and crashed, killed, cancelled and
        aborted mean the same; anything else is finished. Waits until all is on disk, at most RUNICORN_FINISH_TIMEOUT
        seconds (30); what is not by then is kept in the outbox, and the daemon takes it from there.
        """
        given = str(status).strip().lower()
        meant = _ALIASES.get(given, given)
        self._finish(meant if meant in ("finished", "failed", "interrupted") else "finished", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(*lifecycle.end_of(error))

    # -- where it is --------------------------------------------------------------------------------------------------

    @property
    def runs_dir(self) -> Path:
        """The folder of all runs of the root."""
        return self.storage_root / "runs"

    @property
    def run_dir(self) -> Path:
        """The run's folder; waits up to 5 s until the daemon has made it."""
        self._sender.welcomed.wait(5.0)
        return Path(self._sender.run_dir or self.runs_dir / self.path / self.id)

    @property
    def media_dir(self) -> Path:
        """The folder of the run's images, videos and other media."""
        return self.run_dir / "media"

    @property
    def url(self) -> str:
        """Where the viewer shows the run."""
        return f"http://127.0.0.1:23300/run/{self.id}"

    @property
    def tags(self) -> list[str]:
        """The tags given to `init()`."""
        return list(self._plan.meta.get("tags") or [])

    @property
    def notes(self) -> str | None:
        """The notes given to `init()`."""
        return self._plan.meta.get("notes")

    @property
    def group(self) -> str | None:
        """The group given to `init()`."""
        return self._plan.meta.get("group")

    def __repr__(self) -> str:
        return f"<Run {self.path}/{self.id}>"

    def _repr_html_(self) -> str | None:
        """What a notebook shows: what the daemon has written up to now; None before it has made the run."""
        from runicorn.notebook import html  # it reads runs: nobody pays for it who only logs

        try:
            return html(Path(self._sender.run_dir)) if self._sender.run_dir else None
        except (OSError, RunicornError):
            return None

    # -- inside -------------------------------------------------------------------------------------------------------

    def _connect(self, forked: bool = False) -> None:
        """Makes this process a writer of the run: an outbox of its own, and the thread that empties it."""
        info = writer_info(self._plan.identity(), started=_time(), forked=forked, **self._told)
        self._webhooks = len(self._told.get("webhooks", ()))
        self._outbox = Outbox(info)
        self._outbox.put([events.START, _time(), self._plan.start | _process()])
        self._sender = Sender(self._outbox, info, self._notices)
        self._sender.start()
        self._put = self._outbox.put

    def _after_fork(self) -> None:
        """In a forked child: drops what was inherited without touching it; the first call makes the child a writer."""
        lifecycle.immortal(self._outbox, self._sender)
        self._aside.forget()
        self._step_lock = threading.RLock()
        if not self.is_finished:
            self._put = self._put_first

    def _put_first(self, event: events.Event) -> None:
        self._own_outbox()
        self._put(event)

    def _own_outbox(self) -> Outbox:
        with self._step_lock:
            if self._put == self._put_first:
                self._connect(forked=True)
                lifecycle.attend()
        return self._outbox

    def _put_late(self, event: events.Event) -> None:  # noqa: ARG002  it stands in for `put`
        self._notices.once("finished", f"Run {self.id} has finished; what is logged after that is left out.")

    def _finish(self, status: str, reason: str | None) -> None:
        if self.is_finished:
            return
        until = time.monotonic() + settings.finish_timeout()
        capture.end(self)
        writes = self._put != self._put_first  # else it is a forked child that never logged
        if writes:
            self._aside.wait(until - time.monotonic())
            self._end_stream(status, reason)
        self.is_finished, self._put = True, self._put_late
        if writes:
            self._see_off(until)
        lifecycle.forget(self)

    def _see_off(self, until: float) -> None:
        """Waits until all is on disk, at most until then by the monotonic clock."""
        left = max(0.0, until - time.monotonic())
        flushed = self._sender.flush(min(1.0, left))
        if not flushed and left > 1.0:
            self._tell(f"runicorn: waiting until run {self.id} is on disk, at most {left:.0f} s")
            flushed = self._sender.flush(left - 1.0)
        self._sender.finish()
        if flushed:
            self._sender.join(0.1)
        else:
            unsafe = self._outbox.head - self._outbox.safe
            self._notices.once(
                "unsafe",
                f"Run {self.id} is not all on disk after {settings.finish_timeout():g} s: {unsafe} bytes are kept in "
                f"{self._outbox.folder}, and the daemon writes them as soon as it can.",
            )

    def _end_stream(self, status: str, reason: str | None) -> None:
        self._outbox.note_dropped()
        told = self._outbox.put_vital([events.FINISH, _time(), status, reason])
        if self._outbox.dropped or not told:
            self._notices.once(
                "lost", f"{self._outbox.dropped} events of run {self.id} were dropped, because the outbox was full."
            )

    def _interrupt(self, status: str, reason: str | None) -> None:
        """The process is about to be ended by a signal: says so, and waits until that is on disk.

        What another thread logs until then is kept too; the daemon finds it in the outbox.
        """
        if self._put == self._put_first:
            return
        if not self.is_finished:
            self._end_stream(status, reason)
        self._sender.flush(settings.finish_timeout())

    def _console(self) -> dict[str, Any]:
        """What the copier of the console has to know to write into this run."""
        return {"identity": self._plan.identity(), "start": self._plan.start | _process()}

    def _text(self, level: str, text: object) -> None:
        if not isinstance(text, str):
            self._notices.once("text", f"log_text needs a text, but it got {type(text).__name__}; it is left out.")
            return
        for part in pieces.text(text):
            self._guarded([events.TEXT, _time(), level, part])

    def _changed_config(self, changed: dict[str, Any]) -> bool:
        if self.is_finished:
            self._put_late([])
            return False
        self._config_log.changed(changed)
        self._keep(events.CONFIG, "config", changed)
        return True

    def _keep_part(self, part: str, gone: list[str], values: dict[str, Any]) -> None:
        self._guarded([events.PART, _time(), part, gone, values])

    def _capture_environment(self) -> None:
        """Has what surrounds this process written down, by a thread: `init()` does not wait for it."""
        from runicorn.environment import facts  # it is loaded only where it is asked for

        def capture() -> None:
            for found in facts(self.workspace_root):
                self._keep(events.ENVIRONMENT, "environment", found)

        self._aside.do(capture, "The environment")

    def _snapshot_code(self, force: bool) -> None:
        """Asks for a snapshot of the workspace; of the ranks of a job, which run the same code, the first one does."""
        if self.rank == 0:
            self._ask("code", {"workspace_root": encodable(str(self.workspace_root)), "force": force})

    def _keep(self, kind: int, what: str, update: Any) -> None:
        try:
            given = entries(update)
        except TypeError:
            self._notices.once(what, f"{what} needs a mapping, but it got {type(update).__name__}; it is left out.")
            return
        for part in pieces.mapping(given, what, self._notices):
            self._guarded([kind, _time(), part])

    def _guarded(self, event: events.Event) -> None:
        try:
            self._put(event)
        except Exception as error:
            self._notices.once(("put", str(error)), f"An event could not be kept: {error!r}. It is left out.")

    def _tell(self, line: str) -> None:
        if not settings.quiet() and sys.stderr is not None and sys.stderr.isatty():
            print(line, file=sys.stderr)


def _process() -> dict[str, Any]:
    system = os.uname()
    return {
        "created_at": _time(),
        "python": sys.version.split()[0],
        "platform": f"{system.sysname} {system.release} ({system.machine})",
        "hostname": system.nodename,
        "pid": os.getpid(),
    }
