"""Charts do not lie: no spike is hidden, no smoothed value depends on the zoom, at any of many random zooms."""

import json
import random
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.viewer.browser.conftest import World
from tests.viewer.browser.painted import painted

from runicorn.viewer import frames

SPIKE, STEPS = 2345, 4000
LOSS = np.where(np.arange(STEPS) == SPIKE, 40.0, 1 + np.sin(np.arange(STEPS)) / 10)

# Goes to one address after the other without loading the page anew; gives those at which the spike is not painted: no
# pixel near its place in the upper part of the chart, where nothing else is, has a colour.
_HIDDEN = """
async (zooms) => {
  const frame = () => new Promise(requestAnimationFrame);
  const hidden = [];
  for (const [address, place] of zooms) {
    history.replaceState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
    await frame();
    while (document.querySelector(".panel")?.ariaBusy !== "false") await frame();
    await frame();
    const [canvas, over] = [".panel canvas", ".panel .u-over"].map((name) => document.querySelector(name));
    const [whole, inner] = [canvas, over].map((one) => one.getBoundingClientRect());
    const x = Math.round(inner.left - whole.left + place * inner.width);
    const pixels = canvas.getContext("2d").getImageData(x - 3, inner.top - whole.top, 7, inner.height * 0.4).data;
    let coloured = false;
    for (let at = 0; at < pixels.length; at += 4) {
      const [r, g, b, a] = pixels.subarray(at, at + 4);
      coloured ||= a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 60;
    }
    if (!coloured) hidden.push(address);
  }
  return hidden;
}
"""


def zooms(number: int, most: float = STEPS / 2) -> list[tuple[int, int]]:
    """Ranges of steps around the spike, of all widths up to about twice `most`, the same ones each time."""
    generator = random.Random(7)
    widths = [[int(most ** generator.random()) for _ in range(2)] for _ in range(number)]
    return [(max(0, SPIKE - left), min(STEPS - 1, SPIKE + right)) for left, right in widths]


def asked(page: Page, world: World, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of series of the spiked run."""
    told = page.request.get(f"{world.url}api/v1/runs?q=alias=spiked").json()
    run = {"run": told["columns"]["run"][0], "metric": "loss"}
    body = json.dumps({"items": [run | item for item in items]})
    return [columns for _, columns in frames.unpack(page.request.post(f"{world.url}api/v1/series", data=body).body())]


def test_the_spike_is_seen_at_fifty_zooms(page: Page, world: World) -> None:
    page.goto("/?path=long")
    painted(page, "loss")
    found = [(f"?path=long&x=step:{lo}..{hi}", (SPIKE - lo) / (hi - lo)) for lo, hi in zooms(50)]
    addresses = [(f"{address}{'&y=full' * (at % 2)}", place) for at, (address, place) in enumerate(found)]
    assert page.evaluate(_HIDDEN, addresses) == []
    for columns in asked(page, world, *({"points": 300, "lo": lo, "hi": hi} for lo, hi in zooms(50))):
        assert columns["max"].max() == 40.0


def test_a_smoothed_value_is_the_same_at_every_zoom(page: Page, world: World) -> None:
    weights = 0.9 ** np.arange(SPIKE, -1, -1)
    expected = float((weights * LOSS[: SPIKE + 1]).sum() / weights.sum())
    near = zooms(20, 150)
    for columns in asked(page, world, *({"points": 400, "lo": lo, "hi": hi, "smooth": "ema:0.9"} for lo, hi in near)):
        value = columns["mean"][columns["x0"] == SPIKE][0]
        assert value == pytest.approx(expected, rel=1e-6)
    page.goto("/?path=long&sm=ema:0.9&x=step:2340..2350")
    painted(page, "loss")
    page.keyboard.press("i")
    row = page.get_by_role("row", name="step 2,345")
    before = row.inner_text()
    assert f"{expected:.6g}" in before
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.evaluate("history.replaceState(null, '', '?path=long&sm=ema:0.9&x=step:2300..2400')")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    page.keyboard.press("i")
    expect(row).to_have_text(before.replace("\t", ""))
