"""What it costs to have a dataset archived: its caller, and until it is done, for the first time and again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from benches.home import BenchError, Home
from benches.rows import Row, median

_TRIES = 5


def rows(megabytes: int) -> Iterator[Row]:
    """The rows of a dataset of so many MB in eight files, logged by several runs."""
    with Home() as home:
        home.daemon()
        folder = home.folder / "data"
        folder.mkdir()
        for number in range(8):
            _write(folder / str(number), number, megabytes * 1_000_000 // 8)
        time.sleep(2.5)  # what was just written is not trusted to be unchanged
        called, done = zip(*(_logged(home, folder) for _ in range(_TRIES)), strict=True)
        stored = list((home.root / "archive" / "blobs").glob("*/*"))
    if sum(len(path.name) == 64 for path in stored) != 8:
        raise BenchError(f"8 files became {len(stored)} blobs.")
    size = f"{megabytes:,} MB in eight files"
    how = f"{size}; the longest of {_TRIES} processes, the first of which has the daemon hash and copy all of it."
    yield Row("log_dataset(save=True)", 5.0, 1000 * max(called), "ms", how)
    yield Row("a dataset is archived", None, done[0], "s", f"{size}, from the call until the run has come to rest.")
    how = f"The same dataset in later runs, which read none of it; median of {_TRIES - 1}."
    yield Row("archived before, unchanged", None, median(done[1:]), "s", how)


def _write(path: Path, number: int, size: int) -> None:
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write((number.to_bytes(4, "little") * (1 << 18))[:size])


def _logged(home: Home, folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    called = json.loads(home.python("-c", _LOGS, str(folder)).splitlines()[-1])
    home.settle()
    return float(called), time.perf_counter() - began


_LOGS = """
import json, sys, time
import runicorn as rn

run = rn.init("archived")
began = time.perf_counter()
run.log_dataset("data", sys.argv[1], save=True)
called = time.perf_counter() - began
run.finish()
print(json.dumps(called))
"""
