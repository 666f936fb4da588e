"""What `runicorn export-data --media` writes: a run's media, as files with names that people can read.

    DIR/<key>-step<step>[-rank<rank>][-<index>][-<n>].<format>
    DIR/media.jsonl     a line for each medium, as rn.Api has it, and its copy: `exported`, null where there is none

The rank is there where a run has several, n where names would be equal.
"""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runicorn.cli.progress import progress
from runicorn.output import folder as made
from runicorn.output import output
from runid.store import files
from runid.store import media as stored

if TYPE_CHECKING:
    from runicorn.api import StoredRun

Steps = tuple[int | None, int | None]

_INDEX = "media.jsonl"


def export_media(run: StoredRun, folder: Path, force: bool, ranks: list[int] | None, steps: Steps) -> None:
    """Copies the media of these ranks and steps (first, last); files that exist are replaced with `force` only.

    Raises RunicornError, OSError.
    """
    media = [one for one in run.media() if _is_meant(one, ranks, steps)]
    several = len({writer["rank"] for writer in run.writers}) > 1
    missing, taken = 0, {_INDEX}
    with output(made(folder) / _INDEX, force) as index, progress("Copying", len(media)) as advance:
        for one in media:
            name = _name(one, several, taken) if one.get("file") and stored.exists(run.run_dir, one) else None
            if name is not None:
                with open(stored.file(run.run_dir, one), "rb") as source, output(folder / name, force) as copy:
                    shutil.copyfileobj(source, copy)
            line = {field: value for field, value in one.items() if field != "path"} | {"exported": name}
            index.write(files.dumps(line).encode() + b"\n")
            missing += name is None and bool(one.get("file"))
            advance(1)
    if missing:
        what = "1 file is" if missing == 1 else f"{missing} files are"
        click.echo(f"{what} not there: not made yet, or never, where {_INDEX} has an error.", err=True)


def _is_meant(one: dict[str, Any], ranks: list[int] | None, steps: Steps) -> bool:
    first, last = steps
    after = first is None or one["step"] >= first
    return after and (last is None or one["step"] <= last) and (ranks is None or one["rank"] in ranks)


def _name(one: dict[str, Any], several: bool, taken: set[str]) -> str:
    """A name that is not taken yet, made of the file's own, <time>_<chance>_<key>.<format>."""
    stem, _, form = one["file"].rpartition(".")
    parts = [stem.split("_", 2)[2], f"step{int(one['step'])}"]
    parts += [f"rank{int(one['rank'])}"] if several else []
    parts += [str(one["index"])] if "index" in one else []
    name = "-".join(parts)
    free = next(given for n in count(1) if (given := f"{name}{'' if n == 1 else f'-{n}'}.{form}") not in taken)
    taken.add(free)
    return free
