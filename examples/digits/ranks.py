"""Starts the ranks of one job and averages their gradients.

Each rank is a process of its own that holds one end of a pipe. At every step it sends its vector up and gets back the
mean over the ranks that are still there, with their numbers. A rank that dies closes its pipe; the others go on.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Rank:
    """A rank as the launcher sees it."""

    process: subprocess.Popen[str]
    pipe: Connection

    def receive(self) -> Floats | None:
        """The vector of the rank's next step; None when the rank is gone."""
        try:
            vector: Floats = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return vector

    def send(self, mean: Floats, ranks: list[int]) -> None:
        # It may have died since it sent its vector: the next receive() tells.
        with suppress(OSError):
            self.pipe.send((mean, ranks))


def launch(program: Path, world: int) -> dict[int, Rank]:
    """Start `world` processes of `program`, with the environment torchrun gives them; by rank."""
    job = {"WORLD_SIZE": str(world), "TORCHELASTIC_RUN_ID": uuid.uuid4().hex}
    job |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    # One thread each: four ranks that all ask for every core would only wait for each other.
    job |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ranks = {}
    for rank in range(world):
        ours, theirs = Pipe()
        with theirs:
            here = {"RANK": str(rank), "LOCAL_RANK": str(rank), "DIGITS_PIPE": str(theirs.fileno())}
            process = subprocess.Popen(
                [sys.executable, str(program)],
                env=os.environ | job | here,
                pass_fds=[theirs.fileno()],
                stdout=subprocess.PIPE,
                text=True,
            )
        ranks[rank] = Rank(process, ours)
    return ranks


def average(ranks: dict[int, Rank], after_step: Callable[[int], None]) -> None:
    """Answer every step of the ranks with the mean of what they sent, until none is left.

    `after_step(n)` is called when the n-th mean is known and before anybody gets it.
    """
    step = 0
    while vectors := {n: vector for n, rank in ranks.items() if (vector := rank.receive()) is not None}:
        step += 1
        mean = np.mean(list(vectors.values()), axis=0)
        after_step(step)
        for n in vectors:
            ranks[n].send(mean, list(vectors))


class Peers:
    """The other ranks, as one of them sees them."""

    def __init__(self) -> None:
        self._pipe = Connection(int(os.environ["DIGITS_PIPE"]))

    def mean(self, vector: Floats) -> tuple[Floats, list[int]]:
        """The mean of this step's vectors, and the ranks that took part."""
        self._pipe.send(vector)
        mean, ranks = self._pipe.recv()
        return mean, ranks
