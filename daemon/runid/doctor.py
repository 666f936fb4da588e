"""`runid doctor`: what usually goes wrong between a training process, the daemon and the disk, and what to do about it.

Everything is looked at from here: by the user who asks, in this environment. A job may have another one.
Nothing is made but the folders that the daemon would make itself, and temporary files; the storage root is not made.
"""

from __future__ import annotations

import os
import platform
import pwd
import re
import resource
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from runid import __version__, endpoint, orphan, places, wire
from runid.errors import DaemonError, FormatError

Found: TypeAlias = tuple[bool, str, str]
"""Whether it is good, what was found, and advice."""

_MOUNTS = Path("/proc/self/mounts")
_SOCKET_BYTES = 107  # what a socket's path may have
_ANSWER = 1.0
_PATIENCE = 5.0
_SKEW = 2.0
_GIB = 1 << 30
_LEAST_OUTBOX = 1 << 20
_LEAST_DESCRIPTORS = 1024
_LEAST_INODES = 10_000

_FILE_SYSTEMS = {
    "nfs": (True, "Other machines may see what is logged up to a minute later; nothing is lost by that."),
    "lustre": (True, "It is shared between machines: a stalled server delays what is logged, and loses nothing."),
    "fuse": (True, "What lies behind FUSE decides whether a rename or an fsync holds; a local disk or NFS is safer."),
    "9p": (True, "It belongs to the host of this machine: slow, and an fsync may not reach the disk."),
    "cifs": (True, "The server decides whether a rename or an fsync holds; a local disk or NFS is safer."),
    "overlay": (True, "It ends with this container: mount a volume, and name it with RUNICORN_DIR."),
    "tmpfs": (False, "It is memory and gone after a reboot: name a disk with RUNICORN_DIR."),
}
_SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "PBS_JOBID": "PBS", "LSB_JOBID": "LSF", "KUBERNETES_SERVICE_HOST": "Kubernetes"}
_CONTAINERS = ("/.dockerenv", "/run/.containerenv", "/.singularity.d")
_LASTING = ("systemd", "init", "launchd")  # a first process that outlives what users start


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do, if anything."""

    name: str
    good: bool
    found: str
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON has it."""
        return asdict(self)

    def __str__(self) -> str:
        first = f"{'ok   ' if self.good else 'WRONG'}  {self.name}: {self.found}"
        return f"{first}\n       {self.advice}" if self.advice else first


def examine() -> list[Check]:
    """All checks, in at most a few seconds each. Never raises: what cannot be looked at is not good, and says why."""
    return [Check(name, *_within(_PATIENCE, check)) for name, check in _CHECKS.items()]


def _within(seconds: float, check: Callable[[], Found]) -> Found:
    """What a check finds. A disk that hangs would hang it for ever, so it has a thread of its own."""
    found: list[Found] = []

    def look() -> None:
        try:
            found.append(check())
        except Exception as error:
            found.append((False, f"could not be looked at: {error}", ""))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(seconds)
    hangs = (False, f"took more than {seconds:.0f} s", "A disk may hang; `dmesg` may tell which.")
    return found[0] if found else hangs


def _runtime() -> Found:
    folder, named = places.runtime_dir(), os.environ.get("XDG_RUNTIME_DIR")
    found = f"{folder}, mode {stat.S_IMODE(folder.lstat().st_mode):04o}"
    length = len(os.fsencode(folder / "d-00000000.sock"))
    if length > _SOCKET_BYTES:
        too_long = f"{found}: a socket's path in it has {length} bytes, {_SOCKET_BYTES} may be"
        return False, too_long, "Set XDG_RUNTIME_DIR to a folder with a shorter path."
    if named and folder.parent != Path(named):
        advice = f"XDG_RUNTIME_DIR names {named}, which cannot be used; where it can be, another daemon may serve."
        return True, found, advice
    return True, found, ""


def _daemon() -> Found:
    runtime = places.runtime_dir()
    found = endpoint.find(runtime)
    if found is None and endpoint.stopped(runtime):
        return False, "does not run, since `runid stop` was said", "Events wait in outboxes until `runid start`."
    if found is None:
        return True, "does not run; the next init() starts it", ""
    if (found.version, found.protocol) != (__version__, wire.PROTOCOL):
        differing = f"is version {found.version}, protocol {found.protocol}; this is {__version__}, {wire.PROTOCOL}"
        return False, f"pid {found.pid} {differing}", "Run `runid restart`: nothing is lost."
    try:
        endpoint.ask(found, wire.Status(), _ANSWER)
    except DaemonError:
        advice = f"It may be stopped: `kill -CONT {found.pid}`. Killing it loses nothing, its writers start another."
        return False, f"pid {found.pid} lives, but has not answered within {_ANSWER:.0f} s", advice
    return True, f"pid {found.pid} answers, version {found.version}, protocol {found.protocol}", ""


def _open_runs() -> Found:
    found = endpoint.find(places.runtime_dir())
    answer = endpoint.ask(found, wire.Status(), _ANSWER) if found else None
    if not isinstance(answer, wire.Report):
        return True, "none, for no daemon runs", ""
    status = answer.status
    troubles = [run["trouble"] for run in status["runs"] if run["trouble"]]
    lost = f"{status['dropped']} events dropped, {status['lost_bytes']} bytes lost"
    if troubles:
        return False, f"{len(troubles)} in trouble. {troubles[0]}", "What is logged waits in the outbox until it can."
    if status["dropped"] or status["lost_bytes"]:
        return False, lost, "`runicorn show` says which; RUNICORN_OUTBOX_MB and RUNICORN_SPILL_MB give more room."
    return True, f"{len(status['runs'])}, with {status['writers']} writers; {lost}", ""


def _outbox() -> Found:
    folder = places.outbox_dir()
    kind, used, free = _file_system(folder), _used(folder), _statvfs(folder)[0]
    room = min(max(0, places.outbox_budget(folder) - used), free)
    found = f"{folder} on {kind}, {_size(used)} held, {_size(room)} left for all your writers together"
    if kind.startswith(("nfs", "lustre", "cifs", "fuse")):
        return False, found, "An outbox must lie on this machine: name another folder with RUNICORN_OUTBOX."
    if room < _LEAST_OUTBOX:
        advice = "Enlarge /dev/shm (docker run --shm-size=1g), or name another folder with RUNICORN_OUTBOX."
        return False, found, f"Events go to local disk, and are dropped when that is full. {advice}"
    if kind not in ("tmpfs", "unknown"):
        return True, found, "It is no memory: a busy disk may delay log(); what it holds survives the job."
    return True, found, ""


def _outboxes() -> Found:
    parent = places.outbox_dir()
    live, dead, strange = _owners(parent)
    found = f"{live} of live writers, {len(dead)} of dead ones, in {parent}"
    gone = sorted({root for root in dead if not os.path.isdir(root)})
    if strange:
        return False, f"{found}; {strange[0]} cannot be read", "Remove it, unless it was made just now."
    if dead and endpoint.find(places.runtime_dir()) is None:
        return False, found, "`runid start` brings what they hold into their runs."
    if gone:
        return False, f"{found}; their root {gone[0]} is missing", "Mount it, and what they hold is brought there."
    return True, found, "The daemon is bringing what they hold into their runs." if dead else ""


def _owners(parent: Path) -> tuple[int, list[str], list[Path]]:
    """How many outboxes have a live writer; the roots of those of dead ones; those that cannot be read."""
    live, dead, strange = 0, [], []
    for folder in orphan.outboxes(parent):
        try:
            owner = orphan.Owner(folder)
        except (OSError, FormatError):
            strange += [folder] if folder.exists() else []
            continue
        if owner.alive():
            live += 1
        else:
            dead.append(owner.info["root"])
        owner.close()
    return live, dead, strange


def _spill() -> Found:
    return _room(places.spill_dir(), "Make room there: events go there when the outbox in memory is full.")


def _root() -> Found:
    root, near = _roots()
    if near != root:
        good = os.access(near, os.W_OK | os.X_OK)
        found = f"{root} does not exist yet, {near} is {'' if good else 'not '}writable"
        return good, found, "" if good else "Name another root with RUNICORN_DIR."
    try:
        with tempfile.NamedTemporaryFile(dir=root, prefix=".doctor-", suffix=".tmp") as file:
            file.write(bytes(4096))
            file.flush()
            began = time.monotonic()
            os.fsync(file.fileno())
    except OSError as error:
        advice = "Events wait in outboxes until it can be written, or name another root with RUNICORN_DIR."
        return False, f"{root} cannot be written: {error.strerror}", advice
    return True, f"{root} is writable, an fsync took {1000 * (time.monotonic() - began):.1f} ms", ""


def _space() -> Found:
    return _room(_roots()[1], "Make room: until then events wait in the outboxes, and are dropped when those are full.")


def _root_file_system() -> Found:
    kind = _file_system(_roots()[1])
    good, advice = next((known for name, known in _FILE_SYSTEMS.items() if kind.startswith(name)), (True, ""))
    return good, kind, advice


def _descriptors() -> Found:
    soft, hard = (10**9 if limit < 0 else limit for limit in resource.getrlimit(resource.RLIMIT_NOFILE))
    found = f"at most {soft} for a process here, {hard} for the daemon"
    few = "Raise the hard limit (`ulimit -Hn`, limits.conf): the daemon needs about five for each writer."
    return hard >= _LEAST_DESCRIPTORS, found, few if hard < _LEAST_DESCRIPTORS else ""


def _clock() -> Found:
    with tempfile.NamedTemporaryFile(dir=places.runtime_dir(), prefix=".doctor-", suffix=".tmp") as file:
        file.write(b"\0")
        file.flush()
        now = time.time()
        skew = now - os.fstat(file.fileno()).st_mtime
    found = f"{time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(now))}, {abs(skew):.1f} s off that of the files"
    good = abs(skew) <= _SKEW and 2024 <= time.gmtime(now).tm_year < 2100
    return good, found, "" if good else "Set the clock (NTP): times of points and durations of runs come from it."


def _versions() -> Found:
    import msgpack
    import zmq

    parts = {
        "python": platform.python_version(),
        "zmq": f"{zmq.__version__} (libzmq {zmq.zmq_version()})",
        "msgpack": ".".join(map(str, msgpack.version)),
        "runicorn": metadata.version("runicorn"),
    }
    found = ", ".join(f"{name} {version}" for name, version in parts.items())
    if parts["runicorn"] != __version__:
        return False, f"{found}, but this code is {__version__}", "Install runicorn again, then `runid restart`."
    return zmq.has("ipc"), found, "" if zmq.has("ipc") else "This libzmq lacks ipc://: use Linux, macOS or WSL."


def _job() -> Found:
    facts = [name for variable, name in _SCHEDULERS.items() if os.environ.get(variable)]
    facts += ["a container"] if any(map(os.path.exists, _CONTAINERS)) else []
    first = _first_process()
    facts += [f"pid 1 is {first}"] if first and first not in _LASTING else []
    if not facts:
        return True, "none: the daemon outlives what starts it", ""
    advice = "The daemon, and the outbox in memory, may end with the job: what no journal holds is lost then."
    if not os.environ.get("RUNICORN_OUTBOX"):
        advice += " Name a folder that survives with RUNICORN_OUTBOX (a disk of the node, an emptyDir)."
    return True, ", ".join(facts), advice


def _logout() -> Found:
    folders = (places.runtime_dir(), places.outbox_dir())
    removed = [str(folder) for folder in folders if str(folder).startswith(("/run/user/", "/dev/shm/"))]
    if os.getuid() < 1000 or not removed or not os.path.isdir("/run/systemd/system"):
        return True, "nothing is removed by it", ""
    user = pwd.getpwuid(os.getuid()).pw_name
    if os.path.exists(f"/var/lib/systemd/linger/{user}"):
        return True, f"{user} lingers: nothing is removed by it", ""
    found = f"the last one removes {' and '.join(removed)} (unless logind.conf says RemoveIPC=no)"
    return True, found, "`loginctl enable-linger` prevents that; running writers notice it and go on elsewhere."


_CHECKS: dict[str, Callable[[], Found]] = {
    "runtime folder": _runtime,
    "daemon": _daemon,
    "open runs": _open_runs,
    "outbox": _outbox,
    "outboxes": _outboxes,
    "spill folder": _spill,
    "storage root": _root,
    "space": _space,
    "file system": _root_file_system,
    "descriptors": _descriptors,
    "clock": _clock,
    "versions": _versions,
    "job": _job,
    "logout": _logout,
}


def _roots() -> tuple[Path, Path]:
    """The storage root as the environment has it, and itself or its nearest parent that exists."""
    root = Path(os.path.realpath(os.path.expanduser(os.environ.get("RUNICORN_DIR") or ".runicorn")))
    return root, next(folder for folder in (root, *root.parents) if folder.exists())


def _room(folder: Path, advice: str) -> Found:
    free, size, inodes = _statvfs(folder)
    found = f"{_size(free)} free of {_size(size)} at {folder}"
    good = free >= _GIB and free >= 0.05 * size
    if inodes is not None and inodes < _LEAST_INODES:
        good, found = False, f"{found}, room for {inodes} files only"
    return good, found, "" if good else advice


def _statvfs(folder: Path) -> tuple[int, int, int | None]:
    """Bytes free for this user, bytes in all, and files that can still be made, where the file system counts them."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail if found.f_files else None


def _file_system(path: Path) -> str:
    """The type of the file system that holds `path`; "unknown" where the system does not say."""
    try:
        mounts = [line.split()[1:3] for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return "unknown"
    # Spaces and the like are written as octal numbers; of two mounts at one place the later one is seen.
    plain = [(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), at), kind) for at, kind in mounts]
    fitting = [(len(at), number, kind) for number, (at, kind) in enumerate(plain) if path.is_relative_to(at)]
    return max(fitting)[2] if fitting else "unknown"


def _first_process() -> str:
    try:
        return Path("/proc/1/comm").read_text().strip()
    except OSError:
        return ""


def _used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*/*.chunk"))


def _size(count: int) -> str:
    return f"{count / _GIB:.1f} GiB" if count >= _GIB else f"{count / (1 << 20):.1f} MiB"
