"""A run's text in a real browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import finish, start
from tests.viewer.browser.conftest import World, viewer

pytestmark = pytest.mark.long

_FILL = """
import logging
import runicorn as rn

with rn.init("logs", alias="texts") as run:
    log = logging.getLogger("train")
    log.setLevel(logging.INFO)
    log.addHandler(run.get_logging_handler())
    run.log_text("\\n".join(f"line {n}" + " CUDA out of memory" * (n % 1000 == 7) for n in range(20_000)))
    run.log({"loss": 1.0}, step=77)
    log.warning("norm is large")
    log.error("failed")
    run.log_text("<img src=x onerror=alert(1)> <b>bold</b> &amp;")
    link = "\\x1b]8;;http://evil.example\\x1b\\\\link\\x1b]8;;\\x1b\\\\"
    run.log_text("a\\u202eb\\x07 " + link + " \\x1b[31mred\\x1b[0m \\x1b[2Jend \\udc80")
    run.log_text("one\\rtwo\\rthree")
    run.log_text("\\n".join(f"{n}%|##| {n}/100 [00:01<00:01]" for n in range(101)))
    run.log_text("z" * 60_000)
print(run.id)
with rn.init("logs", alias="silent") as run:
    run.log({"loss": 1.0}, step=7)
    print(run.id)
"""
LINES = 20_000 + 2 + 3 + 101 + 1
_LIVE = """
import sys
import runicorn as rn
with rn.init("live") as run:
    run.log_text("\\n".join(f"old {n}" for n in range(200)))
    run.flush()
    print(run.id, flush=True)
    for line in sys.stdin:
        run.log_text(line.strip())
        run.flush()
"""


@dataclass(frozen=True)
class Texts:
    """A root of its own, so that the other tests' runs stay what they are: a run with much text, and one without."""

    texts: str
    silent: str
    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def runs(world: World) -> Iterator[Texts]:
    environment = world.environment | {"RUNICORN_DIR": str(world.root.parent / "texts")}
    texts, silent = finish(start(_FILL, env=environment))[0].split()
    with viewer(environment) as address:
        url = address.partition("?")[0]
        yield Texts(f"{url}run/{texts}/logs", f"{url}run/{silent}/logs", url, environment)


def lines(page: Page) -> list[int]:
    """The numbers of the lines on the screen."""
    found: list[int] = page.locator(".log-line .number").evaluate_all(
        "all => all.map(one => Number(one.textContent.replaceAll(',', '')))"
    )
    return found


def line(page: Page, number: int) -> Locator:
    return page.locator(".log-line", has=page.get_by_role("button", name=f"Pin line {number}", exact=True))


def test_a_line_a_search_and_the_way_back(page: Page, runs: Texts) -> None:
    page.goto(runs.texts)
    expect(line(page, LINES)).to_be_visible()
    assert len(lines(page)) < 60, "more rows are built than are seen"
    page.keyboard.press("/")
    page.keyboard.type("cuda")
    told = page.locator(".found-text")
    expect(told).to_have_text("20 hits")
    expect(page.locator(".minimap path")).to_be_visible()
    page.keyboard.press("Enter")  # behind the last one comes the first
    expect(told).to_have_text("1 of 20")
    expect(page.locator(".log-line.pinned mark")).to_have_text("CUDA")
    page.locator(".log-line.pinned").evaluate("one => getSelection().selectAllChildren(one)")
    assert page.evaluate("getSelection().toString()").endswith(" | TEXT | line 7 CUDA out of memory")
    page.keyboard.press("Enter")
    expect(told).to_have_text("2 of 20")
    expect(line(page, 1008).locator(".number")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("?text=cuda&line=1008")
    page.keyboard.press("Escape")
    page.keyboard.press("N")
    expect(told).to_have_text("1 of 20")
    page.keyboard.press("o")
    expect(page.locator(".log-line")).to_have_count(20)
    assert lines(page)[:3] == [8, 1008, 2008]
    page.keyboard.press("o")
    page.keyboard.press("r")
    box = page.get_by_label("Find in the text")
    box.fill("line 1999[89]$")
    expect(told).to_have_text("2 hits")
    box.fill("(")
    expect(page.get_by_role("alert")).to_have_text("'(' is no regular expression: missing ).")
    expect(page.locator(".log-line .message").first).not_to_be_empty()
    box.fill("nobody")
    expect(told).to_have_text("none of 20,107 lines has it")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator(".nothing")).to_have_text("None of 20,107 lines has nobody.")


def test_levels_bars_and_the_charts(page: Page, runs: Texts) -> None:
    page.goto(f"{runs.texts}?line=10000")
    expect(line(page, 10000)).to_have_class(re.compile("pinned"))
    page.keyboard.press("l")
    expect(page.locator(".log-line .message")).to_have_text(["train: norm is large", "train: failed"])
    page.keyboard.press("l")
    expect(page.locator(".log-line .message")).to_have_text(["train: failed"])
    page.locator(".log-line .clock").click()
    expect(page.locator(".said")).to_contain_text("The charts' cursor is at step 77.")
    assert "c=77" in page.url
    page.keyboard.press("l")
    page.keyboard.press("f")
    bar = line(page, LINES - 1)
    expect(bar.locator(".message")).to_have_text("100%|##| 100/100 [00:01<00:01]")
    bar.get_by_role("button", name="101 states").click()
    expect(page.locator(".whole pre")).to_contain_text(re.compile("0%.*\\n1%.*\\n2%"))
    page.keyboard.press("Escape")
    line(page, LINES).get_by_role("button", name="60.0 kB, show").click()
    expect(page.locator(".whole pre")).to_have_text("z" * 60_000)
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator(".said")).to_contain_text(re.compile("Line .* is the last one that was logged at step 77."))


def test_what_a_program_prints_is_text(page: Page, runs: Texts) -> None:
    page.goto(f"{runs.texts}?line={20_003}")
    expect(line(page, 20_003).locator(".message")).to_have_text("<img src=x onerror=alert(1)> <b>bold</b> &amp;")
    odd = line(page, 20_004).locator(".message")
    expect(odd).to_have_text(re.compile(r"^a⟨U\+202E⟩b␇ link red end .$"))
    colour = odd.locator("span").evaluate("one => getComputedStyle(one).color")
    assert re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    expect(odd.locator("span")).to_have_text("red")
    drawn = line(page, 20_005)
    expect(drawn.locator(".message")).to_have_text("three")
    drawn.get_by_role("button", name="3 states").click()
    expect(page.locator(".whole pre")).to_have_text("one\ntwo\nthree\n")
    assert page.locator("main img, main b, main a[href*=evil]").count() == 0
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="dark")
    expect(odd.locator("span")).not_to_have_css("color", colour)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{runs.silent}?c=7")
    expect(page.locator(".nothing")).to_contain_text("its console was not captured. What is printed is kept with")
    expect(page.locator(".said")).to_have_text("No line was logged at step 7 or before.")
    assert page.url.endswith("?c=7")


def test_new_lines_are_followed_until_one_scrolls_up(page: Page, runs: Texts) -> None:
    program = start(_LIVE, env=runs.environment)
    assert program.stdin is not None
    assert program.stdout is not None
    page.goto(f"{runs.url}run/{program.stdout.readline().strip()}/logs")
    last = page.locator(".log-line .message").last
    expect(last).to_have_text("old 199")
    print("new 1", file=program.stdin, flush=True)
    expect(last).to_have_text("new 1")
    page.locator(".log-list").hover()
    page.mouse.wheel(0, -900)
    expect(page.get_by_role("button", name="⇊ follow")).to_have_attribute("aria-pressed", "false")
    before = lines(page)
    print("new 2\nnew 3", file=program.stdin, flush=True)
    button = page.get_by_role("button", name="▼ 2 new lines")
    expect(button).to_be_visible()
    assert lines(page) == before
    button.click()
    expect(last).to_have_text("new 3")
    expect(button).to_have_count(0)
    finish(program)
