"""What is on the screen, so that two screens can be compared: all that a reader of the screen is told, and what is
drawn, whatever its colours.
"""

import re
import time
from typing import Any

from playwright.sync_api import Page
from tests.programs import PATIENCE

# Since when nothing was asked for and nothing changed on the page.
_WATCHING = """
window.waitingFor = 0;
window.quietSince = 0;
const busy = (by) => ((window.waitingFor += by), (window.quietSince = performance.now()));
const asked = window.fetch;
window.fetch = (...given) => {
  busy(1);
  return asked(...given).finally(() => busy(-1));
};
new MutationObserver(() => busy(0)).observe(document, { childList: true, subtree: true, attributes: true });
"""
_QUIET = """
() => window.waitingFor === 0 && performance.now() - window.quietSince > 150 &&
  document.querySelector("main") && !document.querySelector("[aria-busy=true]") &&
  ![...document.querySelectorAll(".late")].some((one) => one.textContent.endsWith("…"))
"""
# Which pixels of each canvas differ from its ground: colours depend on what was shown before.
_DRAWN = """
() => [...document.querySelectorAll("canvas")].filter((one) => one.width && one.offsetParent).map((canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let found = 0;
  for (let at = 3; at < data.length; at += 4) {
    const spread = Math.max(...data.slice(at - 3, at)) - Math.min(...data.slice(at - 3, at));
    found = (Math.imul(found, 31) + Number(data[at] > 100 && spread > 40)) >>> 0;
  }
  return `${width} x ${height}: ${found}`;
})
"""
_TIMES = re.compile(r"\b\d+(\.\d+)?(s|m|h|d)( \d+(\.\d+)?(s|m|h))?( ago)?\b|\bnow\b|\bjust now\b")


def watch(page: Page) -> None:
    """Lets `settled` know when the page is quiet; to be called before it goes anywhere."""
    page.add_init_script(_WATCHING)


def settled(page: Page) -> None:
    """Waits until nothing is asked for, nothing is busy and nothing moves."""
    page.wait_for_function(_QUIET)


def screen(page: Page) -> dict[str, Any]:
    """What is told, without times that pass, and what is drawn."""
    told = _TIMES.sub("…", page.locator("body").aria_snapshot())
    return {"told": told.splitlines(), "drawn": page.evaluate(_DRAWN), "title": page.title()}


def same(one: Page, other: Page) -> None:
    """Fails where the two do not come to show the same."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for page in (one, other):
            settled(page)
        first, second = screen(one), screen(other)
        if first == second or time.monotonic() > deadline:
            break
    assert first == second, one.url
