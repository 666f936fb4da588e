"""Ranks of one job that call the same init() log into one run, whoever of them is killed or started again."""

from pathlib import Path

from tests.programs import ended, finish, points, start, text, train

from runid.store import runs

# Starts ranks as torchrun does; RESTART starts a killed rank again at once. Waits for the dead when stdin ends, since
# every kernel tells how a process ended until somebody has waited for it.
LAUNCHER = """\
import os, subprocess, sys

program, path, restart = sys.argv[1:]
job = {"TORCHELASTIC_RUN_ID": "none", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "WORLD_SIZE": "4"}

def launch(rank, times):
    environ = os.environ | job | {"RANK": str(rank), "TORCHELASTIC_RESTART_COUNT": str(times)}
    return subprocess.Popen([sys.executable, "-W", "error", "-c", program, path], env=environ, stdin=subprocess.DEVNULL)

ranks = [launch(rank, 0) for rank in range(4)]
if restart == "RESTART":
    ranks[2].wait()
    ranks[2] = launch(2, 1)
sys.stdin.read()
codes = [rank.wait() for rank in ranks]
assert codes == [0, 0, 0 if restart == "RESTART" else codes[2], 0], codes
"""

RANK = """\
import os, sys
import runicorn as rn

rank = int(os.environ["RANK"])
run = rn.init(sys.argv[1], config={f"of rank {rank}": rank, "lr": 0.1})
other = rn.init(sys.argv[1] + "_other")
for step in range(1, 101):
    run.log(loss=rank + step / 1000)
run.log_text(f"from {rank}")
run.summary({f"rank {rank}": step})
other.log(loss=float(rank))
"""


def test_ranks_log_into_one_run_and_the_same_command_again_into_another(root: Path) -> None:
    launchers = [start(LAUNCHER, RANK, "job", "") for _ in range(2)]
    for launcher in launchers:
        assert finish(launcher) == ("", "")
    folders = list((root / "runs" / "job").iterdir())
    assert len(folders) == 2
    for folder in folders:
        check(ended(root, f"job/{folder.name}", 4))
    others = [ended(root, f"job_other/{folder.name}", 4) for folder in (root / "runs" / "job_other").iterdir()]
    assert [sorted(points(run)) for run in others] == [[("loss", 1, float(rank)) for rank in range(4)]] * 2


def check(run: runs.Run) -> None:
    assert (run.status, run.exit_reason) == ("finished", None)
    assert [(writer["rank"], writer["world"], writer["status"]) for writer in run.writers] == [
        (rank, 4, "finished") for rank in range(4)
    ]
    table = run.points().select(["rank", "step", "value"]).to_pylist()
    assert [tuple(row.values()) for row in table] == [
        (rank, step, rank + step / 1000) for rank in range(4) for step in range(1, 101)
    ]
    assert sorted(line.rpartition(" | ")[2] for line in text(run)) == [f"from {rank}" for rank in range(4)]
    assert run.config == {"lr": 0.1} | {f"of rank {rank}": rank for rank in range(4)}
    assert run.summary == {f"rank {rank}": 100 for rank in range(4)}


KILLED = """\
import os, signal, sys
import runicorn as rn

run = rn.init(sys.argv[1])
for step in range(1, 101):
    run.log(loss=1.0)
    if (os.environ["RANK"], step, os.environ["TORCHELASTIC_RESTART_COUNT"]) == ("2", 50, "0"):
        run.flush(20)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_end_of_a_run_that_lost_a_rank(root: Path) -> None:
    launcher = start(LAUNCHER, KILLED, "killed", "")
    run = ended(root, "killed/*", 4)
    finish(launcher)
    assert run.status == "crashed"
    assert run.exit_reason == "rank 2 of 4 was killed by SIGKILL at step 50; the others finished"
    assert len(points(run)) == 350


def test_a_rank_that_is_started_again_goes_on_in_the_run(root: Path) -> None:
    train(LAUNCHER, KILLED, "restarted", "RESTART")
    run = ended(root, "restarted/*", 5)
    assert [(writer["rank"], writer["status"]) for writer in run.writers] == [
        (0, "finished"), (1, "finished"), (2, "crashed"), (2, "finished"), (3, "finished")
    ]  # fmt: skip
    assert len(points(run)) == 450
    assert (run.status, run.exit_reason) == ("finished", None)
