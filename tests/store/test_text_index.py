"""Any line of a text, a search through all of it, the line of a moment: while it grows, too."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runicorn as rn
from runid.store import runs
from runid.store.fold import Fold, Writer
from runid.store.text_index import TextIndex
from runid.store.text_rows import Choice, TextRows
from runid.store.text_search import Matches, pattern, spans


class Text:
    """A text that is a list of bytes, of a host whose first writer began at `began`."""

    def __init__(self, data: bytes, began: float = 0.0) -> None:
        self.data = data
        self.fold = Fold("host")
        self.fold.writers["00"] = Writer("00", 1, started=began)

    def refresh(self) -> int:
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        return self.data[start:stop]


def indexed(
    data: bytes, monkeypatch: pytest.MonkeyPatch, block: int = 1 << 20, began: float = 0.0
) -> tuple[TextIndex, Text]:
    monkeypatch.setattr("runid.store.text_index._BLOCK", block)
    index, text = TextIndex(Path("nowhere"), "host", Path("nowhere")), Text(data, began)
    monkeypatch.setattr(index, "_text", text)
    index.refresh()
    return index, text


LINES = st.lists(st.text("ab ü", max_size=9), max_size=400)


@settings(deadline=None)
@given(first=LINES, more=LINES, block=st.integers(12, 300), line=st.integers(-3, 900), count=st.integers(0, 300))
def test_any_window_of_a_text_that_grows(first: list[str], more: list[str], block: int, line: int, count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        index, text = indexed("".join(f"{one}\n" for one in first).encode(), patch, block)
        assert index.lines == len(first)
        text.data += "".join(f"{one}\n" for one in more).encode()
        assert index.refresh() == len(first) + len(more)
        start = max(0, line)
        assert index.window(line, count) == (first + more)[start : start + count]


@settings(deadline=None)
@given(first=LINES, more=LINES, block=st.integers(12, 300), regex=st.booleans())
def test_a_search_finds_all_lines(first: list[str], more: list[str], block: int, regex: bool) -> None:
    matches = Matches(pattern("^ab|b$" if regex else "ab", regex))
    with pytest.MonkeyPatch.context() as patch:
        index, text = indexed("".join(f"{one}\n" for one in first).encode(), patch, block)
        matches.of(index)
        text.data += "".join(f"{one}\n" for one in more).encode()
        index.refresh()
        found = matches.of(index).tolist()
    holds = (lambda line: line[:2] == "ab" or line[-1:] == "b") if regex else (lambda line: "ab" in line)
    assert found == [number for number, line in enumerate(first + more) if holds(line)]


def test_capitals_count_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    index, _ = indexed("CUDA\ncuda\nÜ\nü\n\udc80(\n".encode(errors="surrogateescape"), monkeypatch)
    assert [Matches(pattern(text)).of(index).tolist() for text in ("cuda", "CUDA", "ü", "(")] == [
        [0, 1],
        [0],
        [2, 3],
        [4],
    ]


@pytest.mark.parametrize(
    ("text", "why"), [("", "1 to 500"), ("a" * 501, "1 to 500"), ("(", r"missing \)"), ("*", "argument")]
)
def test_what_cannot_be_searched_for(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pattern(text, regex=True)


def test_where_a_pattern_is_found_as_browsers_count() -> None:
    assert spans(["aüb 😀 b", "", "\x00b\x01"], pattern("B")) == [[], [], []]
    assert spans(["aüb 😀 b", "", "\x00b\x01"], pattern("b*", regex=True)) == [[(2, 3), (7, 8)], [], [(1, 2)]]


DAY = 86400


def test_the_line_of_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
    times = [noon + 1000 * number for number in range(500)]  # nearly six days
    text = "".join(f"{time.strftime('%H:%M:%S', time.localtime(one))}.250 | TEXT | a\n\n" for one in times)
    index, _ = indexed(text.encode(), monkeypatch, began=noon)
    for number in (0, 1, 63, 64, 250, 499):
        assert index.at(times[number] + 0.5) in (2 * number, 2 * number + 1)
        assert index.moment(2 * number) == times[number] + 0.25
    assert index.moment(1) is index.moment(1000) is None
    assert index.at(noon - DAY) is None
    assert index.at(noon + 30 * DAY) == 999


BARS = b"a\n 1%|#[1\n50%|#[1\n100%|#[1\nb\n 2%|#[1\n 3%|#[1\n12:00:00.000 | ERROR | c\n"


def test_a_bar_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    index, text = indexed(BARS[:10], monkeypatch)
    made = TextRows(index)
    assert made.rows(Choice()).lines(0, 9).tolist() == [0, 1]
    text.data = BARS
    index.refresh()
    rows = made.rows(Choice())
    assert (rows.count, rows.lines(0, 99).tolist(), rows.lines(2, 4).tolist()) == (5, [0, 3, 4, 6, 7], [4, 6])
    assert rows.of(np.arange(8)).tolist() == [0, 1, 1, 1, 2, 3, 3, 4]
    assert rows.shown(np.array([1, 2, 4])).tolist() == [1, 2]
    assert [rows.last(line) for line in range(8)] == [0, 1, 1, 1, 2, 3, 3, 4]
    only = made.rows(Choice(only=pattern("%")))  # lines 3 and 6, each with the frames before it
    assert [only.last(line) for line in range(8)] == [None, 0, 0, 0, 0, 1, 1, 1]
    assert [rows.first(line) for line in (0, 3, 4, 6, 7)] == [0, 1, 4, 5, 7]
    assert made.rows(Choice(frames=True)).count == 8
    assert made.rows(Choice(only=pattern("1%"))).lines(0, 9).tolist() == []
    assert made.rows(Choice(only=pattern("100%"))).lines(0, 9).tolist() == [3]
    assert made.rows(Choice(level="warning")).lines(0, 9).tolist() == [7]


def test_lines_by_level_stream_and_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ["TEXT", "stdout", "stderr", "INFO", "WARNING", "ERROR"]
    text = "".join(f"{'rank 1 | ' * (number % 2)}12:00:00.000 | {level} | a\n" for number, level in enumerate(told))
    index, _ = indexed(text.encode() + b"\nerror\n", monkeypatch)
    made = TextRows(index)
    expected = {
        Choice(): [*range(8)],
        Choice(level="warning"): [4, 5],
        Choice(level="error"): [5],
        Choice(stream="stderr"): [2],
        Choice(stream="logging", level="warning"): [4, 5],
        Choice(rank=1): [1, 3, 5],
        Choice(rank=0, stream="text"): [0],
        Choice(only=pattern("error")): [5, 7],
    }
    for choice, lines in expected.items():
        rows = made.rows(choice)
        assert (rows.count, rows.lines(0, 99).tolist()) == (len(lines), lines)
        assert rows.of(np.array([0, 7])).tolist() == [sum(line < 0 for line in lines), sum(line < 7 for line in lines)]
        for line in range(8):
            shown = [row for row, one in enumerate(lines) if one <= line]
            assert rows.last(line) == (shown[-1] if shown else None)
    with pytest.raises(ValueError, match="level must be one of warning, error"):
        made.rows(Choice(level="all"))


@pytest.mark.usefixtures("home")
def test_what_a_live_run_has_logged_is_there_at_once() -> None:
    with rn.init("live") as run:
        run.log_text("one\ntwo")
        run.flush()
        (host,) = runs.hosts(run.run_dir)
        index = TextIndex(run.run_dir, host, runs.text_path(run.run_dir, host, True))
        assert index.refresh() == 2
        run.log_text("three")
        run.flush()
        assert index.refresh() == 3
        assert [line.rpartition(" | ")[2] for line in index.window(0, 9)] == ["one", "two", "three"]
    assert index.refresh() == 3
