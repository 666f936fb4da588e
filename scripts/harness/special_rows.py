"""The rows that are played once in each variant: signals, a full disk, lost outboxes, a second daemon, lost memory."""

from __future__ import annotations

import errno
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.counters import EVENTS, POINTS
from harness.job import RANKS, Job, RoundError, wait
from harness.processes import alive, send
from harness.rounds import Tally, count_run, judge_run
from harness.world import World


def sigterm(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """SIGTERM to all trainers and the daemon, as a scheduler sends it."""
    world.start_daemon()
    job = _under_load(world, variant)
    time.sleep(rng.uniform(0, 1))
    daemon = world.kill_daemon(signal.SIGTERM)
    for rank in range(RANKS):
        job.kill_rank(rank, signal.SIGTERM)
    job.join()
    wait(lambda: not alive(daemon), 30.0, "the daemon did not end after SIGTERM although all writers had")
    judge_run(world, job, tally, ends=("interrupted",))


def sigstop(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """The daemon stands still for 10 s; training does not notice."""
    world.start_daemon()
    job = _under_load(world, variant, rate=1000)
    time.sleep(rng.uniform(0, 0.5))
    before = [counters.returned(POINTS) for counters in job.counters]
    world.kill_daemon(signal.SIGSTOP)
    time.sleep(10)
    after = [counters.returned(POINTS) for counters in job.counters]
    world.kill_daemon(signal.SIGCONT)
    if min(late - early for early, late in zip(before, after, strict=True)) < 2000:
        raise RoundError(f"trainers waited for a daemon that stood still: {before} steps became {after} in 10 s")
    time.sleep(1)
    job.stop()
    job.join()
    judge_run(world, job, tally)


def full(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """The disk is full for 3 s; in the second variant a trainer and the daemon are killed meanwhile."""
    world.start_daemon()
    job = _under_load(world, variant, rate=1000)
    ballast = _fill(world.root)
    time.sleep(rng.uniform(1, 2))
    if variant == 2:
        job.kill_rank(rng.randrange(RANKS))
        world.kill_daemon()
    time.sleep(2)
    if not _is_full(world.root):
        raise RoundError(f"the disk of {world.root} was not full all the time")
    told = world.status() if world.daemon_pid() else {}
    if told and "space" not in str(told):
        raise RoundError(f"the disk is full, and `runid status` does not say so: {told}")
    ballast.unlink()
    time.sleep(1)
    job.stop()
    job.join()
    judge_run(world, job, tally)


def outbox(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """Both folders of the outbox are removed; when they are seen again, under load, a trainer is killed.

    In the second variant the daemon stands still from before the removal until the trainer is dead: what it does not
    hold, part of it on disk, is then in the outbox alone.
    """
    if variant == 2:
        world.environment["RUNICORN_OUTBOX_MB"] = "2"
    world.start_daemon()
    job = _under_load(world, variant)
    if variant == 2:
        world.kill_daemon(signal.SIGSTOP)
        wait(lambda: len(list(world.outbox.glob("spill/*/*"))) >= RANKS, 20.0, "no writer moved anything to disk")
    time.sleep(rng.uniform(0, 0.5))
    writers = [owner.parent.name for owner in world.outbox.glob("*/owner")]
    shutil.rmtree(world.outbox, ignore_errors=True)
    wait(
        lambda: all((world.outbox / writer / "owner").exists() for writer in writers),
        5.0,
        "an outbox that had lost its folders was not made again",
    )
    time.sleep(rng.uniform(0, 1))
    job.kill_rank(rng.randrange(RANKS))
    world.kill_daemon(signal.SIGCONT)
    time.sleep(0.5)
    job.stop()
    job.join()
    judge_run(world, job, tally)


def second(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """Two daemons serve one run: by two runtime folders, or because the first one's folder was moved away.

    One writer of each is killed; the daemons come to rest one after the other.
    """
    world.start_daemon()
    first = world.daemon_pid()
    if variant == 1:
        other = str(world.runtime("r2"))
        world.start_daemon()
        world.runtime("r")
        extra = {"XDG_RUNTIME_DIR": other}
        job = Job(world.folder / "round-1", "chaos/second/r1", world.environment, ranks=({}, {}, extra, extra))
        job.go()
    else:
        other = str(world.runtime("r2"))
        world.runtime("r")
        job = Job(world.folder / "round-2", "chaos/second/r2", world.environment)
        job.go((0, 1))
        job.wait_for_steps(0, 200)
        job.wait_for_steps(1, 200)
        Path(world.folder, "r", "runid").rename(Path(other, "runid"))
        wait(lambda: _serves_another(world, first), 10.0, "no second daemon came up beside the first")
        job.go((2, 3))
    for rank in range(RANKS):
        job.wait_for_steps(rank, 500)
    job.kill_rank(rng.choice((0, 1)))
    job.kill_rank(rng.choice((2, 3)))
    time.sleep(1)
    job.stop()
    job.join()
    if variant == 2:
        # Its socket has no name any more, so nobody can ask it: its successor, in the same folder, finishes its work.
        send(first, str(world.plan), signal.SIGTERM)
        wait(lambda: not alive(first), 30.0, "the daemon whose folder was moved did not end")
        Path(other, "runid", "endpoint.json").unlink()
    world.runtime("r2")
    world.settle()
    world.runtime("r")
    judge_run(world, job, tally)


def lost(world: World, tally: Tally, rng: random.Random, variant: int) -> None:
    """A whole pid namespace is killed and shared memory wiped: kept is what a journal held, the end is told."""
    namespace = ("unshare", "-Urpf", "--mount-proc", "--kill-child")
    job = Job(world.folder / f"round-{variant}", f"chaos/lost/r{variant}", world.environment, prefix=namespace)
    job.go()
    for rank in range(RANKS):
        job.wait_for_steps(rank, 500)
    time.sleep(rng.uniform(0, 2))
    steps = [counters.returned(POINTS) for counters in job.counters]
    time.sleep(1)
    job.process.kill()
    job.process.wait()
    wait(lambda: not world.processes(), 5.0, "processes outlived their pid namespace")
    shutil.rmtree(world.outbox)
    before = count_run(world, job, prefix=True).kept
    world.settle()
    count = count_run(world, job, prefix=True)
    tally.add(count)
    complaints = count.complaints
    if any(kept < step for kept, step in zip(count.kept["points"], steps, strict=True)):
        complaints.append(f"of {steps} steps that were 1 s old, the journals held {count.kept['points']}")
    if any(count.kept[kind] != before[kind] for kind in EVENTS):
        complaints.append(f"the journals held {before}, and recovery made {count.kept} of it")
    if count.status != "crashed" or "lost contact" not in count.exit_reason:
        complaints.append(f"the run is said to be {count.status}: {count.exit_reason!r}, not crashed: lost contact")
    if complaints:
        raise RoundError("; ".join(complaints))


SPECIALS: dict[str, tuple[int, Callable[[World, Tally, random.Random, int], None]]] = {
    "sigterm": (1, sigterm),
    "sigstop": (1, sigstop),
    "full": (2, full),
    "outbox": (2, outbox),
    "second": (2, second),
    "lost": (1, lost),
}
"""Per row how many variants it has, and what plays one."""


def _under_load(world: World, variant: int, rate: float = 3000) -> Job:
    """A job all of whose trainers have logged a few hundred steps."""
    job = Job(world.folder / f"round-{variant}", f"chaos/load/r{variant}", world.environment, rate)
    job.go()
    for rank in range(RANKS):
        job.wait_for_steps(rank, 300)
    return job


def _serves_another(world: World, first: int) -> bool:
    world.start_daemon()
    return world.daemon_pid() not in {0, first}


def _fill(folder: Path) -> Path:
    """Writes a file until the disk is full, and gives it."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def _is_full(folder: Path) -> bool:
    try:
        (folder / "probe").write_bytes(bytes(1 << 13))
    except OSError as error:
        return error.errno == errno.ENOSPC
    finally:
        (folder / "probe").unlink(missing_ok=True)
    return False
