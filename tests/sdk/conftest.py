"""Runs that the tests of the SDK make in their own process."""

from collections.abc import Iterator

import pytest

import runicorn as rn
from runid.store import runs
from tests.conftest import Daemon


@pytest.fixture
def run(daemon: Daemon) -> Iterator[rn.Run]:  # noqa: ARG001  the daemon takes what is logged
    """An open run of the path "test"."""
    made = rn.init("test")
    yield made
    made.finish()


def read(run: rn.Run) -> runs.Run:
    """Finishes the run and reads it back from its files."""
    run.finish()
    return runs.read_run(run.run_dir)
