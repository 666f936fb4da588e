"""What was archived before, so that logging it again reads nothing: one line for each file or folder.

    archive/seen/<host>.log     an empty line, then JSON {source, listing, fingerprint}, again and again

`listing` tells names, sizes, times and inodes of what lay at the path `source`, `fingerprint` what became of it: the
name of a blob or a manifest. Each host appends to its own file, and all are read. Nothing depends on these files: a
line that is torn or lost costs reading the files again, and blobs are looked for before a line is believed.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

SEEN = "archive/seen"


def find(root: Path, source: str, listing: str) -> str | None:
    """The fingerprint of what lies there, if just that was archived before. Raises OSError."""
    for path in sorted((root / SEEN).glob("*.log")):
        for line in path.read_bytes().split(b"\n"):
            if listing.encode() in line:
                with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):  # torn
                    said = json.loads(line)
                    if said["source"] == source and said["listing"] == listing:
                        return str(said["fingerprint"])
    return None


def add(root: Path, host: str, source: str, listing: str, fingerprint: str) -> None:
    """Writes down what was archived. Raises OSError."""
    (root / SEEN).mkdir(exist_ok=True)
    line = json.dumps({"source": source, "listing": listing, "fingerprint": fingerprint})
    descriptor = os.open(root / SEEN / f"{host}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, f"\n{line}\n".encode())
    finally:
        os.close(descriptor)
