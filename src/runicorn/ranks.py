"""Ranks of one job: how processes started together find, without a word between them, that they belong to one run.

A process is a rank of a job when its environment holds a launcher's job key and a rank. The launching process is its
nearest ancestor that is not of this job itself, that is, does not carry the same key together with a rank: so a shell
between launcher and rank changes nothing, and of nested launchers (srun torchrun) the inner one counts. All ranks of a
job on this machine share key, launcher's pid and launcher's start time; the same command given twice has two launchers,
and a worker that its launcher starts again keeps its own. Two programs that one rank starts one after the other do look
alike: in the same path they continue one run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from runicorn.names import stamped

_PROC = Path("/proc")


class Job(NamedTuple):
    """This process' place in a job: the key its ranks share, its rank, how many they are, when the launcher began."""

    key: str
    rank: int
    world: int | None
    started: float

    def run_id(self, path: str, number: int) -> str:
        """The run id that all ranks make for the `number`-th `init()` of their process, from 1, under `path`."""
        # Costs milliseconds to load; outside of jobs nobody needs it.
        import hashlib

        digest = hashlib.sha256("\0".join((self.key, str(number), path)).encode("utf-8", "surrogateescape"))
        return stamped(self.started, digest.hexdigest()[:6])


class _Launcher(NamedTuple):
    """A kind of launcher: the variables by which its processes know their job, their rank, and how many they are.

    `passing`: those of the keys that may be others when the launcher starts its ranks again.
    """

    name: str
    keys: tuple[str, ...]
    rank: str
    world: tuple[str, ...]
    passing: tuple[str, ...] = ()

    def key(self, environ: Mapping[str, str]) -> str | None:
        """What the job's processes have in common now; None when the environment is not that of a rank."""
        values = [environ.get(name, "") for name in self.keys]
        if not all(values) or _count(environ.get(self.rank)) is None:
            return None
        return ":".join((self.name, *values))

    def lasting(self, environ: Mapping[str, str]) -> str:
        """What they have in common for as long as the job lasts."""
        return ":".join((self.name, *(environ[name] for name in self.keys if name not in self.passing)))

    def world_size(self, environ: Mapping[str, str]) -> int | None:
        return next((size for name in self.world if (size := _count(environ.get(name)))), None)


_SLURM = _Launcher("slurm", ("SLURM_JOB_ID", "SLURM_STEP_ID"), "SLURM_PROCID", ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"))
_LAUNCHERS = (
    _SLURM,
    _Launcher("pmix", ("PMIX_NAMESPACE",), "PMIX_RANK", ("OMPI_COMM_WORLD_SIZE",)),
    _Launcher("ompi", ("OMPI_MCA_ess_base_jobid",), "OMPI_COMM_WORLD_RANK", ("OMPI_COMM_WORLD_SIZE",)),
    _Launcher(
        "torch",
        ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT"),
        rank="RANK",
        world=("WORLD_SIZE",),
        passing=("MASTER_ADDR", "MASTER_PORT"),  # torchrun takes a free port at each start of its workers
    ),
)


def current_job(environ: Mapping[str, str] = os.environ) -> Job | None:
    """The job this process is a rank of; None outside of one, or where the launcher's start time cannot be learned.

    A Slurm step of one task is none: an interactive shell looks like that, and its commands are not one run.
    """
    mine = {launcher: key for launcher in _LAUNCHERS if (key := launcher.key(environ)) is not None}
    if mine.get(_SLURM) and _SLURM.world_size(environ) == 1:
        del mine[_SLURM]
    if not mine:
        return None
    launcher, pid = _launched_by(mine)
    start = _start(pid)
    rank = _count(environ.get(launcher.rank))
    if start is None or rank is None:
        return None
    ticks, started = start
    return Job(f"{launcher.lasting(environ)} {pid}@{ticks}", rank, launcher.world_size(environ), started)


def _launched_by(mine: Mapping[_Launcher, str]) -> tuple[_Launcher, int]:
    """The nearest ancestor that is not of a job of `mine`, and the launcher whose job that is; its pid otherwise."""
    pid = os.getpid()
    for pid in _ancestors():
        theirs = _environ(pid)
        for launcher, key in mine.items():
            if launcher.key(theirs) != key:
                return launcher, pid
    # A container's first process may have the rank's environment itself.
    return next(iter(mine)), pid


def _ancestors() -> Iterator[int]:
    """Pids of parent, grandparent and so on, as far as they can be seen."""
    pid = os.getppid()
    while pid > 0:
        yield pid
        stat = _stat(pid)
        pid = int(stat[1]) if stat else 0


def _environ(pid: int) -> dict[str, str]:
    """The environment the process was started with; empty when it is not ours to read."""
    try:
        entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    pairs = (os.fsdecode(entry).partition("=") for entry in entries)
    return {name: value for name, _, value in pairs}


def _start(pid: int) -> tuple[str, float] | None:
    """When the process began: ticks since boot, and seconds since the epoch. None where the system does not say.

    Some clusters hide the processes of other users, slurmstepd among them: then it is the machine's start, which the
    ranks share as well; key and pid still tell jobs apart.
    """
    booted = _boot_time()
    if booted is None:
        return _start_by_ps(pid)
    stat = _stat(pid)
    ticks = stat[19] if stat else "0"
    return ticks, booted + int(ticks) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat behind the command's name: [0] the state, [1] the parent, [19] the start."""
    try:
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None


def _boot_time() -> float | None:
    # Not the clocks' difference: the ranks have to agree on every bit of it.
    try:
        lines = (_PROC / "stat").read_text().splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), None)


def _start_by_ps(pid: int) -> tuple[str, float] | None:
    """The start time by the `ps` command, for systems without /proc."""
    import subprocess

    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        answer = subprocess.run(command, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=True)
        started = time.mktime(time.strptime(answer.stdout.strip(), "%a %b %d %H:%M:%S %Y"))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip(), started


def _count(text: str | None) -> int | None:
    """A whole number from 0; None for everything else."""
    return int(text) if text and text.isascii() and text.isdigit() else None
