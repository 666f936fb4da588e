"""`log()`: what is logged at a step. It checks values, stamps step and time, and leaves the rest to the outbox."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from runicorn import names, pieces
from runicorn.media.medium import Medium, media
from runicorn.values import key_text, number, plain, whole_step
from runicorn.verbs.media import Media
from runicorn.verbs.monitoring import Monitoring
from runid import events

_POINTS = events.POINTS
_FEW = 400
_MOST_NAMES = 100_000
_STAGE_LENGTH = 512
_STEP_NAMES = ("step", "global_step", "train/global_step", "trainer/global_step")
_time = time.time


class Log(Media, Monitoring):
    """The verb `log`."""

    _names: set[str]
    _stages: set[str]
    _step_lock: threading.RLock
    _put: Callable[[events.Event], None]

    def log(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
        stage: str | None = None,
        **metrics: Any,
    ) -> None:
        """Logs values at a step.

        Numbers, NumPy scalars and 0-d tensors become points of the metric they are named by, float64, NaN and ±Inf
        included; images, tables and other media (see runicorn.media), alone or in lists, become files; texts and other
        JSON-like values become objects. Keywords win over `data`. Without `step` it is the last one plus 1, from 1 on,
        or an integer named step, global_step, train/global_step or trainer/global_step.

        Raises TypeError when `data` is neither a mapping nor None.
        """
        if data is not None and type(data) is not dict and not isinstance(data, Mapping):
            raise TypeError(f"log() needs a mapping of names to values, but it got {type(data).__name__}.")
        try:
            # A copy, unless it is ours: another thread may change the user's mapping at any time.
            data = metrics if data is None else {**data, **metrics}
            said = stage is None or (type(stage) is str and stage in self._stages)
            if said and (step is None or type(step) is int) and len(data) < _FEW:
                known = self._names
                for name, value in data.items():
                    if type(value) is not float or name not in known:
                        break
                else:
                    if step is None:
                        with self._step_lock:
                            step = self.step + 1
                            self.step = step
                    elif -0x8000000000000000 <= step <= 0x7FFFFFFFFFFFFFFF:
                        self.step = step
                    else:
                        step = self._step_of(step)
                    self._put([_POINTS, _time(), step, stage, data])
                    return
            self._log_any(data, step, stage)
        except Exception as error:
            self._leave_out(error)

    def _log_at(self, data: Mapping[str, Any], step: int) -> None:
        """Logs values at a step, and leaves the run's current one as it is."""
        try:
            self._log_any(dict(data), step, None, sets=False)
        except Exception as error:
            self._leave_out(error)

    def _log_any(self, data: Mapping[str, Any], step: Any, stage: Any, sets: bool = True) -> None:
        """The general way of `log()`: names are new, values of other types, or there are many of them.

        `sets`: the step becomes the run's current one.
        """
        points: dict[str, float] = {}
        objects: dict[str, Any] = {}
        rich: dict[str, list[Medium]] = {}
        for key, value in data.items():
            if key in _STEP_NAMES:
                if step is None and isinstance(value, int | _integers()) and not isinstance(value, bool):
                    step = int(value)
                elif step is None:
                    self._no_step(key, value)
                if key in ("step", "global_step"):
                    continue
            elif key == "stage" and (stage is None or isinstance(value, str)):
                stage = value if stage is None else stage
                if number(value) is None:  # a number is a metric as well
                    continue
            name = self._name(key)
            if name is None:
                continue
            if (value_of := number(value)) is not None:
                points[name] = value_of
            elif (found := media(value)) is not None:
                rich[name] = found
            else:
                objects[name] = plain(value)
        step, stage = self._step_of(step) if sets else step, self._stage(stage)
        self._put_values(points, objects, step, stage)
        for name, found in rich.items():
            self._put_media(found, {"key": name, "step": step, "stage": stage})
        self._check_metrics(points)

    def _no_step(self, key: str, value: Any) -> None:
        left = " and left out" if key in ("step", "global_step") else ""
        sentence = f"{key!r} is no integer but {plain(value)!r}: it is not taken for the step{left}. Give log() step=."
        self._notices.once(("step", key), sentence)

    def _leave_out(self, error: Exception) -> None:
        kind = type(error).__name__
        self._notices.once(("log", kind), f"An event could not be logged: {kind}: {plain(error)}. It is left out.")

    def _put_values(
        self,
        points: dict[str, float],
        objects: dict[str, Any],
        step: int,
        stage: str | None,
        when: float | None = None,
    ) -> None:
        now = _time() if when is None else when
        for part in pieces.points(points):
            self._put([_POINTS, now, step, stage, part])
        for name, value in objects.items():
            if pieces.fits(value, f"The value of {name!r}", self._notices):
                self._put([events.OBJECT, now, step, stage, name, value])

    def _name(self, key: Any) -> str | None:
        if type(key) is str and key in self._names:
            return key
        try:
            name = names.metric_name(key)
        except ValueError as error:
            self._notices.once(("name", key_text(key)[:100]), str(error))
            return None
        known = type(key) is str and name == key and key not in (*_STEP_NAMES, "stage")
        if known and len(self._names) < _MOST_NAMES and self._monitor is None:
            self._names.add(key)
        return name

    def _stage(self, given: Any) -> str | None:
        if given is None:
            return None
        stage = key_text(given)[:_STAGE_LENGTH]
        if type(given) is str and stage == given and len(self._stages) < _MOST_NAMES:
            self._stages.add(given)
        return stage

    def _step_of(self, given: Any) -> int:
        """The step of a call: the given one if it is one, else the last plus 1."""
        if given is not None:
            step = whole_step(given)
            if step is not None:
                self.step = step
                return step
            self._notices.once("step", f"step={plain(given)!r} is no whole number; the last step plus 1 is taken.")
        with self._step_lock:
            self.step += 1
            return self.step


def _integers() -> Any:
    """NumPy's integer types, where NumPy is loaded."""
    numpy = sys.modules.get("numpy")
    return numpy.integer if numpy is not None else int
