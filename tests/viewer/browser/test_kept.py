"""What runs keep, in a real browser: artifacts of all runs, the data of one, and one as a file without a server."""

import contextlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.programs import wait
from tests.viewer.browser.conftest import World, filled

from runicorn import notebook

_FILL = """
import json, os, zipfile
from pathlib import Path
import numpy as np
import runicorn as rn
from PIL import Image

os.chdir(os.environ["HOME"])
for name in ("data/inner", "out"):
    Path(name).mkdir(parents=True)
Path("data/inner/<b>.json").write_text(json.dumps({"hello": ["<script>alert(1)</script>"]}))
with zipfile.ZipFile("data/two.zip", "w") as archive:
    for name in ("<img src=x onerror=alert(1)>.txt", "../../../etc/passwd"):
        archive.writestr(name, b"12345")
Image.new("RGB", (6, 4), "red").save("data/inner/red.png")
for number in range(150):
    Path(f"data/{number:03}.txt").write_text(f"{number}")
saved = {"stable_required": 1, "min_age_sec": 0, "mode": "overwrite_versions"}
with rn.init("kept", run_id="maker", alias="<b>maker</b>", capture_env=True, config={"lr": 0.1}) as run:
    run.log_dataset("digits", "data", save=True)
    for step in range(3):
        Path("out/model.pt").write_text(f"weights of {step}")
        run.log({"loss": 1 / (step + 1)}, step=10 * step)
        run.log_text(f"after {step} <b>steps</b>")
        run.log({"image": rn.Image(np.full((400, 300), 80 * step, np.uint8), caption="<i>")}, step=10 * step)
        run.scan_outputs_once(output_dirs=["out"], patterns=["*.pt"], **saved)
    run.log({"few": rn.Table(data={"word": ["<b>a</b>", "c"]}), "weights": rn.Histogram(np.arange(9.0))}, step=20)
    run.log_rollout("2 + 2?", [{"role": "assistant", "content": "<i>4</i>"}], {"right": 1.0}, step=20)
    run.alert("Went <u>up</u>", level="warn", step=20)
    run.summary({"note": "<img src=x onerror=alert(1)>"})
with rn.init("kept", run_id="user") as run:
    run.log_dataset("digits", "data", save=True)
    run.log_pretrained("start", path_or_uri="out/model.pt", save=True)
    run.log({"loss": 2.0}, step=1)
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A run that made what another one used."""
    with filled(_FILL, 2) as made:
        wait(lambda: b"archive_path" in (made.root / "runs/kept/user/assets.json").read_bytes(), "nothing is archived")
        wait(lambda: not list(made.root.glob("runs/*/*/media/.incoming/*")), "not all images are made")
        yield made


@contextlib.contextmanager
def served(text: str) -> Iterator[str]:
    """A page of another server of this machine: browsers ask such for no leave to frame one."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_artifacts_of_all_runs(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Artifacts").click()
    rows = page.get_by_role("list", name="Artifacts").get_by_role("button")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name=re.compile("^outputs 1")).click()
    expect(rows).to_have_count(1)
    expect(rows).to_have_text(re.compile("^out/model.ptoutputs31"))
    page.keyboard.press("j")
    expect(page.get_by_role("list", name="Versions").get_by_role("button")).to_have_count(3)
    used, made = page.get_by_label("used by").get_by_role("link"), page.get_by_label("made by").get_by_role("link")
    expect(used).to_have_text("user")
    expect(made).to_have_text("<b>maker</b>")
    page.get_by_role("list", name="Versions").get_by_role("button").last.click()
    expect(used).to_have_count(0)
    assert page.url.endswith("/artifacts/out%2Fmodel.pt@v1?only=outputs&kind=outputs")
    expect(page.get_by_role("link", name="What is in it")).to_have_attribute("href", made.get_attribute("href"))
    made.click()
    expect(page.locator(".entry.chosen")).to_contain_text("out/model.pt")
    expect(page.locator(".asset pre")).to_have_text("weights of 0")
    page.goto("/artifacts/digits@v1")
    expect(used).to_have_text(["<b>maker</b>", "user"])
    page.get_by_role("link", name="What is in it").click()
    expect(page.get_by_role("list", name="Files").get_by_role("button").first).to_have_text(re.compile("000.txt"))


def test_the_data_of_a_run(page: Page) -> None:
    page.goto("/run/maker/data?c=10")  # what came out of it up to the cursor
    marked = page.locator(".entry", has=page.locator(".newest"))
    expect(marked).to_have_count(1)
    expect(page.locator(".asset pre")).to_have_text("weights of 1")
    page.keyboard.press(".")
    expect(page.locator(".asset pre")).to_have_text("weights of 2")
    page.keyboard.press("t")  # from outputs to datasets
    files = page.get_by_role("list", name="Files").get_by_role("button")
    expect(files.first).to_have_text(re.compile("000.txt"))
    assert files.count() < 60, "what is not seen is not there"
    page.keyboard.press("J")
    expect(files.nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("K")
    expect(files.first).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Find files").fill("JSON")
    expect(files).to_have_count(1)
    files.click()
    expect(page.locator(".asset pre")).to_have_text('{\n  "hello": [\n    "<script>alert(1)</script>"\n  ]\n}')
    shown = page.locator(".asset .content")
    with page.expect_download() as saved:
        shown.get_by_role("link", name="download").click()
    assert saved.value.suggested_filename == "<b>.json".translate({60: "_", 62: "_"})
    assert json.loads(saved.value.path().read_text()) == {"hello": ["<script>alert(1)</script>"]}
    page.get_by_label("Find files").fill("red.png")
    expect(files).to_contain_text(["red.png"])
    files.click()
    page.wait_for_function("() => document.querySelector('.asset .content img')?.naturalWidth === 6")
    page.get_by_label("Find files").fill("two.zip")
    expect(files).to_contain_text(["two.zip"])
    files.click()
    expect(shown.locator(".members li")).to_have_text(
        [re.compile(r"^<img src=x onerror=alert\(1\)>\.txt 5 B"), re.compile(r"^\.\./\.\./\.\./etc/passwd 5 B")]
    )
    page.get_by_role("button", name="Which other runs").click()
    expect(page.locator(".users")).to_contain_text("user kept, among its datasets")


def test_outputs_are_marked_and_the_environment_is_told(page: Page) -> None:
    page.goto("/run/maker")
    flags = page.locator("[data-metric=loss] .flag")
    expect(flags).to_have_count(3)
    expect(flags.nth(1)).to_have_attribute("title", "archived out/model.pt at step 10")
    expect(flags.last).to_have_attribute("title", re.compile("Went <u>up</u>\narchived out/model.pt at step 20"))
    page.keyboard.press("0")
    environment = page.get_by_label("environment", exact=True)
    expect(environment).to_contain_text("packages")
    environment.get_by_label("Find in environment").fill("numpy")
    expect(environment.locator(".leaf")).to_contain_text(["numpy"])
    expect(page.locator(".info")).not_to_contain_text("were not captured")
    page.reload()
    expect(environment.locator("header .amount")).to_have_text(re.compile(r"^2 of \d+$"))
    environment.get_by_label("Find in environment").fill("not there")
    expect(environment).to_contain_text("Nothing of environment has these words")


@pytest.mark.long
def test_a_run_as_a_file_without_a_server(browser: Browser, page: Page, tmp_path: Path) -> None:
    page.goto("/run/maker")
    expect(page.get_by_role("link", name="export", exact=True)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find").fill("download")
    expect(page.get_by_role("option")).to_contain_text(["export it as"])
    page.keyboard.press("Escape")
    with page.expect_download() as saved:
        page.keyboard.press("E")
    saved.value.save_as(tmp_path / "maker.html")
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    alone, asked, errors = context.new_page(), list[str](), list[str]()
    alone.on("request", lambda request: asked.append(request.url[:40]))
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.on("console", lambda message: errors.append(message.text))
    address = (tmp_path / saved.value.suggested_filename).as_uri()
    alone.goto(address)
    expect(alone.locator("h1")).to_have_text("<b>maker</b>")
    expect(alone.locator("[data-metric=loss] canvas")).to_be_visible()
    expect(alone.get_by_label("summary", exact=True)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(alone.get_by_role("log")).to_contain_text("after 2 <b>steps</b>")
    expect(alone.get_by_label("Images").locator("img")).to_have_count(3)
    alone.wait_for_function("() => [...document.images].every(image => image.naturalWidth === 192)")
    expect(alone.get_by_role("region", name="histograms").locator("canvas")).to_be_visible()
    expect(alone.get_by_role("region", name="tables").locator("td")).to_have_text(["<b>a</b>", "c"])
    expect(alone.locator(".talk summary")).to_have_text("reward 1 train · step 20 · right 1 2 + 2? \u2192 <i>4</i>")
    expect(alone.get_by_role("region", name="Events")).to_contain_text("Went <u>up</u>")
    expect(alone.get_by_role("region", name="Events").get_by_text("out/model.pt")).to_have_count(3)
    alone.get_by_label("Only lines with").fill("after 1")
    expect(alone.get_by_role("log").locator("div")).to_have_count(1)
    assert alone.evaluate("document.documentElement.scrollWidth") == 390
    alone.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert alone.evaluate("window.ran") is None, "another script has run"
    assert [url for url in asked if not url.startswith("data:image/")] == [address[:40]]
    assert all("Content Security Policy" in one for one in errors), errors
    context.close()


@pytest.mark.long
def test_a_notebook_is_live_where_a_viewer_runs(page: Page, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", world.environment["XDG_RUNTIME_DIR"])
    shown = notebook.html(world.root / "runs" / "kept" / "maker")
    with served(f"<!doctype html><meta charset=utf-8>{shown}") as address:
        page.goto(address)
        expect(page.get_by_text("✓ finished in")).to_be_visible()
        expect(page.frame_locator("iframe").locator("[data-metric=loss] canvas")).to_be_visible()
        expect(page.locator("table svg path")).to_be_visible()  # they are there where the frame is dead
        assert page.get_by_role("link", name="open").get_attribute("href") == f"{world.url}run/maker"
