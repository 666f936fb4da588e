"""Which of a run's conversations a request is about.

`of` and `type` are the key and the type it was logged as (trace or table); without them it is the key with the most.
`stage`: without it the one with the most, "*" is all. `q` is a query (see runid.store.rollout_query), `step` and
`prompt` say it in short.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from starlette.requests import Request

from runicorn.viewer.kept import Kept
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.media import rollout
from runid.store import edits, rollout_query, rollout_sums
from runid.store.rollout_index import RolloutIndex
from runid.store.rollouts import Places, Rollouts

ALL = "*"
NONE: Places = np.zeros(0, np.int64)
READING = 0.15
"""Seconds for which a request reads on that is there for that, where not all is read; others do not wait for it."""
_SOON = 0.02
"""For which every request does."""
_MOST_ROWS = 200
_MOST_QUERIES = 16
_TESTING, _BLOCK = 0.15, 2000
"""Seconds for which a request goes on to test what a query means, and how many samples are tested at once."""
_LAST = (1 << 63) - 1


class _Run:
    """A run that is looked at: its index, and what queries found in it."""

    def __init__(self, folder: Path) -> None:
        self.index = RolloutIndex(folder)
        self.read = 0.0
        """Which share of the run's objects is read."""
        self._found: OrderedDict[tuple[object, ...], tuple[int, Places]] = OrderedDict()

    def refresh(self, seconds: float = _SOON) -> None:
        """Reads on, where not all is read. Raises OSError."""
        self.read = self.index.refresh(seconds)

    def chosen(self, of: Rollouts, stage: str, flags: list[str], text: str, places: Places) -> tuple[Places, float]:
        """Those of a stage's places that a query means, and which share of them was tested so far.

        What is said in 100,000 is not looked through at once: the next request goes on.
        """
        if not text.strip():
            return places, 1.0
        key = of.key, of.type, stage, tuple(flags) if "flag" in text else (), text
        tested, found = self._found.pop(key, (0, NONE))
        deadline = time.monotonic() + _TESTING
        while tested < len(places) and (not tested or time.monotonic() < deadline):
            more = rollout_query.chosen(self.index, of, text, places[tested : tested + _BLOCK], flags)
            tested, found = min(tested + _BLOCK, len(places)), np.concatenate([found, more])
        self._found[key] = tested, found
        while len(self._found) > _MOST_QUERIES:
            self._found.popitem(last=False)
        return found, tested / len(places) if len(places) else 1.0


@dataclass
class Asked:
    """What a request is about."""

    index: RolloutIndex
    read: float
    """Which share of the run's objects is read."""
    of: Rollouts
    stage: str
    all: Places
    """Of this stage."""
    chosen: Places
    tested: float
    """Which share of them was tested for the query."""
    flags: list[str]
    """The identities of samples that are flagged."""

    def here(self, request: Request) -> tuple[int | None, Places]:
        """The chosen samples of a step and of `prompt`, as far as the request says these, and the step.

        That is `step`, or the last one before it at which there are some; "last" is the last of all.
        """
        places, step = self.chosen, None
        if "step" in request.query_params and len(places):
            steps = self.of["step"][places]
            limit = _LAST if request.query_params["step"] == "last" else asked.whole(request, "step", 0)
            before = steps[steps <= limit]
            step = int(before.max() if len(before) else steps.min())
            places = places[steps == step]
        if prompt := request.query_params.get("prompt"):
            places = places[self.of["prompt"][places] == prompt_number(prompt)]
        return step, np.asarray(places)

    def listed(self, request: Request) -> tuple[int | None, Places]:
        """The same in the `order` that the request wants (see rollout_sums.ORDERS)."""
        step, places = self.here(request)
        return step, rollout_sums.ordered(self.of, places, request.query_params.get("order", ""))


_kept: Kept[Path, _Run] = Kept(_Run)


@contextmanager
def asked_for(request: Request, seconds: float = 0) -> Iterator[Asked]:
    """What a request is about; where not all is read yet, it is read for so long.

    Raises NotFoundError where the run has no conversations of this key; OSError.
    """
    folder = asked.library(request).folder(asked.run(request))
    with _kept.fresh(folder) as run:
        if run.read < 1 and seconds:
            run.refresh(seconds)
        of = _of(request, run.index, run.read)
        stage = _stage(request, of)
        places = of.of_stage(None if stage == ALL else stage)
        flags = [one for one in edits.read(folder).get("flags", []) if of.place(one, run.index.hosts) is not None]
        found, tested = run.chosen(of, stage, flags, request.query_params.get("q", ""), places)
        yield Asked(run.index, run.read, of, stage, places, found, tested, flags)


def one_of(request: Request, it: Asked, name: str = "id") -> tuple[int, dict[str, Any], str | None]:
    """The place of the sample that a parameter names, what it says, and why that cannot be read.

    Without the parameter it is the first of those that are listed. Raises NotFoundError where there is none.
    """
    wanted = request.query_params.get(name)
    if wanted is None:
        first = it.listed(request)[1][:1]
        wanted = it.of.identity(int(first[0]), it.index.hosts) if len(first) else ""
    place = it.of.place(wanted, it.index.hosts)
    if place is None and it.read < 1:
        it.index.refresh()
        place = it.of.place(wanted, it.index.hosts)
    if place is None:
        raise NotFoundError(f"The run has no such conversation {wanted[:100]!r}.")
    try:
        return place, it.index.value(it.of, place)[1], None
    except (OSError, ValueError, pa.ArrowException) as error:
        return place, {}, f"It cannot be read: {error}"


def sample(it: Asked, place: int, value: dict[str, Any]) -> dict[str, Any]:
    """What is told in a list of a sample that says `value`; a reward that is no finite number is its text."""
    of, truncated = it.of, int(it.of["truncated"][place])
    named = of.identity(place, it.index.hosts)
    return {
        "id": named,
        "step": int(of["step"][place]),
        "stage": of.stages[int(of["stage"][place])],
        "rank": int(of["rank"][place]),
        "time": float(of["time"][place]),
        "reward": _total(value),
        "length": int(of["length"][place]),
        "unit": "tokens" if of["tokens"][place] else "characters",
        "advantage": float(of["advantage"][place]),
        "truncated": None if truncated < 0 else bool(truncated),
        "prompt_id": f"{of['prompt'][place]:016x}",
        "flagged": named in it.flags,
    }


def _total(value: dict[str, Any]) -> float | str | None:
    total = rollout.total(rollout.rewards(value))
    return total if total is None or math.isfinite(total) else str(total)


def prompt_of(value: dict[str, Any]) -> str:
    """What was asked, in short."""
    return rollout.short(rollout.prompt_of(value))


def prompt_number(text: str) -> int:
    """The number that stands for a prompt. Raises ValueError for what is none."""
    try:
        return int(text, 16) & ((1 << 64) - 1)
    except ValueError as error:
        raise ValueError(f"prompt must be 16 hex digits, got {text[:100]!r}.") from error


def window(request: Request, most: int = _MOST_ROWS) -> tuple[int, int]:
    """From which row on to which, the latter not included, a request wants."""
    lo = max(0, asked.whole(request, "lo", 0))
    return lo, min(max(lo, asked.whole(request, "hi", lo + 50)), lo + most)


def _of(request: Request, index: RolloutIndex, read: float) -> Rollouts:
    key, kind = request.query_params.get("of"), request.query_params.get("type", "")
    fitting = [one for one in index.of.values() if key in (None, one.key) and kind in ("", one.type)]
    if not fitting and key is not None and read == 1:
        raise NotFoundError(f"The run has no conversations {key[:100]!r}.")
    return max(fitting, key=len, default=Rollouts("", "trace"))


def _stage(request: Request, of: Rollouts) -> str:
    """The stage that is meant: a name, or ALL."""
    named = request.query_params.get("stage")
    numbers = np.bincount(of["stage"], minlength=1)
    return named or (of.stages[int(numbers.argmax())] if of.stages else None) or ALL
