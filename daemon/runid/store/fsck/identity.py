"""meta.json: whose run it is. The rest of the file is made from the hosts' own, see runid.store.fsck.published."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from runid.store import files, runs
from runid.store.fsck.finding import Finding, Look


def check(look: Look) -> Iterator[Finding]:
    """The run's id, its path and its owner, against where its folder lies and what is in it."""
    right, wrong = runs.identity(look.folder, runs.hosts(look.folder))
    if wrong:
        yield Finding("meta.json", wrong, "it is made again", partial(_write, look.folder / "meta.json", right))


def _write(path: Path, right: dict[str, Any]) -> None:
    files.set_aside(path)
    files.replace_json(path, right)
