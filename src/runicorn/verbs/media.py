"""Images: the caller pays a copy of their bytes, the daemon's workers make files of them."""

from __future__ import annotations

import os
import re
import time
from abc import abstractmethod
from functools import partial
from typing import Any

from runicorn.aside import Aside
from runicorn.values import key_text, plain, whole_step
from runicorn.verbs import pictures
from runicorn.verbs.asking import Asking

_FORMATS = ("png", "jpg", "jpeg", "webp")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


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

        `image`: of Pillow; an array or tensor, HW, HWC or CHW with 1, 3 or 4 channels, of bool, integers (0 … 255, or
        stretched to that) or floats (0 … 1 or 0 … 255, as the largest tells); the bytes of an image file, or its path.
        It is copied at the call, files of more than 4 MiB soon after. `format`: png, jpg, jpeg or webp; a file that is
        of that format already is kept as it is. `quality`, 1 … 100, is for jpg and webp. `step` is the run's current
        one by default, and does not set it.

        What cannot be kept is a notice, and gives "".
        """
        try:
            return self._log_image(key, image, step, caption, str(format).lower(), quality)
        except Exception as error:  # the image may run any code
            self._notices.once(("image", str(error)), f"The image {key_text(key)!r} is left out: {error}.")
            return ""

    def _log_image(self, key: str, image: Any, step: Any, caption: Any, form: str, quality: Any) -> str:
        if form not in _FORMATS:
            raise ValueError(f"its format must be one of {', '.join(_FORMATS)}, got {form!r}")
        name = self._name(key)
        if name is None or self._is_late():
            return ""
        picture = pictures.taken(image)
        file = f"media/{time.time_ns() // 1_000_000}_{os.urandom(3).hex()}_{_safe(name)}.{form}"
        what = {
            "key": name,
            "step": self._image_step(step),
            "file": file,
            "caption": None if caption is None else key_text(caption),
            "format": form,
            "quality": min(max(int(quality), 1), 100),
            "source": picture.source,
        }
        ask = partial(self._ask_beside, "image", what, picture.parts, picture.size, time.time())
        if picture.later:
            self._aside.do(ask, f"The image {name!r}")
        return file if picture.later or ask() else ""

    def _image_step(self, given: Any) -> int:
        step = self.step if given is None else whole_step(given)
        if step is None:
            self._notices.once("image step", f"step={plain(given)!r} is no whole number; the run's step is taken.")
        return self.step if step is None else step


def _safe(key: str) -> str:
    """A key as a part of a file's name."""
    return _UNSAFE.sub("_", key)[:_LONGEST]
