"""What a code snapshot costs the program that asks for it, and the disk when the code has not changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benches.home import Home
from benches.rows import Row, median

_FILES = 2000


def rows(tries: int) -> Iterator[Row]:
    """The rows of a snapshot of 2,000 files, the first and those of unchanged code."""
    with Home() as home:
        home.daemon()
        _write(home.folder / "code")
        found = []
        sizes = []
        for _ in range(tries):
            found.append(json.loads(home.python("-c", _SNAPSHOTS, str(home.folder / "code")).splitlines()[-1]))
            sizes.append(_blobs(home.root))
    begun, done, kept = (median(one[name] for one in found) for name in ("init", "done", "files"))
    assert kept == _FILES
    how = f"{_FILES:,} files of 5 kB; the first init() of a process, median of {tries}."
    yield Row("init(snapshot_code=True)", 10.0, 1000 * begun, "ms", how)
    yield Row("until the snapshot is kept", None, 1000 * done, "ms", "The same: the daemon archives it meanwhile.")
    how = f"Bytes in archive/blobs after {tries} runs less those after the first, {sizes[0]:,}."
    yield Row("a snapshot of unchanged code", 0.0, sizes[-1] - sizes[0], "bytes", how)


def _write(folder: Path) -> None:
    for number in range(_FILES):
        place = folder / f"package{number % 40}" / f"module{number}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"value_{number}_{line} = {number * line}\n" for line in range(200)))


def _blobs(root: Path) -> int:
    return sum(path.stat().st_size for path in (root / "archive" / "blobs").rglob("*") if path.is_file())


_SNAPSHOTS = """
import json, sys, time
import runicorn as rn

began = time.perf_counter()
run = rn.init("snapshots", snapshot_code=True, workspace_root=sys.argv[1])
begun = time.perf_counter() - began
stored = rn.Api().run
run.finish()
while not (code := stored(run.id).code):
    time.sleep(0.01)
done = time.perf_counter() - began
print(json.dumps({"init": begun, "done": done, "files": code["file_count"]}))
"""
