"""Which paths are left out of a snapshot: patterns as git reads them in a .gitignore.

Rules are the lines of one file, and speak of what lies below one folder. The last line that says something of a path
decides, and of several rules the last that say something. What lies in a folder that is left out is not looked at, so
nothing in it can be taken in again.

pathspec knows what a pattern means. Its own matching is for whole paths, where a pattern that fits a folder fits all
that is in it: with the folders walked one by one, that would let `!build/` take in `build/x.o` although `*.o` says no.
So each path is asked for itself here.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

DEFAULTS = (
    ".git", ".hg", ".svn", ".venv/", "venv/", ".env", ".tox/", ".nox/", ".direnv/", "node_modules/", "__pycache__/",
    "*.py[co]", "*.egg-info/", ".eggs/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", ".hypothesis/", ".cache/",
    ".ipynb_checkpoints/", ".idea/", ".DS_Store", ".runicorn/",
)  # fmt: skip
"""What is no code anywhere. Any other rule may take it in again."""


class _Pattern(NamedTuple):
    regex: re.Pattern[str]
    ignores: bool
    folders: bool
    """Whether it speaks of folders only."""
    names: bool
    """Whether it speaks of a name in any folder, as git has it of patterns without a slash: the name alone is asked."""


class Rules(NamedTuple):
    """The patterns of one file."""

    base: int
    """How long the path of the folder is that they speak of, with its slash."""
    patterns: tuple[_Pattern, ...]

    @classmethod
    def of(cls, lines: Iterable[str], base: str = "") -> Self:
        """The rules in these lines for what lies below `base`, which is empty or ends with a slash."""
        found = [pattern for line in lines if (pattern := _pattern(line)) is not None]
        return cls(len(base), tuple(reversed(found)))

    @classmethod
    def read(cls, path: str | Path, base: str = "") -> Self:
        """The rules in a file; none where it is missing or cannot be read, as git has it."""
        return cls.of(_lines(path), base)

    def say(self, path: str, is_folder: bool) -> bool | None:
        """Whether to leave a path out, by the last pattern that fits it; None where none does."""
        place, name = path[self.base :], path[path.rfind("/") + 1 :]
        for pattern in self.patterns:
            if pattern.folders and not is_folder:
                continue
            found = pattern.regex.search(name if pattern.names else place)
            if found is not None and found.lastindex is None:  # a group is where it fits a folder above
                return pattern.ignores
        return None


def ignored(rules: Iterable[Rules], path: str, is_folder: bool) -> bool:
    """Whether to leave a path out; of the rules those that come first decide."""
    return next((said for one in rules if (said := one.say(path, is_folder)) is not None), False)


def literal(path: str) -> str:
    """The pattern that fits this path only, from the folder that the rules speak of."""
    return "/" + re.sub(r"([\\\[\]!*#? ])", r"\\\1", path)


def _pattern(line: str) -> _Pattern | None:
    """What a line means; None for what says nothing: comments, blank lines, and what makes no sense."""
    from pathspec import GitIgnoreSpec

    line = line if line.endswith("\\ ") else line.rstrip(" ")
    bare = line.removesuffix("/")
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of a [ in a range
            (found,) = GitIgnoreSpec.from_lines([bare]).patterns
    except (ValueError, re.error):  # no line, or one that git passes over as well
        return None
    if found.regex is None or found.include is None:
        return None
    return _Pattern(found.regex, found.include, folders=bare != line, names="/" not in bare)


def _lines(path: str | Path) -> list[str]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return []
            text = file.read().decode("utf-8-sig", "surrogateescape")
    except OSError:
        return []
    return [line.removesuffix("\r") for line in text.split("\n")]
