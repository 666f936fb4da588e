"""What is logged through the stand-ins for other trackers stands where it belongs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.programs import wait
from tests.viewer.browser.conftest import World, filled
from tests.viewer.browser.painted import painted

pytestmark = pytest.mark.long

_FILL = r"""
import pathlib
import numpy as np
import runicorn.compat.trackio as trackio
from runicorn.compat import expt_logger

home = pathlib.Path.home()
(home / "train.yaml").write_text("lr: 0.1\n")
grey = lambda value: trackio.Image(np.full((8, 8, 3), value, np.uint8), caption=f"grey {value}")
run = trackio.init(project="my model", name="from-trackio", group="pair", config={"lr": 0.1, "seed": 1})
print(run.id)
for step in range(12):
    trackio.log({"train/loss": 1 / (1 + step), "acc": step / 12})
trackio.alert("Is NaN", level=trackio.AlertLevel.ERROR)
trackio.alert("Looks odd", text="<b>very</b>", level=trackio.AlertLevel.WARN)
trackio.alert("Goes on", level=trackio.AlertLevel.INFO)
trackio.log({"samples": [grey(10), grey(200)], "weights": trackio.Histogram(np.arange(40.0))})
trackio.log({"film": trackio.Video(np.zeros((4, 3, 16, 16), np.uint8), fps=4, format="gif")})
trackio.log({"tone": trackio.Audio(np.zeros(800, np.float32), sample_rate=8000)})
trackio.log({"page": trackio.Html("<p>a page</p>"), "words": trackio.Markdown("# A report")})
trackio.log({"cloud": trackio.Object3D(np.random.default_rng(0).normal(size=(20, 3)))})
table = trackio.Table(columns=["picture", "score"], data=[[grey(50), 0.5], [grey(60), 0.75]])
trackio.log({"predictions": table})
trackio.save(str(home / "*.yaml"))
trackio.finish()

run = expt_logger.init(name="from-expt", config={"lr": 3e-6, "seed": 2})
print(run.id)
for step in range(5):
    answer = [{"role": "assistant", "content": "4"}]
    expt_logger.log_rollout("2 + 2?", answer, {"correct": step / 5}, commit=False)
    expt_logger.log({"train/loss": 2 / (1 + step)})
expt_logger.log({"reward": 0.9}, mode="eval")
expt_logger.log_error("it broke <b>here</b>")
expt_logger.end()
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with filled(_FILL, 2) as made:
        wait(lambda: not list(made.root.glob("runs/**/media/.incoming/*")), "not all media are made")
        yield made


def opened(page: Page, alias: str) -> None:
    """The page of the run of that name."""
    page.goto(f"/?q=alias={alias}")
    page.locator(".line .name a").click()
    expect(page.locator("h2")).to_have_text(alias)


def test_of_trackio(page: Page) -> None:
    opened(page, "from-trackio")
    assert len(painted(page, "train/loss").columns) > 10
    flags = page.locator("[data-metric='acc'] .flag.of-alert")
    expect(flags.and_(page.locator("[title*='<b>very</b>']"))).to_have_count(1)
    page.keyboard.press("3")
    expect(page.locator("[data-key='samples'] img")).to_have_count(2)
    whole = "() => [...document.querySelectorAll(`[data-key='samples'] img`)].every(one => one.naturalWidth > 0)"
    page.wait_for_function(whole)
    expect(page.locator("[data-key='weights'] .ridge .told")).to_contain_text("40 values")
    expect(page.locator("[data-key='film'] img")).to_be_visible()
    expect(page.locator("[data-key='tone'] audio")).to_be_visible()
    expect(page.locator("[data-key='words']").get_by_role("heading")).to_have_text("A report")
    expect(page.frame_locator("iframe[title=page]").locator("p")).to_have_text("a page")
    expect(page.locator("[data-key='cloud'] canvas")).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator(".sheet-row")).to_have_count(2)
    expect(page.locator(".sheet-row img")).to_have_count(2)
    expect(page.locator(".sheet-row").first).to_contain_text("0.5")
    page.keyboard.press("7")
    expect(page.locator(".entry").first).to_contain_text("train.yaml")
    expect(page.locator(".asset pre")).to_have_text("lr: 0.1\n")


def test_alerts_stand_with_the_worst_first(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Alerts").click()
    titles, order = page.locator("li.alert .what b"), page.get_by_role("button", name="newest first")
    expect(titles).to_have_text(["Is NaN", "Looks odd", "Goes on"])
    expect(page.locator("li.alert .level")).to_have_text(["error", "warn", "info"])
    expect(page.locator("li.alert p")).to_have_text("<b>very</b>")
    expect(order).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("s")
    expect(titles).to_have_text(["Goes on", "Looks odd", "Is NaN"])
    page.keyboard.press("l")
    expect(titles).to_have_text(["Looks odd", "Is NaN"])
    assert page.url.endswith("/alerts?order=newest&level=warn")
    page.reload()
    expect(titles).to_have_text(["Looks odd", "Is NaN"])
    order.click()
    expect(titles).to_have_text(["Is NaN", "Looks odd"])
    page.get_by_label("Filter the runs").fill("from-expt")
    expect(page.locator(".nothing")).to_contain_text("rn.alert(")
    page.get_by_label("Filter the runs").fill("from-track")
    page.get_by_role("link", name="Looks odd").click()
    expect(page).to_have_url(re.compile(r"/run/[^/]*/charts\?c=11$"))
    expect(page.locator("h2")).to_have_text("from-trackio")


def test_of_expt_logger(page: Page) -> None:
    opened(page, "from-expt")
    assert len(painted(page, "train/loss").columns) > 3
    expect(page.locator("[data-metric='eval/reward']")).to_contain_text("0.9")
    page.keyboard.press("2")
    expect(page.locator(".log-line").last).to_contain_text("it broke <b>here</b>")
    page.keyboard.press("0")
    expect(page.get_by_label("config", exact=True)).to_contain_text("seed")


def test_of_both_compared(page: Page) -> None:
    page.goto("/?show=top:2")
    painted(page, "train/loss")
    runs = page.locator(".line .name a").evaluate_all("all => all.map(one => one.pathname.split('/').pop())")
    page.goto(f"/diff?a={runs[0]}&b={runs[1]}&all=1")
    expect(page.get_by_role("region", name="config").get_by_role("rowheader")).to_contain_text(["lr", "seed"])
