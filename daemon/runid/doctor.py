"""`runid doctor`: what usually goes wrong between a training process, the daemon and the disk, and what to do about it.

Everything is looked at from here, by the user who asks, with this environment: a job may have another one.
Nothing is changed but the folders the daemon would make itself; the storage root is never made.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from runid import __version__, endpoint, orphan, places, wire
from runid.errors import DaemonError, FormatError, RunicornError
from runid.store import runs

_SOCKET_BYTES = 107  # sun_path, without its NUL
_SOCKET = "d-00000000.sock"
_ANSWER = 1.0
_SKEW = 2.0
_GIB = 1 << 30

_FILE_SYSTEMS = {
    "nfs": "NFS: other machines may see what is logged up to a minute late",
    "lustre": "Lustre: shared between machines",
    "tmpfs": "tmpfs: memory, gone after a reboot",
    "ramfs": "ramfs: memory, gone after a reboot",
    "overlay": "overlay: a container's own layer, gone with the container",
    "fuse": "FUSE: whether an fsync or a rename holds depends on what is behind it",
    "9p": "9p: shared with a host; slow, and fsync may not reach the disk",
    "cifs": "SMB: whether an fsync or a rename holds depends on the server",
}
_SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "PBS_JOBID": "PBS", "LSB_JOBID": "LSF", "KUBERNETES_SERVICE_HOST": "Kubernetes"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do about it, if anything."""

    name: str
    good: bool
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    def __str__(self) -> str:
        first = f"{'ok   ' if self.good else 'WRONG'}  {self.name}: {self.found}"
        return f"{first}\n       {self.advice}" if self.advice else first


def examine() -> list[Check]:
    """All checks. Never raises: one that cannot be made is not good, and says why."""
    found = []
    for check in _CHECKS:
        name = check.__name__.removeprefix("_").replace("_", " ")
        try:
            found.append(Check(name, *check()))
        except Exception as error:
            found.append(Check(name, False, f"could not be looked at: {error}", ""))
    return found
