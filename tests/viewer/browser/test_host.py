"""The page of this machine, while its daemon runs and while it does not."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.programs import PATIENCE, finish
from tests.viewer.browser.conftest import World, filled

_FILL = "import runicorn as rn\nrn.init('cv', alias='over').finish()"
_LIVE = "import sys, runicorn as rn\nwith rn.init('cv', alias='at-work'):\n    sys.stdin.read()"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with filled(_FILL, 1) as made:
        yield made


def runid(world: World, word: str) -> None:
    """Has the daemon started or stopped."""
    command = [sys.executable, "-m", "runid", word]
    subprocess.run(command, env=world.environment, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)


def test_the_daemon_runs_and_does_not(page: Page, world: World) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="over")).to_be_visible()  # keys are followed from then on
    page.keyboard.press("Control+k")
    page.get_by_label("Find", exact=True).last.fill("this machine")
    page.keyboard.press("Enter")
    said, runs = (page.get_by_role("region", name=name) for name in ("daemon", "runs"))
    expect(said).to_contain_text("runs, pid")
    expect(runs).to_contain_text("No run goes on.")
    expect(page.get_by_role("region", name="losses")).to_contain_text("Nothing was lost: of the one run")
    expect(page.get_by_role("region", name="disks").get_by_role("link")).to_have_text(str(world.root))
    expect(page.get_by_role("meter", name="memory")).to_be_visible()

    process = world.program(_LIVE)  # the page hears of it by itself
    expect(runs.get_by_role("link", name="at-work")).to_be_visible()
    runid(world, "stop")
    page.keyboard.press("r")
    expect(said).to_contain_text("runid does not run, since runid stop was said: what runs log waits until runid")
    expect(said).to_contain_text("runid start.")
    expect(said).to_contain_text("1 process logs all the same, and that waits")
    expect(runs.get_by_role("link", name="at-work")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("innerWidth === 390 && document.scrollingElement.scrollWidth <= 390")
    runid(world, "start")
    page.get_by_role("button", name="look again").click()
    expect(said).to_contain_text("runs, pid")
    finish(process)
    expect(runs).to_contain_text("No run goes on.")
