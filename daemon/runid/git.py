"""What git says of a checkout, through the program `git`.

It may not write into the checkout, start hooks, monitors, pagers and programs that show differences, nor ask for
anything; and it has an end. Filters that the user has set up (git-lfs) do run: without them all that passes through
them would differ. Without git, or outside of a checkout, nothing is said.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from runid.masking import masked
from runid.places import MARKER

_TIMEOUT = 30.0
_MOST = 16 << 20
_SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "diff.external=", "diff.autoRefreshIndex=false")
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# What git says of a file with new times only, since it must not bring its index up to date.
_SAME = re.compile(rb"^diff --git .*\n(?=diff --git |\Z)", re.MULTILINE)


class Checkout(NamedTuple):
    """The state of a checkout."""

    commit: str | None
    """None before the first one."""
    branch: str | None
    """None where HEAD is a commit."""
    remote: str | None
    """The address of `origin`, without credentials."""
    changed: int
    """How many files or folders are not as they were committed; untracked ones count."""
    untracked: list[str]
    """Files, and folders with a slash behind, that git neither tracks nor ignores: from the checkout's top."""


def checkout(folder: Path) -> Checkout | None:
    """The state of the checkout that a folder lies in; None where git does not say."""
    said = _git(folder, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--no-renames")
    if not said:
        return None
    # The root of our own that was made here is no change of the user's.
    top = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
    lines = [line for line in said.decode(errors="backslashreplace").split("\0") if not _is_root(top, line)]
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# ") and " " in line[2:])
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    remote = (_git(folder, "config", "--get", "remote.origin.url") or b"").decode(errors="replace").strip()
    return Checkout(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch == "(detached)" else branch,
        remote=masked("", remote) or None,
        changed=sum(bool(line) and not line.startswith("#") for line in lines),
        untracked=[line[2:] for line in lines if line.startswith("? ")],
    )


def _is_root(top: Path, line: str) -> bool:
    return line.startswith("? ") and (top / line[2:] / MARKER).exists()


def diff(folder: Path, most: int) -> tuple[bytes, bool]:
    """How the tracked files of a checkout differ from its commit, at most so many bytes, and whether that was cut.

    Whole lines; of binary files the names only.
    """
    ways = ("--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short")
    said = _git(folder, "diff", *ways, "HEAD", most=most + 1) or b""
    cut = len(said) > most
    whole = said[: said.rfind(b"\n", 0, most) + 1] if cut else said
    return _SAME.sub(b"", whole), cut


def _git(folder: Path, *arguments: str, most: int = _MOST) -> bytes | None:
    """What git prints, at most so many bytes; None when it fails."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = ["git", "-C", str(folder), "--no-pager", *settings, *arguments]
    # Where this process was started by git itself, GIT_DIR and the like speak of another checkout.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRONMENT
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, start_new_session=True,
        )  # fmt: skip
    except OSError:
        return None
    timer = threading.Timer(_TIMEOUT, _kill, (process,))
    timer.daemon = True
    timer.start()
    with process:
        assert process.stdout is not None
        try:
            said = process.stdout.read(most)
            if len(said) == most:  # there may be more, which nobody waits for
                _kill(process)
        finally:
            code = process.wait()
            timer.cancel()
    return said if code == 0 or len(said) == most else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends git, and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
