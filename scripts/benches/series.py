"""Values as training makes them: five metrics, smooth and noisy, always the same ones."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator


def series(steps: int, double: bool = False) -> Iterator[dict[str, float]]:
    """The values of each step: of single precision, as a GPU gives them, or double with noise in each bit."""
    chance = random.Random(1)
    for step in range(steps):
        done = step / steps
        values = {
            "loss": 2.3 * math.exp(-5 * done) + chance.gauss(0.1, 0.01),
            "accuracy": 1 - 0.9 * math.exp(-4 * done) + chance.gauss(0.0, 0.005),
            "lr": 0.0003 * (1 + math.cos(math.pi * done)) / 2,
            "grad_norm": chance.lognormvariate(0.0, 0.3),
            "throughput": chance.gauss(1234.5, 20.0),
        }
        yield values if double else {name: _single(value) for name, value in values.items()}


def times(steps: int, start: float) -> Iterator[float]:
    """When the steps were: about 10 ms apart, with a jitter of 0.3 ms."""
    chance = random.Random(2)
    now = start
    for _ in range(steps):
        now += abs(chance.gauss(0.01, 0.0003))
        yield now


def _single(value: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found
