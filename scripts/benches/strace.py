"""What strace wrote down: one system call a line, calls that another thread interrupted put together again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benches.home import BenchError

_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\w+|\?)(.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"


@dataclass(slots=True, frozen=True)
class Call:
    """A system call: by which thread, its arguments as strace shows them, and what it returned."""

    thread: int
    name: str
    arguments: str
    result: str
    failed: bool


def command(output: str, traced: str, *options: str) -> tuple[str, ...]:
    """How a program, its children and threads are traced into a file; `traced`: which calls, as strace has it.

    Other calls are not slowed down. Raises BenchError without strace.
    """
    found = shutil.which("strace")
    if found is None:
        raise BenchError("strace is missing; apt-get install strace")
    return (found, "-f", "-qq", "--seccomp-bpf", "-o", output, "-e", f"trace={traced}", *options)


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """The calls, in the order in which they were begun or, where they waited, ended; signals and exits are left out."""
    begun: dict[int, str] = {}
    for line in lines:
        split = _LINE.match(line.rstrip("\n"))
        if split is None:
            continue
        thread, said = int(split[1]), split[2]
        if said.endswith(_UNFINISHED):
            begun[thread] = said.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.match(said):
            said = begun.pop(thread, resumed[1] + "(") + resumed[2]
        if call := _CALL.match(said):
            failed = call[3].startswith("-")
            yield Call(thread, call[1], call[2], call[3], failed)
