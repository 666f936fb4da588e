"""Names that users choose, checked before anything is written: path, run id, alias, tags, texts, metrics' names."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping

from runicorn.values import encodable

_PATH = re.compile(r"[a-zA-Z0-9_\-/]+")
_PATH_LENGTH = 200
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_METRIC_BYTES = 512
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def run_path(path: str | None, project: str | None = None) -> str:
    """The path as it is stored: "default" for None, "" for the top, else components joined by single slashes.

    `project` is another word for `path`. Raises TypeError for what is no text, ValueError for a wrong or too long
    path, or when path and project differ.
    """
    mine, other = _path(path, "path"), _path(project, "project")
    if mine is not None and other is not None and mine != other:
        raise ValueError(f"path is {path!r} and project is {project!r}: they are two words for one thing, give one.")
    return next((given for given in (mine, other) if given is not None), "default")


def run_alias(alias: str | None, name: str | None = None) -> str | None:
    """The display name; None without one, and for an empty one. `name` is another word for `alias`.

    Raises TypeError for what is no text, ValueError when alias and name differ.
    """
    mine, other = free_text("alias", alias), free_text("name", name)
    if mine is not None and other is not None and mine != other:
        raise ValueError(f"alias is {alias!r} and name is {name!r}: they are two words for one thing, give one.")
    return mine or other or None


def run_id(text: str) -> str:
    """The run id the user chose. Raises TypeError for what is no text, ValueError for what cannot name a folder."""
    if not isinstance(text, str):
        raise TypeError(f"run_id must be a text, but it is {type(text).__name__}.")
    if not _RUN_ID.fullmatch(text):
        raise ValueError(
            f"Invalid run_id: {text!r}. It must begin with a letter or digit, go on with letters, digits, dots, "
            "underscores and hyphens only, and have at most 128 characters."
        )
    return str.__str__(text)


def new_run_id(now: float | None = None) -> str:
    """A new run id: local time and six random hexadecimal digits, such as 20261121_090034_8746ae."""
    return stamped(time.time() if now is None else now, os.urandom(3).hex())


def stamped(seconds: float, digits: str) -> str:
    """A run id of the local time at `seconds` since the epoch and the given six hexadecimal digits."""
    return f"{time.strftime('%Y%m%d_%H%M%S', time.localtime(seconds))}_{digits}"


def metric_name(key: object) -> str:
    """The key as a metric's name, fit for UTF-8. Raises ValueError, with the reason, for what cannot be one."""
    if isinstance(key, str):
        name = encodable(str.__str__(key))
    else:
        try:
            name = encodable(str(key))
        except Exception as error:
            raise ValueError(f"A metric's name of type {type(key).__name__} has no text; it is left out.") from error
    if not name:
        raise ValueError("A metric's name is empty; its values are left out.")
    size = len(name.encode())
    if size > _METRIC_BYTES:
        raise ValueError(
            f"The metric's name {name[:40]!r}... has {size} bytes, {_METRIC_BYTES} may be; its values are left out."
        )
    if _CONTROL.search(name):
        raise ValueError(f"The metric's name {name!r} has control characters; its values are left out.")
    return name


def tag_list(tags: Iterable[str] | None) -> list[str] | None:
    """The tags, trimmed, in order, without empty and doubled ones; None for None.

    Raises TypeError unless it is a list (or other iterable) of texts.
    """
    if tags is None:
        return None
    if isinstance(tags, str):
        raise TypeError(f"tags must be a list of texts, but it is one text. Write tags=[{tags!r}].")
    if isinstance(tags, (bytes, Mapping)) or not isinstance(tags, Iterable):
        raise TypeError(f"tags must be a list of texts, but it is {type(tags).__name__}.")
    trimmed = (_required("A tag", tag).strip() for tag in tags)
    return list(dict.fromkeys(tag for tag in trimmed if tag))


def free_text(name: str, value: str | None) -> str | None:
    """The text argument `name`, such as notes or group, fit for UTF-8; None for None. Raises TypeError otherwise."""
    return None if value is None else _required(name, value)


def _required(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, but it is {type(value).__name__}.")
    return encodable(str.__str__(value))


def _path(path: str | None, name: str) -> str | None:
    if path is None:
        return None
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a text such as 'vision/resnet50', but it is {type(path).__name__}.")
    slashed = path.replace("\\", "/")
    if slashed in ("", "/"):
        return ""
    joined = "/".join(part for part in slashed.split("/") if part)
    if not _PATH.fullmatch(joined):
        raise ValueError(
            f"Invalid path: {path!r}. It can only contain letters, numbers, underscores, hyphens, and forward slashes."
        )
    if len(joined) > _PATH_LENGTH:
        raise ValueError(f"Path too long: {len(joined)} characters. Maximum is {_PATH_LENGTH}.")
    return joined
