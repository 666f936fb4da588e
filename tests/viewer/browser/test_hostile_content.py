"""Pages, pictures, Markdown and text of a run that try to reach more than their own place on the screen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Response, expect
from tests.programs import wait
from tests.viewer.browser.conftest import World, filled

pytestmark = pytest.mark.long

PAGE = """<!doctype html><base href="/api/v1/">
<link rel=stylesheet href="/static/x.css"><style>@import "/api/v1/info?css"; body { background: url(/api/v1/info?bg) }
</style><body><a id=top target=_top href="/settings">top</a> <a id=new target=_blank href="/settings">new</a>
<form id=form method=post action="/api/v1/edits" target=_top><button>send</button></form>
<script src="/api/v1/info?script"></script><script>
const told = [];
const refused = (name, act) => { try { act(); told.push(name); } catch { } };
refused("opener", () => { if (!parent.document) throw 0; });
refused("frames", () => {
  const others = Array.from(top, (_, at) => top[at]).filter((one) => one !== self);
  if (!others.some((one) => one.document)) throw 0;
});
refused("local", () => localStorage.setItem("a", 1));
refused("session", () => sessionStorage.setItem("a", 1));
refused("cookie", () => { document.cookie = "runicorn=1"; });
refused("database", () => indexedDB.open("x"));
refused("worker", () => new SharedWorker("/static/worker.js"));
refused("domain", () => { document.domain = "127.0.0.1"; });
refused("dialog", () => { if (confirm("x")) throw 0; else if (!prompt) throw 0; throw 0; });
for (const one of ["edits", "info"]) navigator.sendBeacon?.(`/api/v1/${one}`, "{}");
try { new EventSource("/api/v1/events?runs="); new WebSocket(`ws://${location.host}/`); } catch { }
document.getElementById("form").submit();
document.getElementById("top").click();
parent.postMessage({ kind: "run", run: "evil" }, "*");
const ask = (method) =>
  fetch("/api/v1/edits", { method, credentials: "include" }).then(() => told.push(method), () => undefined);
Promise.all([ask("GET"), ask("POST")]).then(() => document.body.append(`reached: ${told.join() || "nothing"}`));
</script>"""
LEAVES = """<meta http-equiv="refresh" content="0;url=/settings"><script>location = "/settings"</script>
<iframe src="/settings"></iframe><object data="/settings"></object>"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" onload="document.title = 'evil'">
<script>top.location = "/settings"</script><image href="/api/v1/info?svg" width="1" height="1"/>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="top.location = '/settings'"/></body>
</foreignObject><rect width="8" height="8"/></svg>"""
MARKDOWN = r"""
[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](java
script:alert(1)) [d](data:text/html,<script>alert(1)</script>) [e](vbscript:x) [f](//evil.example/) [g](/settings)
<javascript:alert(1)> <https://ok.example/"onmouseover="alert(1)> ![h](x" onerror="alert(1)) ![i](javascript:alert(1))
<script>alert(1)</script> <iframe src="/settings"></iframe> <a href="javascript:alert(1)">j</a> [k]: javascript:alert(1)
`<b>` **<i>bold</i>** [<img src=x onerror=alert(1)>](https://ok.example/)
| <u>x</u> | `|` |
|---|---|
| [l](&#106;avascript:alert(1)) | [m](\javascript:alert(1)) |
"""
ESCAPES = "".join((
    "\x1b]0;title\x07", "\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;ZXZpbA==\x07", "\x1b[6n",
    "\x1b]1337;File=inline=1:PHN2Zz4=\x07", "\x1bP+q\x1b\\", "\x1b[38;5;999m", "\x1b[38;2;1;2;99999999mred",
    "\x1b[" + "1;" * 20 + "m",
    "\x9b31m", "\x1b[", "\u202eevil\u2066", "\x00\x08\x08", "<img src=x onerror=alert(1)>", "end",
    "\x1b]",  # which has no end, and so hides what is behind it, as in a terminal
))  # fmt: skip
_FILL = f"""
import json, os, pathlib
import runicorn as rn

folder = pathlib.Path(os.environ["HOME"]) / "data"
folder.mkdir()
(folder / "a.svg").write_text({SVG!r})
(folder / "b.html").write_text({PAGE!r})
(folder / "c\\u202egnp.<b>").write_text({PAGE!r})
(folder / "d.json").write_text(json.dumps({{"<img src=x onerror=alert(1)>": ["</script>"], "__proto__": 1}}))
(folder / "train.py").write_text("print('<img src=x onerror=alert(1)>')\\n# \\u202e</code><script>alert(1)</script>\\n")
with rn.init("hostile", run_id="hostile", snapshot_code=True, workspace_root=folder) as run:
    run.log({{"page": rn.Html({PAGE!r}), "words": rn.Markdown({MARKDOWN!r})}}, step=1)
    run.log({{"leaves": rn.Html({LEAVES!r})}}, step=1)
    run.log_text({ESCAPES!r})
    run.log_dataset("data", folder, save=True)
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with filled(_FILL, 1) as made:
        wait(lambda: not list(made.root.glob("runs/**/media/.incoming/*")), "not all media are made")
        wait((made.root / "archive" / "manifests").exists, "the dataset is not archived")
        yield made


@pytest.fixture
def stays(page: Page) -> Iterator[Page]:
    """Fails a test in which anything but our page is answered, a dialog or a window opens, or a run's script runs."""
    wrong = list[str]()

    def answered(response: Response) -> None:
        if response.frame.parent_frame is not None and "/api/v1/blob/" not in response.url:
            told = response.headers.get("content-security-policy", "")
            if "frame-ancestors 'none'" not in told or "/api/" in response.url:  # else nothing of it is shown
                wrong.append(f"a frame was answered {response.url}")

    page.on("response", answered)

    def spoke(dialog: Dialog) -> None:
        wrong.append(f"a dialog says {dialog.message}")
        dialog.dismiss()

    page.on("dialog", spoke)
    yield page
    assert page.locator("main script, main [onerror], main [onload], main base").count() == 0
    assert not re.search("evil", page.title())
    assert not wrong
    assert len(page.context.pages) == 1, "a window was opened"


def test_a_page(stays: Page) -> None:
    stays.goto("/run/hostile/media?types=html")
    framed = stays.frame_locator("iframe[title=page]")
    expect(framed.locator("body")).to_contain_text("reached: nothing")
    for link in ("#top", "#new", "button"):
        framed.locator(link).first.click()
    expect(stays.frame_locator("iframe[title=leaves]").locator("body")).not_to_contain_text("settings")
    assert stays.url.endswith("/run/hostile/media?types=html")
    expect(stays.locator(".tabs")).to_be_visible()


def test_markdown(stays: Page) -> None:
    stays.goto("/run/hostile/media?types=markdown")
    words = stays.locator("[data-key='words'] .markdown")
    expect(words).to_contain_text("<script>alert(1)</script>")
    for link in words.locator("a").all():
        href = str(link.get_attribute("href"))
        assert re.match(r"https?://", href), href
        assert "noopener" in str(link.get_attribute("rel"))
    assert words.locator("img, iframe, script, i, u, b").count() == 0


def test_escapes_in_text(stays: Page) -> None:
    stays.goto("/run/hostile/logs")
    line = stays.locator(".log-line").last
    expect(line.locator(".message")).to_contain_text("<img src=x onerror=alert(1)>")
    assert line.locator("a, img").count() == 0
    expect(line.locator(".message")).to_contain_text("\u27e8U+202E\u27e9")


def test_code_and_files(stays: Page) -> None:
    stays.goto("/run/hostile/code?file=train.py")
    expect(stays.get_by_role("region", name="train.py")).to_contain_text("<script>alert(1)</script>")
    for name in ("a.svg", "b.html", "c\u202egnp.<b>", "d.json"):
        stays.goto(f"/run/hostile/data?kind=datasets&inner={name}")
        shown = stays.locator(".asset .content")
        expect(shown).to_be_visible()
        expect(shown.locator("pre, img").first).to_be_visible()
        assert shown.locator("svg [onload], iframe").count() == 0, name
    assert Path(stays.url).name.startswith("data?")
