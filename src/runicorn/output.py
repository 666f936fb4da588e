"""Files and folders that are made where the user says: a file whole or not at all, and none replaced by accident.

This is the one module below src/ that writes, and what it writes is no part of a root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from runid.errors import RunicornError


@contextmanager
def output(path: Path, force: bool) -> Iterator[BinaryIO]:
    """A file that has its name once all is written to it; after an error there is none.

    With `force` it takes the place of one that is there. Raises RunicornError.
    """
    if path.exists() and not path.is_file():
        raise RunicornError(f"{path} is no file. Name one that can be written.")
    if not force and os.path.lexists(path):
        raise RunicornError(_there(path))
    path = Path(os.path.realpath(path))  # of a link, what it leads to is replaced
    temporary = path.parent / f".{path.name}.{os.urandom(4).hex()}.tmp"
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(temporary, path)
        else:
            _name(temporary, path)
    except FileExistsError as error:
        raise RunicornError(_there(path)) from error
    except OSError as error:
        raise RunicornError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def folder(path: str | os.PathLike[str]) -> Path:
    """A folder, made with those above it where it is missing. Raises RunicornError."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise RunicornError(f"The folder {os.fspath(path)} cannot be made: {error.strerror}.") from error
    return Path(path)


def _name(temporary: Path, path: Path) -> None:
    """Raises FileExistsError where another has the name by now."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(temporary, path)


def _there(path: Path) -> str:
    return f"{path} exists. Name another file, or replace it with --force."
