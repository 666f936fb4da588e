"""Where folders are: the daemon's runtime folder, the outbox and its spill, and what names this process and boot.

    runtime   $XDG_RUNTIME_DIR/runid, else /tmp/runid-<uid>          sockets, endpoint.json, secret.json, locks, a log
    outbox    RUNICORN_OUTBOX, else /dev/shm/runid-<uid>             chunks in shared memory
    spill     RUNICORN_OUTBOX/spill, else /var/tmp/runid-<uid>       chunks moved to local disk

Each is the user's own, mode 0700; a folder of that name that somebody else made is never used.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from runid.errors import FolderError

MIB = 1 << 20
MARKER = ".runicorn-root"
"""The file that marks a folder as a storage root."""
_SHARED_MEMORY = Path("/dev/shm")


def runtime_dir() -> Path:
    """The daemon's runtime folder, made if missing. Raises FolderError when none can be had."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    candidates = [Path(base, "runid")] if base and os.path.isdir(base) else []
    candidates += [Path(f"/tmp/runid-{os.getuid()}"), Path.home() / ".cache" / "runid"]
    return _first(candidates)


def outbox_dir() -> Path:
    """The folder that holds the writers' outboxes, made if missing. Raises FolderError when none can be had."""
    named = os.environ.get("RUNICORN_OUTBOX")
    if named:
        return private(Path(named).expanduser().absolute())
    if _SHARED_MEMORY.is_dir() and _size(_SHARED_MEMORY) >= 8 * MIB:
        return _first([_SHARED_MEMORY / f"runid-{os.getuid()}", runtime_dir() / "outbox"])
    return spill_dir()


def spill_dir() -> Path:
    """The folder on local disk that chunks are moved to, made if missing. Raises FolderError when none can be had."""
    named = os.environ.get("RUNICORN_OUTBOX")
    if named:
        return private(private(Path(named).expanduser().absolute()) / "spill")
    return _first([Path(f"/var/tmp/runid-{os.getuid()}"), runtime_dir() / "spill"])


def private(folder: Path) -> Path:
    """The folder, made with mode 0700 if missing. Raises FolderError unless it is the user's own."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise FolderError(f"{folder} cannot be used: {error.strerror}. Make it writable or name another.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise FolderError(f"{folder} is not a folder of yours, so nothing is put there. Remove it or name another.")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def outbox_budget(folder: Path) -> int:
    """Bytes that all outboxes of the user together may hold: 1/8 of the file system, 1/8 of what the cgroup leaves."""
    budget = _size(folder) // 8
    left = _cgroup_left()
    return budget if left is None else min(budget, left // 8)


def megabytes(name: str, default: int) -> int:
    """The setting `name`, given in MiB, as bytes; the default where it is missing or no number."""
    try:
        return int(float(os.environ[name]) * MIB)
    except (KeyError, ValueError, OverflowError):
        return default * MIB


def boot_id() -> str:
    """What names this boot of the machine; empty where the system does not say."""
    return _read_line(Path("/proc/sys/kernel/random/boot_id"))


def pid_namespace() -> str:
    """What names this process' pid namespace; empty where the system does not say."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def process_start(pid: int) -> int:
    """When the process began, in clock ticks since boot; 0 where the system does not say or it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def _first(candidates: list[Path]) -> Path:
    problems = []
    for folder in candidates:
        try:
            return private(folder)
        except FolderError as error:
            problems.append(str(error))
    raise FolderError(" ".join(problems))


def _size(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_blocks * found.f_frsize


def _cgroup_left() -> int | None:
    """Bytes left below the memory limit of this process' cgroup (v2 or v1); None without a limit."""
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            folder, names = Path("/sys/fs/cgroup" + path), ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            folder, names = Path("/sys/fs/cgroup/memory" + path), ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        limit, used = (_read_line(folder / name) for name in names)
        if limit.isdigit() and used.isdigit() and int(limit) < 1 << 60:
            return max(0, int(limit) - int(used))
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _read_line(path: Path) -> str:
    return _read(path).strip()
