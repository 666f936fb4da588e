"""Blobs: bytes named by their content, stored once for all runs of a root.

archive/blobs/<ab>/<sha256>     the bytes with that SHA-256; ab: its first two digits
archive/blobs/.<name>.tmp       being written, or left behind by a crash
"""

from __future__ import annotations

import os
from pathlib import Path

from runid.store import files

BLOBS = "archive/blobs"


def blob_path(sha256: str) -> str:
    """Where a blob is, relative to the root."""
    return f"{BLOBS}/{sha256[:2]}/{sha256}"


def put(root: Path, tmp: Path, sha256: str) -> str:
    """Makes a blob of a temporary file below the root that holds its bytes, and gives its path, relative to the root.

    Either way the temporary file is gone. Raises OSError.
    """
    target = root / blob_path(sha256)
    if target.exists() and target.stat().st_size == tmp.stat().st_size:
        os.unlink(tmp)
        return blob_path(sha256)
    files.sync_file(tmp)
    target.parent.mkdir(exist_ok=True)
    os.rename(tmp, target)
    files.sync_folder(target.parent)
    return blob_path(sha256)
