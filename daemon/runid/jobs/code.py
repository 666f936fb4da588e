"""The job `code`: takes the snapshot that a run asked for, and writes down what git says of the checkout.

    asked for    workspace_root: str; force: bool
    result       code.snapshot of assets.json: saved, workspace_root, format and created_at, and
                 if it is saved      archive_path, fingerprint_kind, fingerprint, file_count, total_bytes, changed[],
                                     changed_count, skipped {name: why}, skipped_count
                 else                reason: a sentence
                 in a git checkout   git: commit, branch, remote, has_changes, changed_files_count, untracked[],
                                     untracked_count, and diff: archive_path, fingerprint, total_bytes, truncated

Archive and diff are blobs, so done twice it gives the same. Of each list no more than 100 stand there, and the count.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from runid import git
from runid.snapshot import taking
from runid.snapshot.walk import Limits
from runid.store import blobs

Facts = dict[str, Any]

_LISTED = 100
_DIFF_BYTES = 1 << 20


def snapshot(job: dict[str, Any], tell: Callable[[Facts], None]) -> Facts:  # noqa: ARG001  it is done before one asks
    """Does the job. Raises OSError where the root cannot be written."""
    root, named = Path(job["root"]), job["ask"]["workspace_root"]
    found: Facts = {"saved": False, "workspace_root": named, "format": "zip", "created_at": int(time.time())}
    try:
        workspace = taking.workspace(named)
    except OSError as error:
        return found | {"reason": f"{error.strerror}: {named}."}
    told = _git(root, workspace, job["id"])
    tmp = _temporary(root, job["id"])
    try:
        taken = taking.take(workspace, tmp, Limits(force=job["ask"]["force"]), since=job["ask"]["time"])
        return found | {"saved": True} | _kept(root, tmp) | _contents(taken) | told
    except ValueError as error:
        return found | {"reason": str(error)} | told
    finally:
        tmp.unlink(missing_ok=True)


def _contents(taken: taking.Taken) -> Facts:
    return {
        "file_count": taken.file_count,
        "total_bytes": taken.total_bytes,
        "changed": taken.changed[:_LISTED],
        "changed_count": len(taken.changed),
        "skipped": dict(islice(taken.skipped.items(), _LISTED)),
        "skipped_count": len(taken.skipped),
    }


def _git(root: Path, workspace: Path, name: str) -> Facts:
    found = git.checkout(workspace)
    if found is None:
        return {}
    told: Facts = {
        "commit": found.commit,
        "branch": found.branch,
        "remote": found.remote,
        "has_changes": found.changed > 0,
        "changed_files_count": found.changed,
        "untracked": found.untracked[:_LISTED],
        "untracked_count": len(found.untracked),
    }
    diff, truncated = git.diff(workspace, _DIFF_BYTES)
    if diff:
        tmp = _temporary(root, name)
        tmp.write_bytes(diff)
        told["diff"] = _kept(root, tmp) | {"total_bytes": len(diff), "truncated": truncated}
    return {"git": told}


def _kept(root: Path, tmp: Path) -> Facts:
    """Makes a blob of a file, and says where it is."""
    with open(tmp, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"archive_path": blobs.put(root, tmp, sha256), "fingerprint_kind": "sha256", "fingerprint": sha256}


def _temporary(root: Path, name: str) -> Path:
    """A name that is free: what a killed worker left of this job is gone."""
    for folder in (root / "archive", root / blobs.BLOBS):
        folder.mkdir(exist_ok=True)
    tmp = root / blobs.BLOBS / f".{name}.tmp"
    tmp.unlink(missing_ok=True)
    return tmp
