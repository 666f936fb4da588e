"""Settings: the environment variables the SDK reads, the user's config folder, and where the storage root is.

Those of the outbox (RUNICORN_OUTBOX, RUNICORN_OUTBOX_MB, RUNICORN_SPILL_MB) are read by `runid.places`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from runicorn.notices import warn_once

DIR = "RUNICORN_DIR"
ON = "RUNICORN_ON"
FINISH_TIMEOUT = "RUNICORN_FINISH_TIMEOUT"
QUIET = "RUNICORN_QUIET"
SYSTEM = "RUNICORN_SYSTEM"
WEBHOOK_URL = "RUNICORN_WEBHOOK_URL"
WEBHOOK_LEVEL = "RUNICORN_WEBHOOK_LEVEL"

LEVELS = ("info", "warn", "error")
"""The levels of alerts, from low to high."""

_DEFAULT_ROOT = ".runicorn"
_DEFAULT_FINISH_TIMEOUT = 30.0
_LONGEST_FINISH_TIMEOUT = 7 * 24 * 3600.0

_WEBHOOKS_LENGTH = 2048  # together: they stand in the header of each piece of an outbox

_YES = {"1", "true", "yes", "y", "on"}
_NO = {"0", "false", "no", "n", "off"}


def storage_root(storage: str | os.PathLike[str] | None = None) -> Path:
    """The absolute storage root: the argument, else RUNICORN_DIR, else `user_root_dir` of the config, else ./.runicorn.

    An empty text counts as not given, `~` is expanded, nothing is created or even looked for.
    Raises TypeError when the argument is no path, ValueError when no absolute path can be made of what was given.
    """
    if storage is not None and not isinstance(storage, (str, os.PathLike)):
        raise TypeError(f"storage must be a path to a folder, but it is {type(storage).__name__}.")
    given = os.fsdecode(storage) if storage is not None else ""
    if given:
        return _absolute(given, "storage")
    if named := os.environ.get(DIR):
        return _absolute(named, DIR)
    if configured := _user_root():
        return _absolute(configured, f"user_root_dir in {config_dir() / 'config.json'}")
    return _absolute(_DEFAULT_ROOT, "the default storage root")


def config_dir() -> Path:
    """The user's config folder, which may not exist: `$XDG_CONFIG_HOME/runicorn`, else `~/.config/runicorn`."""
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Application Support/Runicorn"))
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.config"), "runicorn")


def finish_timeout() -> float:
    """Seconds `finish()` waits at most until everything is safe: RUNICORN_FINISH_TIMEOUT, 30.0 by default."""
    text = os.environ.get(FINISH_TIMEOUT, "").strip()
    if not text:
        return _DEFAULT_FINISH_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if 0 <= seconds <= _LONGEST_FINISH_TIMEOUT:
        return seconds
    warn_once(
        (FINISH_TIMEOUT, text),
        f"{FINISH_TIMEOUT} is {text!r}, but it must be a number of seconds from 0 to {_LONGEST_FINISH_TIMEOUT:.0f}. "
        f"finish() waits up to {_DEFAULT_FINISH_TIMEOUT:.0f} seconds.",
    )
    return _DEFAULT_FINISH_TIMEOUT


def quiet() -> bool:
    """Whether RUNICORN_QUIET silences the lines that `init()` and `alert()` print; False by default."""
    return flag(QUIET, False)


def for_the_daemon() -> dict[str, Any]:
    """What a writer tells the daemon alone, beside who it is: `system`, and `webhooks`, which no file of a root has."""
    found = webhooks()
    return {"system": flag(SYSTEM, True)} | ({"webhooks": found} if found else {})


def webhooks() -> list[str]:
    """The addresses in RUNICORN_WEBHOOK_URL, separated by commas; what is none is left out, with one notice."""
    text = os.environ.get(WEBHOOK_URL, "")
    given = [url.strip() for url in text.split(",") if url.strip()]
    good = [url for url in given if url.lower().startswith(("http://", "https://")) and url.isascii()]
    if len(good) < len(given):
        warn_once(WEBHOOK_URL, f"{WEBHOOK_URL} holds what is no http:// or https:// address. No alert is sent there.")
    if sum(map(len, good)) > _WEBHOOKS_LENGTH:
        warn_once((WEBHOOK_URL, "long"), f"{WEBHOOK_URL} is longer than {_WEBHOOKS_LENGTH} characters. It is left out.")
        return []
    return good


def webhook_level() -> str:
    """The least level of an alert that is sent to webhooks: RUNICORN_WEBHOOK_LEVEL, "info" by default."""
    text = os.environ.get(WEBHOOK_LEVEL, "").strip()
    if text and text.lower() not in LEVELS:
        warn_once(
            (WEBHOOK_LEVEL, text), f"{WEBHOOK_LEVEL} is {text!r}, but it must be info, warn or error; it is info."
        )
        return LEVELS[0]
    return text.lower() or LEVELS[0]


def flag(name: str, default: bool) -> bool:
    """The yes-or-no setting `name`; the default where it is missing, empty or, with one notice, neither yes nor no."""
    text = os.environ.get(name, "").strip()
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if word:
        warn_once((name, text), f"{name} is {text!r}, but it must be 1 or 0. It is taken as {int(default)}.")
    return default


def _absolute(path: str, source: str) -> Path:
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise ValueError(f"{source} is {path!r}, but there is no such home folder. Give the folder's full path.")
    if "\0" in expanded:
        raise ValueError(f"{source} is {path!r}, but a path cannot contain a NUL character.")
    try:
        return Path(os.path.abspath(expanded))
    except OSError as error:
        raise ValueError(
            f"{source} is {path!r}, which is relative to a working folder that is gone ({error.strerror}). "
            "Give the folder's full path."
        ) from error


def _user_root() -> str | None:
    """`user_root_dir` of the user config; None without one or, with one notice, when it cannot be read."""
    path = config_dir() / "config.json"
    try:
        config = json.loads(path.read_bytes())
        if not isinstance(config, dict):
            raise ValueError("it is no JSON object")
        root = config.get("user_root_dir")
        if not isinstance(root, str | None):
            raise ValueError("its user_root_dir is no text")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        warn_once(
            ("config.json", str(path), str(reason)),
            f"{path} cannot be read: {reason}. It is left out, so the storage root is ./{_DEFAULT_ROOT}. "
            "Correct or remove the file.",
        )
        return None
    return root
