"""The pool: a job is done, or its failure told, whatever becomes of the worker; and no worker is left behind.

A job hangs on purpose by sealing a journal that is a FIFO: the test knows when the worker is in the middle of it.
"""

import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgpack
import psutil
import pytest
from tests.programs import workers

from runid import events
from runid.jobs import pool
from runid.jobs.pool import Pool
from runid.store import journal
from runid.store.journal import Journal

HOST = "node-7-a1b2c3"
WRITER = b"w" * 16

Answer = tuple[dict[str, Any] | None, str | None]


class Jobs:
    """A pool, what it logs, and the answers it gives, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.pool = Pool(self.lines.append)

    def submit(self, path: Path, records: int = 2) -> None:
        job = {"name": "seal", "journal": str(path), "folder": str(self.folder), "run_id": "r", "host": HOST}
        self.pool.submit(job | {"lo": 1, "hi": records}, lambda result, error: self.answers.put((result, error)))

    def answer(self) -> Answer:
        return self.answers.get(timeout=30.0)

    def good(self) -> Path:
        """A journal with one point."""
        new = Journal(_folder(self.folder), HOST, 1)
        new.append(journal.WRITER, WRITER, 0, msgpack.packb({"number": 1, "rank": 0}))
        new.append(journal.BATCH, WRITER, 0, events.pack([events.POINTS, 1.0, 1, None, {"loss": 1.0}]))
        new.close()
        return new.path

    def endless(self) -> Path:
        """A journal whose reading never ends."""
        path = _folder(self.folder) / journal.name(HOST, 1)
        os.mkfifo(path)
        return path


def _folder(parent: Path) -> Path:
    folder = parent / f"journal-{len(list(parent.iterdir()))}"
    folder.mkdir()
    return folder


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """Fails a test that leaves a process behind."""
    made = Jobs(tmp_path)
    yield made
    made.pool.stop()
    assert workers() == []
    assert made.pool.backlog == 0


def reached(endless: Path) -> IO[bytes]:
    """Returns when a worker is in the middle of the endless job, which ends when this is closed."""
    return open(endless, "wb")


def ended(process: psutil.Process, kill: bool = False) -> bool:
    """Returns when the process is gone; waiting for it by its pid would take its exit status from the pool."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        if kill:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        return bool(select.select([descriptor], [], [], 30.0)[0])
    finally:
        os.close(descriptor)


def test_a_job_is_done_in_a_process_of_its_own_that_gives_way(jobs: Jobs) -> None:
    endless = jobs.endless()
    jobs.submit(endless)
    jobs.submit(jobs.good())
    with reached(endless):
        (worker,) = workers()
        assert worker.nice() == min(19, os.nice(0) + 10)
        assert jobs.pool.backlog == 2
        assert jobs.answers.empty()
    result, error = jobs.answer()
    assert result is None
    assert error is not None
    assert error.startswith("FormatError: ")
    result, error = jobs.answer()
    assert error is None
    assert result is not None
    assert result["rows"] == 1
    assert Path(result["tmp"]).stat().st_size == result["bytes"]
    assert workers() == [worker], "an error in a job must not cost the worker"


def test_no_job_that_nobody_knows(jobs: Jobs) -> None:
    jobs.pool.submit({"name": "dance"}, lambda result, error: jobs.answers.put((result, error)))
    assert jobs.answer() == (None, "KeyError: 'dance'")


def test_a_job_whose_worker_is_killed_is_tried_again(jobs: Jobs) -> None:
    endless = jobs.endless()
    jobs.submit(endless)
    with reached(endless):
        jobs.good().rename(endless)
        (worker,) = workers()
        assert ended(worker, kill=True)
        result, error = jobs.answer()
    assert error is None
    assert result is not None
    assert result["rows"] == 1
    assert jobs.lines == ["A worker process was killed (Killed) during a seal job."]


def test_a_job_that_kills_two_workers_is_set_aside_and_the_next_one_is_done(jobs: Jobs) -> None:
    endless = jobs.endless()
    jobs.submit(endless)
    jobs.submit(jobs.good())
    for _ in range(2):
        with reached(endless):
            (worker,) = workers()
            assert ended(worker, kill=True)
    result, error = jobs.answer()
    assert result is None
    assert error == "This seal job is set aside: it was tried twice, and each time the worker was killed (Killed)."
    assert jobs.answer()[1] is None


def test_a_worker_that_cannot_be_started_is_told_and_tried_again_for_the_next_job(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = sys.executable
    for executable, why in (("/nowhere/python", "No such file"), ("/bin/false", "it exited with status 1")):
        monkeypatch.setattr(sys, "executable", executable)
        jobs.submit(jobs.good())
        result, error = jobs.answer()
        assert result is None
        assert error is not None
        assert error.startswith("No worker process could be started: ")
        assert why in error
    monkeypatch.setattr(sys, "executable", python)
    jobs.submit(jobs.good())
    assert jobs.answer()[1] is None


def test_stop_ends_what_runs_and_drops_what_waits(jobs: Jobs) -> None:
    endless = jobs.endless()
    for path in (endless, jobs.good(), jobs.good()):
        jobs.submit(path)
    with reached(endless):
        jobs.pool.stop()
    assert [jobs.answer() for _ in range(3)] == [(None, "stopping")] * 3
    assert jobs.answers.empty()
    assert workers() == []
    jobs.submit(jobs.good())
    assert jobs.answer() == (None, "stopping")
    jobs.pool.stop()


def test_a_pool_without_jobs_starts_nothing(jobs: Jobs) -> None:
    threads = threading.active_count()
    jobs.pool.stop()
    assert (workers(), threading.active_count()) == ([], threads)


def test_an_idle_worker_ends_and_the_next_job_gets_a_new_one(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_IDLE", 0.01)
    for _ in range(2):
        jobs.submit(jobs.good())
        assert jobs.answer()[1] is None
        assert all(ended(worker) for worker in workers())
    assert jobs.lines == []


def test_a_worker_is_replaced_after_some_jobs(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_JOBS_EACH", 2)
    pids = []
    for _ in range(4):
        endless = jobs.endless()
        jobs.submit(endless)
        with reached(endless):
            pids.append(workers()[0].pid)
        jobs.answer()
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_worker_finds_its_modules_from_anywhere(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir("/")
    jobs.submit(jobs.good())
    assert jobs.answer()[1] is None


def test_what_follows_a_job_may_fail_without_harm(jobs: Jobs) -> None:
    def fail(_result: dict[str, Any] | None, _error: str | None) -> None:
        raise ValueError("no such run")

    jobs.pool.submit({"name": "dance"}, fail)
    jobs.submit(jobs.good())
    assert jobs.answer()[1] is None
    assert jobs.lines == ["What follows a dance job failed: ValueError('no such run')"]


def test_a_worker_dies_with_its_daemon(jobs: Jobs) -> None:
    endless = jobs.endless()
    script = f"""
import signal
from runid.jobs.pool import Pool
job = dict(name="seal", journal={str(endless)!r}, folder="/nowhere", run_id="r", host="h", lo=1, hi=2)
Pool(print).submit(job, print)
signal.pause()
"""
    daemon = subprocess.Popen([sys.executable, "-c", script])
    try:
        with reached(endless):
            (worker,) = psutil.Process(daemon.pid).children()
            daemon.send_signal(signal.SIGKILL)
            assert ended(worker)
    finally:
        daemon.kill()
        daemon.wait()


MEDIUM = """
import sys, types
from runid.jobs import bounds, worker

def endless(job, tell):
    while True:
        pass

def greedy(job, tell):
    return {"size": len(bytes(1 << 30))}

bounds.memory, bounds.SECONDS = lambda: 1 << 29, 0.1
sys.modules["here"] = types.SimpleNamespace(endless=endless, greedy=greedy)
for name in ("image", "code"):
    worker._JOBS[name] = f"here:{sys.argv[1]}"
print(worker._do({"name": sys.argv[2]}, None))
print(open("/proc/self/oom_score_adj").read())
"""


def medium(what: str, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MEDIUM, what, name], capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the memory of a process so")
def test_a_medium_that_takes_too_much_memory_is_an_error() -> None:
    told = medium("greedy", "image").stdout.split("\n")
    assert told[0] == "{'error': 'MemoryError: '}"
    assert int(told[1]) >= 500, "the program that trains would be killed as soon as this"
    assert medium("greedy", "code").stdout.startswith("{'result': {'size': 1073741824}}"), "others are not bounded"


def test_a_medium_that_takes_too_long_kills_its_worker() -> None:
    assert medium("endless", "image").returncode == -signal.SIGPROF
