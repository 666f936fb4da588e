"""A pool: hands slow work to one worker process, started when there is work and ended when there is none.

A job that kills its worker is tried once more, in a new one. One that kills that too is set aside: whoever asked is
told, and everybody else's jobs go on.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from runid.jobs.worker import read_frame, write_frame

Job = dict[str, Any]
Done = Callable[[Job | None, str | None], None]
Told = Callable[[Job], None]

_IDLE = 60.0
_JOBS_EACH = 100
_PATIENCE = 5.0


class Again(str):
    """An error that may pass, such as a full disk: the job is worth trying again later."""

    __slots__ = ()


_STOPPING = Again("stopping")


class _GoneError(Exception):
    """A worker ended before it answered; the text says how."""


class _StartError(Exception):
    """No worker could be started; the text says why."""


class _Worker:
    """A worker process and the pipes to it. Used from one thread, but for `kill`."""

    def __init__(self) -> None:
        self.jobs = 0
        environment = os.environ | {
            # One core is what a worker may take: no thread pools of the libraries'.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            # It imports what the daemon imports; a relative PYTHONPATH leads nowhere from the daemon's folder, /.
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        command = [sys.executable, "-P", "-m", "runid.jobs.worker"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout

    def answer(self) -> Job:
        """Waits for the worker's next answer. Raises _GoneError."""
        frame = read_frame(self._answers)
        if frame is None:
            raise _GoneError(self.end())
        answer: Job = msgpack.unpackb(frame)
        return answer

    def ask(self, task: _Task) -> Job:
        """Has a job done. Raises _GoneError."""
        self.jobs += 1
        with contextlib.suppress(BrokenPipeError):
            write_frame(self._questions, task.body)
        while "progress" in (answer := self.answer()):
            if task.told is not None:
                task.told(answer["progress"])
        return answer

    def kill(self) -> None:
        """Ends the worker in the middle of whatever it does; `answer` then raises."""
        self._process.kill()

    def end(self) -> str:
        """Lets the worker go, by force if it must be, and says how it ended."""
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        if self._wait() is None:
            self.kill()
        self._answers.close()
        code = self._wait()
        if code is None:
            return "cannot be killed"
        return f"was killed ({signal.strsignal(-code)})" if code < 0 else f"exited with status {code}"

    def _wait(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_PATIENCE)
        return None


@dataclass(slots=True, frozen=True)
class _Task:
    name: str
    body: bytes
    done: Done
    told: Told | None


class Pool:
    """Runs jobs one after the other, in the order they come in."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._backlog = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._worker: _Worker | None = None

    @property
    def backlog(self) -> int:
        """Jobs that are not done yet."""
        return self._backlog

    def submit(self, job: Job, done: Done, told: Told | None = None) -> None:
        """Queues a job and returns at once.

        `done(result, None)` or `done(None, error)` is called once, from the pool's thread; error is a sentence, an
        Again where the job may be tried again. After `stop` it is called at once, with "stopping". `told` gets what the
        job tells of its progress.
        """
        task = _Task(str(job["name"]), msgpack.packb(job), done, told)
        with self._lock:
            accepted = not self._stopping
            if accepted:
                self._backlog += 1
                self._tasks.put(task)
                self._start()
        if not accepted:
            done(None, _STOPPING)

    def stop(self) -> None:
        """Kills the worker and ends the thread, within seconds; jobs that are not done end with "stopping"."""
        with self._lock:
            self._stopping = True
            worker = self._worker
            if worker:
                worker.kill()
            self._tasks.put(None)
        if self._thread:
            self._thread.join(_PATIENCE)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=_IDLE if self._worker else None)
            except queue.Empty:
                self._retire(0)
                continue
            if task is None:
                break
            self._finish(task, *self._do(task))
        self._retire(0)

    def _finish(self, task: _Task, result: Job | None, error: str | None) -> None:
        try:
            task.done(result, error)
        except Exception as problem:
            self._log(f"What follows a {task.name} job failed: {problem!r}")
        finally:
            with self._lock:
                self._backlog -= 1

    def _do(self, task: _Task) -> tuple[Job | None, str | None]:
        fates: list[str] = []
        while len(fates) < 2:
            try:
                answer = self._hired().ask(task)
                self._retire(_JOBS_EACH)
                error = answer.get("error")
                return answer.get("result"), Again(error) if answer.get("again") else error
            except _StartError as error:
                return None, _STOPPING if self._stopping else Again(f"No worker process could be started: {error}.")
            except _GoneError as fate:
                self._worker = None
                if self._stopping:
                    return None, _STOPPING
                fates.append(str(fate))
                self._log(f"A worker process {fate} during a {task.name} job.")
        return None, f"This {task.name} job is set aside: it was tried twice, and each time the worker {fates[-1]}."

    def _hired(self) -> _Worker:
        """The worker; a new one if there is none. Raises _StartError."""
        if self._worker is None:
            try:
                with self._lock:
                    if self._stopping:
                        raise _StartError(_STOPPING)
                    self._worker = _Worker()
                self._worker.answer()
            except (OSError, _GoneError) as error:
                self._worker = None
                raise _StartError(f"it {error}" if isinstance(error, _GoneError) else str(error)) from error
        return self._worker

    def _retire(self, jobs: int) -> None:
        """Ends the worker if it has done that many jobs."""
        if self._worker is not None and self._worker.jobs >= jobs:
            self._worker.end()
            self._worker = None
