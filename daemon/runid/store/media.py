"""Media: logged values that are more than a number or a text. Most have a file of their own.

    media/<name>                    <milliseconds>_<6 hex digits>_<key>.<format>, as the writer named it
    media/.incoming/<host>-<id>     what the ask <id> is made from (see runid.incoming)
    objects/<host>-000001.jsonl     {key, step, stage, time, rank, type, caption, index, within, …} and of those that
                                    are asked for {id, file: media/<name> or null, format}, of the others {value}

`type`: image, video, audio, table, histogram, html, markdown, object3d, figure or trace. `index`: the place in the list
it was logged in. `within`: media/<name>, without its ending, of the table that it is a cell of. The line of an ask is
written when the ASK event is folded. What comes of it follows in a line of the same id, with all fields again: `error`,
a sentence, where it could not be made, or what the job has found out, such as the `value` of a histogram.
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
KINDS = frozenset(("image", "video", "audio", "table", "histogram", "html", "markdown", "object3d", "figure", "trace"))
"""The types of media, and the kinds of asks for them."""

_FILE = re.compile(r"media/[0-9]{1,20}_[0-9a-f]{6}_[A-Za-z0-9._-]{1,100}\.[a-z0-9]{1,10}")
_STEM = re.compile(r"media/[0-9]{1,20}_[0-9a-f]{6}_[A-Za-z0-9._-]{1,100}")
_FOUND = (
    "value", "width", "height", "frames", "fps", "seconds", "sample_rate", "rows", "columns", "points", "messages",
    "facts",
)  # fmt: skip


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


def named(folder: Path, name: str) -> Path | None:
    """The file that a line of objects/ names, in a run's folder; None for what is no name of one."""
    return folder / name if _FILE.fullmatch(name) else None


def exists(folder: Path, ask: dict[str, Any]) -> bool:
    """Whether the file that is asked for is made already."""
    name = _named(ask)
    return name is not None and (folder / name).exists()


def asked(fold: Fold, name: str, ask: dict[str, Any]) -> None:
    """Folds an ASK event of a kind that is a medium."""
    fold.add_object(_line(name, ask))


def done(fold: Fold, name: str, ask: dict[str, Any], result: dict[str, Any] | None, error: str | None) -> None:
    """Folds what came of it, where that says more than the line before."""
    found = {"error": error} if result is None else {field: result[field] for field in _FOUND if field in result}
    if found:
        fold.add_object(_line(name, ask) | found)


def about(given: list[Any]) -> dict[str, Any]:
    """What the last item of an OBJECT event, if it is there, says of its value: its type, if it is a medium."""
    said = given[0] if given and isinstance(given[0], dict) else {}
    kind = said.get("type")
    return {"type": kind, **_more(said)} if isinstance(kind, str) and kind in KINDS else {}


def together(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The media among a run's objects, each once, in the order they were logged."""
    found: dict[object, dict[str, Any]] = {}
    for number, line in enumerate(objects):
        if line.get("type") in KINDS:
            name = line.get("id", number)
            found[name] = found.get(name, {}) | line
    return list(found.values())


def _line(name: str, ask: dict[str, Any]) -> dict[str, Any]:
    named = {field: ask.get(field) for field in ("key", "step", "stage", "time", "rank")}
    return named | {"type": ask["kind"], **_more(ask), "id": name, "file": _named(ask), "format": ask.get("format")}


def _more(said: dict[str, Any]) -> dict[str, Any]:
    within, index = said.get("within"), said.get("index")
    more: dict[str, Any] = {"caption": said.get("caption")}
    more |= {"index": index} if type(index) is int else {}
    return more | ({"within": within} if isinstance(within, str) and _STEM.fullmatch(within) else {})


def _named(ask: dict[str, Any]) -> str | None:
    name = ask.get("file")
    return name if isinstance(name, str) and _FILE.fullmatch(name) else None
