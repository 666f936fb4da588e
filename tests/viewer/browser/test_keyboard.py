"""Without a mouse: from a filter to a link that shows somebody else the same, and the focus is always in sight."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.viewer.browser.conftest import World
from tests.viewer.browser.everything import everything
from tests.viewer.browser.screens import same, watch

pytestmark = pytest.mark.long

# How what has the focus differs from the rest, and whether it is on the screen; null for the page itself.
_FOCUS = """
() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow, opacity } = getComputedStyle(one.closest(".box") ?? one);
  const box = one.getBoundingClientRect();
  const marked = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  const inside = box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
  const told = one.outerHTML.slice(0, 120);
  return { told, seen: marked && inside && Number(opacity) > 0, inDialog: one.closest("dialog") !== null };
}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with everything() as made:
        yield made


def test_from_a_filter_to_a_link(page: Page, browser: Browser) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    watch(page)
    press = page.keyboard.press
    page.goto("/")
    expect(page.locator(".found")).to_have_text("4 of 4")
    for key in ("Tab", "Enter"):  # the first Tab leads to the table
        press(key)
    expect(page.get_by_role("grid", name="Runs")).to_be_focused()
    press("/")
    page.keyboard.type("pairs or ranks")
    expect(page.locator(".found")).to_have_text("3 of 4")
    for key in ("Escape", "Escape", "h", "j", "j", " ", "k", " "):
        press(key)
    expect(page.locator(".line.visible")).to_have_count(3)
    drawn = page.locator(".panel[data-metric='train/loss']")
    expect(drawn).to_have_attribute("aria-busy", "false")
    for key in ("<", ".", ".", "<"):
        press(key)
    expect(page).to_have_url(re.compile(r"\?q=pairs\+or\+ranks&show=top:0,.*&x=step:\d+\.\.\d+&c=\d+$"))
    step = page.url.rpartition("=")[2]
    for key in ("j", "Enter"):
        press(key)
    expect(page.locator("h2")).to_have_text("left one")
    expect(drawn).to_have_attribute("aria-busy", "false")
    press("t")
    expect(page.locator(".said")).to_contain_text(f"the last one that was logged at step {step}")
    expect(page.locator(".log-line.pinned")).to_be_visible()
    press("c")
    expect(page.get_by_role("dialog", name="Copy")).to_be_visible()
    for key in ("Tab", "Tab", "Enter"):
        press(key)
    expect(page.locator(".toast")).to_contain_text("Copied the address.")
    link = page.evaluate("navigator.clipboard.readText()")
    page.locator(".toast").get_by_label("Close").press("Enter")
    with_nothing = browser.new_context(viewport=page.viewport_size)
    other = with_nothing.new_page()
    watch(other)
    other.goto(link)
    expect(other.locator(".log-line.pinned")).to_be_visible()
    for one in (page, other):  # what came of a key is news, and no state
        one.locator(".said").evaluate_all("all => all.forEach((one) => (one.hidden = true))")
    same(page, other)
    with_nothing.close()


@pytest.mark.parametrize("address", ["/", *(f"/run/left/{tab}" for tab in ("charts", "logs", "tables", "data"))])
def test_the_focus_is_in_sight_wherever_it_is(page: Page, address: str) -> None:
    watch(page)
    page.goto(address)
    expect(page.locator("main *").first).to_be_visible()
    seen = list[str]()
    for _ in range(45):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        if found is None:
            break
        assert found["seen"], found["told"]
        seen.append(found["told"])
    assert len(set(seen)) > 8, "the focus is held somewhere"


@pytest.mark.parametrize(
    ("address", "key"),
    [("/", "?"), ("/", "Control+k"), ("/", "C"), ("/", "i"), ("/run/left", "c"), ("/run/left/tables", "Enter")],
)
def test_what_opens_keeps_the_focus_and_gives_it_back(page: Page, address: str, key: str) -> None:
    page.goto(address)
    expect(page.locator(".panel canvas, .sheet-row").first).to_be_visible()
    page.keyboard.press("Tab")
    before = page.evaluate(_FOCUS)["told"]
    page.locator("body").evaluate("(_, key) => key === 'Enter' && document.activeElement.blur()", key)
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        assert found is None or (found["inDialog"] and found["seen"]), found
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    after = page.evaluate(_FOCUS)
    assert key == "Enter" or (after and after["told"] == before), after
