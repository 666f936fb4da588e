"""The workspace in a real browser."""

import json
import re
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.programs import PATIENCE, finish
from tests.viewer.browser.conftest import RUNS, World, viewer
from tests.viewer.browser.painted import painted

SPIKE = 2345
LONG = "path=long"


def names(page: Page) -> list[str]:
    """The runs of the table, as far as they are on the screen, from top to bottom."""
    expect(page.locator(".line .name a").first).to_be_visible()
    told: dict[str, str] = page.locator(".line").evaluate_all(
        "lines => Object.fromEntries(lines.map(l => [l.ariaRowIndex, l.querySelector('.name a').textContent]))"
    )
    return [told[place] for place in sorted(told, key=int)]


def screen(page: Page) -> tuple[object, ...]:
    """What is on the screen, in short."""
    return names(page), page.locator(".toolbar").inner_text(), page.locator(".title").all_inner_texts()


def test_runs_are_listed_and_the_first_ten_drawn(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".found")).to_have_text(re.compile(r"^(\d+) of \1$"))
    expect(page.locator(".line").nth(RUNS - 1)).to_be_attached()
    assert names(page)[1:5] == ["once", "spiked", "run-23", "run-22"]
    expect(page.locator(".line.visible")).to_have_count(10)
    assert painted(page, "train/loss").columns
    assert page.locator(".table").evaluate("table => table.getBoundingClientRect().top") < 120, "there is a gap"


def test_what_a_run_says_is_text(page: Page) -> None:
    page.goto("/?path=odd&cols=config.note")
    expect(page.locator(".line .name a")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".line .cell")).to_have_text("<b>bold</b>")
    expect(page.locator(".panel .title")).to_have_text("odd/<i>")
    assert page.locator("main img, main b, main i").count() == 0


@pytest.mark.parametrize("y", ["", "&y=full", "&y=log"])
def test_one_point_of_four_thousand_is_seen(page: Page, y: str) -> None:
    page.goto(f"/?{LONG}{y}")
    ink = painted(page, "loss", part=0.4)
    assert ink.near(SPIKE / 3999), ink
    assert len(ink.columns) < 40, "more than the spike and its mark is drawn up there"
    expect(page.locator(".panel .badge")).to_have_text(re.compile("1 px = [0-9.]+ steps"))


@pytest.mark.parametrize(("lo", "hi"), [(0, 3999), (2000, 2400), (2340, 2350), (2345, 3000), (-5000, 50000)])
def test_it_is_seen_at_any_zoom(page: Page, lo: int, hi: int) -> None:
    page.goto(f"/?{LONG}&x=step:{lo}..{hi}&y=full")
    assert painted(page, "loss", part=0.4).near((SPIKE - lo) / (hi - lo))


def test_a_wrong_filter_is_told_where_it_is_wrong_and_the_last_rows_stay(page: Page) -> None:
    page.goto("/?path=cv")
    box = page.get_by_label("Filter the runs")
    box.fill("seed=1")
    expect(page.locator(".found")).to_have_text("8 of 16")
    before = names(page)
    box.fill("seed=1 lr<")
    expect(page.get_by_role("alert")).to_have_text("There is no value behind '<'.")
    expect(page.locator(".underline mark")).to_have_text("<")
    assert names(page) == before
    box.fill("lr<nothing")
    expect(page.locator(".underline mark")).to_have_text("nothing")
    box.fill("lr<.05")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator(".found")).to_have_text(re.compile(r"^8 of \d+$"))
    box.fill("lr<0")
    expect(page.locator(".nothing").first).to_contain_text(re.compile(r"No run matches cv/ lr<0; there are \d+\."))
    page.get_by_label("Clear the filter").click()
    expect(box).to_be_focused()  # what is typed next is no shortcut
    expect(box).to_have_value("")


def test_an_address_gives_the_same_screen_again(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="cv", exact=False).first.click()
    page.get_by_label("Filter the runs").fill("seed=0")
    expect(page.locator(".found")).to_have_text(re.compile(r"^8 of \d+$"))
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="train/loss").click()
    for key in ("g", "o", "s", "3", "a"):
        page.keyboard.press(key)
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.get_by_label("Pin val/acc").click()
    expect(page.locator(".line.visible")).to_have_count(7)
    address, before = page.url, screen(page)
    assert "?path=cv&q=seed=0&sort=-metric.train/loss&show=top:10,-" in address
    assert address.endswith("&pin=val/acc&x=time&sm=ema:0.9&y=log,full&across=3")

    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(".line.visible")).to_have_count(7)
    expect(page.locator(".title").first).to_have_text("val/acc")
    assert screen(page) == before
    assert page.url == address


def test_back_and_forward(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="llm").first.click()
    expect(page.locator(".found")).to_have_text(re.compile(r"^8 of \d+$"))
    page.go_back()
    expect(page.locator(".found")).to_have_text(re.compile(r"^(\d+) of \1$"))
    page.go_forward()
    expect(page.locator(".found")).to_have_text(re.compile(r"^8 of \d+$"))


def test_a_drag_zooms_all_charts_and_a_double_click_resets(page: Page) -> None:
    page.goto("/?path=cv")
    painted(page, "train/loss")
    place = page.locator("[data-metric='train/loss'] .u-over")
    box = place.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"x=step:1[45]\.\.(29|30|31)$"))
    place.dblclick()
    page.wait_for_url(re.compile(r"\?path=cv$"))


def test_the_values_at_the_cursor(page: Page) -> None:
    page.goto(f"/?{LONG}&x=step:2340..2350")
    painted(page, "loss")
    place = page.locator("[data-metric='loss'] .u-over")
    box = place.bounding_box()
    assert box is not None
    place.hover(position={"x": box["width"] * 0.5 + 1, "y": 30})
    expect(page.locator(".values .at").first).to_have_text("loss · step 2,345")
    expect(page.locator(".values .value b")).to_have_text("40")


def test_groups_have_heads(page: Page) -> None:
    page.goto("/?path=cv&group=config.seed&sort=-alias")
    expect(page.locator(".head-of-group .name")).to_have_text(["config.seed 08", "config.seed 18"])


def test_groups_are_lines(page: Page) -> None:
    page.goto("/?path=cv&q=alias!=run-22&group=config.seed&lines=mean:range")
    place = page.locator("[data-metric='train/loss'] .u-over")
    painted(page, "train/loss")
    place.hover(position={"x": 30, "y": 60})
    expect(page.locator(".values .value .text")).to_have_text(["seed 1", "seed 0"])
    expect(page.locator(".head-of-group .swatch:not(.empty)")).to_have_count(2)
    expect(page.locator(".values .value")).to_contain_text(["n = 8", "n = 7"])
    page.mouse.move(300, 300)
    page.keyboard.press("m")
    place.hover(position={"x": 30, "y": 60})
    expect(page.locator(".values .value")).to_have_count(8)
    expect(page.locator(".values .at").last).to_have_text("+2 more")


def test_what_was_logged_once_is_a_number(page: Page) -> None:
    page.goto("/?path=once")
    expect(page.locator(".bars b")).to_have_text("0.5")
    expect(page.locator("canvas")).to_have_count(0)

    # Keys are about charts that have lines, and go from point to point: not beyond the last of them, at 3,999.
    page.goto("/?q=alias=once+or+alias=spiked&pin=test/acc&c=3990")
    painted(page, "loss")
    expect(page.locator(".title").first).to_have_text("test/acc")
    for key in (".", ".", ">"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("pin=test/acc&c=3999$"))
    page.keyboard.press(",")
    page.wait_for_url(re.compile(r"pin=test/acc&c=39[56]\d$"))


def test_a_phone_needs_no_scrolling_to_the_side(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/?path=cv")
    expect(page.locator(".line .name").first).to_be_visible()
    expect(page.locator(".panel")).to_have_count(0)
    page.get_by_role("button", name="charts", exact=True).click()
    assert painted(page, "train/loss").columns
    expect(page.locator(".table")).to_be_hidden()
    assert "seen=charts" in page.url
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_columns_are_chosen(page: Page) -> None:
    page.goto("/?path=cv&cols=config.lr")
    expect(page.locator(".label")).to_have_text(["run", "status", "lr"])
    page.keyboard.press("C")
    page.get_by_label("Find a column").fill("loss max")
    page.keyboard.press("Enter")
    expect(page.locator(".label")).to_have_text(["run", "status", "lr", "train/loss"])
    expect(page.locator(".which-value")).to_have_text("max")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.url.endswith("cols=config.lr,metric.train/loss.max")


def test_what_is_logged_appears_by_itself(page: Page, world: World) -> None:
    source = """
import sys
import runicorn as rn
with rn.init("live", alias="live-one") as run:
    for line in sys.stdin:
        run.log({"loss": float(line)}, step=int(float(line)))
"""
    page.goto("/?q=live-one&cols=metric.loss")
    expect(page.locator(".nothing").first).to_be_visible()
    trainer = world.program(source)
    assert trainer.stdin is not None
    print(1, 2, sep="\n", file=trainer.stdin, flush=True)
    expect(page.locator(".line .status")).to_have_text("running")
    expect(page.get_by_label("loss of 1 run, from 1 to 2")).to_be_visible()
    print(7, file=trainer.stdin, flush=True)
    expect(page.get_by_label("loss of 1 run, from 1 to 7")).to_be_visible()
    finish(trainer)
    expect(page.locator(".line .status")).to_have_text("finished")
    expect(page.locator(".line .cell")).to_have_text("7")


@pytest.mark.long
def test_nothing_jumps_while_points_come(page: Page, world: World) -> None:
    """The pointer is on a chart that is zoomed, and stays there."""
    source = """
import sys
import runicorn as rn
with rn.init("steady", alias="steady-one") as run:
    for step in range(20):
        run.log({"loss": 1.0 + step % 3}, step=step)
    for line in sys.stdin:
        run.log({"loss": float(line), "other": 1.0}, step=20 + int(float(line)))
"""
    trainer = world.program(source)
    page.goto("/?q=steady-one&x=step:5..15&y=full&band=off&closed=system/")
    painted(page, "loss")
    place = page.locator("[data-metric='loss'] .u-over")
    place.hover(position={"x": 60, "y": 40})
    expect(page.locator(".values b")).to_be_visible()
    before = page.locator(".values").inner_text(), place.bounding_box(), page.url
    page.evaluate("""() => {
      window.gone = 0;
      const seen = document.querySelectorAll(".panel canvas, .values, .panel");
      new MutationObserver(() => (window.gone += [...seen].some((one) => !one.isConnected))).observe(
        document.body, { childList: true, subtree: true },
      );
    }""")
    assert trainer.stdin is not None
    for number in range(5):
        print(number, file=trainer.stdin, flush=True)
    expect(page.locator(".title")).to_have_text(["loss", "other"])
    finish(trainer)
    expect(page.locator(".line .status")).to_have_text("finished")
    assert (page.locator(".values").inner_text(), place.bounding_box(), page.url) == before
    assert page.evaluate("window.gone") == 0


@pytest.mark.long
def test_eight_pages_hear_what_is_new(page: Page, world: World) -> None:
    """A browser opens six connections to a server: a stream for each page would leave none for the eighth."""
    pages = [page, *(page.context.new_page() for _ in range(7))]
    for one in pages:
        one.goto("/?q=eight&cols=metric.loss")
        expect(one.locator(".nothing").first).to_be_visible()
    finish(
        world.program("import runicorn as rn\nwith rn.init('eight'):\n    for x in 1, 8: rn.log({'loss': x}, step=x)")
    )
    for one in pages:
        expect(one.locator(".line .cell")).to_have_text("8")
        assert painted(one, "loss").columns


@pytest.mark.long
def test_a_viewer_that_comes_back_is_found_again(page: Page, world: World) -> None:
    with viewer(world.environment) as url:
        page.goto(f"{url}&path=cv")
        painted(page, "train/loss")
    expect(page.locator(".offline")).to_be_visible()
    page.get_by_role("button", name="llm").first.click()
    page.keyboard.press("s")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.locator(".line")).to_have_count(16)
    with viewer(world.environment, urlsplit(url).port or 0):
        expect(page.locator(".offline")).to_have_count(0, timeout=PATIENCE * 1000)
        expect(page.locator(".found")).to_contain_text("8 of")
        expect(page.get_by_role("alert")).to_be_empty()
        assert painted(page, "train/loss").columns


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/?path=cv")
    expect(page.locator(".line.visible")).to_have_count(10)
    page.locator(".tree .path").last.focus()
    for key in ("j", "h"):
        page.keyboard.press(key)
    expect(page.get_by_role("grid", name="Runs")).to_be_focused()  # Enter opens the run, and not a path
    expect(page.locator(".line.visible .name a")).to_have_text(names(page)[0])
    for key in ("End", " "):
        page.keyboard.press(key)
    expect(page.locator(".line.visible")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("see")
    expect(page.locator(".offered li")).to_have_text("seed24")
    page.keyboard.press("Tab")
    page.keyboard.type("=1")
    expect(page.locator(".found")).to_have_text(re.compile("^8 of"))
    for key in ("Escape", "Escape", "[", "]", "?"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("logarithmic y")
    page.keyboard.press("Escape")
    expect(page.locator(".tree, .charts")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("path llm")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_have_text(re.compile("^4 of"))


def test_light_and_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/?path=cv")
    brightness = "() => getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).reduce((a, b) => a + +b, 0)"
    assert page.evaluate(brightness) < 200
    page.keyboard.press("d")
    assert page.evaluate(brightness) > 600
    page.reload()
    assert page.evaluate(brightness) > 600
    page.keyboard.press("d")
    assert page.evaluate(brightness) < 200


def test_a_screen_is_few_requests(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    page.goto("/?path=cv")
    painted(page, "train/loss")
    painted(page, "val/acc")
    said = [one for one in asked if "/static/" not in one]  # files that a browser keeps
    assert len([one for one in said if one.startswith("POST")]) <= 3, said
    assert len(said) <= 10, said


def test_series_are_the_servers(page: Page, world: World) -> None:
    """What the page would draw of the spike, asked for as it does."""
    page.goto("/")
    run = page.request.get(f"{world.url}api/v1/runs?q={quote('alias=spiked')}").json()["columns"]["run"][0]
    items = [{"run": run, "metric": "loss", "points": 300, "x": "step"}]
    answer = page.request.post(f"{world.url}api/v1/series", data=json.dumps({"items": items}))
    from runicorn.viewer.frames import unpack

    (_, columns), *_ = unpack(answer.body())
    assert columns["max"].max() == 40.0
    assert columns["count"].sum() == 4000
