"""A root for all tests of a module."""

from collections.abc import Iterator

import pytest
from tests import programs
from tests.shared import root, shared_home

__all__ = ["root", "shared_home"]


@pytest.fixture(autouse=True)
def _clear() -> Iterator[None]:
    """Leaves nothing of a test that failed to the next one."""
    yield
    programs.clear()
