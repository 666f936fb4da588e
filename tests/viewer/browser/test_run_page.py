"""The page of one run in a real browser."""

import re

from playwright.sync_api import Page, Route, expect
from tests.programs import finish
from tests.viewer.browser.conftest import World
from tests.viewer.browser.painted import painted


def test_runs_are_gone_through_in_the_order_of_the_table(page: Page) -> None:
    page.goto("/?path=cv&sort=-seed,alias")
    expect(page.locator(".line.visible")).to_have_count(10)
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".neighbours")).to_contain_text("2 of 16")
    expect(page.locator("h2")).to_have_text("run-13")
    expect(page.locator(".of-run .status")).to_have_text(re.compile("^finished in "))
    page.keyboard.press(":")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("c=5$"))
    page.keyboard.press("]")
    expect(page.locator("h2")).to_have_text("run-15")
    assert "c=5" in page.url, "both are looked at where they can be compared"
    expect(page.locator(".neighbours")).to_contain_text("3 of 16")
    page.keyboard.press("[")
    expect(page.locator("h2")).to_have_text("run-13")
    page.keyboard.press("u")
    page.wait_for_url(re.compile(r"/\?path=cv&sort=-seed,alias$"))  # of all runs, none has that step
    page.locator(".line .name a").nth(3).click()
    expect(page.locator(".neighbours")).to_contain_text("4 of 16")
    assert page.url.endswith("?path=cv&sort=-seed,alias")

    # Without the token.
    expect(page.locator(".bar")).to_contain_text("read only")
    expect(page.locator(".of-run [data-edits]")).to_have_count(0)
    expect(page.locator(".of-run")).not_to_contain_text("+ tag")
    page.keyboard.press("Delete")
    expect(page.locator(".toast")).to_contain_text("may not change anything")


def test_what_is_said_of_a_run_is_edited_where_it_stands(page: Page, world: World) -> None:
    page.goto(f"/run/story?token={world.token}")
    name, toast = page.locator("h2"), page.locator(".toast")
    expect(name).to_have_text("story")
    expect(page.locator(".bar")).not_to_contain_text("read only")
    for typed, key, becomes in (("other", "Escape", "story"), ("best", "Enter", "best")):
        page.keyboard.press("A")
        page.get_by_label("alias", exact=True).fill(typed)
        page.keyboard.press(key)
        expect(name).to_have_text(becomes)
    expect(toast).to_contain_text("The alias is best.")
    page.keyboard.press("Control+z")
    expect(name).to_have_text("story")
    page.keyboard.press("#")
    page.keyboard.type("slow, old")
    page.keyboard.press("Enter")
    expect(page.locator(".tag")).to_have_text(["first", "slow", "old"])
    page.get_by_label("Remove the tag slow").click()
    expect(page.locator(".tag")).to_have_text(["first", "old"])
    notes = "**one**\n<b>two</b>"
    for text, button, becomes in (("not kept", "cancel", "+ notes"), (notes, "save", "one\n<b>two</b>")):
        page.keyboard.press("W")
        page.get_by_label("notes", exact=True).fill(text)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator(".notes")).to_have_text(becomes)
    expect(page.locator(".notes strong")).to_have_text("one")
    page.keyboard.press("Delete")
    expect(page.locator(".in-trash")).to_be_visible()
    page.keyboard.press("Delete")
    expect(toast).to_contain_text("It is in the trash already")
    page.keyboard.press("Control+z")  # also when nothing tells of it any more
    expect(page.locator(".in-trash")).to_have_count(0)
    run = page.url.split("/run/")[1].split("?")[0]
    told = page.request.get(f"/api/v1/runs/{run}").json()
    assert (told["alias"], told["tags"], told["notes"]) == ("story", ["first", "old"], notes)
    assert told["meta"]["trashed_at"] is None


def test_the_tabs_of_a_run(page: Page) -> None:
    page.goto("/run/story")
    said = page.locator(".of-run .status")
    expect(said).to_have_text(re.compile(r"^failed: ValueError: shapes differ at step 50; ended .* ago$"))
    expect(page.locator(".of-run .progress")).to_have_text("50%")
    expect(page.locator(".of-run .best")).to_have_text("best val/acc 0.5")
    assert painted(page, "val/acc").columns
    flag = page.locator("[data-metric='val/acc'] .flag.of-alert")
    expect(flag).to_have_attribute("title", "warn at step 20: Too slow: <b>0.1 s</b>")
    inside, at = page.locator("[data-metric='val/acc'] .u-over").bounding_box(), flag.bounding_box()
    assert inside is not None
    assert at is not None
    assert (at["width"], at["height"]) == (9, 8)
    assert abs((at["x"] + at["width"] / 2 - inside["x"]) / inside["width"] - 20 / 50) < 0.01

    page.keyboard.press("0")
    expect(page.get_by_label("config", exact=True)).to_contain_text(
        re.compile("norm.*kind.*<i>batch</i>.*eps.*0.00001")
    )
    expect(page.get_by_label("processes", exact=True)).to_contain_text(re.compile("rank 0.*failed.*step 50"))
    expect(page.locator(".info")).to_contain_text("Packages, git, GPUs and variables were not captured")
    page.keyboard.press("8")
    expect(page.locator(".system")).to_contain_text("RUNICORN_SYSTEM=0")
    expect(page.locator(".system a")).to_have_attribute("href", re.compile("^/run/[^/]+/info$"))
    page.keyboard.press("9")
    processes = page.get_by_role("table", name="Processes")
    expect(processes.get_by_role("row")).to_have_count(2)
    expect(processes.get_by_role("columnheader", name="ended")).to_be_visible()
    assert painted(page, "train/step_time").columns
    expect(page.locator(".ranks .flag.of-alert")).to_have_attribute("title", re.compile("^warn at step 20: "))
    for _ in ("lines", "heatmap"):
        page.keyboard.press("v")
    expect(page.locator(".heatmap p")).to_have_text("1 ranks, from rank 0 at the top to rank 0")
    assert page.url.endswith("/ranks?as=heatmap")
    page.set_viewport_size({"width": 390, "height": 844})
    for key, there in (("9", ".ranks"), ("8", ".system"), ("1", ".charts"), ("0", ".info")):
        page.keyboard.press(key)
        expect(page.locator(there)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390, there
    page.reload()
    expect(page.get_by_role("link", name="info", exact=True)).to_be_in_viewport(ratio=1)


def test_processes_that_have_no_room_are_counted(page: Page) -> None:
    def many(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json=told | {"writers": [one | {"pid": pid} for one in told["writers"] for pid in range(20)]})

    page.route(re.compile(r"/api/v1/runs/[^/?]+$"), many)
    page.goto("/run/story/info")
    processes = page.get_by_label("processes", exact=True).get_by_role("listitem")
    expect(processes).to_have_count(17)
    expect(processes.last).to_have_text("and 4 more, in the tab ranks")


def test_the_cursor_is_clicked_and_typed(page: Page) -> None:
    page.goto("/run/story?c=20")
    cursor = page.get_by_label("Cursor", exact=True).get_by_role("status")
    # It stays, and its values are told, until somebody clicks elsewhere; a click where it is lets it go.
    told = page.locator("[data-metric='val/acc'] .readings")
    expect(told).to_have_text("0.2")
    place = page.locator("[data-metric='val/acc'] .u-over")
    place.click(position={"x": 100, "y": 40})
    expect(cursor).not_to_have_text(re.compile("^step 20 "))
    expect(told).to_have_count(0)
    page.mouse.move(0, 0)
    expect(told).to_have_text(re.compile(r"^0\.\d+$"))
    place.click(position={"x": 100, "y": 40})
    expect(cursor).to_have_text("last step, 50")
    page.get_by_label("Cursor back").click()
    expect(cursor).to_have_text(re.compile("^step 49 "))
    page.keyboard.press(":")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(cursor).to_have_text(re.compile("^step 12 "))
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find").fill("step 20")
    page.keyboard.press("Enter")
    expect(cursor).to_have_text(re.compile("^step 20 "))


def test_one_cursor_is_for_all_tabs(page: Page) -> None:
    page.goto("/run/story?c=20")
    cursor, pinned = page.get_by_label("Cursor", exact=True).get_by_role("status"), page.locator(".log-line.pinned")
    expect(cursor).to_have_text(re.compile(r"^step 20 · \d\d:\d\d:\d\d$"))
    line = page.locator("[data-metric='val/acc'] .at-cursor.pinned")
    expect(line).to_be_visible()
    # Names of classes are those of all pages: twice, one of another page has hidden it, or made a bar of it.
    assert line.evaluate("line => [getComputedStyle(line).opacity, line.offsetWidth]") == ["1", 1]
    page.keyboard.press(".")
    expect(cursor).to_have_text(re.compile("^step 21 "))
    page.keyboard.press("3")
    expect(page.locator(".moment")).to_contain_text("after 10 steps")
    page.keyboard.press(".")
    expect(page.locator(".moment")).to_contain_text("after 30 steps")
    page.keyboard.press("2")
    expect(pinned).to_contain_text("at step ")
    assert re.search(r"\?c=30&line=\d+$", page.url)
    page.keyboard.press("x")
    expect(pinned).to_have_count(0)
    page.get_by_label("Cursor back").click()
    expect(cursor).to_have_text(re.compile("^step 29 "))
    expect(pinned).to_have_count(1)
    page.get_by_label("Let the cursor go").click()
    expect(cursor).to_have_text("last step, 50")
    page.goto("/run/story/ranks?as=heatmap")
    page.locator(".heatmap canvas").click()
    page.wait_for_url(re.compile(r"/logs\?c=2\d&.*rank=0"))
    expect(pinned).to_have_count(1)
    # A place on another axis is known when the run is: its start is what such a time counts from.
    run, at = (page.request.get(f"/api/v1/runs/story{rest}").json() for rest in ("", "/moment?step=12"))
    page.goto(f"/run/story?x=relative&c={at['time'] - run['started_at']}")
    expect(cursor).to_have_text(re.compile("^step 12 "))
    page.locator("[data-metric='val/acc'] .flag.of-alert").click()
    expect(cursor).to_have_text(re.compile("^step 2[01] "))  # at its time, which may be nearer to the next step's


def test_a_run_that_goes_on(page: Page, world: World) -> None:
    source = """
import os, sys
os.environ["RUNICORN_SYSTEM"] = "1"
import runicorn as rn
with rn.init("goes-on", run_id="goes-on", config={"total_steps": 8}) as run:
    for line in sys.stdin:
        run.log({"loss": float(line)}, step=int(line))
        print(run.flush(), flush=True)
"""
    trainer = world.program(source)
    assert trainer.stdin is not None
    assert trainer.stdout is not None
    print(2, file=trainer.stdin, flush=True)
    trainer.stdout.readline()
    page.goto(f"/run/goes-on/system?token={world.token}")
    said, far = page.locator(".of-run .status"), page.locator(".of-run .progress b")
    expect(said).to_have_text("running, step 2")
    expect(far).to_have_text("25%")
    print(6, file=trainer.stdin, flush=True)
    expect(said).to_have_text("running, step 6")
    expect(far).to_have_text("75%")
    assert painted(page, "memory").columns
    expect(page.locator(".line-names", has_text="sent")).to_contain_text("received")
    page.locator("[data-metric='memory used'] .u-over").hover()
    expect(page.locator("[data-metric='memory used'] .value b").first).to_have_text(re.compile("^[0-9.]+ [GMk]B$"))
    finish(trainer)
    expect(said).to_have_text(re.compile("^finished in "))
    expect(far).to_have_count(0)
    page.keyboard.press("Delete")  # other tests count the runs
    expect(page.locator(".in-trash")).to_be_visible()


def test_a_run_has_the_colour_that_it_had_in_the_table(page: Page) -> None:
    page.goto("/?path=cv")
    expect(page.locator(".line.visible")).to_have_count(10)
    told = page.locator(".line.visible").evaluate_all(
        "lines => lines.map(line => [line.querySelector('.name a').getAttribute('href'),"
        " line.querySelector('.swatch').getAttribute('style')])"
    )
    assert len({colour for _, colour in told}) == 10
    # One that does not have the colour that its id alone would give it.
    address, colour = next((one for one in told if one[1] != f"color: var(--run-{_hue(one[0])});"), told[0])
    page.goto(address)
    page.locator("[data-metric='val/acc'] .u-over").hover(position={"x": 100, "y": 40})
    expect(page.locator(".values .swatch")).to_have_attribute("style", colour)


def _hue(address: str) -> int:
    """What the name of a run says its hue is."""
    found = 0x811C9DC5
    for letter in address.removeprefix("/run/").encode():
        found = (found ^ letter) * 0x01000193 % 2**32
    return found % 10
