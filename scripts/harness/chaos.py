"""Kills trainers and daemons under load, and counts in the files that nothing is lost and nothing doubled.

    scripts/chaos [--rounds N] [--only ROW …] [--seed N] [--round N]

Four trainers log into one run, with numbered points, text, objects, summary and config, images, videos, datasets and
outputs; each counts by itself what it attempted and what returned. In the rows trainer, daemon, both and group
something is killed by SIGKILL in each round; a third of the kills falls into named points of the product, the rest is
spread evenly over the load. The other rows are played once in each of their variants. Exit status 1: something was
lost, doubled or otherwise wrong; what the failed round left is kept, and can be looked at.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from types import FrameType

from harness import kill_rows, points
from harness.counters import KINDS
from harness.counting import NOTHING
from harness.job import RoundError
from harness.rounds import Tally
from harness.special_rows import SPECIALS
from harness.world import World

_ENOUGH_FAULTS = 5
_DISK = "16m"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Plays the rows and prints their table."""
    arguments = _arguments()
    for number in _SIGNALS:
        signal.signal(number, _leave)
    points.check()
    if not arguments.inside:
        print(f"seed {arguments.seed}")
        kinds = "".join(f"{kind:>10}" for kind in KINDS)
        print(f"{'':9}rounds{kinds}  lost  doubled  seconds  kills", flush=True)
    good = [_play_row(row, arguments) for row in arguments.only]
    return 0 if all(good) else 1


def _arguments() -> argparse.Namespace:
    rows = (*kill_rows.ROWS, *SPECIALS)
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100, help="rounds of each row with SIGKILL (default: 100)")
    parser.add_argument("--only", nargs="+", choices=rows, default=rows, metavar="ROW", help=", ".join(rows))
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="what all random choices come from")
    parser.add_argument("--round", type=int, help="only this round or variant of each row")
    parser.add_argument("--verbose", action="store_true", help="say how long each round took, and where it killed")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _play_row(row: str, arguments: argparse.Namespace) -> bool:
    if row == "full" and not arguments.inside:
        return _in_namespace(row, arguments)
    tally = Tally(row)
    began = time.monotonic()
    last = SPECIALS[row][0] if row in SPECIALS else arguments.rounds
    world: World | None = None
    try:
        for number in [arguments.round] if arguments.round else range(1, last + 1):
            world = world or _world(row)
            tally.rounds += 1
            round_began = time.monotonic()
            good = _play_round(world, row, number, arguments, tally)
            if arguments.verbose:
                print(f"  {row} {number}: {time.monotonic() - round_began:.1f} s {world.hit()}", flush=True)
            if not good:
                world.close(keep=True)
                world = None
            elif row in SPECIALS:
                world.close(keep=False)
                world = None
            if tally.faults >= _ENOUGH_FAULTS:
                break
    finally:
        if world:
            world.close(keep=False)
    tally.seconds = time.monotonic() - began
    _print(tally)
    return tally.good


def _play_round(world: World, row: str, number: int, arguments: argparse.Namespace, tally: Tally) -> bool:
    """Plays one round, and says whether all was well."""
    rng = random.Random(f"{arguments.seed}/{row}/{number}")
    try:
        if row in SPECIALS:
            SPECIALS[row][1](world, tally, rng, number)
        else:
            point = kill_rows.choose_point(row, number, arguments.seed)
            kill_rows.Round(world, row, number, rng, tally, point).play()
    except (RoundError, subprocess.TimeoutExpired) as fault:
        tally.faults += 1
        where = f" (killed at {world.hit()})" if world.hit() else ""
        print(
            f"{row}, round {number}{where}: {fault}.\n"
            f"    What it left is in {world.folder}; again: "
            f"scripts/chaos --only {row} --seed {arguments.seed} --round {number}",
            flush=True,
        )
        return False
    return True


def _world(row: str) -> World:
    world = World(row)
    if row == "full":
        world.mount_root(_DISK)
    return world


def _in_namespace(row: str, arguments: argparse.Namespace) -> bool:
    """Plays a row in namespaces of its own, where anybody may mount a small disk."""
    command = ["unshare", "-Urm", sys.executable, "-m", "harness.chaos", "--only", row, "--inside"]
    command += ["--seed", str(arguments.seed)]
    command += ["--round", str(arguments.round)] if arguments.round else []
    process = subprocess.Popen(command, env=os.environ)
    try:
        return process.wait() == 0
    finally:
        process.terminate()
        process.wait()


def _print(tally: Tally) -> None:
    total = sum(tally.verdicts.values(), NOTHING)
    kills = [f"{point} {tally.hit[point]}/{count}" for point, count in sorted(tally.aimed.items())]
    kills += [f"{name} {count}" for name, count in sorted(tally.elsewhere.items()) if count]
    numbers = "".join(f"{tally.verdicts[kind].kept:10}" for kind in KINDS)
    faults = f"  {tally.faults} ROUNDS FAILED" if tally.faults else ""
    print(
        f"{tally.row:9}{tally.rounds:6}{numbers}{total.lost:6}{total.doubled:9}{tally.seconds:9.0f}  "
        f"{', '.join(kills)}{faults}",
        flush=True,
    )


def _leave(number: int, _: FrameType | None) -> None:
    """Leaves in order; a second signal must not stop the cleaning up."""
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
