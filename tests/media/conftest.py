"""A root for all tests of a module, and a run in the tests' own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import programs
from tests.shared import root, shared_home

import runicorn as rn
from runicorn import lifecycle

__all__ = ["root", "shared_home"]


@pytest.fixture(autouse=True)
def _clear() -> Iterator[None]:
    """Leaves nothing of a test that failed to the next one."""
    yield
    programs.clear()
    lifecycle.finish_all()


@pytest.fixture
def run(root: Path) -> Iterator[rn.Run]:  # noqa: ARG001  the daemon takes what is logged
    """An open run of the path "test"."""
    made = rn.init("test")
    yield made
    made.finish()
