"""Media by keys and by the mouse: the grid, one beside another key's, and films, of which a browser plays not all."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import wait
from tests.viewer.browser.conftest import World, filled

pytestmark = pytest.mark.long

FPS = 10
_FILL = f"""
import io
import av
import numpy as np
import runicorn as rn

def square(grey, side=8): return rn.Image(np.full((side, side), grey, np.uint8), caption=f"grey {{grey}}")

def film(first):
    frames = np.arange(first, first + 200, 10, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(frames, (20, 3, 32, 32))

def foreign():
    "A file that is whole, of a codec that browsers do not have."
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate={FPS})
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for frame in film(0):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.transpose(1, 2, 0)))))
        container.mux(stream.encode(None))
    return written.getvalue()

with rn.init("keys", run_id="seen") as run:
    for step in range(0, 50, 10):
        run.log({{"input": [square(step), square(100 + step)], "wide": square(200, 16)}}, step=step)
        if step % 20 == 0:
            run.log({{"target": [square(step + 7), square(160 + step)]}}, step=step)
    run.log({{"said": rn.Markdown("a word")}}, step=0)
    for name, form in (("film", "mp4"), ("web", "webm")):
        run.log({{name: rn.Video(film(20 * (name == "web")), fps={FPS}, format=form)}}, step=0)
    run.log({{"foreign": rn.Video(foreign()), "broken": rn.Video(foreign()[:200] + b"cut off")}}, step=0)
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A run with pictures of three keys, of which one is not logged at each step, and with films."""
    with filled(_FILL, 1) as made:
        wait(lambda: not list(made.root.glob("runs/*/*/media/.incoming/*")), "not all media are made")
        yield made


def captions(page: Page, *greys: int) -> None:
    """Until these are seen alone, or beside each other."""
    expect(page.locator(".large .about .caption")).to_have_text([f"grey {grey}" for grey in greys])


def test_one_beside_that_of_another_key(page: Page) -> None:
    page.goto("/run/seen/media?medium=image:input&c=30")
    large = page.locator(".large")
    which, keys = large.get_by_label("Compare with", exact=True), large.get_by_label("Key", exact=True)
    told = large.get_by_role("status")
    captions(page, 30)
    which.select_option("key")
    captions(page, 30, 27)  # the last that was logged up to this step
    expect(large.locator(".about .which")).to_have_text(["A", "B"])
    expect(keys.get_by_role("option")).to_have_text(["target", "wide"])
    page.keyboard.press(".")
    captions(page, 40, 47)
    page.keyboard.press("ArrowRight")
    captions(page, 140, 200)
    large.get_by_label("How").select_option("difference")
    expect(told).to_contain_text("differs by 60.00 of 255 on average")
    page.reload()
    expect(told).to_contain_text("differs by 60.00 of 255 on average")
    page.keyboard.press("ArrowLeft")
    keys.select_option("wide")
    captions(page, 40, 200)
    expect(told).to_contain_text("the other is 16 \u00d7 16, scaled to this \u00b7 differs by 160.00 of 255")
    which.select_option("")
    captions(page, 40)
    expect(page).to_have_url(re.compile(r"\?c=40&medium=image:input$"))


def test_what_it_is_compared_with_by_keys(page: Page) -> None:
    page.goto("/run/seen/media?medium=image:input&c=30")
    which = page.locator(".large").get_by_label("Compare with", exact=True)
    captions(page, 30)
    for kind, *greys in (("step", 30, 0), ("item", 30, 130), ("key", 30, 27), ("", 30)):  # there is no other run
        page.keyboard.press("B")
        expect(which).to_have_value(kind)
        captions(page, *greys)
    for key, *greys in (("B", 30, 0), ("B", 30, 130), ("x", 130, 30), ("x", 30, 130), ("B", 30, 27), ("x", 27, 30)):
        page.keyboard.press(key)
        captions(page, *greys)
    expect(page.locator(".large .title")).to_have_text("target")
    page.reload()
    captions(page, 27, 30)
    assert "b=key:input" in page.url


def shown(film: Locator, frame: int) -> None:
    """Until a film shows this frame: each is lighter than the one before by 10."""
    grey = """film => {
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        context.drawImage(film, 0, 0);
        return context.getImageData(16, 16, 1, 1).data[0];
    }"""
    wait(lambda: round(film.evaluate(grey) / 10) == frame, f"frame {frame} is not shown")


def test_films_are_played(page: Page) -> None:
    page.goto("/run/seen/media?medium=video:film")
    films = page.locator(".players video")
    expect(page.locator(".about")).to_contain_text("32 \u00d7 32 \u00b7 20 frames \u00b7 10 fps")
    films.evaluate(f"film => (film.currentTime = 7.5 / {FPS})")
    shown(films, 7)
    page.keyboard.press(" ")
    playing = "() => [...document.querySelectorAll('video')].every((one) => !one.paused && one.currentTime > 0.1)"
    page.wait_for_function(playing)
    page.keyboard.press(" ")
    expect(films).to_have_js_property("paused", True)
    page.get_by_label("Compare with", exact=True).select_option("key")
    page.get_by_label("Key", exact=True).select_option("web")
    expect(films).to_have_count(2)
    films.last.evaluate("film => film.readyState > 1 || new Promise((done) => (film.onloadeddata = done))")
    films.first.evaluate(f"film => (film.currentTime = 4.5 / {FPS})")  # what is done with one is done with the other
    shown(films.first, 4)
    shown(films.last, 6)
    page.keyboard.press(" ")
    page.wait_for_function(playing)
    page.keyboard.press(" ")
    for at in (0, 1):
        expect(films.nth(at)).to_have_js_property("paused", True)


def test_films_that_cannot_be_played(page: Page) -> None:
    why = "This browser cannot play this video."
    page.goto("/run/seen/media?medium=video:foreign")
    players = page.locator(".players")
    expect(players).to_have_text(f"{why} \u201cdownload\u201d keeps its file, for a program that can.")
    with page.expect_download() as kept:
        page.get_by_role("link", name="download").click()
    assert (kept.value.suggested_filename, kept.value.path().read_bytes()[4:8]) == ("foreign-step0.mp4", b"ftyp")
    page.goto("/run/seen/media?medium=video:film&b=key:foreign")
    expect(players.locator("video")).to_have_count(1)
    expect(players).to_contain_text(why)
    page.keyboard.press("x")
    expect(page.locator(".large .title")).to_have_text("foreign")
    expect(players.locator("> *").first).to_contain_text(why)
    expect(players.locator("video")).to_have_attribute("aria-label", "foreign, the other")
    page.keyboard.press(" ")
    expect(players.locator("video")).to_have_js_property("paused", False)
    page.keyboard.press("Escape")
    expect(page.locator("[data-key=foreign] .moment")).to_contain_text(why)
    # Of what could not be made there is no file.
    page.goto("/run/seen/media?medium=video:broken")
    expect(page.locator(".large .about")).to_contain_text("Invalid data found")
    expect(page.get_by_role("link", name="download")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("[data-key=broken] [title*='Invalid data']")).to_be_visible()


def says(page: Page, query: str) -> None:
    """Until the address says this, and nothing else."""
    expect(page).to_have_url(re.compile(re.escape(f"/run/seen/media{query}") + "$"))


def listed(page: Page, **does: str) -> None:
    """The help says of these keys what they do."""
    page.keyboard.press("?")
    rows = page.get_by_role("dialog").locator("dl > div")
    for key, words in does.items():
        row = rows.filter(has=page.locator(f"kbd:text-is('{key}')")).filter(has_text=words)
        expect(row).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_grid_by_keys(page: Page) -> None:
    press, keys = page.keyboard.press, page.locator(".medium-key .title")
    strip, one = page.locator("[data-key=input] .strip"), page.locator("[data-key=input] .moment")
    page.goto("/run/seen/media?c=20")
    expect(keys).to_have_text(["broken", "film", "foreign", "input", "said", "target", "web", "wide"])
    does = {"t": "media of the next type, or all", "v": "pictures over steps, or of one step", "/": "find keys"}
    listed(page, **does, **{"+": "larger pictures", "-": "smaller pictures", "End": "the last step of each"})

    expect(strip.locator(".step:not(.waiting)")).to_have_count(5)
    press("v")
    for when in ("now", "opened anew"):
        expect(one.locator("img")).to_have_count(2)
        expect(one.locator(".caption")).to_have_text(["grey 20", "grey 120"])
        expect(strip).to_have_count(0)
        says(page, "?c=20&per=step")
        if when == "now":
            page.reload()
    press("v")
    expect(strip.locator(".step:not(.waiting)")).to_have_count(5)
    says(page, "?c=20")

    # Three sizes, of which the last ones are held.
    sizes = [("+", 224, "&pictures=2"), ("+", 224, "&pictures=2"), ("-", 128, ""), ("-", 72, "&pictures=0")]
    for key, side, said in [*sizes, ("-", 72, "&pictures=0"), ("+", 128, ""), ("+", 224, "&pictures=2")]:
        press(key)
        expect(strip.locator(".mosaic").first).to_have_css("height", f"{side}px")
        says(page, f"?c=20{said}")
    page.reload()
    expect(strip.locator(".mosaic").first).to_have_css("height", "224px")
    press("End")
    expect(strip.locator(".current .label")).to_have_text("40")
    says(page, "?pictures=2")


def test_which_keys_of_a_run_are_seen_by_keys(page: Page) -> None:
    press, keys = page.keyboard.press, page.locator(".medium-key .title")
    of = {"image": ["input", "target", "wide"], "video": ["broken", "film", "foreign", "web"], "markdown": ["said"]}
    page.goto("/run/seen/media")
    expect(keys).to_have_count(8)
    for kind, names in of.items():
        press("t")
        expect(keys).to_have_text(names)
        says(page, f"?types={kind}")
        page.reload()
        expect(keys).to_have_text(names)
    press("t")
    expect(keys).to_have_count(8)
    press("/")
    page.keyboard.type("vt")  # a letter that is typed is no key
    expect(page.locator(".media")).to_contain_text("No key has vt in its name.")
    page.keyboard.press("Control+a")
    page.keyboard.type("D W")  # both of them, in any order
    expect(keys).to_have_text(["wide"])
    says(page, "?has=D+W")
    press("Escape")
    press("v")
    says(page, "?has=D+W&per=step")
    page.reload()
    expect(keys).to_have_text(["wide"])


def test_how_large_one_is_seen_by_keys(page: Page) -> None:
    """Keys of the grid mean the one that is seen alone, also where the address has opened it."""
    press, told = page.keyboard.press, page.locator(".large .told")
    page.goto("/run/seen/media?medium=image:wide")
    expect(told).to_contain_text("%")
    all_of_it = told.inner_text()
    listed(page, **{"f": "all of the picture", "z": "a pixel of the screen for each", "+": "zoom in", "-": "zoom out"})
    for key, size, said in (("z", "100 %", "1"), ("+", "200 %", "2"), ("+", "300 %", "3"), ("-", "200 %", "2")):
        press(key)
        expect(told).to_have_text(f"16 \u00d7 16 \u00b7 {size}")
        says(page, f"?medium=image:wide&zoom={said}&centre=8.0,8.0")
    page.reload()
    expect(told).to_contain_text("200 %")
    press("f")
    expect(told).to_have_text(all_of_it)
    says(page, "?medium=image:wide")
    press("z")
    press("Escape")
    says(page, "")
