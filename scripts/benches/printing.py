"""What it costs to print while the console is captured."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benches.home import Home
from benches.rows import Row, median

_LINES = 10_000


def rows(tries: int) -> Iterator[Row]:
    """The row of captured lines beside plain ones."""
    with Home() as home:
        home.daemon()
        found = [json.loads(home.python("-c", _PRINTS).splitlines()[-1]) for _ in range(tries)]
    plain, captured, begun = (median(one[number] for one in found) for number in range(3))
    how = f"{_LINES:,} lines into a pipe, {1000 * captured:.0f} ms instead of {1000 * plain:.0f}, median of {tries}."
    yield Row("captured print", 2.0, captured / plain, "times", how)
    yield Row("init(capture_console=True)", 10.0, 1000 * begun, "ms", f"The second of a process, median of {tries}.")


_PRINTS = f"""
import json, sys, time
import runicorn as rn

def printed():
    began = time.perf_counter()
    for number in range({_LINES}):
        print("epoch 3 step", number, "loss 0.12345 accuracy 0.98")
    sys.stdout.flush()
    return time.perf_counter() - began

rn.init("first").finish()
plain = printed()
began = time.perf_counter()
run = rn.init("captured", capture_console=True)
begun = time.perf_counter() - began
captured = printed()
run.finish()
print(json.dumps([plain, captured, begun]))
"""
