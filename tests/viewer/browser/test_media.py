"""The tabs of media and tables in a real browser, on a root of their own."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.programs import finish, wait
from tests.viewer.browser.conftest import World, filled

pytestmark = pytest.mark.long

STEPS = 24
ESCAPES = """<!doctype html><body><script>
const told = [];
const refused = (name, act) => { try { act(); told.push(name); } catch { } };
refused("parent", () => { if (parent === self) throw 0; parent.document.title; });
refused("storage", () => localStorage.length);
refused("cookie", () => document.cookie);
refused("top", () => { if (top === self) throw 0; top.location.href = "/settings"; });
refused("popup", () => { if (open("/")) return; throw 0; });
const image = new Image();
const loads = new Promise(done => { image.onload = () => done("image"); image.onerror = () => done(""); });
image.src = "/api/v1/info?image";
const asked = fetch("/api/v1/info").then(() => "fetch", () => "");
Promise.all([loads, asked]).then(more =>
  document.body.append(`origin ${origin}, escapes: ${[...told, ...more].filter(Boolean).join() || "none"}`));
</script><img src=x onerror="document.body.dataset.script = 1">"""
MARKDOWN = "# Head\n\n<img src=x onerror=alert(1)> **bold** [bad](javascript:alert(1)) [good](https://example.com/)"
_FILL = f"""
import numpy as np
import plotly.graph_objects as go
import runicorn as rn
from matplotlib.figure import Figure

def square(grey): return rn.Image(np.full((8, 8), grey, np.uint8), caption=f"<b>{{grey}}</b>")

for number, name in enumerate(("first", "second")):
    with rn.init("pictures", run_id=name) as run:
        for step in range(0, {STEPS}, 1 if number == 0 else 20):
            run.log({{"grid": [square(number * 20 + at * 30 + step % 10) for at in range(2)]}}, step=step)
        run.log({{"film": rn.Video(np.zeros((4, 3, 32, 32), np.uint8), fps=4, format="mp4")}}, step=1)
        for step in (0, 20):
            images = [square(at) if at < 3 else None for at in range(20)]
            scores = [at / 10 + 5 * step * (at == 3) for at in range(20)]
            scores[5] += number
            columns = {{"image": images, "score": scores, "label": [f"<i>{{at % 3}}</i>" for at in range(20)]}}
            columns = {{"id": list(range(20))}} | columns
            turned = {{name: cells[:: 1 - 2 * number] for name, cells in columns.items()}}
            run.log({{"eval": rn.Table(data=turned)}}, step=step)
            run.log({{"weights": rn.Histogram(np.arange(10.0) + step)}}, step=step)
        run.log({{"page": rn.Html({ESCAPES!r}), "text": rn.Markdown({MARKDOWN!r})}}, step=1)
        run.log({{"cloud": rn.Object3D(np.random.default_rng(0).normal(size=(50, 3)))}}, step=1)
        run.log({{"checks": rn.Image(np.array([[0, 255], [255, 0]], np.uint8), caption="checks")}}, step=20)
        for step in (0, 1):
            tone = np.sin(np.arange(8000) / 9).astype(np.float32)
            run.log({{"tone": rn.Audio(tone, sample_rate=8000, caption=f"tone {{step}}")}}, step=step)
with rn.init("many", run_id="many") as run:
    run.log({{f"at/{{number:02}}": square(number) for number in range(60)}}, step=0)
    run.log({{"wide": rn.Table(data={{f"c{{column}}": list(range(3000)) for column in range(80)}})}}, step=0)
    drawn = Figure(figsize=(2, 1), dpi=50)
    drawn.add_axes((0, 0, 1, 1)).plot([1, 2])
    run.log({{"drawn": rn.Figure(drawn), "plotly": rn.Figure(go.Figure(go.Bar(y=[1, 2], name="b")))}}, step=0)
"""

_LIVE = """
import sys
import numpy as np
import runicorn as rn

with rn.init("pictures", run_id="live") as run:
    run.log({"loss": 1.0}, step=0)
    run.flush()
    print("ready", flush=True)
    input()
    run.log({"late": rn.Image(np.zeros((4, 4)))}, step=1)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two runs with the same media, and one with many."""
    with filled(_FILL, 3) as made:
        wait(lambda: not list(made.root.glob("runs/*/*/media/.incoming/*")), "not all media are made")
        yield made


def test_pictures_over_steps_and_one_large(page: Page) -> None:
    page.goto("/run/first/media?types=image&pictures=2")
    panel = page.locator("[data-key='grid']")
    steps = panel.locator(".step:not(.waiting)")
    expect(panel.locator(".step.current .label")).to_have_text("23")
    assert steps.count() < 16, "what is not seen is not there"
    expect(steps.last.locator("img")).to_have_count(2)
    expect(panel.get_by_label("grid 1 at step 23: <b>33</b>")).to_be_visible()
    page.keyboard.press(",")
    expect(panel.locator(".step.current .label")).to_have_text("22")
    panel.get_by_label("Step of grid").fill("20")
    expect(panel.locator(".step.current .label")).to_have_text("20")
    assert "c=20" in page.url

    panel.get_by_label("grid 0 at step 20").click()
    large = page.locator(".large")
    expect(large.locator(".told")).to_contain_text("8 \u00d7 8")
    expect(large.locator(".caption")).to_have_text("<b>0</b>")
    page.keyboard.press("ArrowRight")
    expect(large.locator(".caption")).to_have_text("<b>30</b>")
    page.keyboard.press("b")  # this step is held, and the cursor goes on
    page.keyboard.press(".")
    expect(large.locator(".about .caption")).to_have_text(["<b>31</b>", "<b>30</b>"])
    for _ in range(3):
        page.keyboard.press("c")
    expect(large.locator(".told")).to_contain_text("differs by 1.00 of 255 on average")
    large.get_by_label("Compare with", exact=True).select_option("run")
    expect(large.locator(".about .caption")).to_have_text(["<b>31</b>", "<b>50</b>"])  # of the other run's step 0
    expect(large.locator(".told")).to_contain_text("differs by 19.00 of 255 on average")
    page.keyboard.press("z")
    expect(large.locator(".told")).to_contain_text("100 %")
    page.reload()
    expect(large.locator(".told")).to_contain_text("100 % · differs by 19.00 of 255 on average")
    assert drawn(page, ".stage canvas") == [[19, 19, 19]]
    page.keyboard.press("Escape")
    expect(panel.locator(".step.current .label")).to_have_text("21")
    assert "medium=" not in page.url


def test_two_pictures_are_laid_over_each_other(page: Page) -> None:
    page.goto("/run/first/media?medium=image:grid&i=1&c=23&b=step:4")
    large, stage = page.locator(".large"), ".stage canvas"
    expect(large.locator(".about .caption")).to_have_text(["<b>33</b>", "<b>34</b>"])
    waits(page, stage, {33, 34})
    page.keyboard.press("c")  # wipe, with the edge in white
    waits(page, stage, {33, 34, 255})
    edge = page.get_by_label("Where the second begins").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] - 1, edge["y"] + edge["height"] / 2)
    page.mouse.up()
    waits(page, stage, {33, 255})
    page.keyboard.press("c")  # flicker
    for grey in (33, 34, 33):
        waits(page, stage, {grey})
    page.keyboard.press("c")
    waits(page, stage, {1})
    page.keyboard.press("g")
    waits(page, stage, {4})
    expect(large.locator(".told")).to_contain_text("shown \u00d7 4")
    page.keyboard.press("x")
    expect(large.locator(".about .caption")).to_have_text(["<b>34</b>", "<b>33</b>"])
    assert "c=4" in page.url
    large.get_by_label("Compare with", exact=True).select_option("item")
    expect(large.locator(".about .caption")).to_have_text(["<b>34</b>", "<b>4</b>"])
    large.get_by_label("Place in the list").fill("1")
    page.keyboard.press("Enter")
    expect(large.locator(".about .caption")).to_have_text(["<b>34</b>", "<b>34</b>"])

    # A pixel is a square, however large: no colour is there that was not logged.
    page.goto("/run/first/media?medium=image:checks")
    waits(page, stage, {0, 255})
    box = page.locator(stage).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 20, box["y"] + box["height"] / 2 + 20)
    page.mouse.wheel(0, -100)
    expect(large.locator(".told")).to_contain_text("x 1, y 1")
    waits(page, stage, {0, 255})


def waits(page: Page, selector: str, greys: set[int]) -> None:
    """Until these greys are on a canvas, and no other colour."""
    wanted = sorted([one] * 3 for one in greys)
    wait(lambda: sorted(drawn(page, selector)) == wanted, f"{greys} are not drawn")


def test_sounds_play_together_and_objects_turn_together(page: Page) -> None:
    page.goto("/run/first/media?medium=audio:tone&b=step:0")
    players = page.locator(".players audio")
    expect(players).to_have_count(2)
    page.keyboard.press(" ")
    page.wait_for_function("() => [...document.querySelectorAll('.players audio')].every(one => !one.paused)")
    players.first.evaluate("one => { one.playbackRate = 2; one.currentTime = 0.5; }")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.players audio')].every(one => one.playbackRate === 2)"
    )
    page.keyboard.press(" ")
    page.wait_for_function("() => [...document.querySelectorAll('.players audio')].every(one => one.paused)")
    page.goto("/run/first/media?medium=object3d:cloud&b=run:second")
    canvases = page.locator(".object3d canvas")
    expect(canvases).to_have_count(2)
    shown = "one => one.toDataURL()"
    wait(lambda: len(drawn(page, ".object3d >> nth=0 >> canvas")) > 1, "nothing is drawn")
    before = canvases.first.evaluate(shown)
    wait(lambda: canvases.last.evaluate(shown) == before, "the same object looks otherwise")
    canvases.first.press("ArrowLeft")
    wait(lambda: canvases.first.evaluate(shown) != before, "it does not turn")
    assert canvases.last.evaluate(shown) == canvases.first.evaluate(shown)


def test_of_many_only_what_is_near_is_there(page: Page) -> None:
    page.goto("/run/many/media?types=image")
    keys = page.locator(".medium-key")
    expect(keys.first.locator("img")).to_be_visible()
    assert keys.count() < 50
    expect(page.locator("[data-key='at/59']")).to_have_count(0)
    page.locator(".keys").evaluate("keys => (keys.scrollTop = keys.scrollHeight)")
    expect(page.locator("[data-key='at/59'] img")).to_be_visible()
    expect(page.locator("[data-key='at/00']")).to_have_count(0)
    page.goto("/run/many/media?types=figure")
    expect(page.locator("[data-key='drawn'] img")).to_be_visible()
    page.wait_for_function("() => document.querySelector(`[data-key='drawn'] img`).naturalWidth === 100")
    expect(page.frame_locator("iframe[title=plotly]").locator(".barlayer .point")).to_have_count(2)

    page.goto("/run/many/tables")
    sheet, rows, cells = page.get_by_role("grid", name="Rows"), page.locator(".sheet-row"), page.locator(".sheet-cell")
    expect(rows.first.locator(".sheet-cell").first).to_have_text("0")
    expect(sheet).to_have_attribute("aria-rowcount", "3001")
    expect(sheet).to_have_attribute("aria-colcount", "80")
    assert (rows.count() < 60, cells.count() < 60 * 20) == (True, True)
    page.keyboard.press("End")
    expect(rows.last.locator(".sheet-cell").first).to_have_text("2999")
    sheet.evaluate("sheet => (sheet.scrollLeft = sheet.scrollWidth)")
    expect(page.get_by_role("columnheader", name="c79")).to_be_visible()
    expect(rows.last.locator(".sheet-cell").last).to_have_text("2999")
    expect(page.get_by_role("columnheader", name="c0", exact=True)).to_have_count(0)
    assert (rows.count() < 60, cells.count() < 60 * 20) == (True, True)


def drawn(page: Page, selector: str) -> list[list[int]]:
    """The colours on a canvas."""
    found: list[list[int]] = page.locator(selector).evaluate(
        """canvas => {
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const found = new Set();
            for (let at = 0; at < data.length; at += 4)
                if (data[at + 3]) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
            return [...found].map(one => one.split(",").map(Number));
        }"""
    )
    return found


def test_nothing_of_a_run_is_a_page_of_ours(page: Page) -> None:
    page.goto("/run/first/media")
    framed = page.frame_locator("iframe[title=page]")
    expect(framed.locator("body")).to_contain_text("origin null, escapes: none")
    expect(framed.locator("body")).to_have_attribute("data-script", "1")  # it may run scripts, of its own
    markdown = page.locator("[data-key='text'] .markdown")
    expect(markdown.get_by_role("heading")).to_have_text("Head")
    expect(markdown.locator("strong")).to_have_text("bold")
    expect(markdown).to_contain_text("<img src=x onerror=alert(1)>")
    expect(markdown).to_contain_text("[bad](javascript:alert(1))")
    assert markdown.locator("a").evaluate_all("links => links.map(one => one.href)") == ["https://example.com/"]
    assert markdown.locator("img").count() == 0
    assert page.url.endswith("/run/first/media"), "it has led the page elsewhere"

    expect(page.locator("[data-key='weights'] .heat-map canvas")).to_have_attribute(
        "aria-label", re.compile("2 histograms")
    )
    expect(page.locator("[data-key='weights'] .ridge .told")).to_contain_text("10 values")
    page.locator("[data-key='weights'] .heat-map canvas").hover()
    expect(page.locator("[data-key='weights'] .heat-words")).to_contain_text("of 10 values")
    heat = page.locator("[data-key='weights'] .heat-map canvas")
    wide = heat.evaluate("one => one.clientWidth")
    heat.click(position={"x": wide / 4, "y": 50})
    expect(page.locator("[data-key='weights'] .ridge canvas")).to_have_attribute("aria-label", re.compile("at step 0:"))
    expect(page).to_have_url(re.compile(r"/media\?c=0$"))
    heat.click(position={"x": wide * 3 / 4, "y": 50})
    expect(page).to_have_url(re.compile(r"/media\?c=20$"))
    expect(page.locator("[data-key='cloud'] canvas")).to_have_attribute("aria-label", re.compile("Arrow keys"))
    # Opened alone, a page is in a sandbox by its headers.
    address = page.locator("iframe[title=page]").get_attribute("src")
    page.goto(str(address))
    expect(page.locator("body")).to_contain_text("origin null, escapes: none")


def test_histograms_and_films_are_opened_large(page: Page) -> None:
    page.goto("/run/first/media?medium=histogram:weights")
    expect(page.locator(".large .ridge .told")).to_contain_text("10 values")
    page.goto("/run/first/media?medium=video:film")
    expect(page.locator(".players video")).to_have_css("image-rendering", "pixelated")
    expect(page.get_by_role("link", name="download")).to_have_attribute("download", "film-step1.mp4")


def test_a_table_is_sorted_and_searched(page: Page) -> None:
    page.goto("/run/first/tables?c=30")
    rows, told = page.locator(".sheet-row"), page.locator(".tables").get_by_role("status")
    expect(rows.first.locator(".sheet-cell")).to_have_text(["0", "", "0", "<i>0</i>"])
    expect(rows.first.locator("img")).to_have_count(1)
    expect(told).to_have_text("20 rows")
    expect(page.get_by_role("toolbar", name="Tables")).to_contain_text("step 20, the last before 30")
    expect(page.get_by_role("columnheader", name="label")).to_contain_text("3 values")
    expect(page.get_by_role("columnheader", name="score").locator("svg")).to_have_attribute("aria-label", "0 … 100.3")
    page.get_by_role("columnheader", name="score").locator("svg").click(position={"x": 86, "y": 20})
    expect(told).to_have_text("1 of 20 rows")
    page.get_by_label("Filter the rows").fill("")
    expect(told).to_have_text("20 rows")
    page.get_by_role("button", name="score").click()
    expect(rows.first.locator(".sheet-cell").nth(2)).to_have_text("100.3")
    where = page.get_by_label("Filter the rows")
    where.press_sequentially('"<i>1" id>')  # it is asked for while it is typed
    expect(page.locator(".rows-box .wrong")).to_have_text("There is no value behind '>'.")
    where.press_sequentially("4")
    expect(told).to_have_text("5 of 20 rows")
    expect(rows.first.locator(".sheet-cell").first).to_have_text("19")


def test_a_table_is_compared(page: Page) -> None:
    page.goto("/run/first/tables?c=30&order=-score")
    rows, told = page.locator(".sheet-row"), page.locator(".tables").get_by_role("status")
    expect(page.get_by_role("option", name="a run")).to_be_attached()
    page.keyboard.press("B")  # compared with the other run
    expect(page.get_by_label("Run to compare with")).to_be_visible()
    page.keyboard.press("B")
    page.keyboard.press("b")  # compared with the first step
    comparison = page.get_by_role("toolbar", name="Comparison")
    expect(comparison.locator("b")).to_have_text("the other, step 0 → this, step 20")
    expect(comparison.get_by_label("Rows belong together by")).to_have_value("id")
    expect(rows.first.locator(".sheet-cell").nth(2)).to_have_text("0.3 → 100.3")
    expect(page.locator(".sheet-row .number").first).to_have_css("width", "32px")  # none is "only here"
    page.keyboard.press("x")
    expect(told).to_have_text("1 of 20 rows")
    page.reload()
    expect(told).to_have_text("1 of 20 rows")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".differs .whole")).to_have_text("100.3")
    expect(dialog.locator("dd").last).to_have_text("<i>0</i>")
    page.reload()
    expect(dialog.locator(".differs .whole")).to_have_text("100.3")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert "row=" not in page.url


def test_a_table_begins_at_its_first_row_and_column(page: Page) -> None:
    """Whenever it is known how much of it is seen."""
    late = "constructor(told) { super((...all) => setTimeout(() => told(...all), 300)); }"
    page.add_init_script(f"window.ResizeObserver = class extends ResizeObserver {{ {late} }}")
    page.set_viewport_size({"width": 390, "height": 600})
    page.goto("/run/first/tables")
    expect(page.locator(".sheet-row").nth(6)).to_be_attached()  # that many are seen
    assert page.locator(".sheet").evaluate("sheet => [sheet.scrollTop, sheet.scrollLeft]") == [0, 0]


def test_a_table_is_asked_for_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/run/first/tables")
    expect(page.get_by_role("columnheader", name="label")).to_contain_text("3 values")
    assert [sum(part in one for one in asked) for part in ("media/keys", ".parquet?")] == [1, 1], asked


def test_a_table_of_two_runs(page: Page) -> None:
    """The rows of the other one stand the other way round."""
    page.goto("/run/first/tables")
    rows, told = page.locator(".sheet-row"), page.locator(".tables").get_by_role("status")
    comparison = page.get_by_role("toolbar", name="Comparison")
    page.get_by_label("Compare with", exact=True).select_option("run")
    expect(comparison.locator("b")).to_have_text("the other, second, step 20 → this run, step 20")
    expect(comparison.get_by_label("Rows belong together by")).to_have_value("id")
    page.keyboard.press("x")
    expect(told).to_have_text("1 of 20 rows")
    expect(rows.first.locator(".sheet-cell").nth(2)).to_have_text("1.5 → 0.5")
    comparison.get_by_label("Rows belong together by").select_option("label")
    expect(comparison).to_contain_text("label repeats: rows of one value belong together in their order")
    comparison.get_by_label("Rows belong together by").select_option("score")
    only = rows.first.locator(".number")
    expect(only).to_have_text("only here5")
    assert only.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), "where a row is alone, that has room"
    comparison.get_by_label("Rows belong together by").select_option("row number")
    expect(told).to_have_text("20 rows")
    page.keyboard.press("x")
    for width in (390, 1440):  # all that differs is read, whatever room there is
        page.set_viewport_size({"width": width, "height": 800})
        expect(rows.first.locator(".differs").first).to_be_visible()
        cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
        assert page.locator(".sheet-cell .differs.a-number").evaluate_all(cut) == []


def test_what_a_run_without_media_can_log_appears(page: Page, world: World) -> None:
    trainer = world.program(_LIVE)
    assert trainer.stdout is not None
    trainer.stdout.readline()
    page.goto("/run/live/media")
    expect(page.locator(".nothing")).to_contain_text("run.log(")
    print(file=trainer.stdin, flush=True)
    expect(page.locator("[data-key='late'] img")).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator(".nothing")).to_contain_text("rn.Table(")
    finish(trainer)
