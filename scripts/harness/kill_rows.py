"""The rows in which something is killed by SIGKILL: a trainer, the daemon, both, or the whole process group."""

from __future__ import annotations

import random
import time

from harness.job import RANKS, Job, RoundError, wait
from harness.points import DAEMON, PLACES, TRAINER, Place, Plan
from harness.rounds import Tally, judge_run
from harness.world import World

ROWS = ("trainer", "daemon", "both", "group")

_LOAD = 1.0
"""Seconds of load per round."""

_TAIL = 0.4
"""Seconds behind the load in which a timed kill may still fall: finish() and the sealing of the rest."""

_POINTS = {
    "trainer": ("start-up", "publish", "files", "sealing", "recovery"),
    "daemon": ("start-up", "publish", "files", "sealing", "merging", "recovery"),
    "both": ("start-up", "publish", "files", "sealing", "merging", "recovery"),
    "group": ("start-up", "publish", "files", "sealing", "merging", "recovery"),
}
"""Merging happens when all trainers have ended: none is left to be killed then."""


class Round:
    """One round: a job under load, one kill or two, and what is left of it."""

    def __init__(self, world: World, row: str, number: int, rng: random.Random, tally: Tally, point: str) -> None:
        self._world, self._row, self._rng, self._tally, self._point = world, row, rng, tally, point
        self._path = f"chaos/{row}/r{number}"
        self._folder = world.folder / f"round-{number}"
        # The group is killed with and without the daemon: in containers they go together.
        with_group = rng.random() < 0.5 or point in {"merging", "recovery"}
        self._with_daemon = row in {"daemon", "both"} or (row == "group" and with_group)

    def play(self) -> None:
        """Plays the round. Raises RoundError when anything is wrong after it."""
        world = self._world
        place = self._place()
        if self._point == "start-up" and self._with_daemon:
            world.stop_daemon()
        else:
            world.start_daemon()
        # Processes read the plan when they start, to see whether they need watch the busiest function.
        world.aim(self._plan(place, [], armed=False) if place else None)
        job = Job(self._folder, self._path, world.environment)
        rank = self._rng.randrange(RANKS)
        if place is None or place.point == "recovery":
            self._kill_in_time(job, rank, place)
        else:
            self._kill_at_point(job, rank, place)
        job.stop()
        job.join()
        if place:
            self._settle_point(place, self._victims(job, rank))
        judge_run(world, job, self._tally)

    def _place(self) -> Place | None:
        """A place of this round's point, in a process that the row can have there."""
        if not self._point:
            return None
        fitting = [place for place in PLACES if place.point == self._point]
        if self._point == "start-up":
            processes = [DAEMON] * self._with_daemon + [TRAINER] * (self._row != "daemon")
            fitting = [place for place in fitting if place.process in processes]
        if self._point == "recovery":
            died = [DAEMON] * self._with_daemon + [TRAINER] * (self._row != "daemon")
            fitting = [place for place in fitting if place.after in died]
        return self._rng.choice(fitting)

    def _victims(self, job: Job, rank: int) -> list[str | int]:
        victims: list[str | int] = [DAEMON] if self._with_daemon else []
        if self._row in {"trainer", "both"}:
            victims.append(str(job.counters[rank].path))
        if self._row == "group":
            victims.append(job.group)
        return victims

    def _plan(self, place: Place, victims: list[str | int], armed: bool) -> Plan:
        return Plan(
            place,
            self._rng.randint(1, place.calls),
            self._rng.random(),
            victims,
            str(self._world.token),
            str(self._world.endpoint),
            armed,
        )

    def _kill_in_time(self, job: Job, rank: int, place: Place | None) -> None:
        """Kills at a random moment; for recovery, arms the point at which whoever cleans up is killed in turn."""
        job.go()
        job.wait_for_steps(rank, 1)
        # Who has finished leaves nothing to be recovered.
        moment = self._rng.uniform(0, _LOAD if place else _LOAD + _TAIL)
        time.sleep(min(moment, _LOAD))
        if moment > _LOAD:
            job.stop()
            time.sleep(moment - _LOAD)
        if place:
            self._world.aim(self._plan(place, self._victims(job, (rank + 1) % RANKS), armed=True))
        if self._row == "daemon" and not place and self._rng.random() < 0.25 and self._world.kill_worker():
            self._tally.elsewhere["a worker"] += 1
        else:
            self._world.kill(self._victims(job, rank))
            self._tally.elsewhere["timed"] += not place
        time.sleep(max(0.0, _LOAD - moment))

    def _kill_at_point(self, job: Job, rank: int, place: Place) -> None:
        """Lets the plan kill at its point while there is load, or kills then; merging comes when the load is over."""
        victims = self._victims(job, rank)
        self._world.aim(self._plan(place, victims, armed=True))
        job.go()
        if place.point == "merging":
            job.wait_for_steps(rank, 1)
            time.sleep(1.5 * _LOAD)  # enough segments that they are merged
            return
        began = time.monotonic()
        try:
            wait(lambda: bool(self._world.hit()), 2 * _LOAD, "the point was not passed")
        except RoundError:
            self._world.kill(victims)
        time.sleep(max(0.0, began + _LOAD - time.monotonic()))

    def _settle_point(self, place: Place, victims: list[str | int]) -> None:
        """Waits for a point that is passed only when the load is over; kills the daemon where it was missed."""
        self._world.settle()
        self._tally.aimed[place.point] += 1
        if self._world.hit():
            self._tally.hit[place.point] += 1
        elif DAEMON in victims:
            self._world.kill([DAEMON])


def choose_point(row: str, number: int, seed: int) -> str:
    """The named point of a round: every third round has one, each of the row's points in turn."""
    points = _POINTS[row]
    return "" if number % 3 else points[(number // 3 + seed) % len(points)]
