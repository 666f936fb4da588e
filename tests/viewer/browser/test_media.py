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
import runicorn as rn

def square(grey): return rn.Image(np.full((8, 8), grey, np.uint8), caption=f"<b>{{grey}}</b>")

for number, name in enumerate(("first", "second")):
    with rn.init("pictures", run_id=name) as run:
        for step in range(0, {STEPS}, 1 if number == 0 else 20):
            run.log({{"grid": [square(number * 20 + at * 30 + step % 10) for at in range(2)]}}, step=step)
        run.log({{"film": rn.Video(np.zeros((4, 3, 32, 32), np.uint8), fps=4, format="mp4")}}, step=1)
        for step in (0, 20):
            images = [square(at) if at < 3 else None for at in range(20)]
            scores = [at / 10 + 5 * step * (at == 3) for at in range(20)]
            columns = {{"image": images, "score": scores, "label": [f"<i>{{at % 3}}</i>" for at in range(20)]}}
            run.log({{"eval": rn.Table(data={{"id": list(range(20))}} | columns)}}, step=step)
            run.log({{"weights": rn.Histogram(np.arange(10.0) + step)}}, step=step)
        run.log({{"page": rn.Html({ESCAPES!r}), "text": rn.Markdown({MARKDOWN!r})}}, step=1)
        run.log({{"cloud": rn.Object3D(np.random.default_rng(0).normal(size=(50, 3)))}}, step=1)
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
    """Two runs with media."""
    with filled(_FILL, 2) as made:
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


def test_a_table_is_sorted_searched_and_compared(page: Page) -> None:
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
    where.fill("")
    page.keyboard.press("Escape")

    page.keyboard.press("B")  # compared with the other run
    expect(page.get_by_label("Run to compare with")).to_be_visible()
    page.keyboard.press("B")
    page.keyboard.press("b")  # compared with the first step
    comparison = page.get_by_role("toolbar", name="Comparison")
    expect(comparison.locator("b")).to_have_text("the other, step 0 → this, step 20")
    expect(comparison.get_by_label("Rows belong together by")).to_have_value("id")
    expect(rows.first.locator(".sheet-cell").nth(2)).to_have_text("0.3 → 100.3")
    expect(page.locator(".sheet-row .number").first).to_have_css("width", "128px")  # "only here" has room
    page.keyboard.press("x")
    expect(told).to_have_text("1 of 20 rows")
    page.reload()
    expect(told).to_have_text("1 of 20 rows")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".differs .whole")).to_have_text("100.3")
    expect(dialog.locator("dd").last).to_have_text("<i>0</i>")


def test_a_table_is_asked_for_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/run/first/tables")
    expect(page.get_by_role("columnheader", name="label")).to_contain_text("3 values")
    assert [sum(part in one for one in asked) for part in ("media/keys", ".parquet?")] == [1, 1], asked


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
