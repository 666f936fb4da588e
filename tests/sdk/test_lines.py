"""What becomes a line of what is printed, in the three ways to see a progress bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn.console.lines import LONGEST, Lines

BAR = "\r 0%\r 50%\r100%\nsaved\n"
NESTED = "\router 0%\n\rinner 0%\x1b[A\n\rinner 9%\x1b[A\n\r        \x1b[A\router 1%\ndone\n"
PIECES = st.lists(st.sampled_from(["a", "bc", "\n", "\r", "\r\n", "\x1b[A", "\x1b[2A", "\x1b[2K", "\x1b[", "A", "é"]))


def lines(mode: str, *parts: str) -> list[str]:
    maker = Lines(mode)
    whole = "".join(maker.feed(part) for part in parts) + maker.rest()
    return whole.split("\n")[:-1] if whole.endswith("\n") else [whole][bool(not whole) :]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("smart", ["100%", "saved"]), ("all", [" 0%", " 50%", "100%", "saved"]), ("none", ["saved"])],
)
def test_a_bar(mode: str, expected: list[str]) -> None:
    assert lines(mode, BAR) == lines(mode, *BAR) == expected


@pytest.mark.parametrize("mode", ["smart", "all", "none"])
def test_crlf_is_kept_and_colours_and_blank_lines_are(mode: str) -> None:
    said = "one\r\n\x1b[31mred\x1b[0m\n\n two\r\n"
    assert lines(mode, said) == lines(mode, *said) == ["one\r", "\x1b[31mred\x1b[0m", "", " two\r"]


@pytest.mark.parametrize(("mode", "expected"), [("smart", [" 7%"]), ("all", [" 5%", " 7%"]), ("none", [])])
def test_what_was_not_ended_is_kept_at_the_end(mode: str, expected: list[str]) -> None:
    assert lines(mode, "\r 5%", "\r 7%") == expected
    assert lines(mode, "no", " end") == ["no end"]


def test_a_bar_that_is_cleared_leaves_nothing() -> None:
    assert lines("smart", "\r100%", "\r    \r", "next\n") == ["next"]


def test_rows_that_a_cursor_goes_back_to_are_logged_when_they_changed() -> None:
    assert lines("smart", NESTED) == ["outer 0%", "outer 1%", "done"]
    assert lines("smart", *NESTED) == ["outer 0%", "outer 1%", "done"]


def test_a_line_without_an_end_is_cut() -> None:
    assert "".join(lines("smart", *["x" * 1000] * 100)) == "x" * 100_000
    assert max(map(len, lines("smart", *["x" * 1000] * 100))) <= LONGEST + 1000


@given(PIECES, PIECES, st.sampled_from(["smart", "all", "none"]))
def test_where_a_text_is_cut_does_not_matter(first: list[str], second: list[str], mode: str) -> None:
    one, other = "".join(first), "".join(second)
    assert lines(mode, one, other) == lines(mode, one + other)


@given(st.lists(st.sampled_from(["a", "b c", "\x1b[1m", "é", "\n"])), st.sampled_from(["smart", "all", "none"]))
def test_without_carriage_returns_all_is_kept(parts: list[str], mode: str) -> None:
    said = "".join(parts) + "\n"
    assert lines(mode, *parts, "\n") == said.split("\n")[:-1]
