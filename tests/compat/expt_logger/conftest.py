"""A run of expt_logger; the home, root and daemon that the tests of a module share are those of the folder above."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run


@pytest.fixture(autouse=True)
def _end() -> Iterator[None]:
    """Leaves no open run, and nothing in the environment, to the next test."""
    yield
    expt_logger.end()
    assert "EXPT_LOGGER_EXPERIMENT_ID" not in os.environ


@pytest.fixture
def experiment(root: object) -> Run:  # noqa: ARG001  the daemon takes what is logged
    """An open run, which is the active one."""
    return expt_logger.init(name="grpo")
