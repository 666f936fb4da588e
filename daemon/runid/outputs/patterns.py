"""Which files are outputs: patterns on the path below the output folder.

`*` matches any characters, `/` too, so that "*.pt" means files at any depth; `?` and `[…]` are as in a shell; `**/` at
the start also matches nothing. A pattern that ends in "/" selects folders: each is one output, with all that is in it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable

DEFAULT = (
    "*.pth", "*.pt", "*.ckpt", "*.safetensors", "*.onnx", "*.log", "*.json", "*.txt", "*.csv", "*.png",
)  # fmt: skip
"""What is an output where nothing else is said. Not *.bin: training data is called that as often as models are."""

Match = Callable[[str], object]


class Patterns:
    """Patterns, ready to be asked about thousands of paths."""

    def __init__(self, patterns: Iterable[str] = DEFAULT) -> None:
        given = list(patterns)
        self.file = _matching(pattern for pattern in given if not pattern.endswith("/"))
        """Whether a file with this path below the output folder is an output."""
        self.folder = _matching(pattern.rstrip("/") for pattern in given if pattern.endswith("/"))
        """Whether a folder is one."""


def log_like(name: str) -> bool:
    """Whether a file of this name is written to all the time, and so never stable: logs and event files."""
    return name.endswith((".log", ".txt", ".jsonl", ".csv")) or "tfevents" in name


def _matching(patterns: Iterable[str]) -> Match:
    found: list[str] = []
    for pattern in patterns:
        plain = pattern.removeprefix("./")
        found.append(fnmatch.translate(plain))
        if plain.startswith("**/"):
            found.append(fnmatch.translate(plain.removeprefix("**/")))
    # Without a pattern nothing matches, not even the empty path.
    return re.compile("|".join(found) or r"(?!)").match
