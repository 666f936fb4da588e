"""The user's own settings in TOML: a registry of values by key, and rnconfig.toml of user and workspace.

<config>/registry/cv/data.toml      get_config("cv/data/train/root") is its [train] root
<config>/rnconfig.toml              the user's
<workspace>/rnconfig.toml           the project's, which wins

<config> is `runicorn.settings.config_dir()`. Files are read at each call, so a change counts at once.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from runicorn import settings, start

_FILE = "rnconfig.toml"


def get_config(key: str) -> Any:
    """A value of the user's registry: of "a/b/c" the longest beginning that is a file counts, then names in it.

    Of a/b/c.toml it is the top-level `value`, of a/b.toml `c`, of a.toml `c` in `[b]`; a table is a dict.

    Raises KeyError, which says what was looked for and where, TypeError for a key that is no text, ValueError for an
    empty key, one that leads out of the registry, or a file that is no TOML, and OSError for one that cannot be read.
    """
    if not isinstance(key, str):
        raise TypeError(f"The key must be a text such as 'data/root', but it is {type(key).__name__}.")
    parts = [part for part in key.replace("\\", "/").split("/") if part.strip()]
    if not parts:
        raise ValueError("The key is empty. Give one such as 'data/root'.")
    if any(part in (".", "..") or "\0" in part for part in parts):
        raise ValueError(f"The key {key!r} leads out of the registry.")
    files = [_file(parts[:length]) for length in range(len(parts), 0, -1)]
    for path, length in zip(files, range(len(parts), 0, -1), strict=True):
        if path.is_file():
            found: Any = _read(path)
            for name in parts[length:] or ["value"]:
                if not isinstance(found, dict) or name not in found:
                    raise KeyError(_missing(key, files))
                found = found[name]
            return found
    raise KeyError(_missing(key, files))


def get_effective_rnconfig(workspace_root: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """rnconfig.toml of the user with that of the workspace laid over it, table by table; empty without either.

    `workspace_root`: default the nearest git checkout upwards, else the working folder. Raises ValueError for a file
    that is no TOML, OSError for one that cannot be read.
    """
    return _merged(_read(settings.config_dir() / _FILE), _read(start.workspace(workspace_root) / _FILE))


def _registry() -> Path:
    return settings.config_dir() / "registry"


def _file(parts: list[str]) -> Path:
    return _registry().joinpath(*parts[:-1], f"{parts[-1]}.toml")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError as error:  # of tomllib, or no UTF-8
        raise ValueError(f"{path} is no TOML: {error}") from error


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = {**under, **over}
    for name in under.keys() & over.keys():
        if isinstance(under[name], dict) and isinstance(over[name], dict):
            result[name] = _merged(under[name], over[name])
    return result


def _missing(key: str, files: list[Path]) -> str:
    searched = ", ".join(str(path) for path in files)
    return f"Registry key not found: {key!r}. Registry root: {_registry()}. Searched: {searched}. Create: {files[0]}"
