"""Reports: Markdown files that people write with any editor, and pictures beside them. They are only read here.

    <root>/reports/**/<name>.md

What is hidden, and what leads out of that folder, is none; nor is a name that is no UTF-8, which no address could have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from runicorn import finding
from runid.errors import NotFoundError

FOLDER, SUFFIX = "reports", ".md"
MOST_BYTES = 1_000_000
_MOST, _MOST_SEEN = 1000, 20_000
_HEAD = 8192


def find(root: Path) -> dict[str, Path]:
    """A root's reports by their names, such as "cv/first.md"; of more than 1000 some. Raises NotFoundError."""
    folder = finding.storage_root(root) / FOLDER
    found = islice(_named(root, folder, islice(_files(folder), _MOST_SEEN)), _MOST)
    return dict(sorted(found))


def file(root: Path, name: str) -> Path:
    """A file in the folder of reports, such as a report. Raises NotFoundError for what is none, or lies elsewhere."""
    folder, parts = Path(os.path.realpath(root), FOLDER), name.split("/")
    path = folder.joinpath(*parts)
    hidden = any(part.startswith(".") or not part for part in parts) or "\0" in name
    if hidden or folder not in Path(os.path.realpath(path)).parents or not path.is_file():
        raise NotFoundError(f"There is no file {name!r} in {folder}.")
    return path


def title(path: Path) -> str:
    """The first heading of a report; where it has none, or cannot be read, the name of its file."""
    try:
        with path.open("rb") as opened:
            lines = opened.read(_HEAD).decode(errors="replace").splitlines()
    except OSError:
        lines = []
    fence = ""
    for line in map(str.strip, lines):
        words = line.lstrip("#")
        if line[:3] in ("```", "~~~") and fence in ("", line[:3]):
            fence = "" if fence else line[:3]
        elif not fence and words[:1].isspace() and len(line) - len(words) <= 6:
            return words.strip("# \t")
    return path.stem


def state(root: Path, name: str) -> tuple[int, float]:
    """A number that differs when a report was changed, or any of them for ""; and when that was."""
    try:
        paths = {name: file(root, name)} if name else find(root)
        found = {one: path.stat() for one, path in paths.items()}
    except (NotFoundError, OSError):  # not there, or gone since it was listed
        return 0, 0.0
    seen = tuple((one, told.st_size, told.st_mtime_ns) for one, told in found.items())
    return hash(seen), max((told.st_mtime for told in found.values()), default=0.0)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        yield from (Path(place, name) for name in names)


def _named(root: Path, folder: Path, paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        name = str(path.relative_to(folder))
        if path.suffix == SUFFIX and name.encode(errors="replace").decode() == name:
            with suppress(NotFoundError, OSError):  # a link out of the folder, or gone since
                yield name, file(root, name)
