"""Notices are said once per key, wherever they are called from, and never raise."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from runicorn.notices import LOGGER, Notices


@pytest.fixture(name="logger")
def _logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger(LOGGER)
    before = logger.handlers[:]
    yield logger
    logger.handlers[:] = before


def test_a_key_is_said_once_per_object(caplog: pytest.LogCaptureFixture) -> None:
    mine, other = Notices(), Notices()
    assert mine.once("disk", "The disk is full.")
    assert not mine.once("disk", "The disk is full.")
    assert mine.once(("disk", "quota"), "The quota is used up.")
    assert other.once("disk", "The disk is full.")
    assert [record.getMessage() for record in caplog.records] == [
        "runicorn: The disk is full.",
        "runicorn: The quota is used up.",
        "runicorn: The disk is full.",
    ]


def test_a_sentence_is_no_format(caplog: pytest.LogCaptureFixture) -> None:
    Notices().once("percent", "The disk is 100% full, %s.")
    assert caplog.messages == ["runicorn: The disk is 100% full, %s."]


def test_without_logging_it_reaches_stderr_even_where_warnings_are_errors() -> None:
    program = "from runicorn.notices import warn_once; warn_once('k', 'Look here.'); warn_once('k', 'Look here.')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "runicorn: Look here.\n"


def test_the_number_of_notices_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, LOGGER)
    notices = Notices()
    for number in range(Notices.LIMIT):
        assert notices.once(f"metric {number}", "...")
    caplog.set_level(logging.WARNING, LOGGER)
    assert notices.once("one more", "Not this.")
    assert not notices.once("another", "Nor this.")
    assert caplog.messages == ["runicorn: There were 10000 different notices; further ones are not shown."]


def test_a_handler_that_raises_does_no_harm(logger: logging.Logger) -> None:
    class Broken(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            raise RuntimeError("reentrant call")

    logger.addHandler(Broken())
    assert Notices().once("key", "sentence")


def test_a_handler_may_give_notices_itself(logger: logging.Logger) -> None:
    notices = Notices()
    said: list[bool] = []

    class Again(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            said.append(notices.once("outer", "..."))
            if len(said) < 3:
                said.append(notices.once("inner", "..."))

    logger.addHandler(Again())
    assert notices.once("outer", "...")
    assert sorted(said) == [False, False, False, True]


def test_of_many_threads_one_says_it() -> None:
    notices, barrier = Notices(), threading.Barrier(8)
    said: list[bool] = []

    def say() -> None:
        barrier.wait()
        said.append(notices.once("key", "sentence"))

    threads = [threading.Thread(target=say) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [False] * 7 + [True]
