"""What one does with charts: zooming, their own views, files of them, charts in other pages."""

import csv
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.viewer.browser.conftest import World
from tests.viewer.browser.painted import painted

pytestmark = pytest.mark.long

LOSS = "[data-metric='train/loss'] .u-over"


def said(page: Page, text: str) -> None:
    """Waits until the address says this."""
    page.wait_for_url(lambda url: bool(re.search(text, url)))


def drag(page: Page, begin: float, end: float, *held: str) -> None:
    """Drags over the loss from one part of its width to another."""
    box = page.locator(LOSS).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * begin, box["y"] + 50)
    for key in held:
        page.keyboard.down(key)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 50, steps=3)
    page.mouse.up()
    for key in held:
        page.keyboard.up(key)


def test_zooms_moves_and_the_way_back(page: Page) -> None:
    page.goto("/?path=cv")
    painted(page, "train/loss")
    drag(page, 0.2, 0.6)
    said(page, r"x=step:1[12]\.\.3[56]$")
    drag(page, 0.5, 0.25, "Shift")
    said(page, r"x=step:1[78]\.\.4[123]$")
    drag(page, 0.5, 0.9, "Alt")
    said(page, r"x=step:1[78]\.\.4[123]&@train/loss=x:(29|30)\.\.(39|40|41)$")
    page.keyboard.press("z")
    said(page, r"x=step:1[78]\.\.4[123]$")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    said(page, r"x=step:2\d\.\.4\d$")
    for _ in range(3):
        page.keyboard.press("z")
    said(page, r"path=cv$")
    page.keyboard.press("Z")
    said(page, r"x=step:1[12]\.\.3[56]$")
    page.keyboard.press("0")
    said(page, r"path=cv$")


def test_a_chart_has_a_view_of_its_own_and_can_be_alone(page: Page) -> None:
    page.goto("/?path=cv&pin=val/acc,train/loss")
    painted(page, "train/loss")
    page.get_by_label("Menu of train/loss").click()
    menu = page.get_by_role("dialog")
    menu.get_by_label("y axis").select_option("logarithmic")
    menu.get_by_label("smooth").select_option("ema")
    said(page, "@train/loss=log,sm:ema:0.9$")
    page.keyboard.press("Escape")
    expect(page.locator(".badge.own")).to_have_count(1)
    page.locator("[data-metric='train/loss'] figcaption").drag_to(page.locator("[data-metric='val/acc'] figcaption"))
    said(page, "pin=train/loss,val/acc")
    expect(page.locator(".title")).to_have_text(["train/loss", "val/acc"])
    painted(page, "val/acc")
    page.locator("[data-metric='val/acc']").focus()
    page.keyboard.press("Enter")
    said(page, "large=val/acc")
    expect(page.locator(".title")).to_have_text(["val/acc"])
    painted(page, "val/acc")
    page.locator(".large .u-over").hover()
    expect(page.locator(".legend")).to_contain_text("step")
    page.keyboard.press("Escape")
    expect(page.locator(".title")).to_have_count(2)
    page.get_by_role("button", name="pinned").click()
    said(page, "closed=pinned")
    expect(page.locator(".panel")).to_have_count(0)


def test_the_line_under_the_pointer_and_its_row_are_one(page: Page) -> None:
    page.goto("/?path=long")
    painted(page, "loss")
    box = page.locator("[data-metric='loss'] .u-over").bounding_box()
    assert box is not None
    line = page.locator(".line.pointed")
    for height in range(10, int(box["height"]), 12):
        page.mouse.move(box["x"] + box["width"] / 4, box["y"] + height)
        if line.count():
            break
    expect(line).to_contain_text("spiked")


def test_files_of_a_chart(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 460})  # so its menu ends where the window does
    page.goto("/?path=cv&q=alias=run-0&x=step:10..19&sm=ema:0.5&y=log")
    painted(page, "train/loss")
    page.get_by_label("Menu of train/loss").click()
    menu = page.get_by_role("dialog")

    rows = list(csv.DictReader(saved(page, menu, "CSV", tmp_path).read_text().splitlines()))
    assert ([int(row["step"]) for row in rows], {row["alias"] for row in rows}) == (list(range(10, 20)), {"run-0"})
    assert saved(page, menu, "Parquet", tmp_path).read_bytes()[:4] == b"PAR1"
    drawn = ET.parse(saved(page, menu, "SVG", tmp_path)).getroot()
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    said = "log y · smoothed: ema 0.5 · outliers cropped · x: step 10 … 19"
    assert {"train/loss", "run-0 · cv/resnet50/baseline", said} <= set(texts)
    picture = saved(page, menu, "PNG", tmp_path).read_bytes()
    expect(menu.get_by_role("status")).to_contain_text("PNG is saved")
    expect(menu).to_be_in_viewport(ratio=1)
    assert (picture[:4], int.from_bytes(picture[16:20])) == (b"\x89PNG", 2 * int(drawn.attrib["width"]))


def saved(page: Page, menu: Locator, kind: str, folder: Path) -> Path:
    """The file that a button of the menu saves."""
    with page.expect_download() as download:
        menu.get_by_role("button", name=kind, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_thousands_of_metrics_are_strips(page: Page) -> None:
    page.goto("/?path=odd")
    strip = page.locator(".strip")
    expect(strip.first).to_contain_text("layer/0")
    expect(strip.first).to_contain_text("0 … 1")
    assert strip.count() < 80, "strips that are not seen are there"
    page.get_by_label("Find metrics").fill("layer/209")
    expect(page.locator(".title")).to_have_text(["layer/209"])
    expect(strip).to_have_count(0)


@pytest.fixture
def elsewhere(world: World) -> Iterator[str]:
    """A page of another origin of this machine, with charts in a frame."""
    body = f'<iframe src="{world.url}embed?path=cv&amp;metrics=train/loss,val/acc&amp;smooth=ema:0.5" width="900">'

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_charts_in_a_page_of_somebody_else(page: Page, elsewhere: str) -> None:
    page.goto(elsewhere)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".title")).to_have_text(["train/loss", "val/acc"])
    expect(frame.get_by_label("train/loss of 10 runs")).to_be_visible()
    expect(frame.locator(".legend .value")).to_have_count(10)
    frame.locator(".u-over").first.hover(position={"x": 100, "y": 20})
    expect(frame.locator(".legend")).to_contain_text("step")
