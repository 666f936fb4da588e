"""Code written for another tracker, run in the two ways in which it reaches ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.cli.commands import PROGRAMS
from tests.seeds.running import Ran, run_code

EXEC = "as it stands, under runicorn exec"
IMPORT = "with its import line changed"
WAYS = (EXEC, IMPORT)

_IMPORT = re.compile(r"^import (trackio|expt_logger)\b", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """What surrounds a block, and what it must have done."""

    before: str  # what the block supposes
    after: str  # what makes its effect visible
    check: Callable[[Ran], None]


def run_block(way: str, folder: Path, source: str, case: Case) -> None:
    """Runs a block of a page, one of `WAYS`, and checks what became of it."""
    if way == EXEC:
        ran = run_code(folder, source, case.before, case.after, under=[PROGRAMS / "runicorn", "exec"])
    else:
        before, changed = (_IMPORT.sub(r"from runicorn.compat import \1", code) for code in (case.before, source))
        ran = run_code(folder, changed, before, case.after)
    case.check(ran)
