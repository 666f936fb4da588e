"""What the first screen and a scroll of it cost, counted: nothing here depends on how fast a machine is."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.viewer.browser.conftest import viewer

from benches.tab import Tab, tab
from harness.filling import Process, Root
from runicorn.viewer.pages import STATIC
from runid import events

RUNS, METRICS, STEPS, COLUMNS = 150, 12, 8, 9
TALL = 40
"""Rows that are on a screen of 900 pixels and beside it, about."""
FIRST, LAZY = 70_000, 60_000
"""Bytes of gzipped JavaScript that the first screen may have, and each part that is loaded later."""


def logged(number: int) -> Iterator[events.Event]:
    began = 1.78e9 + 60 * number
    yield [events.START, began, {"alias": f"run-{number}", "created_at": began}]
    yield [events.CONFIG, began, {"seed": number, "lr": 0.1, "depth": 18}]
    for step in range(STEPS):
        values = {f"{'train' if name % 2 else 'val'}/m{name}": float(step + name) for name in range(METRICS)}
        yield [events.POINTS, began + step, step, None, values]
    yield [events.FINISH, began + STEPS, "finished", None]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A viewer of 150 runs."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("The viewer's pages are not built, so they were NOT tested: install npm, and run scripts/install.")
    folder = tmp_path_factory.mktemp("budgets")
    root = Root(folder)
    for number in range(RUNS):
        root.add("cv", f"run_{number}", [Process(logged(number))], sealed=False)
    with viewer(dict(os.environ) | {"RUNICORN_DIR": str(folder)}) as found:
        yield found


@pytest.fixture
def seen(browser: Browser) -> Iterator[Tab]:
    """A tab with nothing in its cache."""
    with tab(browser) as one:
        yield one


def test_the_first_screen(seen: Tab, url: str) -> None:
    seen.open(url, charts="charts(6)")
    seen.settle()
    expect(seen.page.locator(".found")).to_have_text("150 of 150")
    assert sum(seen.bytes.values()) < 2 * FIRST, seen.bytes
    asked = [one for one in seen.requests if "/api/" in one]
    assert len(asked) <= 8, asked  # on a slow machine what charts and pictures need is known in three parts
    read = [one for one in asked if not one.endswith("/series")]
    assert len(read) == len(set(read)), "what came before the scripts was asked for once more"
    assert len(seen.requests) - len(asked) <= 6, seen.requests
    drawn = seen.page.locator
    assert drawn(".line").count() <= TALL + 8
    assert drawn(".line [role=gridcell]").count() <= (TALL + 8) * COLUMNS
    assert drawn(".panel").count() <= METRICS
    assert drawn("*").count() < 2500

    # To the end: other rows stand where these stood, and two windows of a hundred have been asked for.
    before = drawn("*").count()
    drawn(".table").evaluate("table => (table.scrollTop = table.scrollHeight)")
    expect(drawn(".line .name a").get_by_text("run-0", exact=True)).to_be_visible()
    assert len([one for one in seen.requests if "/api/v1/runs?" in one]) <= 2
    assert drawn(".line").count() <= TALL + 8
    assert drawn("*").count() <= before + 200


def test_what_is_loaded_first_is_small() -> None:
    named = re.findall(r"/static/([\w-]+\.js)", (STATIC / "index.html").read_text())
    names = {*named, *(path.name for path in STATIC.glob("worker-*.js"))}
    sizes = {name: (STATIC / f"{name}.gz").stat().st_size for name in names}
    assert len(sizes) > 2
    assert sum(sizes.values()) < FIRST, sizes


def test_what_is_loaded_later_comes_in_small_parts() -> None:
    large = {path.name: size for path in STATIC.glob("*.js.gz") if (size := path.stat().st_size) > LAZY}
    assert not large


def test_a_chart_costs_its_pixels(seen: Tab, tmp_path: Path) -> None:
    """Of 20,000 points no more is sent than can be seen."""

    def many() -> Iterator[events.Event]:
        yield [events.START, 1.78e9, {"alias": "long", "created_at": 1.78e9}]
        for step in range(20_000):
            yield [events.POINTS, 1.78e9 + step, step, None, {"loss": step % 977 / 977}]

    Root(tmp_path).add("long", "long_1", [Process(many())])
    with viewer(dict(os.environ) | {"RUNICORN_DIR": str(tmp_path)}) as found:
        asked = list[str]()
        seen.page.on("request", lambda request: asked.append(request.post_data or ""))
        seen.open(found, charts="charts(1)")
        seen.settle()
        items = [item for body in asked if body for item in json.loads(body)["items"] if item["metric"] == "loss"]
        assert len({item["points"] for item in items} - {64}) == 1, "asked for in several widths"  # 64: in the table
        assert seen.bytes["Fetch"] < 20_000, seen.bytes
