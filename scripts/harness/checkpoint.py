"""`scripts/outputs`: a checkpoint folder in 8 shards, written while it is watched, is archived once, whole, never half.

The shards are written piece by piece. With --kill the daemon is killed with SIGKILL each time it begins a copy, three
times at most; the trainer's sender starts the next. At the end the copy must be what was written, byte by byte, there
must be one entry and one folder, and no copy must ever have been there that was not whole.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from filecmp import cmp
from pathlib import Path

import psutil

from benches.home import BenchError, Home, end_in_order
from runid.store import runs

_SHARDS = 8
_PIECE = 1 << 20
_KILLS = 3


def main() -> int:
    """Runs the proof; exits 1, with a sentence, where it fails."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/outputs", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=0.05, help="size of the checkpoint (default: 0.05)")
    parser.add_argument("--kill", action="store_true", help="kill the daemon while it copies")
    chosen = parser.parse_args()
    try:
        prove(int(chosen.gigabytes * 1e9 / _SHARDS), _KILLS if chosen.kill else 0)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prove(shard: int, kills: int) -> None:
    """Raises BenchError where something else is archived than what was written, or more than once."""
    with Home() as home:
        home.daemon()
        out, folder = home.folder / "out", home.root / "runs" / "checkpoint" / "r1"
        command = [sys.executable, "-c", _WATCHES, str(out)]
        with subprocess.Popen(command, env=home.environment, cwd="/", stdin=subprocess.PIPE) as trainer:
            home.waited(folder.exists, 30.0, "The run did not begin")
            began = time.monotonic()
            for name, piece in _pieces(shard):
                _append(out / "ckpt" / name, piece)
                _never_half(home, folder, out)
            print(f"{_SHARDS} shards of {shard / 1e6:.1f} MB written in {time.monotonic() - began:.1f} s")
            done = _killed(home, folder, kills)
            home.waited(lambda: _entries(folder), 900.0, "The checkpoint was not archived")
            trainer.communicate()
        home.waited(lambda: home.answer() and not home.answer()["runs"], 300.0, "The run did not end")
        _never_half(home, folder, out)
        entries, copies = (
            _entries(folder),
            list((home.root / "archive" / "outputs" / "rolling" / "checkpoint" / "r1").iterdir()),
        )
        if len(entries) != 1 or len(copies) != 1:
            raise BenchError(f"It was archived more than once: {entries}, {copies}.")
        print(f"archived once and whole: {copies[0].name}; the daemon was killed {done} times in the middle")


def _pieces(shard: int) -> Iterator[tuple[str, bytes]]:
    for number in range(_SHARDS):
        for start in range(0, shard, _PIECE):
            yield f"shard-{number}.pt", os.urandom(min(_PIECE, shard - start))


def _append(path: Path, piece: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.write(piece)


def _killed(home: Home, folder: Path, most: int) -> int:
    """Kills the daemon while it copies, so often at most; gives how often it was caught at that."""
    copies, kills = home.root / "archive" / "outputs" / "rolling" / "checkpoint" / "r1", 0
    while kills < most and not _entries(folder):
        if any(copies.glob(".*.tmp/shard-*")):
            psutil.Process(home.answer()["pid"]).kill()
            kills += 1
            home.waited(lambda: home.answer() and not any(copies.glob(".*.tmp")), 600.0, "No daemon goes on")
    return kills


def _never_half(home: Home, folder: Path, out: Path) -> None:
    for entry in _entries(folder):
        copy, names = home.root / entry["archive_path"], [f"shard-{number}.pt" for number in range(_SHARDS)]
        if not all((copy / name).exists() and cmp(out / "ckpt" / name, copy / name, False) for name in names):
            raise BenchError(f"What is archived is not what was written: {entry}.")


def _entries(folder: Path) -> list[dict[str, str]]:
    return runs.read_run(folder).outputs if (folder / "writers").exists() else []


_WATCHES = """
import sys
import runicorn as rn

with rn.init("checkpoint", run_id="r1") as run:
    run.watch_outputs(output_dirs=[sys.argv[1]], patterns=["ckpt/"], interval_sec=1.0, min_age_sec=3.0)
    sys.stdin.read()
"""


if __name__ == "__main__":
    sys.exit(main())
