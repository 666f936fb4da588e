"""The lineage: what the files of this daemon, and of those it takes over from, bear in their names as `<host>`.

Host name and a random id. It is continued only by whoever holds the runtime folder's lock in the same boot of the
machine; whoever else begins a new one. So two daemons of one user on one machine, or in two containers that share a
root, never write into the same file.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from runid import places
from runid.store import files


def current(runtime: Path) -> str:
    """The lineage that whoever takes the lock of this runtime folder continues; empty where that begins a new one."""
    saved = files.read_json(runtime / "lineage.json") or {}
    host = saved.get("host")
    whole = isinstance(host, str) and saved.get("boot") == places.boot_id() and _PLAIN.fullmatch(host)
    return str(host) if whole else ""


def take(runtime: Path) -> str:
    """The lineage of this runtime folder; call with its lock held. Raises OSError."""
    host = current(runtime)
    if host:
        return host
    path, boot = runtime / "lineage.json", places.boot_id()
    name = re.sub(r"[^A-Za-z0-9_.]+", "_", socket.gethostname())[:40] or "host"
    host = f"{name}_{os.urandom(4).hex()}"
    files.replace_json(path, {"host": host, "boot": boot}, mode=0o600)
    return host


_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]{0,63}")
