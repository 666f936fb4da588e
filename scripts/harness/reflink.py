"""`scripts/reflink`: what archived outputs take on a btrfs, which has reflinks. Needs root.

A checkpoint of 8 shards is archived twice, by both modes. The copies must be what was written, must share its extents
(flag SHARED of FIEMAP, as filefrag shows it), and must take no room but for the names.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

from benches.home import BenchError, Home, end_in_order

_SHARDS = 8


def main() -> int:
    """Shows it; exits 1, with a sentence, where it is not so."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/reflink", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=16, help="size of a shard (default: 16)")
    chosen = parser.parse_args()
    try:
        with _btrfs(6 * _SHARDS * chosen.megabytes + 512) as disk:
            _show(disk, chosen.megabytes << 20)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def _btrfs(megabytes: int) -> Iterator[Path]:
    """A folder on a btrfs of its own, which is in a file."""
    with tempfile.TemporaryDirectory(prefix="rn-reflink-") as made:
        image, disk = Path(made, "image"), Path(made, "disk")
        disk.mkdir()
        image.touch()
        os.truncate(image, megabytes << 20)
        for command in (["mkfs.btrfs", "-q", str(image)], ["mount", "-o", "loop", str(image), str(disk)]):
            subprocess.run(command, check=True)
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)


def _show(disk: Path, shard: int) -> None:
    with Home(RUNICORN_DIR=str(disk / "root")) as home:
        home.daemon()
        names = [f"shard-{number}.pt" for number in range(_SHARDS)]
        (disk / "out" / "ckpt").mkdir(parents=True)
        for name in names:
            (disk / "out" / "ckpt" / name).write_bytes(os.urandom(shard))
        before = _used(disk)
        home.python("-c", _SCANS, str(disk / "out"))
        took = _used(disk) - before
        copies = [path.parent for path in (disk / "root" / "archive").rglob("*_ckpt/shard-0.pt")]
        home.runid("stop")
        if len(copies) != 2 or not all(
            cmp(disk / "out" / "ckpt" / name, copy / name, False) for copy in copies for name in names
        ):
            raise BenchError(f"The copies are not what was written: {copies}.")
        shared = [name for copy in copies for name in names if _shared(copy / name)]
        print(f"2 copies of {_SHARDS * shard / 1e6:.0f} MB take {took / 1e6:.1f} MB; {len(shared)} of 16 files share")
        if len(shared) != 2 * _SHARDS or took > shard:
            raise BenchError("The copies do not share their source's extents.")


def _used(disk: Path) -> int:
    """Bytes taken, by all that was written so far."""
    subprocess.run(["sync", "-f", disk], check=True)
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _shared(path: Path) -> bool:
    """Whether all extents of a file are shared."""
    done = subprocess.run(["filefrag", "-v", path], check=True, capture_output=True, text=True)
    extents = [line for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]
    return bool(extents) and all("shared" in line for line in extents)


_SCANS = """
import sys
import runicorn as rn

with rn.init("reflink", run_id="r1") as run:
    for mode in ("rolling", "overwrite_versions"):
        found = run.scan_outputs_once(
            output_dirs=[sys.argv[1]], patterns=["ckpt/"], mode=mode, stable_required=1, min_age_sec=0.0
        )
        assert found["archived"] == 1, found
"""


if __name__ == "__main__":
    sys.exit(main())
