"""The override comes before RUNICORN_ON, RUNICORN_ON before "on"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runicorn import settings, switch
from runicorn.notices import Notices


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(settings.ON, raising=False)
    monkeypatch.setattr(settings, "warn_once", Notices().once)
    switch.reset_enabled()
    yield
    switch.reset_enabled()


@pytest.mark.parametrize("text", ["1", "true", "Yes", "y", " ON ", ""])
def test_on(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(settings.ON, text)
    assert switch.is_enabled()


@pytest.mark.parametrize("text", ["0", "false", "No", "n", " OFF "])
def test_off(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(settings.ON, text)
    assert not switch.is_enabled()


def test_nonsense_is_on_with_one_notice(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv(settings.ON, "flase")
    assert switch.is_enabled()
    assert switch.is_enabled()
    assert caplog.messages == ["runicorn: RUNICORN_ON is 'flase', but it must be 1 or 0. It is taken as 1."]


def test_the_override_wins_until_it_is_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert switch.is_enabled()
    switch.set_enabled(False)
    assert not switch.is_enabled()
    monkeypatch.setenv(settings.ON, "0")
    switch.set_enabled(True)
    assert switch.is_enabled()
    switch.reset_enabled()
    assert not switch.is_enabled()


def test_the_context_restores_what_it_found_and_lets_exceptions_pass() -> None:
    with switch.enabled(False):
        assert not switch.is_enabled()
        with switch.enabled(True):
            assert switch.is_enabled()
        assert not switch.is_enabled()
    assert switch.is_enabled()

    switch.set_enabled(False)
    with pytest.raises(KeyError), switch.enabled(True):
        raise KeyError
    assert not switch.is_enabled()


def test_the_context_decorates() -> None:
    @switch.enabled(False)
    def ask() -> bool:
        return switch.is_enabled()

    assert not ask()
    assert switch.is_enabled()
