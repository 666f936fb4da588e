"""Where the storage root is, and settings that make no sense."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from runicorn import settings
from runicorn.notices import Notices


@pytest.fixture(name="home", autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (settings.DIR, settings.ON, settings.FINISH_TIMEOUT, settings.QUIET, "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(settings, "warn_once", Notices().once)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(home: Path, text: str | bytes) -> Path:
    path = home / ".config" / "runicorn" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_argument_comes_first_then_variable_config_and_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.storage_root() == home / ".runicorn"
    configure(home, '{"user_root_dir": "~/configured"}')
    assert settings.storage_root() == home / "configured"
    monkeypatch.setenv(settings.DIR, "~/named")
    assert settings.storage_root() == home / "named"
    assert settings.storage_root("~/given") == home / "given"
    assert settings.storage_root(Path("given/../here")) == home / "here"
    assert list(home.iterdir()) == [home / ".config"], "nothing is created"


def test_empty_texts_count_as_not_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.DIR, "")
    configure(home, '{"user_root_dir": ""}')
    assert settings.storage_root("") == home / ".runicorn"


def test_a_root_that_is_no_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="storage must be a path to a folder, but it is int"):
        settings.storage_root(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NUL"):
        settings.storage_root("a\0b")
    monkeypatch.setenv(settings.DIR, "~nobody-of-this-name/x")
    with pytest.raises(ValueError, match="RUNICORN_DIR is '~nobody-of-this-name/x', but there is no such home"):
        settings.storage_root()


def test_a_relative_root_needs_a_working_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = home / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ValueError, match="working folder that is gone"):
        settings.storage_root("here")
    assert settings.storage_root(home / "there") == home / "there"


def test_the_config_folder_follows_xdg_where_that_is_absolute(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.config_dir() == home / ".config" / "runicorn"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert settings.config_dir() == home / ".config" / "runicorn"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/etc/xdg")
    assert settings.config_dir() == Path("/etc/xdg/runicorn")


def test_the_config_folder_on_macos(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert settings.config_dir() == home / "Library" / "Application Support" / "Runicorn"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Expecting property name"),
        (b'{"\xff": 1}', "can't decode"),
        ("[]", "it is no JSON object"),
        ('{"user_root_dir": 3}', "its user_root_dir is no text"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_broken_config_is_one_notice_and_left_out(
    home: Path, caplog: pytest.LogCaptureFixture, content: str | bytes, reason: str
) -> None:
    path = configure(home, content)
    assert settings.storage_root() == settings.storage_root() == home / ".runicorn"
    [message] = caplog.messages
    assert f"{path} cannot be read" in message
    assert reason in message


def test_a_config_that_may_not_be_read_is_one_notice(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    configure(home, "{}").unlink()
    (home / ".config" / "runicorn" / "config.json").mkdir()
    assert settings.storage_root() == home / ".runicorn"
    assert "Is a directory" in caplog.text


def test_a_missing_config_is_no_notice(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / ".config").write_text("a file where the folder would be")
    assert settings.storage_root() == home / ".runicorn"
    assert caplog.messages == []


@pytest.mark.parametrize(("text", "seconds"), [("", 30.0), ("5", 5.0), (" 0.5 ", 0.5), ("0", 0.0)])
def test_finish_timeout(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv(settings.FINISH_TIMEOUT, text)
    assert settings.finish_timeout() == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e9"])
def test_a_finish_timeout_that_makes_no_sense_is_one_notice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    monkeypatch.setenv(settings.FINISH_TIMEOUT, text)
    assert settings.finish_timeout() == settings.finish_timeout() == 30.0
    [message] = caplog.messages
    assert f"RUNICORN_FINISH_TIMEOUT is {text!r}" in message


@pytest.mark.parametrize(
    ("text", "value"), [("", False), ("1", True), (" YES ", True), ("off", False), ("maybe", False)]
)
def test_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str, value: bool) -> None:
    monkeypatch.setenv(settings.QUIET, text)
    assert settings.quiet() is value
    assert len(caplog.messages) == (text == "maybe")


def test_the_default_is_told_apart_from_no(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.flag("RUNICORN_SOMETHING", True) is True
    monkeypatch.setitem(os.environ, "RUNICORN_SOMETHING", "no")
    assert settings.flag("RUNICORN_SOMETHING", True) is False
