"""`scripts/rules`: shows that the daemon does in a root only what holds on network file systems too.

The daemon runs under strace, with its workers, in three phases: a whole run, sealed often and merged; a run to which
another host's daemon writes as well; and a SIGKILL in the middle of a run with the recovery after it. Inside the root
there may be no shared mmap and no lock; what is opened for writing is a new file, under a temporary name or one that
bears the host's, or a file of the daemon's own, to append to it; only recovery cuts a file. Media get their names, that
chance makes different, by a rename. Exits 1 when a call breaks a rule.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benches import strace
from benches.home import BenchError, Home, end_in_order
from benches.table import table
from runid.store import runs

_OPENS = {"open", "openat", "openat2", "creat"}
_CUTS = {"truncate", "ftruncate"}
_NAMES = {"rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"}
_FOLDERS = {"mkdir", "mkdirat", "rmdir"}
_NEVER = {"flock", "symlink", "symlinkat", "mknod", "mknodat", "fallocate", "chmod", "fchmod", "fchmodat", "chown"}
_NEVER |= {"fchown", "fchownat", "utimensat", "setxattr", "fsetxattr", "copy_file_range", "io_uring_setup", "mmap2"}
TRACED = _OPENS | _CUTS | _NAMES | _FOLDERS | _NEVER | {"mmap", "fcntl"}

_LOCKS = ("F_SETLK", "F_OFD_SETLK", "F_SETLEASE")
_COMMON = {
    "meta.json",
    "status.json",
    "summary.json",
    "assets.json",
    "environment.json",
    "alerts.json",
    "logs.txt",
    runs.MARKER,
}
_PATHS = re.compile(r'(?:\w+<(/[^>]*)>(?:, "([^"]*)")?|"([^"]*)")')
_MEDIA = re.compile(r"/media/[0-9]+_[0-9a-f]{6}_[^/]+$")
_CONTENT = re.compile(r"[0-9a-f]{64}(\.json)?")
_MERGED = "segments covered by a merge"
_SMALL_JOURNALS = {"RUNID_JOURNAL_BYTES": "65536"}


@dataclass(slots=True)
class Seen:
    """What a daemon did inside a root: how often, and which calls break a rule."""

    root: str
    host: str
    foreign: tuple[str, ...] = ()
    recovers: bool = False
    made: set[str] = field(default_factory=set)
    did: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def look(self, calls: Iterable[strace.Call]) -> Seen:
        """Judges the calls that name something inside the root, or leave the folder they are relative to."""
        for call in calls:
            inside = [path for path in _paths(call.arguments) if path.startswith(self.root + "/")]
            if inside and not call.failed:
                self._judge(call, inside)
        return self

    def _judge(self, call: strace.Call, inside: list[str]) -> None:
        if call.name in _OPENS:
            self._opened(call, inside[-1])
        elif call.name in _CUTS:
            self._count("cut back", call, self.recovers and self._mine(inside[-1]))
        elif call.name in _NAMES:
            merged = inside[-1].endswith(".covered")
            self._count(_MERGED if merged else "renamed, linked, removed", call, self._named(inside))
        elif call.name == "mmap":
            shared = "MAP_SHARED" in call.arguments
            self._count("mapped, shared" if shared else "mapped, private", call, not shared)
        elif call.name == "fcntl":
            locked = any(lock in call.arguments for lock in _LOCKS)
            self._count("locked" if locked else "fcntl, no lock", call, not locked)
        elif call.name in _FOLDERS:
            self._count("folders made", call, call.name != "rmdir")
        else:
            self._count(call.name, call, allowed=False)

    def _opened(self, call: strace.Call, path: str) -> None:
        flags = call.arguments
        if "O_WRONLY" not in flags and "O_RDWR" not in flags and call.name != "creat":
            self._count("opened to read", call, "O_CREAT" not in flags and "O_TRUNC" not in flags)
        elif "O_APPEND" in flags:
            self._count("opened to append", call, self._mine(path) and "O_TRUNC" not in flags)
        else:
            self.made.add(path)
            what = "made under a temporary name" if _temporary(path) else "made under a name of its own"
            self._count(what, call, "O_EXCL" in flags and (_temporary(path) or self.host in os.path.basename(path)))

    def _count(self, what: str, call: strace.Call, allowed: bool) -> None:
        self.did[what] += 1
        if not allowed:
            self.broken.append(f"{what}: {call.name}({call.arguments}) = {call.result}")

    def _named(self, paths: list[str]) -> bool:
        """Whether all these names are the daemon's to change: its own files, temporary ones that it has made, and new
        names that tell what a file holds.
        """
        old, new = paths[0], paths[1:]
        named = all(path in self.made or self._mine(path) or _CONTENT.fullmatch(os.path.basename(path)) for path in new)
        return named and (old in self.made or self._mine(old))

    def _mine(self, path: str) -> bool:
        """Whether a file is this host's own, or one that the run's owner makes, of a run that no other host owns."""
        name = os.path.basename(path)
        return (
            self.host in name
            or _MEDIA.search(path) is not None
            or (name in _COMMON and not any(f"/{run}/" in path for run in self.foreign))
        )


def _paths(arguments: str) -> list[str]:
    """What a call names: by a descriptor, by a path beside one, or by a path alone; the daemon works in /."""
    found = _PATHS.findall(arguments)
    return [os.path.join(folder, beside) if folder else os.path.join("/", alone) for folder, beside, alone in found]


def _temporary(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith(".") and name.endswith(".tmp")


def tracer(output: Path) -> tuple[str, ...]:
    """How a program is traced into a file, calls that concern files only, with the paths of descriptors."""
    traced = ",".join(f"?{call}" for call in sorted(TRACED))
    return strace.command(str(output), traced, "--decode-fds=path")


class Traced:
    """A daemon under strace, with its workers."""

    def __init__(self, home: Home, name: str) -> None:
        """Starts it, and returns when it serves. Raises BenchError."""
        self._home = home
        self._output = home.folder / name
        daemon = [sys.executable, "-P", "-m", "runid", "start", "--foreground"]
        self._process = subprocess.Popen(
            [*tracer(self._output), *daemon],
            env=home.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        status = home.waited(home.answer, 30.0, "the traced daemon did not serve")
        self.pid, self.host = int(status["pid"]), str(status["host"])

    def kill(self) -> None:
        """SIGKILL; none is started in its place meanwhile."""
        (self._home.runtime / "stopped").touch()
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(30.0)

    def stop(self) -> None:
        """Ends it in order."""
        self._home.runid("stop")
        self._process.wait(60.0)

    def calls(self) -> Iterator[strace.Call]:
        """What it has done; after its end."""
        with open(self._output, errors="replace") as lines:
            yield from strace.calls(lines)


def whole_run(home: Home, steps: int) -> Seen:
    """One run from its first event to the merge of its segments."""
    daemon = Traced(home, "whole")
    with writer(home, "whole", steps):
        pass
    home.settle()
    daemon.stop()
    seen = Seen(str(home.root), daemon.host).look(daemon.calls())
    if not seen.did[_MERGED]:
        raise BenchError(f"{steps} steps were too few for a merge.")
    return seen


def shared_run(home: Home, steps: int) -> Seen:
    """A run that another host owns and still writes to."""
    with Home(**_SMALL_JOURNALS) as other:
        other.environment["RUNICORN_DIR"] = str(home.root)
        other.daemon()
        with writer(other, "shared", steps):
            daemon = Traced(home, "shared")
            with writer(home, "shared", steps):
                pass
            home.settle()
            daemon.stop()
        other.runid("stop")
    return Seen(str(home.root), daemon.host, foreign=("shared",)).look(daemon.calls())


def killed_run(home: Home, steps: int) -> list[Seen]:
    """A run whose daemon is killed, and what the next daemon does."""
    first = Traced(home, "killed")
    with writer(home, "killed", steps):
        first.kill()
        second = Traced(home, "recovers")
    home.settle()
    second.stop()
    root = str(home.root)
    return [Seen(root, first.host).look(first.calls()), Seen(root, second.host, recovers=True).look(second.calls())]


@contextlib.contextmanager
def writer(home: Home, run_id: str, steps: int) -> Iterator[None]:
    """A training process that has logged `steps` steps, all of them safe; it ends in order behind the block."""
    command = [sys.executable, "-m", "benches.writing", run_id, str(steps)]
    with subprocess.Popen(
        command, env=home.environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "safe\n":
            raise BenchError(f"The training process of run {run_id} ended early.")
        yield
    if process.returncode:
        raise BenchError(f"The training process of run {run_id} exited {process.returncode}.")


def main() -> int:
    """Goes through the phases and prints what was seen."""
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/rules", description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=20_000, help="steps that each training process logs (20000)")
    steps: int = parser.parse_args().steps
    with Home(**_SMALL_JOURNALS) as home:
        phases = {"whole run": whole_run(home, steps), "shared run": shared_run(home, steps)}
        phases["killed"], phases["recovery"] = killed_run(home, steps)
    print(table(["inside the root", *phases], _rows(list(phases.values()))))
    for name, seen in phases.items():
        for call in seen.broken:
            print(f"{name}: {call}")
    return 1 if any(seen.broken for seen in phases.values()) else 0


def _rows(phases: list[Seen]) -> list[list[str]]:
    kinds = dict.fromkeys(kind for seen in phases for kind in seen.did)
    rows = [[kind, *(str(seen.did[kind]) for seen in phases)] for kind in sorted(kinds)]
    return [*rows, ["calls that break a rule", *(str(len(seen.broken)) for seen in phases)]]


if __name__ == "__main__":
    sys.exit(main())
