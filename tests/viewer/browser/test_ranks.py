"""The tab of ranks in a real browser: which of them is slow, since when, and what it wrote then."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Position, expect
from tests.viewer.browser.conftest import World, filled
from tests.viewer.browser.painted import painted

pytestmark = pytest.mark.long

_FILL = r"""
import os, subprocess, sys

RANK = '''
import os, time, runicorn as rn

rank, name = int(os.environ["RANK"]), os.environ["TORCHELASTIC_RUN_ID"]
with rn.init("ranks", run_id=name) as run:
    for step in range(40):
        if name == "timed":
            time.sleep(0.002)  # clocks of text tell milliseconds
            run.log_text(f"rank {rank} at step {step}")
            time.sleep(0.002)
            run.log({"step_time": 0.2 if rank == 2 and step >= 20 else 0.1}, step=step)
        run.log({"loss": 1.0 + rank}, step=step)
    for at in range(6000 * (name in ("long", "sparse"))):
        step = at if name == "long" else 5000 * at
        run.log({"step_time": 0.2 if rank == 2 and at > 3000 else 0.1}, step=step)
    if name == "timed" and rank < 2:  # the machine is told of by another rank after the lowest has ended
        time.sleep(rank)
        run.log({"sys/cpu": 90.0 - 6 * rank}, step=39)
'''
for name in ("timed", "silent", "long", "sparse"):
    job = {"WORLD_SIZE": "3", "TORCHELASTIC_RUN_ID": name, "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
    ranks = [os.environ | job | {"RANK": str(rank)} for rank in range(3)]
    assert not any([one.wait() for one in [subprocess.Popen([sys.executable, "-c", RANK], env=rank) for rank in ranks]])
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Runs of three ranks: of one the last rank becomes slow, of a long one, too, and of one nobody knows how long
    anything took.
    """
    with filled(_FILL, 4) as made:
        yield made


def test_which_rank_is_slow_and_what_it_wrote_then(page: Page) -> None:
    page.goto("/run/timed/ranks")
    expect(page.get_by_role("table", name="Processes").get_by_role("row")).to_have_count(4)
    assert painted(page, "step_time").columns
    expect(page.locator(".line-names")).to_have_count(0)  # one line
    slowest = page.get_by_role("region", name="Furthest above the median")
    expect(slowest).not_to_contain_text("No timing was logged")
    expect(slowest.get_by_role("listitem")).to_have_text(re.compile(r"rank 2.*0\.2000.*\+100 %.*since step 20"))
    page.keyboard.press("v")
    expect(page.locator(".line-names > span")).to_have_text([" rank 0", " rank 1", " rank 2"])
    colours = page.locator(".line-names .swatch").evaluate_all("all => all.map(one => getComputedStyle(one).color)")
    assert len(set(colours)) == 3
    page.goto("/run/timed/ranks?as=lines&c=30")
    expect(page.locator(".line-names > span")).to_have_text([" rank 0 0.1", " rank 1 0.1", " rank 2 0.2"])

    page.keyboard.press("v")
    heatmap = page.locator(".heatmap")
    expect(heatmap.locator(".rank-labels span")).to_have_text(["0", "1", "2"])
    expect(heatmap.locator(".step-labels span").first).to_have_text("step 0")
    expect(heatmap.locator(".step-labels span").last).to_have_text(re.compile(r"^3\d$"))
    expect(heatmap.locator(".colour-scale")).to_have_text("0.1  0.2")
    # Each label stands beside its row.
    rows, all_of_it = heatmap.locator(".rank-labels span"), heatmap.locator("canvas").bounding_box()
    assert all_of_it is not None
    for row in range(3):
        box = rows.nth(row).bounding_box()
        assert box is not None
        middle = all_of_it["y"] + (row + 0.5) / 3 * all_of_it["height"]
        assert abs(box["y"] + box["height"] / 2 - middle) < 2, row
    last = Position(x=all_of_it["width"] * 30.5 / 40, y=all_of_it["height"] * 5 / 6)
    heatmap.locator("canvas").hover(position=last)
    expect(heatmap.get_by_role("status")).to_have_text("rank 2, step 30: 0.2, +100 % against the median of the ranks")
    expect(heatmap.locator("canvas")).to_have_attribute("title", "Click: what that rank wrote then")
    heatmap.locator("canvas").click(position=last)
    page.wait_for_url(re.compile(r"/run/timed/logs\?c=30&.*rank=2"))
    # By its own clock: ranks are not at the same step at the same time, and others have written meanwhile.
    expect(page.locator(".log-line.pinned .message")).to_have_text("rank 2 at step 30")
    expect(page.get_by_text("rank 1 at")).to_have_count(0)
    page.keyboard.press("9")
    slowest.get_by_role("button", name="since step 20").click()
    page.wait_for_url(re.compile(r"/run/timed/logs\?c=20&.*rank=2"))
    expect(page.locator(".log-line.pinned .message")).to_have_text("rank 2 at step 20")


def test_of_a_long_run_the_step_is_told_and_not_the_bin(page: Page) -> None:
    page.goto("/run/long/ranks")
    expect(page.get_by_role("toolbar", name="Ranks")).to_contain_text("3 ranks, means of 4 steps")
    slowest = page.get_by_role("region", name="Furthest above the median")
    slowest.get_by_role("button", name="since step 3,001").click()
    page.wait_for_url(re.compile(r"/run/long/charts\?c=3001&"))
    page.goto("/run/sparse/ranks")
    expect(slowest.get_by_role("button", name="since step 15,005,000")).to_be_visible()
    page.goto("/diff?a=long&b=timed")
    said = "stragglerrank 2 since step 3,001, step_time +100 %rank 2 since step 20, step_time +100 %"
    expect(page.get_by_role("row", name="straggler")).to_have_text(said)


def test_each_rank_has_its_own_time_of_a_step(world: World) -> None:
    times = []
    for rank in (0, 1, 2, -1):  # the last one: of all
        with urllib.request.urlopen(f"{world.url}api/v1/runs/timed/logs/at?step=30&rank={rank}") as answer:
            times.append(json.load(answer)["time"])
    assert len(set(times[:3])) == 3
    assert times[3] == min(times)


def test_a_run_without_text_and_times(page: Page) -> None:
    page.goto("/run/silent/ranks?as=heatmap")
    slowest = page.get_by_role("region", name="Furthest above the median")
    expect(slowest).to_contain_text("No timing was logged, so which rank is slow cannot be told: run.log(")
    since = slowest.get_by_role("listitem").first.get_by_role("button")
    expect(since).to_have_attribute("title", "Opens its chart at that step")
    page.locator(".heatmap canvas").click()
    expect(page).to_have_url(re.compile(r"/run/silent/charts\?c=(19|20)&large=loss\b"))
    expect(page.locator("[data-metric=loss] .at-cursor.pinned")).to_be_visible()


def test_all_ranks_of_a_machine_tell_of_it(page: Page) -> None:
    page.goto("/run/timed/system")
    expect(page.locator(".system")).to_contain_text("every 10 s")
    chart = page.locator("[data-metric='processor']")
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    for part, value in ((0.1, "90"), (0.9, "84")):
        page.mouse.move(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
        expect(chart.locator(".value b")).to_have_text(re.compile(f"^{value}"))


@pytest.fixture
def alone(world: World, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The run as one file."""
    with urllib.request.urlopen(f"{world.url}api/v1/runs/timed/file.html") as answer:
        (tmp_path / "timed.html").write_bytes(answer.read())
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "timed.html").as_uri())
    yield page
    context.close()


def test_in_a_file_machines_are_drawn_over_time(alone: Page) -> None:
    alone.locator("summary", has_text="sys/").click()
    chart = alone.locator("[data-metric='sys/cpu']")
    chart.scroll_into_view_if_needed()
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    for part, value in ((0.1, "90"), (0.9, "84")):
        alone.mouse.move(box["x"] + part * box["width"], middle)
        expect(chart.locator(".value b")).to_have_text(re.compile(f"^{value}"))
        expect(chart.locator(".at").first).to_have_text(re.compile(r"^sys/cpu · [0-9.]+m?s$"))
    alone.mouse.down()
    alone.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=4)
    alone.mouse.up()
    expect(alone.get_by_role("button", name=re.compile("^time .* to "))).to_be_visible()
    expect(alone.get_by_role("button", name=re.compile("^steps"))).to_have_count(0)


def test_a_file_says_which_rank_is_slow_and_that_ranks_are_drawn_together(alone: Page) -> None:
    ranks = alone.get_by_role("region", name="Ranks")
    expect(ranks.get_by_role("listitem")).to_have_text(re.compile(r"rank 2.*0\.2000.*\+100 %.*since step 20"))
    expect(alone.get_by_text("of all 3 ranks together")).to_be_visible()


def test_a_chart_says_that_it_is_of_all_ranks(page: Page) -> None:
    page.goto("/run/timed")
    for metric, said in (("loss", "mean of 3 ranks"), ("step_time", "mean of 3 ranks")):
        expect(page.locator(f"[data-metric={metric}] .badge.scale")).to_have_text(said)
    page.goto("/?q=id=timed")
    expect(page.locator("[data-metric='sys/cpu'] .badge.scale")).to_have_text("up to 2 points a step")
