"""What a run starts from: `log_dataset` and `log_pretrained`. The daemon looks at the files, and archives them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import Any

from runicorn.values import encodable, number, plain
from runicorn.verbs.asking import Asking

BYTES = 5 * 1024**3
FILES = 2_000_000

_ENDLESS = 2.0**62
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Assets(Asking):
    """The verbs for datasets and pretrained models."""

    def log_dataset(
        self,
        name: str,
        root_or_uri: str | os.PathLike[str] | Mapping[str, Any],
        *,
        context: str = "train",
        save: bool = False,
        description: str | None = None,
        force_save: bool = False,
        max_archive_bytes: int = BYTES,
        max_archive_files: int = FILES,
    ) -> None:
        """Notes that the run uses a dataset: a file, a folder, a URI such as "hf://squad", or a mapping that tells it.

        Returns at once; the daemon looks at a file or folder a moment later and notes its fingerprint, and with `save`
        keeps its contents, once for all runs: up to the two limits, or whatever it holds with `force_save`. `context`:
        what it is used for, such as "train" or "eval". The same name, context and place logged again are one entry.
        """
        entry = {"name": name, "context": context, "uri": root_or_uri, "description": description}
        self._input("dataset", entry, "uri", save, force_save, max_archive_bytes, max_archive_files)

    def log_pretrained(
        self,
        name: str,
        *,
        path_or_uri: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        save: bool = False,
        source_type: str = "unknown",
        description: str | None = None,
        force_save: bool = False,
        max_archive_bytes: int = BYTES,
        max_archive_files: int = FILES,
    ) -> None:
        """Notes that the run starts from a pretrained model; `path_or_uri` may also be a name such as "bert-base".

        `source_type`: where it comes from, such as "huggingface", "torchvision" or "local". All else is as in
        `log_dataset`. Raises ValueError for `save` without `path_or_uri`.
        """
        if save and path_or_uri is None:
            raise ValueError("save=True requires path_or_uri")
        entry = {"name": name, "source_type": source_type, "path_or_uri": path_or_uri, "description": description}
        self._input("pretrained", entry, "path_or_uri", save, force_save, max_archive_bytes, max_archive_files)

    def _input(
        self, kind: str, entry: dict[str, Any], where: str, save: bool, force: bool, most_bytes: int, most_files: int
    ) -> None:
        try:
            path, must_exist = _place(entry[where])
            limits = {"max_archive_bytes": (most_bytes, BYTES), "max_archive_files": (most_files, FILES)}
            what = {field: plain(value) for field, value in entry.items()}
            what |= {
                "path": path,
                "must_exist": must_exist or bool(save),
                "save": bool(save),
                "force_save": bool(force),
            }
            what |= {limit: self._limit(limit, *given) for limit, given in limits.items()}
            self._ask(kind, what)
        except Exception as error:  # paths are objects of the user's, and the working folder may be gone
            self._notices.once((kind, repr(error)), f"log_{kind} left something out: {error!r}.")

    def _limit(self, name: str, given: Any, default: int) -> int:
        most = number(given)
        if most is None or math.isnan(most):
            self._notices.once(name, f"{name} is no number, but {plain(given)!r:.100}; {default} is taken.")
            return default
        return int(max(0.0, min(most, _ENDLESS)))


def _place(given: Any) -> tuple[str | None, bool]:
    """The absolute path that is meant, None for what is none; and whether it can be nothing else than a path."""
    if not isinstance(given, str | os.PathLike):
        return None, False
    text = os.fsdecode(given)
    is_path = isinstance(given, os.PathLike)
    if not is_path and _URI.match(text):
        return None, False
    return encodable(os.path.abspath(os.path.expanduser(text))), is_path or text.startswith(("/", ".", "~"))
