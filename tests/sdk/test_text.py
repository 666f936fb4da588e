"""The logging handler: what a run is given, and that nothing it meets raises, recurses or blocks."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from runicorn import text
from runicorn.notices import Notices
from runicorn.text import RunicornLoggingHandler


class Sink:
    """Stands for a run: holds the lines it was given."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.is_finished = False

    def _text(self, level: str, text: str) -> None:
        self.lines.append((level, text))


def nobody() -> None:
    return None


@pytest.fixture(name="logger")
def _logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    monkeypatch.setattr(text, "warn_once", Notices().once)
    logger = logging.getLogger("training.step")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers.clear()


def test_a_record_is_its_level_and_name_and_message(logger: logging.Logger) -> None:
    run = Sink()
    logger.addHandler(RunicornLoggingHandler(run, active=nobody))
    logger.info("epoch %d", 3)
    logger.warning("100%")
    logger.debug("below INFO")
    assert run.lines == [("INFO", "training.step: epoch 3"), ("WARNING", "training.step: 100%")]


def test_the_level_can_be_chosen(logger: logging.Logger) -> None:
    run = Sink()
    logger.addHandler(RunicornLoggingHandler(run, level="ERROR", active=nobody))
    logger.warning("no")
    logger.error("yes")
    assert run.lines == [("ERROR", "training.step: yes")]


def test_a_format_of_the_users_stands_in_place_of_name_and_message(logger: logging.Logger) -> None:
    run = Sink()
    logger.addHandler(RunicornLoggingHandler(run, fmt="%(asctime)s [%(levelname)s] %(message)s", active=nobody))
    logger.info("hello")
    [(level, line)] = run.lines
    assert level == "INFO"
    hour, minute, rest = line.split(":")
    assert hour.isdigit()
    assert minute.isdigit()
    assert rest[2:] == " [INFO] hello"


def test_a_traceback_is_part_of_the_text(logger: logging.Logger) -> None:
    run = Sink()
    logger.addHandler(RunicornLoggingHandler(run, active=nobody))
    try:
        raise KeyError("batch")
    except KeyError:
        logger.exception("failed")
    [(level, text)] = run.lines
    assert level == "ERROR"
    assert text.startswith("training.step: failed\nTraceback")
    assert text.endswith("KeyError: 'batch'")


def test_without_a_run_it_follows_the_active_one(logger: logging.Logger) -> None:
    first, second = Sink(), Sink()
    active: list[Sink | None] = [None]
    logger.addHandler(RunicornLoggingHandler(active=lambda: active[0]))
    logger.info("nobody hears")
    active[0] = first
    logger.info("one")
    active[0] = second
    logger.info("two")
    active[0] = None
    logger.info("nobody again")
    assert first.lines == [("INFO", "training.step: one")]
    assert second.lines == [("INFO", "training.step: two")]


def test_a_finished_run_is_given_nothing(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    run = Sink()
    logger.addHandler(RunicornLoggingHandler(run, active=nobody))
    run.is_finished = True
    logger.info("late")
    assert run.lines == []
    assert [record.name for record in caplog.records] == ["training.step"]


def test_a_record_that_cannot_be_formatted_is_one_notice(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    class HostileError(Exception):
        def __str__(self) -> str:
            raise self

    run = Sink()
    logger.propagate = False
    try:
        logger.addHandler(RunicornLoggingHandler(run, active=nobody))
        logger.info("%d", "no number")
        logger.info("%d", "no number")
        logger.info("%s", HostileError())
        logger.info("good")
    finally:
        logger.propagate = True
    assert run.lines == [("INFO", "training.step: good")]
    assert len(caplog.messages) == 2
    assert "A record of the logger 'training.step' is left out of the run's text: TypeError: %d format" in caplog.text
    assert "HostileError: <HostileError that cannot be shown>" in caplog.text
    assert capsys.readouterr().err == ""


def test_runicorns_own_records_do_not_come_back() -> None:
    class Broken(Sink):
        def _text(self, level: str, text: str) -> None:
            logging.getLogger("runicorn.run").error("a notice while logging")
            super()._text(level, text)

    run, root = Broken(), logging.getLogger()
    handler = RunicornLoggingHandler(run, active=nobody)
    root.addHandler(handler)
    try:
        logging.getLogger("runicorn").warning("own")
        logging.getLogger("runicorn_like").warning("other")
    finally:
        root.removeHandler(handler)
    assert run.lines == [("WARNING", "runicorn_like: other")]


def test_filters_are_asked(logger: logging.Logger) -> None:
    run = Sink()
    handler = RunicornLoggingHandler(run, active=nobody)
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logger.addHandler(handler)
    logger.info("a secret")
    logger.info("no news")
    assert run.lines == [("INFO", "training.step: no news")]


def test_a_filter_may_put_another_record_in_its_place(logger: logging.Logger) -> None:
    class Masking(RunicornLoggingHandler):
        def filter(self, record: logging.LogRecord) -> Any:
            return logging.makeLogRecord(record.__dict__ | {"msg": "masked"})

    run = Sink()
    logger.addHandler(Masking(run, active=nobody))
    logger.info("a secret")
    assert run.lines == [("INFO", "training.step: masked")]


def test_a_signal_handler_may_log_while_the_handler_works(logger: logging.Logger) -> None:
    class Interrupted(Sink):
        def _text(self, level: str, text: str) -> None:
            super()._text(level, text)
            if len(self.lines) == 1:
                signal.raise_signal(signal.SIGUSR1)

    run = Interrupted()
    logger.addHandler(RunicornLoggingHandler(run, active=nobody))
    before = signal.signal(signal.SIGUSR1, lambda *_: logger.warning("from the signal"))
    try:
        logger.info("first")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert run.lines == [("INFO", "training.step: first"), ("WARNING", "training.step: from the signal")]


def test_a_thread_that_is_held_up_holds_up_no_other(logger: logging.Logger) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(Sink):
        def _text(self, level: str, text: str) -> None:
            if text.endswith("slow"):
                entered.set()
                leave.wait()
            super()._text(level, text)

    run = Slow()
    logger.addHandler(RunicornLoggingHandler(run, active=nobody))
    thread = threading.Thread(target=logger.info, args=("slow",))
    thread.start()
    entered.wait()
    logger.info("quick")
    assert run.lines == [("INFO", "training.step: quick")]
    leave.set()
    thread.join()
    logging.shutdown([])
    assert run.lines[-1] == ("INFO", "training.step: slow")


def test_it_can_be_closed_like_any_handler(logger: logging.Logger) -> None:
    run = Sink()
    handler = RunicornLoggingHandler(run, active=nobody)
    handler.acquire()
    handler.flush()
    handler.release()
    handler.close()
    logger.addHandler(handler)
    logger.info("the run still takes it")
    assert len(run.lines) == 1
