"""Whatever a run is called or says is text on the screen, and can be asked for by the address."""

import json
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.programs import COMMAND, PATIENCE
from tests.viewer.browser.conftest import World, viewer

pytestmark = pytest.mark.long

BACK = "\\"
NAMES = [
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a,b",
        "a/b/c",
        'say "so"',
        "it's",
        "50%",
        "%41",
        "a&b=c",
    ),
    *(
        "__proto__",
        "constructor",
        "toString",
        "run",
        "path",
        "status",
        "-minus",
        "back\\slash",
        "#hash",
        "a+b",
        "{{x}}",
    ),
    *("\u202eright to left", "\U0001f984", "e\u0301", "javascript:alert(1)", "${x}", "x" * 300),
]
_FILL = """
import json, sys
import runicorn as rn

names = json.loads(sys.stdin.read())
for number, name in enumerate(names):
    said = dict(alias=name, tags=[name[:100]], notes=name, group=name, config={name: name, "n": number})
    run = rn.init("hostile/names", **said)
    run.summary({name: name})
    run.log_text(name)
    for step in range(3):
        run.log({f"m/{name}": step, name: number}, step=step)
    run.finish()
"""


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """A viewer of a root in which everything has such names."""
    environment = world.environment | {"RUNICORN_DIR": str(world.root.with_name("hostile"))}
    said = json.dumps(NAMES)
    subprocess.run([*COMMAND, "-c", _FILL], env=environment, check=True, timeout=PATIENCE, input=said, text=True)
    with viewer(environment) as url:
        yield url.partition("?")[0]


def test_names_are_text_in_the_table_and_over_the_charts(page: Page, address: str) -> None:
    listed = [name for name in NAMES if "," not in name]
    page.set_viewport_size({"width": 8000, "height": 900})  # columns that are not seen are not there
    columns = ",".join("config." + name.replace(BACK, 2 * BACK) for name in listed)
    page.goto(f"{address}?cols={quote(columns)}&show=top:50&hide=tree&sort=n")
    expect(page.locator(".found")).to_have_text(f"{len(NAMES)} of {len(NAMES)}")
    expect(page.locator(".line .name a")).to_have_text(NAMES)
    for place, name in enumerate(listed):
        cells = page.locator(f"#row-{NAMES.index(name)} [role=gridcell]")
        expect(cells.nth(place + 2)).to_have_text(name)
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("name", [NAMES[0], "a,b", "back\\slash", "__proto__", "constructor", "50%", "x" * 300])
def test_metrics_of_any_name_are_found_pinned_and_linked(page: Page, address: str, name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace(",", "\\,")
    query = quote(f"alias={json.dumps(name, ensure_ascii=False).replace(2 * BACK, BACK)}")
    page.goto(f"{address}?q={query}&pin={quote(escaped)}&sort={quote(escaped)}")
    expect(page.locator(".line .name a")).to_have_text([name])
    expect(page.locator(".panel .title").first).to_have_text(name)
