"""The table of the workspace: columns, groups, marks and what is done with them, views; and the pages of the trash and
of settings. All on a second root that the viewer shows, so that edits here are nobody else's."""

import csv
import json
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import COMMAND, PATIENCE, finish, wait
from tests.viewer.browser.conftest import World, viewer
from tests.viewer.browser.test_workspace import names

from runicorn import Api

pytestmark = pytest.mark.long

_FILL = """
import runicorn as rn

for number in range(12):
    config = {"lr": [0.1, 0.01][number % 2], "same": 1, "a,b": number}
    with rn.init("sweep", alias=f"s{number:02}", config=config, tags=["even"] * (number % 2 == 0)) as run:
        run.set_primary_metric("acc", "max")
        for step in range(40):
            spike = 9.0 if (number, step) == (11, 17) else 0.0
            run.log({"acc": 1 - abs(step - 30) / 40, "train, loss": 2 - step / 40 + spike, "n": number}, step=step)
"""
LABELS = ".head .label .text"


@pytest.fixture(scope="module")
def two(world: World) -> Iterator[World]:
    """A viewer of two roots: the one of all tests, and one for the tests here."""
    with tempfile.TemporaryDirectory(prefix="rn-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "second"
        environment = world.environment | {"RUNICORN_DIR": str(root)}
        subprocess.run([*COMMAND, "-c", _FILL], env=environment, check=True, timeout=PATIENCE)
        with viewer(environment, 0, world.root, root) as address:
            url, _, token = address.partition("?token=")
            wait(lambda: _ended(url) == 12, "the catalog does not follow")
            yield replace(world, url=url, token=token, root=root, environment=environment)


def _ended(url: str) -> int:
    """How many runs of the second root have ended, as the catalog has them: by it the table is sorted."""
    with urllib.request.urlopen(f"{url}api/v1/runs?q=status=finished&root=1") as answer:
        found: int = json.load(answer)["found"]
        return found


def show(page: Page, two: World, said: str = "") -> None:
    """Opens the workspace on the second root."""
    page.goto(f"{two.url}?token={two.token}&root=1{said}")
    expect(page.locator(".found")).to_have_text("12 of 12")
    expect(page.locator(".line").first).to_be_visible()


def line(page: Page, name: str) -> Locator:
    return page.locator(".line").filter(has=page.get_by_role("link", name=name, exact=True))


def test_marked_runs_are_edited_together_and_it_can_be_undone(page: Page, two: World) -> None:
    show(page, two, "&cols=tags,group,duration&sort=alias")
    expect(line(page, "s00").locator(".cell").last).to_have_text(re.compile(r"\d(s|ms)$"))
    for key in ("j", "x", "j", "j"):
        page.keyboard.press(key)
    line(page, "s02").click(modifiers=["Shift"])
    expect(page.locator(".line[aria-selected=true] .name a")).to_have_text(["s00", "s01", "s02"])
    bar = page.get_by_role("toolbar", name="Marked runs")
    expect(bar).to_contain_text("3 marked")
    expect(bar.get_by_role("button", name="compare")).to_be_disabled()
    page.keyboard.press("t")
    page.get_by_label("a tag to add").fill("best")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("3 runs: tag best.")
    expect(line(page, "s00").locator(".tag")).to_have_text(["even", "best"])
    expect(line(page, "s01").locator(".tag")).to_have_text(["best"])
    bar.get_by_role("button", name="untag").click()
    page.get_by_label("a tag to take away").fill("even")
    page.keyboard.press("Enter")
    expect(line(page, "s00").locator(".tag")).to_have_text(["best"])
    expect(line(page, "s04").locator(".tag")).to_have_text("even")
    page.keyboard.press("Control+z")
    expect(line(page, "s00").locator(".tag")).to_have_text(["even", "best"])
    page.keyboard.press("G")
    page.get_by_label("a group; nothing for none").fill("first")
    page.keyboard.press("Enter")
    expect(line(page, "s02").locator(".cell").nth(1)).to_have_text("first")
    found = Api(two.root).runs
    wait(
        lambda: [run.alias for run in found("tag:best group=first", order="alias")] == ["s00", "s01", "s02"],
        "the catalog does not follow",
    )
    page.keyboard.press("V")
    expect(page.locator(".line.visible")).to_have_count(3)
    page.keyboard.press("Delete")
    expect(page.locator(".found")).to_have_text("9 of 9")
    expect(page.locator(".toast")).to_contain_text("3 runs: in the trash.")
    page.locator(".toast").get_by_role("button", name="undo").click()
    expect(page.locator(".found")).to_have_text("12 of 12")
    page.keyboard.press("*")
    expect(bar).to_contain_text("12 marked")
    page.keyboard.press("Escape")
    expect(page.locator(".line[aria-selected=true]")).to_have_count(0)


def test_the_table_as_a_file(page: Page, two: World) -> None:
    show(page, two, "&cols=metric.train%5C,+loss.max,tags&sort=-alias")
    line(page, "s11").get_by_role("checkbox").click()
    line(page, "s09").get_by_role("checkbox").click(modifiers=["Shift"])
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(waiting.value.path().read_text().splitlines()))
    assert [(row["alias"], row["metric.train, loss.max"]) for row in rows][:2] == [("s11", "10.575"), ("s10", "2")]
    assert (len(rows), rows[1]["tags"].split()[0]) == (3, "even")


def test_columns_are_moved_pinned_widened_and_hidden(page: Page, two: World) -> None:
    show(page, two, r"&cols=config.lr,config.a%5C,b,config.same,metric.n")
    expect(page.locator(LABELS)).to_have_text(["run", "status", "lr", "a,b", "same", "n"])
    names(page)
    expect(line(page, "s07").locator(".cell")).to_have_text(["0.01", "7", "1", "7"])
    page.get_by_role("columnheader", name="a,b").drag_to(
        page.get_by_role("columnheader", name="status"), target_position={"x": 8, "y": 8}
    )
    expect(page.locator(LABELS)).to_have_text(["run", "a,b", "status", "lr", "same", "n"])
    page.get_by_role("columnheader", name="a,b").locator(".label").click()
    assert names(page)[0] == "s11"
    page.get_by_role("columnheader", name="n last", exact=True).click(button="right")
    page.get_by_label("Pin metric.n", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator(LABELS)).to_have_text(["run", "n", "a,b", "status", "lr", "same"])
    edge = page.get_by_role("columnheader", name="lr").locator(".edge").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 3, edge["y"] + 8)
    page.mouse.down()
    page.mouse.move(edge["x"] + 53, edge["y"] + 8)
    page.mouse.up()
    page.get_by_role("button", name="differing").click()
    expect(page.locator(LABELS)).to_have_text(["run", "n", "a,b", "status", "lr"])
    page.get_by_role("columnheader", name="lr").click(button="right")
    page.get_by_role("checkbox", name="config.lr", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator(LABELS)).to_have_text(["run", "n", "a,b", "status"])
    assert "cols=config.a%5C,b,status,config.same,metric.n" in page.url
    assert "w=config.lr:142" in page.url
    assert "stick=metric.n" in page.url
    page.reload()
    expect(page.locator(LABELS)).to_have_text(["run", "n", "a,b", "status"])
    page.set_viewport_size({"width": 1024, "height": 900})
    expect(page.locator(".table.more")).to_be_visible()  # its edge fades
    page.keyboard.press("D")
    page.keyboard.press("C")
    page.keyboard.type("metric.n max")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_text("metric.n.maxthe greatest12 runs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="n max")).to_be_in_viewport(ratio=1)
    expect(page.locator(".table.more")).to_have_count(0)
    page.get_by_role("button", name="none", exact=True).click()
    expect(page.locator(LABELS)).to_have_text(["run", "status"])


def test_pictures_and_values_at_the_best_step(page: Page, two: World) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(
        page,
        two,
        r"&hide=charts&sort=alias&cols=spark.train\, loss,train\, loss @best,train\, loss @min n,acc @max acc",
    )
    picture = line(page, "s11").get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "train, loss from 1.025 to 10.57")
    expect(line(page, "s11").locator(".cell")).to_have_text(["1.25", "2", "1"])
    ends = picture.locator("path").evaluate("path => { const box = path.getBBox(); return [box.y, box.height]; }")
    assert ends == [0, 15], "the spike is not at the top of its picture"
    assert len([url for url in asked if url.endswith("/series?root=1")]) == 1
    page.get_by_role("columnheader", name="run").click()  # other runs come to stand in the rows that are there
    expect(page.locator(".line .name a").first).to_have_text("s11")
    expect(line(page, "s11").get_by_role("img")).to_have_attribute("aria-label", "train, loss from 1.025 to 10.57")
    assert len([url for url in asked if "/best?" in url]) == 3
    picture = line(page, "s11").get_by_role("img")
    expect(picture).to_have_attribute("style", re.compile("color: var"))
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(line(page, "s11").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    expect(picture).not_to_have_attribute("style", re.compile("color: var"))  # that is another run's now


def test_a_column_says_which_value_of_a_metric_it_shows(page: Page, two: World) -> None:
    show(page, two, r"&hide=charts&sort=-metric.acc&stick=metric.acc&cols=metric.acc,train\, loss @best")
    which = page.locator(".which-value")
    expect(which).to_have_text(["last", "at best"])  # no run is measured by the loss
    expect(line(page, "s03").locator(".cell")).to_have_text(["0.775", "1.25"])
    expect(page.get_by_role("columnheader", name="train, loss")).not_to_have_attribute("aria-sort", re.compile("."))
    which.first.click()
    expect(which.first).to_have_text("best")
    expect(line(page, "s03").locator(".cell")).to_have_text(["1", "1.25"])
    expect(page.get_by_role("columnheader", name="acc best")).to_have_attribute("aria-sort", "descending")
    assert "sort=-acc+@best" in page.url
    assert "stick=acc+@best" in page.url
    which.first.click()
    expect(which.first).to_have_text("max")


def test_groups_are_folded_and_told_in_short(page: Page, two: World) -> None:
    show(page, two, "&group=config.lr&cols=metric.n,config.same&sort=alias")
    heads = page.locator(".head-of-group")
    expect(heads).to_have_count(2)
    expect(heads.nth(0)).to_contain_text("config.lr 0.016")
    expect(heads.locator(".cell")).to_have_text(["6", "1", "5", "1"])
    told, column = page.get_by_label("What is told of a group"), page.get_by_role("columnheader", name="n last")
    wide = column.evaluate("one => one.offsetWidth")
    told.select_option("mean ± std")
    expect(heads.locator(".cell").first).to_have_text("6 ±3.7")
    assert column.evaluate("one => one.offsetWidth") == wide + 36, "the spread has no room"
    told.select_option("max")
    expect(column).to_have_css("width", f"{wide}px")
    expect(heads.locator(".cell")).to_have_text(["11", "1", "10", "1"])
    heads.nth(0).click()
    expect(page.locator(".line")).to_have_count(8)
    page.keyboard.press("j")
    expect(page.locator(".line.focused .name a")).to_have_text("s00")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".line")).to_have_count(2)
    assert page.url.endswith("&agg=max&fold=0.01,0.1")
    page.keyboard.press("F")
    expect(page.locator(".line")).to_have_count(2)
    page.keyboard.press("F")
    expect(page.locator(".line")).to_have_count(14)
    heads.nth(1).get_by_label("Mark the runs of 0.1").click()
    expect(page.get_by_role("toolbar", name="Marked runs")).to_contain_text("6 marked")


def test_views_are_saved_opened_renamed_and_removed(page: Page, two: World) -> None:
    show(page, two)
    page.get_by_label("Filter the runs").fill("s01 or s03")
    expect(page.locator(".found")).to_have_text("2 of 12")
    page.keyboard.press("Escape")
    page.keyboard.press("S")
    page.get_by_label("Name of the view").fill("two, runs")
    page.keyboard.press("Enter")
    chips = page.get_by_role("group", name="Views")
    expect(chips.get_by_role("button", name="two, runs", exact=True)).to_have_attribute("aria-pressed", "true")
    chips.get_by_role("button", name="all", exact=True).click()
    expect(page.locator(".found")).to_have_text("12 of 12")
    page.reload()
    chips.get_by_role("button", name="two, runs", exact=True).click()
    expect(page.locator(".found")).to_have_text("2 of 12")
    page.get_by_role("columnheader", name="run").locator(".label").click()
    chips.get_by_role("button", name="update two, runs").click()
    chips.get_by_label("Rename the view two, runs").click()
    page.get_by_label("Name of the view").fill("pair")
    page.keyboard.press("Enter")
    expect(chips.get_by_role("button", name="pair", exact=True)).to_have_attribute("aria-pressed", "true")
    chips.get_by_label("Remove the view pair").click()
    expect(chips.locator("span.chip")).to_have_count(0)
    page.keyboard.press("Control+z")
    chips.get_by_role("button", name="pair", exact=True).click()
    assert "q=s01+or+s03&sort=-alias&root=1" in page.url


def test_the_trash_gives_back(page: Page, two: World) -> None:
    show(page, two, "&sort=alias")
    for key in ("End", "x", "k", "x", "Delete"):
        page.keyboard.press(key)
    expect(page.locator(".found")).to_have_text("10 of 10")
    page.get_by_role("link", name="Trash").click()
    rows = page.locator(".trashed tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Restore s11").click()
    expect(rows).to_have_text([re.compile("^s10sweep")])
    expect(page.get_by_text("Restored s11.")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="restore all").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    page.get_by_role("link", name="runicorn").click()
    expect(page.locator(".found")).to_have_text("12 of 12")


def test_settings_are_kept_and_roots_are_told(page: Page, two: World) -> None:
    page.goto(f"{two.url}settings?root=1")
    expect(page.locator(".about")).to_contain_text(str(two.root))
    page.get_by_role("radio", name="dark").check()
    page.get_by_role("radio", name="roomy").check()
    page.get_by_label("Columns that the table shows").fill("3")
    page.keyboard.press("Tab")
    page.get_by_role("link", name=str(two.root)).click()
    expect(page.locator(".head .label")).to_have_count(5)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.locator(".line").first.evaluate("line => line.offsetHeight") == 32
    page.get_by_label("root").select_option("0")
    expect(page.get_by_role("link", name="run-3", exact=True)).to_be_visible()
    assert "root" not in page.url
    expect(page.get_by_label("root")).to_be_focused()


def test_only_what_is_seen_is_built(page: Page, two: World) -> None:
    columns = ",".join(f"config.c{number}" for number in range(197))
    show(page, two, f"&cols={columns},config.lr,metric.n,tags")
    assert page.locator(".line [role=gridcell]").count() < 12 * 20
    page.locator(".table").evaluate("table => (table.scrollLeft = table.scrollWidth)")
    expect(line(page, "s04").locator(".tag")).to_have_text("even")
    expect(line(page, "s04").locator(".name")).to_be_in_viewport()
    assert page.locator(".line [role=gridcell]").count() < 12 * 20


def test_a_phone_shows_cards(page: Page, two: World) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    show(page, two, "&cols=metric.n,spark.acc&sort=alias&hide=charts")
    card = line(page, "s05")
    expect(card).to_contain_text("n 5")
    expect(card.get_by_role("img")).to_have_attribute("aria-label", "acc from 0.25 to 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before = card.bounding_box()
    card.get_by_role("checkbox").click()
    expect(card).to_have_attribute("aria-selected", "true")
    bar = page.get_by_role("toolbar", name="Marked runs")
    expect(bar).to_be_visible()
    assert card.bounding_box() == before, "a row moved under the finger that marks it"
    table = page.locator(".table")
    table.evaluate("table => (table.scrollTop = table.scrollHeight)")
    last, foot = page.locator(".line").last.bounding_box(), bar.bounding_box()
    assert last is not None
    assert foot is not None
    assert last["y"] + last["height"] <= foot["y"], "the last row lies below the bar"
    table.evaluate("table => (table.scrollTop = 0)")
    line(page, "s06").get_by_role("checkbox").click()
    expect(page.get_by_role("combobox", name="sort")).to_be_in_viewport(ratio=1)
    for name in ("Alerts", "Keys"):
        expect(page.get_by_label(name, exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_label("Keys", exact=True).click()
    dialog = page.get_by_role("dialog")
    seen, all_of_it = dialog.evaluate("one => [one.scrollWidth, one.querySelector('.help-columns').scrollWidth]")
    assert all_of_it <= seen, "keys lie beside what can be seen"
    dialog.get_by_label("Close").click()
    compare = page.get_by_role("button", name="compare")
    expect(compare).to_be_in_viewport(ratio=1)
    compare.click()
    expect(page).to_have_url(re.compile("/diff"))


def test_the_first_tab_leads_to_the_table(page: Page, two: World) -> None:
    show(page, two)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid).to_be_focused()
    expect(grid).to_have_attribute("aria-activedescendant", "row-0")
    expect(grid).to_have_attribute("aria-rowcount", "13")


def test_a_picture_goes_on_while_the_run_does(page: Page, two: World) -> None:
    source = """
import sys
import runicorn as rn
with rn.init("live", alias="live") as run:
    for line in sys.stdin:
        run.log({"loss": float(line)}, step=int(float(line)))
"""
    show(page, two, "&cols=spark.loss&show=top:0&hide=charts")
    trainer = two.program(source)
    assert trainer.stdin is not None
    print(1, 2, sep="\n", file=trainer.stdin, flush=True)
    picture = line(page, "live").get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "loss from 1 to 2")
    print(7, file=trainer.stdin, flush=True)
    expect(picture).to_have_attribute("aria-label", "loss from 1 to 7")
    finish(trainer)
