"""The home of a daemon's test: what a failed test has left open does not go on in the next one's."""

from collections.abc import Iterator

import pytest
from tests.conftest import Home

from runicorn import Run, lifecycle


@pytest.fixture
def home(home: Home) -> Iterator[Home]:
    yield home
    for run in list(lifecycle._open):
        assert isinstance(run, Run)
        lifecycle.forget(run)
        run._sender.finish()
        run._sender._outbox.release(run._sender._outbox.head)  # it may be lost
        run._sender._outbox.rouse()
        run._sender.join()
