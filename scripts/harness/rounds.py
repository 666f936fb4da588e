"""What every round ends with: all at rest, counted in a fresh process, and each writer's end as it should be."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field

from harness.count import Count
from harness.counters import FINISH, KINDS, POINTS
from harness.counting import NOTHING, Verdict
from harness.job import Job, RoundError
from harness.processes import PLAN
from harness.world import World

WORST = ("finished", "interrupted", "failed", "crashed")


@dataclass(slots=True)
class Tally:
    """One row of the table. `aimed` and `hit`: kills at named points; `elsewhere`: other kills, by name."""

    row: str
    rounds: int = 0
    verdicts: dict[str, Verdict] = field(default_factory=lambda: dict.fromkeys(KINDS, NOTHING))
    aimed: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether nothing was lost or doubled, and nothing else was wrong."""
        return not self.faults and all(verdict.good for verdict in self.verdicts.values())

    def add(self, count: Count) -> None:
        """Takes the result of one run."""
        for kind, verdict in count.verdicts.items():
            self.verdicts[kind] += verdict


def count_run(world: World, job: Job, prefix: bool = False) -> Count:
    """Counts the job's run in a fresh process. Raises RoundError when that fails."""
    options = ["--prefix"] if prefix else []
    counters = [str(counters.path) for counters in job.counters]
    told = subprocess.run(
        [sys.executable, "-m", "harness.count", str(world.root / "runs" / job.path), *options, *counters],
        env={name: value for name, value in world.environment.items() if name != PLAN},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if told.returncode:
        raise RoundError(f"the run could not be read: {told.stderr}")
    return Count.from_json(told.stdout)


def judge_run(world: World, job: Job, tally: Tally, ends: tuple[str, ...] = ("crashed",)) -> None:
    """Lets all come to rest, counts, and raises RoundError for all that is not as it should be.

    `ends`: how a writer whose finish() did not return may have ended.
    """
    world.settle()
    count = count_run(world, job)
    tally.add(count)
    complaints = [*sorted(count.complaints, key=lambda told: "lost" not in told), *_ends(job, count, ends)]
    if complaints:
        more = f"; and {len(complaints) - 5} more" if len(complaints) > 5 else ""
        raise RoundError("; ".join(complaints[:5]) + more)


def _ends(job: Job, count: Count, ends: tuple[str, ...]) -> list[str]:
    """What is wrong about how the writers, and so the run, are said to have ended."""
    complaints = []
    for rank, counters in enumerate(job.counters):
        status = count.writers.get(rank, ["missing"])[0]
        if job.finished(rank):
            allowed: tuple[str, ...] = ("finished",)
        elif counters.attempted(FINISH):
            allowed = ("finished", *ends)
        elif counters.returned(POINTS):
            allowed = ends
        else:
            allowed = ("missing", *ends)
        if status not in allowed:
            complaints.append(f"rank {rank} is said to be {status}, not {' or '.join(allowed)}")
    statuses = [status for status, _ in count.writers.values()]
    worst = max(statuses, key=WORST.index, default="") if all(status in WORST for status in statuses) else "?"
    if count.status != worst:
        complaints.append(f"the run is said to be {count.status}, its worst writer {worst}")
    bad = [rank for rank, (status, _) in sorted(count.writers.items()) if status == worst != "finished"]
    if bad and f"rank {bad[0]}" not in count.exit_reason and len(count.writers) > 1:
        complaints.append(f"the exit reason does not name rank {bad[0]}: {count.exit_reason!r}")
    return complaints
