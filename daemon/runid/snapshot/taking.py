"""Taking a snapshot: finding the files, archiving them, and seeing whether they stayed as they were meanwhile."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from runid.snapshot import archive
from runid.snapshot.ignore import literal
from runid.snapshot.walk import Limits, Tree, state, walk

IGNORE_FILE = ".rnignore"


class Taken(NamedTuple):
    """What an archive holds."""

    file_count: int
    total_bytes: int
    """Uncompressed."""
    changed: list[str]
    """Files that were written to, replaced or removed while the snapshot was taken: they may not fit the others."""
    skipped: dict[str, str]
    """What could not be taken: why."""


def workspace(root: str | os.PathLike[str]) -> Path:
    """The real path of a workspace. Raises FileNotFoundError and NotADirectoryError where there is none."""
    path = Path(os.path.realpath(root))
    if path.is_dir():
        return path
    if path.exists():
        raise NotADirectoryError(errno.ENOTDIR, "There is no code to snapshot, the workspace is no folder", str(path))
    raise FileNotFoundError(errno.ENOENT, "There is no code to snapshot, the workspace does not exist", str(path))


def take(
    root: Path,
    out: Path,
    limits: Limits,
    ignore_file: str = IGNORE_FILE,
    excludes: Iterable[str] = (),
    since: float = math.inf,
) -> Taken:
    """Archives the workspace `root`, a real path, into the new file `out`; `since`: when that was asked for.

    Raises ValueError past the limits, before anything is written, and OSError.
    """
    tree = walk(root, ignore_file, excludes, limits)
    with open(out, "xb") as file:
        count, total = archive.write(tree, file)
    return Taken(count, total, changed(tree, since), tree.skipped)


def changed(tree: Tree, since: float = math.inf) -> list[str]:
    """The files of a tree that are no longer as they were when they were found, or were written to after `since`."""
    return [
        found.name
        for found in tree.files
        if found.name not in tree.skipped and (found.modified > since or state(found.path) != found.state)
    ]


def snapshot_workspace(
    root: str | os.PathLike[str],
    out_zip: str | os.PathLike[str],
    ignore_file: str,
    excludes: Iterable[str],
    limits: Limits,
) -> dict[str, Any]:
    """`runicorn.snapshot_workspace`: the archive becomes `out_zip`, whole or not at all."""
    real, out = workspace(root), Path(os.path.abspath(out_zip))
    temporary = out.with_name(f".{out.name}.{os.urandom(4).hex()}.tmp")
    try:
        taken = take(real, temporary, limits, ignore_file, [*excludes, *_itself(real, out)])
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return {"workspace_root": str(Path(root).absolute()), "archive_path": str(out), "format": "zip", **taken._asdict()}


def _itself(root: Path, out: Path) -> list[str]:
    """The patterns for an archive that lies in its workspace, and for what a killed process left of one."""
    place = Path(os.path.realpath(out.parent)) / out.name
    if not place.is_relative_to(root):
        return []
    own = place.relative_to(root)
    return [literal(own.as_posix()), literal(own.with_name(f".{own.name}.").as_posix()) + "*.tmp"]
