"""A project that no other test has, and nothing of one test's run in the next one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from runicorn.compat import trackio
from runicorn.compat.trackio import active, context_vars

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _no_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(active, "_begun", [])
    yield
    for one in (context_vars.current_run, context_vars.current_project):
        one.set(None)


@pytest.fixture
def project(root: Path) -> str:  # noqa: ARG001  the daemon takes what is logged
    """A project without runs."""
    return f"project{next(_numbers)}"


@pytest.fixture
def run(project: str) -> trackio.Run:
    """A run of that project."""
    return trackio.init(project)
