"""A root and a daemon for all tests of a module, where isolation is not the point; a folder's conftest imports them."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import conftest
from tests.conftest import Daemon, Home


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
