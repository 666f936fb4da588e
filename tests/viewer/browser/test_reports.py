"""Reports: what people write beside the runs, with charts in it, and nothing else than that."""

import re
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Frame, Page, expect
from tests.viewer.browser.conftest import World
from tests.viewer.browser.painted import painted
from tests.viewer.browser.test_access import found_by_axe
from tests.viewer.browser.test_hostile_content import MARKDOWN

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
HOSTILE = rf"""# Hostile <img src=x onerror=alert(1)>
{MARKDOWN}
![remote](https://ok.example/pixel.png) ![other](//ok.example/pixel.png) ![near](near%20it.png)
![up](../../runs/x.png) ![api](/api/v1/info) [up](../../../etc/passwd) [blob](blob:http://127.0.0.1/x)
<form action="/api/v1/edits"><input name=a></form><style>body {{ display: none }}</style>

# Hostile <img src=x onerror=alert(1)>

- [x] <b>done</b>

```panel
"></iframe><script>alert(1)</script>
```

```panel
run=none&metrics="><script>alert(1)</script>
```

```panel
javascript:alert(1)
```
"""
MOST = 100
"""Panels of a report that are shown."""


def write(world: World, name: str, text: str) -> Path:
    path = world.root / "reports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def framed(page: Page, title: str) -> Frame:
    """What is in the frame of a panel."""
    frame = page.locator(f"iframe[title='{title}']").element_handle().content_frame()
    assert frame is not None
    return frame


def shows_what_there_is(frame: Frame) -> None:
    """Of two metrics one, and that there is no other."""
    assert painted(frame, "val/acc").columns
    expect(frame.get_by_text("No run here has no/such.")).to_be_visible()


def test_charts_in_a_report_that_is_being_written(page: Page, world: World) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/?path=cv&q=alias=run-0&x=step:10..19&sm=ema:0.5&y=log")
    painted(page, "train/loss")
    page.get_by_label("Menu of train/loss").click()
    page.get_by_role("button", name="for a report").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("is copied")
    copied = page.evaluate("navigator.clipboard.readText()")

    second = "```panel\ntitle: All of them\npath=cv&metrics=val/acc,no/such\n```\n"
    space = "words\n\n" * 100
    links = "[end](#the-end), [other](../b.md), [run](/run/x)"
    text = f"# A story\n\n{links}\n\n{copied}\n{second}\n{space}\n## The end\n\n{second}"
    path = write(world, "cv/a story.md", text)
    write(world, "b.md", "no heading")
    page.goto("/reports")
    expect(page.locator(".reports a")).to_have_text(["b", "A story"])
    expect(page.get_by_text("A report is a file of Markdown")).to_be_visible()
    page.get_by_role("link", name="A story").click()
    expect(page.get_by_role("heading", name="A story")).to_be_visible()
    expect(page).to_have_title("A story · runicorn")

    first = framed(page, "Panel 1")
    assert painted(first, "train/loss").columns
    expect(first.locator(".legend .value")).to_have_text(["run-0"])
    assert {"x=step:10..19", "y=log", "sm=ema:0.5"} <= set(unquote(first.url).partition("?")[2].split("&"))
    shows_what_there_is(framed(page, "Panel 2: All of them"))
    expect(page.locator("iframe")).to_have_count(2)
    first.evaluate("() => { window.kept = true; }")
    path.write_text(text.replace("# A story", "# Another\n\nwith a **beginning**"))
    expect(page.get_by_role("heading", name="Another")).to_be_visible()
    assert framed(page, "Panel 1").evaluate("window.kept"), "the chart was loaded anew"

    page.get_by_role("link", name="end", exact=True).click()
    expect(page.get_by_role("heading", name="The end")).to_be_in_viewport()
    assert painted(framed(page, "Panel 3: All of them"), "val/acc").columns
    expect(page.locator("iframe")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("heading", name="The end")).to_be_in_viewport()
    assert page.get_by_role("link", name="run", exact=True).get_attribute("href") == "/run/x"
    page.get_by_role("link", name="other").click()
    expect(page.locator(".report .markdown")).to_have_text("no heading")
    page.keyboard.press("u")
    expect(page.locator(".reports a")).to_have_text(["b", "Another"])


def test_what_a_report_may_not(page: Page, world: World) -> None:
    page.add_init_script("delete window.SharedWorker")  # as in browsers that have none
    path = write(world, "evil/hostile.md", HOSTILE + "```panel\npath=cv\n```\n" * (MOST - 2))
    (path.parent / "near it.png").write_bytes(PNG)
    page.goto("/reports/evil/hostile.md")
    report = page.locator(".report")
    expect(report).to_contain_text('<script>alert(1)</script> <iframe src="/settings"></iframe>')
    picture = report.get_by_role("img", name="near")
    expect(picture).to_have_js_property("naturalWidth", 1)
    expect(report.locator("img")).to_have_count(1)
    assert report.locator("script, form, input, style, [onerror], i, u, b").count() == 0
    for link in report.locator("a:not(.anchor)").all():
        href = str(link.get_attribute("href"))
        assert re.match(r"https?://(ok|evil)\.example/|/(settings|etc/passwd)$", href), href
        assert href.startswith("/") or "noopener" in str(link.get_attribute("rel"))
    anchors = [link.get_attribute("href") for link in report.locator(".anchor").all()]
    assert anchors == ["#hostile-img-srcx-onerroralert1", "#hostile-img-srcx-onerroralert1-1"]
    expect(report.locator(".report-panel")).to_have_count(MOST - 2)
    expect(report.locator(".report-refused")).to_have_count(3)
    expect(report.locator(".report-refused").last).to_contain_text("A report shows 100 panels")
    expect(framed(page, "Panel 2").locator(".nothing")).to_be_visible()

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert not found_by_axe(page), scheme
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("innerWidth === 390 && document.scrollingElement.scrollWidth <= 390")
    path.write_text("x" * 1_000_001)
    expect(page.locator(".broken")).to_contain_text("more than 1 MB")
    path.unlink()
    expect(page.locator(".broken")).to_contain_text("There is no file 'evil/hostile.md'")
