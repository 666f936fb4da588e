"""Ranks find their job: by environments, and by real trees of processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runicorn import ranks

RANK = """
import json, os
from runicorn.ranks import current_job
job = current_job()
line = json.dumps({**job._asdict(), "run_id": job.run_id("digits", 1)})
# One write, so that the lines of several ranks do not mix.
os.write(1, line.encode() + b"\\n")
"""

# Starts a command several times at once, each with the variables of a rank.
LAUNCHER = """
import json, os, subprocess, sys
count, variables, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
ranks = [
    subprocess.Popen(command, env=os.environ | {name: value.format(rank=rank) for name, value in variables.items()})
    for rank in range(count)
]
sys.exit(max(rank.wait() for rank in ranks))
"""

TORCH = {
    "TORCHELASTIC_RUN_ID": "none",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29500",
    "RANK": "{rank}",
    "WORLD_SIZE": "2",
}
SLURM = {"SLURM_JOB_ID": "1234", "SLURM_STEP_ID": "0", "SLURM_PROCID": "{rank}", "SLURM_STEP_NUM_TASKS": "2"}
PMIX = {"PMIX_NAMESPACE": "prterun-7@1", "PMIX_RANK": "{rank}", "OMPI_COMM_WORLD_SIZE": "2"}
OMPI = {"OMPI_MCA_ess_base_jobid": "91", "OMPI_COMM_WORLD_RANK": "{rank}", "OMPI_COMM_WORLD_SIZE": "2"}

KINDS = {"torch": TORCH, "slurm": SLURM, "pmix": PMIX, "ompi": OMPI}

Job = dict[str, Any]


def of_rank(variables: dict[str, str], rank: int) -> dict[str, str]:
    return {name: value.format(rank=rank) for name, value in variables.items()}


def launch(*command: str) -> list[Job]:
    """The jobs that the ranks below a launching command report, by rank."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "PMIX", "OMPI"))}
    environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda job: job["rank"])


def launcher(count: int, variables: dict[str, str], *command: str) -> list[str]:
    return [sys.executable, "-c", LAUNCHER, str(count), json.dumps(variables), *command]


RANK_COMMAND = (sys.executable, "-c", RANK)


@pytest.mark.parametrize("kind", KINDS)
def test_the_ranks_of_one_launcher_share_their_run(kind: str) -> None:
    before = time.time()
    jobs = launch(*launcher(2, KINDS[kind], *RANK_COMMAND))
    assert [job["rank"] for job in jobs] == [0, 1]
    assert [job["world"] for job in jobs] == [2, 2]
    assert len({(job["key"], job["started"], job["run_id"]) for job in jobs}) == 1
    assert before - 2 <= jobs[0]["started"] <= time.time() + 2
    stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime(jobs[0]["started"]))
    assert re.fullmatch(stamp + "_[0-9a-f]{6}", jobs[0]["run_id"])


def test_the_same_command_again_is_another_run() -> None:
    command = launcher(1, TORCH, *RANK_COMMAND)
    [first], [second] = launch(*command), launch(*command)
    assert first["key"] != second["key"]
    assert first["run_id"] != second["run_id"]


# Starts a rank, and starts it again when it has ended; the last argument says what differs then.
RESTARTER = """
import json, os, subprocess, sys
for variables in ({}, json.loads(sys.argv[2])):
    subprocess.run([sys.executable, "-c", sys.argv[1]], env=os.environ | %r | variables, check=True)
"""


# With TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 torchrun gives its workers a port of their own at each start.
@pytest.mark.parametrize("differs", [{}, {"MASTER_PORT": "29517", "TORCHELASTIC_RESTART_COUNT": "1"}])
def test_a_rank_that_its_launcher_starts_again_is_of_the_same_run(differs: dict[str, str]) -> None:
    first, again = launch(sys.executable, "-c", RESTARTER % of_rank(TORCH, 0), RANK, json.dumps(differs))
    assert first == again


def test_a_shell_between_launcher_and_rank_changes_nothing() -> None:
    # The shell must not become the rank by exec, so something is left to do for it.
    wrapped = ("/bin/sh", "-c", '"$@"; true', "sh", *RANK_COMMAND)
    jobs = launch(*launcher(2, TORCH, *wrapped))
    assert [job["rank"] for job in jobs] == [0, 1]
    assert len({job["run_id"] for job in jobs}) == 1


def test_of_nested_launchers_the_inner_one_counts() -> None:
    task = {**SLURM, "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "4"}
    jobs = launch(*launcher(1, task, *launcher(2, TORCH, *RANK_COMMAND)))
    assert [(job["key"].split(":")[0], job["rank"], job["world"]) for job in jobs] == [("torch", 0, 2), ("torch", 1, 2)]
    assert len({job["run_id"] for job in jobs}) == 1


def test_srun_with_pmix_is_one_launcher() -> None:
    jobs = launch(*launcher(2, PMIX | SLURM, *RANK_COMMAND))
    assert [(job["key"].split(":")[0], job["rank"]) for job in jobs] == [("slurm", 0), ("slurm", 1)]
    assert len({job["run_id"] for job in jobs}) == 1


def test_a_launcher_inside_a_rank_of_its_own_kind_is_a_job_of_its_own() -> None:
    inner = TORCH | {"MASTER_PORT": "29501"}
    jobs = launch(*launcher(2, TORCH, *launcher(2, inner, *RANK_COMMAND)))
    assert [job["rank"] for job in jobs] == [0, 0, 1, 1]
    assert len({job["run_id"] for job in jobs}) == 2


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"RANK": "0", "WORLD_SIZE": "2"},
        {"SLURM_JOB_ID": "1234"},
        {"SLURM_JOB_ID": "1234", "SLURM_PROCID": "0"},
        {"SLURM_JOB_ID": "1234", "SLURM_STEP_ID": "0"},
        of_rank(SLURM, 0) | {"SLURM_STEP_NUM_TASKS": "1", "SLURM_NTASKS": "8"},
        of_rank(TORCH, 0) | {"RANK": "first"},
        of_rank(TORCH, 0) | {"RANK": "-1"},
        of_rank(TORCH, 0) | {"MASTER_PORT": ""},
        {name: value for name, value in of_rank(TORCH, 0).items() if name != "RANK"},
    ],
)
def test_outside_of_a_job(environ: dict[str, str]) -> None:
    assert ranks.current_job(environ) is None


def test_torchrun_in_a_shell_of_slurm_is_a_job() -> None:
    shell = of_rank(SLURM, 0) | {"SLURM_STEP_NUM_TASKS": "1"}
    job = ranks.current_job(shell | of_rank(TORCH, 3))
    assert job is not None
    assert (job.key.split(":")[0], job.rank, job.world) == ("torch", 3, 2)


def test_the_world_may_be_unknown() -> None:
    job = ranks.current_job({"PMIX_NAMESPACE": "x", "PMIX_RANK": "1"})
    assert job is not None
    assert job.world is None


def test_path_and_number_make_other_runs() -> None:
    job = ranks.Job("key", 0, 2, 1_000_000_000.0)
    made = {job.run_id(path, number) for path in ("a", "b") for number in (1, 2)}
    assert len(made) == 4
    assert job.run_id("a", 1) == ranks.Job("key", 1, 2, 1_000_000_000.0).run_id("a", 1)
    assert job.run_id("\udcff", 1)


def test_a_launcher_that_is_hidden_is_told_apart_by_its_pid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stat").write_text("cpu  1 2 3\nbtime 1000000000\nprocesses 5\n")
    monkeypatch.setattr(ranks, "_PROC", tmp_path)
    job = ranks.current_job(of_rank(SLURM, 1))
    assert job is not None
    assert job.started == 1_000_000_000.0
    assert f" {os.getppid()}@" in job.key


def test_without_proc_the_start_time_comes_from_ps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ranks.current_job(of_rank(TORCH, 1))
    monkeypatch.setattr(ranks, "_PROC", tmp_path / "missing")
    job = ranks.current_job(of_rank(TORCH, 1))
    assert known is not None
    assert job is not None
    assert job == ranks.current_job(of_rank(TORCH, 1))
    assert abs(job.started - known.started) <= 2
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ranks.current_job(of_rank(TORCH, 1)) is None
