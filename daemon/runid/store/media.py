"""Media: logged values with a file of their own, such as images.

    media/<name>                    <milliseconds>_<6 hex digits>_<key>.<format>, as the writer named it
    media/.incoming/<host>-<id>     what the ask <id> is made from (see runid.incoming)
    objects/<host>-000001.jsonl     {key, step, stage, time, rank, type, file: media/<name>, caption, format}

The line is written when the ASK event is folded. Where the file could not be made, the same one follows once more, with
`error`, a sentence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runid.errors import FormatError

if TYPE_CHECKING:
    from runid.store.fold import Fold

FOLDER = "media"
INCOMING = "media/.incoming"
_FILE = re.compile(r"media/[0-9]{1,20}_[0-9a-f]{6}_[A-Za-z0-9._-]{1,100}\.[a-z0-9]{1,10}")


def incoming(folder: Path, host: str, name: str) -> Path:
    """What an ask of a run is made from."""
    return folder / INCOMING / f"{host}-{name}"


def temporary(path: Path) -> Path:
    """The name under which a file is written that gets its own when it is whole."""
    return path.with_name(f".{path.name}.tmp")


def file(folder: Path, ask: dict[str, Any]) -> Path:
    """The file that is asked for, in a run's folder. Raises FormatError for a name that is none."""
    name = _named(ask)
    if name is None:
        raise FormatError(f"{str(ask.get('file'))[:100]!r} is no name of a file in {FOLDER}/.")
    return folder / name


def exists(folder: Path, ask: dict[str, Any]) -> bool:
    """Whether the file that is asked for is made already."""
    name = _named(ask)
    return name is not None and (folder / name).exists()


def asked(fold: Fold, ask: dict[str, Any]) -> None:
    """Folds an ASK event of a kind that is a medium."""
    fold.add_object(_line(ask))


def done(fold: Fold, name: str, ask: dict[str, Any], result: dict[str, Any] | None, error: str | None) -> None:  # noqa: ARG001
    """Folds what came of it: only an error changes what is known."""
    if error is not None:
        fold.add_object(_line(ask) | {"error": error})


def together(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The media of a kind among a run's objects, each once."""
    found: dict[str, dict[str, Any]] = {}
    for line in objects:
        if line.get("type") == kind and isinstance(line.get("file"), str):
            found[line["file"]] = found.get(line["file"], {}) | line
    return list(found.values())


def _line(ask: dict[str, Any]) -> dict[str, Any]:
    named = {name: ask.get(name) for name in ("key", "step", "stage", "time", "rank")}
    shown = {name: ask.get(name) for name in ("caption", "format")}
    return named | {"type": ask["kind"], "file": _named(ask)} | shown


def _named(ask: dict[str, Any]) -> str | None:
    name = ask.get("file")
    return name if isinstance(name, str) and _FILE.fullmatch(name) else None
