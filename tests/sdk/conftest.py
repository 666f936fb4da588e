"""A daemon for all tests of a module, where isolation is not the point, and a run in the process of the tests."""

import inspect
from collections.abc import Iterator

import pytest
from tests import conftest
from tests.conftest import Daemon, Home

import runicorn as rn


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Home]:
    """`home`, for a whole module."""
    with pytest.MonkeyPatch.context() as patch:
        yield from inspect.unwrap(conftest.home)(patch)


@pytest.fixture(scope="module")
def shared_daemon(shared_home: Home) -> Daemon:  # noqa: ARG001  the daemon lives in that home
    """`daemon`, for a whole module."""
    started = Daemon()
    started.start()
    return started


@pytest.fixture
def run(shared_daemon: Daemon) -> Iterator[rn.Run]:  # noqa: ARG001  the daemon takes what is logged
    """An open run of the path "test"."""
    made = rn.init("test")
    yield made
    made.finish()
