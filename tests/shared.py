"""A root and a daemon for all tests of a module, where isolation is not the point; a folder's conftest imports them."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import conftest, programs
from tests.conftest import Daemon, Home

import runicorn as rn
from runicorn import lifecycle


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Home]:
    """`home`, for a whole module."""
    with pytest.MonkeyPatch.context() as patch:
        yield from inspect.unwrap(conftest.home)(patch)


@pytest.fixture(scope="module")
def root(shared_home: Home) -> Path:
    """The root of that home; its daemon runs."""
    Daemon().start()
    return shared_home.root


@pytest.fixture(autouse=True)
def clear() -> Iterator[None]:
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
