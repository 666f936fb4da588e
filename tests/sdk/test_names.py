"""Names are checked before anything is written, and what is wrong with them is said."""

from __future__ import annotations

import enum
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn import names


class Word(str, enum.Enum):  # noqa: UP042 - unlike a StrEnum its str() is "Word.LOSS"
    LOSS = "loss"


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        (None, "default"),
        ("", ""),
        ("/", ""),
        ("\\", ""),
        ("cv/resnet50/baseline", "cv/resnet50/baseline"),
        ("/cv/resnet_50-a/", "cv/resnet_50-a"),
        ("cv\\resnet50", "cv/resnet50"),
        ("a//b", "a/b"),
        ("a" * 200, "a" * 200),
    ],
)
def test_a_path_as_it_is_stored(path: str | None, stored: str) -> None:
    assert names.run_path(path) == stored
    assert names.run_path(None, path) == stored


@pytest.mark.parametrize("path", ["///", "//", "a.b", "..", "a/../b", "a b", "naïve", "a\n", "a\0b", "~/x", " "])
def test_a_wrong_path(path: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"Invalid path: {path!r}. It can only contain letters, numbers")):
        names.run_path(path)


def test_a_long_path() -> None:
    with pytest.raises(ValueError, match=re.escape("Path too long: 201 characters. Maximum is 200.")):
        names.run_path("a" * 201)


@pytest.mark.parametrize("path", [3, b"cv", ["cv"]])
def test_a_path_that_is_no_text(path: Any) -> None:
    with pytest.raises(TypeError, match="path must be a text"):
        names.run_path(path)
    with pytest.raises(TypeError, match="project must be a text"):
        names.run_path(None, path)


def test_project_is_another_word_for_path() -> None:
    assert names.run_path("a/b", "/a/b/") == "a/b"
    with pytest.raises(ValueError, match="path is 'a' and project is 'b'"):
        names.run_path("a", "b")
    with pytest.raises(ValueError, match="two words for one thing"):
        names.run_path("", "b")


@given(st.text(max_size=30))
def test_what_is_stored_stays_as_it_is(path: str) -> None:
    try:
        stored = names.run_path(path)
    except ValueError:
        return
    assert names.run_path(stored) == stored
    assert all(re.fullmatch("[A-Za-z0-9_-]+", part) for part in stored.split("/")) or stored == ""


@pytest.mark.parametrize("run_id", ["a", "20261121_090034_8746ae", "Run-1.final", "0" * 128])
def test_a_run_id(run_id: str) -> None:
    assert names.run_id(run_id) == run_id


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", "../evil", "a/b", "-x", "_x", ".hidden", "a b", "a\n", "ä", "0" * 129]
)
def test_a_wrong_run_id(run_id: str) -> None:
    with pytest.raises(ValueError, match="Invalid run_id: "):
        names.run_id(run_id)


def test_a_run_id_that_is_no_text() -> None:
    with pytest.raises(TypeError, match="run_id must be a text, but it is int"):
        names.run_id(7)  # type: ignore[arg-type]


def test_new_run_ids_hold_the_local_time_and_differ() -> None:
    now = time.mktime((2026, 11, 21, 9, 0, 34, 0, 0, -1))
    made = {names.new_run_id(now) for _ in range(50)}
    assert len(made) > 45
    assert all(re.fullmatch("20261121_090034_[0-9a-f]{6}", run_id) for run_id in made)
    assert names.run_id(names.new_run_id())


@pytest.mark.parametrize(
    ("key", "name"),
    [("train/loss", "train/loss"), ("Verlust ⌀", "Verlust ⌀"), (3, "3"), (Word.LOSS, "loss"), ("\ud800", "\ufffd")],
)
def test_a_metric_name(key: object, name: str) -> None:
    made = names.metric_name(key)
    assert made == name
    assert type(made) is str


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "empty"),
        ("a" * 513, "513 bytes"),
        ("ä" * 257, "514 bytes"),
        ("a\nb", "control characters"),
        ("a\x7f", "control characters"),
        ("\x85", "control characters"),
        (Hostile(), "Hostile has no text"),
    ],
)
def test_a_wrong_metric_name(key: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        names.metric_name(key)


@given(st.text(st.characters(codec=None), max_size=300) | st.integers() | st.floats() | st.booleans())
def test_a_metric_name_fits_its_limits(key: object) -> None:
    try:
        name = names.metric_name(key)
    except ValueError:
        return
    assert 1 <= len(name.encode()) <= 512
    assert names.metric_name(name) == name


def test_alias_and_name_are_two_words_for_one_thing() -> None:
    assert names.run_alias(None) is None
    assert names.run_alias("") is None
    assert names.run_alias("best one") == "best one"
    assert names.run_alias(None, "best one") == "best one"
    assert names.run_alias("x", "x") == "x"
    with pytest.raises(ValueError, match="alias is 'x' and name is 'y'"):
        names.run_alias("x", "y")
    with pytest.raises(TypeError, match="alias must be a text, but it is int"):
        names.run_alias(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be a text, but it is list"):
        names.run_alias(None, [])  # type: ignore[arg-type]


def test_tags_are_trimmed_and_kept_in_order() -> None:
    assert names.tag_list(None) is None
    assert names.tag_list([" b ", "a", "", "b", "a, c"]) == ["b", "a", "a, c"]
    assert names.tag_list(("x",)) == ["x"]
    assert names.tag_list(tag for tag in "xy") == ["x", "y"]


@pytest.mark.parametrize("tags", ["baseline", b"x", {"a": 1}, 3, ["a", 3], [None]])
def test_wrong_tags(tags: Any) -> None:
    with pytest.raises(TypeError, match="must be a"):
        names.tag_list(tags)


def test_one_text_as_tags_is_told_apart() -> None:
    with pytest.raises(TypeError, match=re.escape("Write tags=['baseline'].")):
        names.tag_list("baseline")


def test_notes_and_group() -> None:
    assert names.free_text("notes", None) is None
    assert names.free_text("notes", "two\nlines \ud800") == "two\nlines \ufffd"
    with pytest.raises(TypeError, match="group must be a text, but it is int"):
        names.free_text("group", 1)  # type: ignore[arg-type]
