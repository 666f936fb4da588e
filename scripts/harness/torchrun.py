"""`scripts/ranks`: what becomes of the ranks that torchrun starts, with examples/torchrun_ddp.py on four of them.

    1  the command             one run, in which four ranks log and finish
    2  the same command again  a second run
    3  with --max-restarts 1   rank 2 is killed on the way: torchrun starts all ranks again, and the run goes on
    4  without restarts        rank 2 is killed on the way: the run has crashed

All of it is checked in the files. Exits with 1 when something is not as told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benches.home import Home, end_in_order
from runid.store import runs

_HOUSE = Path(__file__).resolve().parents[2]
_TORCHRUN = _HOUSE / ".venv" / "torch" / "bin" / "torchrun"
_RUNICORN = str(_HOUSE / ".venv" / "bin" / "runicorn")
_EXAMPLE = _HOUSE / "examples" / "torchrun_ddp.py"
_WORLD = 4
_KILLED = 2
_EPOCH = 23  # steps of an epoch: 1,437 images for 4 ranks of 16 images a step
_LAST = 12 * _EPOCH
_KILL_AT = 4 * _EPOCH
_PATIENCE = 120.0

Sentences = Iterator[tuple[str, bool]]


def main() -> int:
    """Trains four times, and prints what is so and what is not."""
    end_in_order()
    wrong = 0
    # torchrun shares its store with its workers, where gloo finds the addresses of those that died before a restart:
    # see PyTorch's issue 167288.
    with Home(TORCH_DISABLE_SHARE_RDZV_TCP_STORE="1", OMP_NUM_THREADS="1") as home:
        for part in (_once, _again, _restarted, _killed):
            for sentence, true in part(home):
                print(f"{'as told' if true else 'NOT SO'}: {sentence}", flush=True)
                wrong += not true
        print(home.command(_RUNICORN, "ls"))
        home.runid("stop")
    return 1 if wrong else 0


def _once(home: Home) -> Sentences:
    made = _train(home)
    yield "the command made one run", len(made) == 1
    yield from _whole(home, made[0])


def _again(home: Home) -> Sentences:
    made = _train(home)
    yield "the same command made another one", len(made) == 1 and len(_folders(home)) == 2
    yield from _whole(home, made[0])


def _whole(home: Home, run: runs.Run) -> Sentences:
    yield (
        f"{run.id}: the four ranks have finished, and so has the run",
        _ends(run) == [(rank, "finished") for rank in range(_WORLD)] and run.status == "finished",
    )
    yield (
        f"{run.id}: each rank logged the steps 1 … {_LAST}, each once",
        all(_steps(run, rank) == [*range(1, _LAST + 1)] for rank in range(_WORLD)),
    )
    yield f"{run.id}: more than 90% of the test images are read right", run.summary["best_metric_value"] > 0.9
    yield (
        f"{run.id}: `runicorn show` names them",
        _shown(home, run) == [[rank, _LAST, "finished"] for rank in range(_WORLD)],
    )


def _restarted(home: Home) -> Sentences:
    made = _train(home, "--max-restarts=1", kill=True)
    run = made[0]
    yield "the ranks that were started again joined the same run", len(made) == 1
    yield "each rank has two writers", [rank for rank, _ in _ends(run)] == [0, 0, 1, 1, 2, 2, 3, 3]
    first, second = (writer for writer in run.writers if writer["rank"] == _KILLED)
    yield f"the first writer of rank {_KILLED} was killed by SIGKILL", _by_sigkill(first)
    begun = min(_steps(run, _KILLED, second["number"]))
    yield f"the second went on from the last checkpoint, at step {begun}", begun > _EPOCH and begun % _EPOCH == 1
    yield f"and logged all up to step {_LAST}", _steps(run, _KILLED, second["number"]) == [*range(begun, _LAST + 1)]
    kept = _steps(run, _KILLED, first["number"])
    yield (
        f"what the first had logged, to step {len(kept)}, is kept",
        len(kept) >= _KILL_AT and kept == [*range(1, len(kept) + 1)],
    )
    yield "the run has finished, for every rank has", run.status == "finished"
    yield "`runicorn show` tells of all eight", [rank for rank, _, _ in _shown(home, run)] == [0, 0, 1, 1, 2, 2, 3, 3]


def _killed(home: Home) -> Sentences:
    made = _train(home, kill=True)
    run = made[0]
    print(f"          {run.exit_reason}"[:120])
    yield "without restarts it is one run too", len(made) == 1
    dead = [writer for writer in run.writers if writer["rank"] == _KILLED]
    yield f"rank {_KILLED} was killed by SIGKILL", len(dead) == 1 and _by_sigkill(dead[0])
    yield "no other one finished", all(end != "finished" for _, end in _ends(run))
    yield (
        f"the run has crashed, by rank {_KILLED}",
        run.status == "crashed"
        and str(run.exit_reason).startswith(f"rank {_KILLED} of {_WORLD} was killed by SIGKILL"),
    )
    yield "`runicorn show` tells it", [end for rank, _, end in _shown(home, run) if rank == _KILLED] == ["crashed"]


def _train(home: Home, *options: str, kill: bool = False) -> list[runs.Run]:
    """Runs the command to its end, and kills a rank on the way if that is wanted; the runs that it made."""
    before = _folders(home)
    epochs = f"--epochs={_LAST // _EPOCH}"
    command = [str(_TORCHRUN), f"--nproc-per-node={_WORLD}", *options, str(_EXAMPLE), epochs]
    print("\n$", " ".join(command).replace(f"{_HOUSE}/", ""), flush=True)
    with subprocess.Popen(command, env=home.environment, stderr=subprocess.PIPE, text=True) as launcher:
        if kill:
            _kill(home, before, launcher)
        try:
            said = launcher.communicate(timeout=_PATIENCE)[1]
        finally:
            launcher.terminate()  # it has ended, unless it took too long
    if (launcher.returncode != 0) != (kill and not options):
        sys.exit(f"torchrun ended with {launcher.returncode}:\n{said}")
    home.settle()
    return [runs.read_run(folder) for folder in sorted(_folders(home) - before)]


def _kill(home: Home, before: set[Path], launcher: subprocess.Popen[str]) -> None:
    """Kills the rank as soon as its step is on the disk."""
    while launcher.poll() is None:
        for folder in _folders(home) - before:
            for writer in runs.read_run(folder).writers:
                if writer["rank"] == _KILLED and (writer["last_step"] or 0) >= _KILL_AT:
                    os.kill(writer["pid"], signal.SIGKILL)
                    return
        time.sleep(0.02)


def _folders(home: Home) -> set[Path]:
    return set(runs.find_runs(home.root))


def _ends(run: runs.Run) -> list[tuple[int, str]]:
    return [(writer["rank"], writer["status"]) for writer in run.writers]


def _by_sigkill(writer: dict[str, Any]) -> bool:
    return (writer["status"], writer["reason"]) == ("crashed", "was killed by SIGKILL")


def _steps(run: runs.Run, rank: int, writer: int | None = None) -> list[int]:
    """The steps at which a rank, or one writer of it, logged its loss."""
    rows = run.points().select(["metric", "rank", "writer", "step"]).to_pylist()
    return [
        row["step"]
        for row in rows
        if (row["metric"], row["rank"]) == ("loss", rank) and writer in (None, row["writer"])
    ]


def _shown(home: Home, run: runs.Run) -> list[list[Any]]:
    """Rank, last step and end state of each writer, as `runicorn show` prints them; it is printed here as well."""
    lines = home.command(_RUNICORN, "show", run.id).splitlines()
    table = lines[lines.index("writers") :]
    table = table[: table.index("")]
    print("\n".join(f"          {line[:110]}" for line in table))
    rows = [line.split() for line in table[2:]]  # rank, host, pid, last step, status …
    return [[int(row[0]), int(row[3]) if row[3] != "-" else None, row[4]] for row in rows]


if __name__ == "__main__":
    sys.exit(main())
