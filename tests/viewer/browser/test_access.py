"""Pages that everybody can use: what axe finds, keys alone, small screens, large letters, forced colours, no motion."""

import json
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.viewer.browser.conftest import World

from runicorn.viewer.pages import WEB

pytestmark = pytest.mark.long

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
ANYTHING = "main * >> visible=true >> nth=0"
PAGES_TO_CHECK = {
    "/?path=cv": ".line >> nth=5",
    "/?path=cv&group=config.seed&show=top:15&lines=mean:range": ".head-of-group >> nth=0",
    "/?q=lr<": "[role=alert]",
    "/?q=nothing": ".nothing >> nth=0",
    "/run/{run}": ".panel canvas >> nth=0",
    "/run/{run}/info": ".values-of >> nth=0",
    "/run/{run}/logs": ANYTHING,
    "/run/{run}/media": ANYTHING,
    "/run/{run}/code": ANYTHING,
    "/run/{run}/data": ANYTHING,
    "/diff?a={run}&b={run}": ANYTHING,
    "/artifacts": ANYTHING,
    "/alerts": ANYTHING,
    "/trash": ANYTHING,
    "/settings": ANYTHING,
}
"""Addresses that all tests here look at, {run} is a run, and what is there when all is shown."""
WORKSPACE, *_ = PAGES_TO_CHECK
EACH = pytest.mark.parametrize("address", PAGES_TO_CHECK)


@pytest.fixture(scope="module")
def run(world: World) -> str:
    """The id of a run with two metrics."""
    with urllib.request.urlopen(f"{world.url}api/v1/runs?q=alias=run-23") as answer:
        found: str = json.load(answer)["columns"]["run"][0]
        return found


def opened(page: Page, address: str, run: str) -> None:
    """Goes there, and waits until all is shown."""
    page.goto(address.format(run=run))
    expect(page.locator(PAGES_TO_CHECK[address])).to_be_visible()


def found_by_axe(page: Page) -> list[str]:
    """What axe finds wrong."""
    page.evaluate(AXE.read_text())
    told: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in told["violations"]
        for node in one["nodes"]
    ]


@EACH
def test_a_page_is_for_all_eyes_and_hands(page: Page, address: str, run: str) -> None:
    opened(page, address, run)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert not found_by_axe(page)
    for width in (720, 390):  # the former: a window of 1440 in letters of 200 %
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "width => innerWidth === width && document.scrollingElement.scrollWidth <= width", arg=width
        )


@pytest.mark.parametrize("keys", ["?", "Control+k", "C"])
def test_axe_finds_nothing_in_what_opens_over_the_page(page: Page, keys: str, run: str) -> None:
    opened(page, WORKSPACE, run)
    page.keyboard.press(keys)
    expect(page.get_by_role("dialog")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not found_by_axe(page)


def test_one_tab_leads_to_the_table(page: Page, run: str) -> None:
    opened(page, WORKSPACE, run)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go to the runs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Runs")).to_be_focused()


def test_what_is_offered_is_announced(page: Page, run: str) -> None:
    opened(page, WORKSPACE, run)
    box = page.get_by_label("Filter the runs")
    box.press_sequentially("l")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#offered [aria-selected=true]")).to_have_id(box.get_attribute("aria-activedescendant") or "")
    assert not found_by_axe(page)


def test_who_wants_no_motion_sees_none(page: Page, run: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, WORKSPACE, run)
    moving = "document.getAnimations().length"
    assert page.evaluate(moving) == 0
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(moving) == 0
