"""Pages that everybody can use: what axe finds, small screens, large letters, colours of the system, no motion."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.viewer.browser.conftest import World
from tests.viewer.browser.everything import everything
from tests.viewer.browser.painted import painted
from tests.viewer.browser.screens import settled, watch

from runicorn.viewer.pages import WEB

pytestmark = pytest.mark.long

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
WORKSPACE = "/?path=pairs"
PAGES_TO_CHECK = [
    *(WORKSPACE, "/?group=path&show=top:3&lines=mean:range", "/?q=lr<", "/?q=nothing", "/?large=train/loss"),
    *("/run/left", "/run/left/info", "/run/left/system", "/run/ranks/ranks", "/run/ranks/ranks?as=heatmap"),
    *("/run/left/logs", "/run/left/logs?text=memory&only=1&line=8"),
    *("/run/left/media", "/run/left/media?medium=image:grid&b=step:10&how=wipe", "/run/left/media?medium=video:film"),
    *("/run/left/media?medium=object3d:cloud", "/run/left/tables", "/run/left/tables?table=eval&with=step:10"),
    *("/run/left/code?at=3", "/run/left/code?file=%20patch"),
    *("/run/left/data", "/run/left/data?kind=datasets&inner=two.zip", "/run/left/data?kind=datasets&inner=card.json"),
    *(f"/run/bare/{tab}" for tab in ("charts", "logs", "media", "tables", "code", "data", "system", "ranks", "info")),
    *("/run/thrown", "/run/none", "/diff?a=left&b=right&all=1", "/diff", "/diff?a=left&b=none"),
    *("/artifacts", "/artifacts/numbers", "/alerts", "/reports", "/trash", "/settings", "/host"),
    *("/embed?run=left", "/embed?run=none"),
]
"""Every page and tab with something to show, with nothing, and with what is not there."""
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "dark", "forced_colors": "active"},
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with everything() as made:
        yield made


def opened(page: Page, address: str) -> None:
    """Goes there, and waits until all is shown."""
    watch(page)
    page.goto(address)
    settled(page)


def found_by_axe(page: Page) -> list[str]:
    """What axe finds wrong."""
    page.evaluate(AXE.read_text())
    told: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in told["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("address", PAGES_TO_CHECK)
def test_a_page_is_for_all_eyes_and_hands(page: Page, address: str) -> None:
    opened(page, address)
    for look in LOOKS:
        page.emulate_media(**look)
        expect(page.locator("html")).to_have_attribute("data-theme", look["color_scheme"])
        assert not found_by_axe(page), look
    page.emulate_media(color_scheme="light", forced_colors="none")
    for width in (720, 390):  # the former: a window of 1440 in letters of 200 %
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "width => innerWidth === width && document.scrollingElement.scrollWidth <= width", arg=width
        )
    settled(page)
    assert not found_by_axe(page), "on a phone"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        *((WORKSPACE, key) for key in ("?", "Control+k", "C", "i", "M")),
        ("/run/left", "c"),
        ("/run/left/tables", "Enter"),
    ],
)
def test_axe_finds_nothing_in_what_opens_over_the_page(page: Page, address: str, key: str) -> None:
    opened(page, address)
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()
    for look in LOOKS:
        page.emulate_media(**look)
        assert not found_by_axe(page), look


def test_letters_of_twice_the_size(browser: Browser, world: World) -> None:
    """A window of 1440 by 900 that is zoomed to 200 %."""
    context = browser.new_context(
        viewport={"width": 720, "height": 450}, device_scale_factor=2, base_url=world.url, is_mobile=False
    )
    page = context.new_page()
    opened(page, "/run/left?pin=val/acc")
    assert painted(page, "val/acc").columns
    sizes = page.locator("canvas").first.evaluate("one => [one.width, one.getBoundingClientRect().width]")
    assert sizes[0] == pytest.approx(2 * sizes[1], abs=2), "lines are not sharp"
    context.close()


def test_what_is_chosen_is_seen_in_the_colours_of_the_system(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    opened(page, WORKSPACE)
    switch = page.get_by_role("button", name="log y")
    plain = switch.evaluate("one => getComputedStyle(one).outlineStyle")
    page.keyboard.press("g")
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert switch.evaluate("one => getComputedStyle(one).outlineStyle") != plain


def test_one_tab_leads_to_the_table(page: Page) -> None:
    opened(page, WORKSPACE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go to the runs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Runs")).to_be_focused()


def test_what_is_offered_is_announced(page: Page) -> None:
    opened(page, WORKSPACE)
    box = page.get_by_label("Filter the runs")
    box.press_sequentially("l")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#offered [aria-selected=true]")).to_have_id(box.get_attribute("aria-activedescendant") or "")
    assert not found_by_axe(page)


def test_who_wants_no_motion_sees_none(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = "document.getAnimations().length"
    for address in (WORKSPACE, "/run/left", "/run/left/logs", "/diff?a=left&b=right"):
        opened(page, address)
        assert page.evaluate(moving) == 0
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(moving) == 0
