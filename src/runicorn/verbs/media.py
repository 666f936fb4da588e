"""Media: the caller pays a copy of their bytes, the daemon's workers make files of them."""

from __future__ import annotations

import os
import re
import time
from abc import abstractmethod
from functools import partial
from typing import Any

from runicorn import pieces
from runicorn.aside import Aside
from runicorn.media.medium import Inline, Medium
from runicorn.values import key_text, plain, whole_step
from runicorn.verbs.asking import Asking
from runid import events

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80
_MOST_OPEN = 32
"""Large files that wait to be copied, each open; one more is copied at the call: descriptors are the program's own."""


class Media(Asking):
    """What a run keeps besides numbers and texts."""

    step: int
    _aside: Aside

    @abstractmethod
    def _name(self, key: Any) -> str | None:
        """The key as the name of a metric or object; None, with a notice, where it cannot be one."""

    def log_image(
        self,
        key: str,
        image: Any,
        step: int | None = None,
        caption: str | None = None,
        format: str = "png",
        quality: int = 90,
    ) -> str:
        """Keeps an image, and gives the file it will be in, relative to the run's folder: "media/...".

        It is copied at the call, files of more than 4 MiB soon after. `image`, `format` and `quality`: as
        `runicorn.Image` has them. `step` is the run's current one by default, and does not set it.

        What cannot be kept is a notice, and gives "".
        """
        from runicorn.media.image import Image  # it is loaded only where it is used

        made = Image(image, caption, format=format, quality=quality)
        name = self._name(key)
        if name is None or self._is_late():
            return ""
        return self._put_medium(made, {"key": name, "step": self._given_step(step), "stage": None})

    def _put_media(self, media: list[Medium], where: dict[str, Any]) -> None:
        """Has media kept that were logged together; `where`: their key, step and stage."""
        if self._is_late():
            return
        for index, medium in enumerate(media):
            self._put_medium(medium, where if len(media) == 1 else where | {"index": index})

    def _put_medium(self, medium: Medium, where: dict[str, Any]) -> str:
        """Has a medium kept, and gives its file, "" where it has none; what cannot be kept is a notice."""
        try:
            return self._taken_medium(medium, where)
        except Exception as error:  # the value may run any code
            key = where["key"]
            self._notices.once((medium.kind, str(error)), f"The {medium.kind} {key!r} is left out: {error}.")
            return ""

    def _taken_medium(self, medium: Medium, where: dict[str, Any]) -> str:
        now = time.time()
        stem = f"media/{int(now * 1000)}_{os.urandom(3).hex()}_{_safe(where['key'])}"
        taken = medium.taken(partial(self._put_cell, where | {"within": stem}, "within" in where))
        caption = None if medium.caption is None else key_text(medium.caption)
        if isinstance(taken, Inline):
            about = {"type": medium.kind, "caption": caption} | {k: where[k] for k in ("index", "within") if k in where}
            if pieces.fits(taken.value, f"The {medium.kind} {where['key']!r}", self._notices):
                self._guarded([events.OBJECT, now, where["step"], where["stage"], where["key"], taken.value, about])
            return ""
        file = f"{stem}.{taken.format}" if taken.format else ""
        what = where | {"file": file or None, "caption": caption, "format": taken.format, "source": taken.source}
        ask = partial(self._ask_beside, medium.kind, what | dict(taken.options), taken.parts, taken.size, now)
        if taken.later and self._aside.waiting < _MOST_OPEN:
            self._aside.do(ask, f"The {medium.kind} {where['key']!r}")
            return file
        return file if ask() else ""

    def _put_cell(self, where: dict[str, Any], deep: bool, medium: Medium) -> dict[str, Any] | None:
        """Has a medium kept that is inside another one, a table; None for a table inside of two others.

        So one that holds itself comes to an end.
        """
        if deep and medium.kind == "table":
            told = f"The table {where['key']!r} holds tables with tables in them: those are kept as text."
            self._notices.once(("deep", where["key"]), told)
            return None
        file = self._put_medium(medium, where)
        caption = None if medium.caption is None else key_text(medium.caption)
        return {"type": medium.kind, "file": file, "caption": caption} if file else None

    def _given_step(self, given: Any) -> int:
        step = self.step if given is None else whole_step(given)
        if step is None:
            self._notices.once("media step", f"step={plain(given)!r} is no whole number; the run's step is taken.")
        return self.step if step is None else step


def _safe(key: str) -> str:
    """A key as a part of a file's name."""
    return _UNSAFE.sub("_", key)[:_LONGEST]
