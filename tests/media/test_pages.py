"""`rn.Html` and `rn.Markdown`: what they take, and what is read of it again."""

import io
import logging
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from tests.media.kept import lines, loaded

import runicorn as rn

PAGE = "<!doctype html>\r\n<p>naïve ✓</p>\n<script>alert(1)</script>"
FOREIGN = re.compile(r"(?:https?:)?//")


def plot() -> Figure:
    figure = Figure(figsize=(1, 1), dpi=50)
    figure.add_subplot().plot([1, 3, 2])
    return figure


class Requests(HTMLParser):
    """What a page's tags ask of other machines, and the first tags of its head."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.asked += [
            value for name, value in attrs if name in ("src", "href") and FOREIGN.match(value or "") and value
        ]

    def is_sealed(self) -> bool:
        """Whether a policy stands before all that could ask, and lets nothing be fetched."""
        first = next(attrs for tag, attrs in self.tags if tag not in ("html", "head"))
        policy = str(first.get("content"))
        return (
            first.get("http-equiv") == "Content-Security-Policy"
            and policy.startswith("default-src ")
            and not (set(policy.split()) - {"default-src", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"})
        )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A page in a file, with a mark that editors put at its start."""
    path = tmp_path / "page.html"
    path.write_bytes(b"\xef\xbb\xbf" + PAGE.encode())
    return path


def test_a_text_is_kept_byte_for_byte(run: rn.Run) -> None:
    assert loaded(run, rn.Html(PAGE, caption="a page"), rn.Html("x" * 300_000)) == [PAGE, "x" * 300_000]
    small, large = lines(run, type="html")
    assert (small["caption"], small["format"], large["caption"]) == ("a page", "html", None)
    assert small["path"].read_bytes() == PAGE.encode()


def test_a_str_that_names_a_file_is_its_path(run: rn.Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    given = [rn.Html(path), rn.Html(str(path)), rn.Html("page.html"), rn.Html("no page.html")]
    assert loaded(run, *given) == ["\ufeff" + PAGE] * 3 + ["no page.html"]
    assert lines(run)[0]["path"].read_bytes() == path.read_bytes()


def test_open_files_are_read_from_their_start(run: rn.Run, path: Path) -> None:
    written = io.StringIO()
    written.write(PAGE)
    with open(path, encoding="utf-8-sig", newline="") as text, open(path, "rb") as binary:
        text.read(3)
        found = loaded(run, rn.Html(text), rn.Html(binary), rn.Html(written))
    assert found == [PAGE, "\ufeff" + PAGE, PAGE]


def test_figures_of_plotly_are_whole_pages_that_ask_nobody(run: rn.Run) -> None:
    (page,) = loaded(run, rn.Html(go.Figure(go.Scatter(y=[1, 2, 12345.5]))))
    assert "12345.5" in page
    assert "plotly.js v" in page
    assert Requests(page).asked == []
    assert Requests(page).is_sealed()


def test_figures_of_matplotlib_are_pages_with_an_image(run: rn.Run) -> None:
    (page,) = loaded(run, rn.Html(plot()))
    (image,) = [attrs for tag, attrs in Requests(page).tags if tag == "img"]
    assert str(image["src"]).startswith("data:image/png;base64,iVBORw0KGgo")
    assert Requests(page).is_sealed()


def test_animations_of_matplotlib_play_without_asking_for_a_font(run: rn.Run) -> None:
    figure = plot()
    line = figure.axes[0].lines[0]
    (page,) = loaded(run, rn.Html(FuncAnimation(figure, lambda step: line.set_ydata([step] * 3), frames=3)))
    assert page.count("data:image/png;base64") == 3
    assert Requests(page).is_sealed()
    signs = {str(attrs["class"]).split()[1] for tag, attrs in Requests(page).tags if tag == "i"}
    assert signs
    assert [sign for sign in signs if f".{sign}::before" not in page] == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "it is empty"),
        (5, "a int is no text, path, open file or figure"),
        (None, "a NoneType is no text"),
        (Path("no/such/page.html"), "No such file"),
        (Path("/dev"), "no plain file|Is a directory"),
    ],
)
def test_what_is_no_page_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture, data: Any, why: str) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"it": rn.Html(data), "loss": 1.0})
    (notice,) = caplog.messages
    assert re.search(why, notice)
    assert notice.startswith("runicorn: The html 'it' is left out: ")
    assert lines(run) == []


def test_a_text_in_markdown_is_in_a_line_or_in_a_file(run: rn.Run) -> None:
    texts = ["# Title\r\n\n* naïve ✓", "", "✓" * 22_000, "a lone surrogate \ud800"]
    assert loaded(run, *map(rn.Markdown, texts)) == [*texts[:3], "a lone surrogate \ufffd"]
    found = lines(run, type="markdown")
    assert [line.get("format") for line in found] == [None, None, "md", None]
    assert found[2]["path"].read_text() == texts[2]
    assert found[0]["value"] == texts[0]


def test_what_is_no_markdown_is_a_notice(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"it": rn.Markdown(5)})  # type: ignore[arg-type]
    assert caplog.messages == ["runicorn: The markdown 'it' is left out: a int is no text."]
