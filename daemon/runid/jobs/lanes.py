"""Lanes: a pool for each sort of work, so that a long archive delays no seal and no image."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runid.jobs.pool import Done, Job, Pool, Told
from runid.store import media

LANE = {
    "seal": "store",
    "merge": "store",
    "code": "files",
    **dict.fromkeys(media.KINDS, "encode"),
    "video": "video",
    "dataset": "archive",
    "pretrained": "archive",
    "sample": "sample",
    "alert": "send",
    "scan": "outputs",
}
"""Which lane a job of a name takes; these names are all the jobs there are."""


class Lanes:
    """The pools of a daemon, each made when it is first needed. `submit` may be called from any thread."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._stopped = False
        self._pools: dict[str, Pool] = {}

    @property
    def backlog(self) -> int:
        """Jobs that are not done yet."""
        return sum(pool.backlog for pool in list(self._pools.values()))

    def submit(self, job: Job, done: Done, told: Told | None = None) -> None:
        """Queues a job behind those of its lane; see `Pool.submit`."""
        with self._lock:
            lane = LANE[job["name"]]
            if lane not in self._pools:
                self._pools[lane] = Pool(self._log)
                if self._stopped:
                    self._pools[lane].stop()
            pool = self._pools[lane]
        pool.submit(job, done, told)

    def stop(self) -> None:
        """Ends all workers, within seconds; jobs that are not done end with "stopping"."""
        with self._lock:
            self._stopped = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.stop()
