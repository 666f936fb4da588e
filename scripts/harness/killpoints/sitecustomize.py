"""Runs at the start of every process of a round, and kills at the point that the round's plan names.

Python imports a module of this name by itself when it lies on PYTHONPATH.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from operator import attrgetter
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from harness.counters import Counters
from harness.points import DAEMON, PLACES, WORKER, Place, Plan, daemon_pid, read_plan
from harness.processes import PLAN, send

_PRODUCT = (f"{os.sep}runid{os.sep}", f"{os.sep}runicorn{os.sep}")


class _Aim:
    """The plan as it is now, and how often the function it names has been called in this process under it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp = 0
        self._calls = 0
        self.lines = 0
        self.plan: Plan | None = None

    def at(self, place: Place) -> Plan | None:
        """The plan, if it names this very place and nobody has killed for it yet."""
        try:
            stamp = os.stat(self._path).st_mtime_ns
        except FileNotFoundError:
            stamp = 0
        if stamp != self._stamp:
            self.plan, self._stamp, self._calls, self.lines = read_plan(self._path), stamp, 0, 0
        plan = self.plan
        if plan is None or not plan.armed or plan.place != place or os.path.exists(plan.token):
            return None
        return plan

    def next_call(self) -> int:
        """Counts a call of the function the plan names."""
        self._calls += 1
        return self._calls


class _Tracer:
    """Counts the lines of the product that run in a call, and kills at one of them."""

    def __init__(self, plan: Plan, at: int) -> None:
        self._plan = plan
        self._at = at
        self.lines = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> _Tracer | None:
        if not any(part in frame.f_code.co_filename for part in _PRODUCT):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self._at:
                kill(self._plan, f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        return self


def kill(plan: Plan, where: str) -> None:
    """Kills the plan's victims, this process last; does nothing when somebody else has done it."""
    try:
        token = os.open(plan.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        return
    os.write(token, where.encode())
    pids = [_pid_of(victim, plan) for victim in plan.victims]
    for pid in sorted(pids, key=lambda pid: pid in {os.getpid(), -os.getpgrp()}):
        send(pid, os.environ[PLAN])


def _pid_of(victim: str | int, plan: Plan) -> int:
    if isinstance(victim, int):
        return victim
    if victim != DAEMON:
        return Counters(Path(victim)).pid
    if plan.place.process == DAEMON:
        return os.getpid()
    return os.getppid() if plan.place.process == WORKER else daemon_pid(plan.endpoint)


def _wrap(place: Place, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        plan = _aim.at(place)
        number = _aim.next_call() if plan else 0
        if plan is None or number not in {plan.call - 1, plan.call}:
            return original(*arguments, **named)
        # How many lines a call runs is known from the call before; of the first one, guessed from its own lines.
        lines = _aim.lines or len({line for *_, line in original.__code__.co_lines()})
        tracer = _Tracer(plan, 1 + int(plan.fraction * lines) if number == plan.call else 0)
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            return original(*arguments, **named)
        finally:
            sys.settrace(before)
            _aim.lines = tracer.lines
            if number == plan.call:
                kill(plan, "behind its last line")

    return call


class _Loader(SourceFileLoader):
    """Wraps the named functions of a module as soon as it is loaded, before anybody has imported them."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for place in _places(module.__name__):
            owner, _, name = place.function.rpartition(".")
            target = attrgetter(owner)(module) if owner else module
            setattr(target, name, _wrap(place, getattr(target, name)))


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _places(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def _places(module: str) -> list[Place]:
    aimed = _aim.plan.place if _aim.plan else None
    return [place for place in PLACES if place.module == module and (not place.hot or place == aimed)]


if PLAN in os.environ:
    _aim = _Aim(os.environ[PLAN])
    _aim.plan = read_plan(os.environ[PLAN])
    sys.meta_path.insert(0, _Finder())
