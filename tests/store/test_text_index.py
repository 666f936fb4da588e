"""Any line of a text, a search through all of it, the line of a moment: while it grows, too."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runicorn as rn
from runid.store import runs
from runid.store.text_index import TextIndex


class Text:
    """A text that is a list of bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def refresh(self) -> int:
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        return self.data[start:stop]


def indexed(data: bytes, monkeypatch: pytest.MonkeyPatch, block: int = 1 << 20) -> tuple[TextIndex, Text]:
    monkeypatch.setattr("runid.store.text_index._BLOCK", block)
    index, text = TextIndex(Path("nowhere"), "host", Path("nowhere")), Text(data)
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
@given(lines=LINES, block=st.integers(12, 300), start=st.integers(0, 400), most=st.integers(1, 50))
def test_a_search_finds_all_lines(lines: list[str], block: int, start: int, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        index, _ = indexed("".join(f"{one}\n" for one in lines).encode(), patch, block)
        hits, count = index.search(re.compile(b"ab"), start, most)
    expected = [(number, line) for number, line in enumerate(lines) if "ab" in line]
    assert count == len(expected)
    assert [(hit.line, hit.text) for hit in hits] == [one for one in expected if one[0] >= start][:most]


def test_the_line_of_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
    clocks = [time.strftime("%H:%M:%S", time.localtime(noon + number)) for number in range(500)]
    text = "".join(f"{clock}.123 | TEXT | a\n\n" for clock in clocks)
    index, _ = indexed(text.encode(), monkeypatch)
    for second in (0, 1, 63, 64, 250, 499):
        assert index.at(noon + second) in (2 * second, 2 * second + 1)
    assert index.at(noon - 60) == 0
    assert index.at(noon + 3600) >= 2 * 499


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
