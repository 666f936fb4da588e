"""A real viewer of a root that the SDK has filled, and a real browser that looks at it."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.conftest import FOREIGN, FOREIGN_NAMES
from tests.programs import COMMAND, PATIENCE, clear, start, wait

from runicorn.viewer.pages import STATIC

expect.set_options(timeout=PATIENCE * 1000)

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# It must ask nobody: what it would fetch for itself must not look like something that the page has fetched.
_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
RUNS = 28
_FILL = """
import contextlib
import math
import runicorn as rn

config = {"total_steps": 100, "model": {"depth": 2, "norm": {"kind": "<i>batch</i>", "eps": 1e-5}}}
with contextlib.suppress(ValueError), rn.init("story", alias="story", tags=["first"], config=config) as run:
    run.set_primary_metric("val/acc", mode="max")
    for step in range(51):
        run.log({"train/step_time": 0.1, "val/acc": step / 100}, step=step)
        run.log_text(f"at step {step}")
        if step in (10, 30):
            run.log({"sample": rn.Markdown(f"after {step} steps")}, step=step)
        if step == 20:
            rn.alert("Too slow", text="<b>0.1 s</b>", step=step)
    raise ValueError("shapes differ")
for number in range(24):
    path = ["cv/resnet50/baseline", "cv/resnet50/augment", "llm/small"][number % 3]
    with rn.init(path, alias=f"run-{number}", config={"lr": 10.0 ** -(number % 4), "seed": number % 2}) as run:
        for step in range(60):
            run.log({"train/loss": math.exp(-step / 20) + number / 100, "val/acc": step / (60 + number)}, step=step)
with rn.init("long", alias="spiked") as run:
    for step in range(4000):
        run.log({"loss": 40.0 if step == 2345 else 1 + math.sin(step) / 10}, step=step)
with rn.init("once", alias="once") as run:
    run.log({"test/acc": 0.5}, step=10)
with rn.init("odd", alias="<img src=x onerror=alert(1)>", config={"note": "<b>bold</b>"}) as run:
    for step in range(20):
        run.log({"odd/<i>": float("nan") if step == 7 else step - 5.0}, step=step)
    for step in range(2):
        run.log({f"layer/{number}": step for number in range(210)}, step=step)
"""


@dataclass(frozen=True)
class World:
    """A root with runs, and a viewer of it at `url`, which takes edits from who knows the token."""

    url: str
    token: str
    root: Path
    environment: dict[str, str]

    def ended(self) -> int:
        """How many runs have ended, as the viewer tells it."""
        with urllib.request.urlopen(f"{self.url}api/v1/runs?q=status!=running") as answer:
            found: int = json.load(answer)["found"]
            return found

    def program(self, source: str) -> subprocess.Popen[str]:
        """A training program in this root; it hears what is written to its stdin."""
        return start(source, env=self.environment)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Filled once for all tests here, which change nothing in it but add runs of their own."""
    with filled(_FILL, RUNS) as made:
        yield made


@contextlib.contextmanager
def filled(program: str, runs: int) -> Iterator[World]:
    """A world that a program has filled, when so many runs have ended."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("The viewer's pages are not built, so they were NOT tested: install npm, and run scripts/install.")
    base, outbox = (Path(tempfile.mkdtemp(prefix="rn-", dir=place)) for place in ("/tmp", "/dev/shm"))
    names = [name for name in os.environ if name.startswith(FOREIGN) or name in FOREIGN_NAMES]
    own = {"HOME": base, "XDG_RUNTIME_DIR": base, "RUNICORN_OUTBOX": outbox, "RUNICORN_DIR": base / "root"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {name: str(path) for name, path in own.items()} | {"RUNICORN_QUIET": "1", "RUNICORN_SYSTEM": "0"}
    try:
        subprocess.run([*COMMAND, "-c", program], env=environment, check=True, timeout=PATIENCE)
        with viewer(environment) as address:
            url, _, token = address.partition("?token=")
            world = World(url, token, base / "root", environment)
            wait(lambda: world.ended() == runs, "the runs have not all ended")
            yield world
    finally:
        _end(str(base))
        shutil.rmtree(base)
        shutil.rmtree(outbox)


@contextlib.contextmanager
def viewer(environment: dict[str, str], port: int = 0, *roots: Path) -> Iterator[str]:
    """A viewer that runs, of these roots or of the environment's; gives its address, with the token."""
    storage = [part for root in roots for part in ("--storage", str(root))]
    command = [sys.executable, "-m", "runicorn", "viewer", "--no-browser", "--port", str(port), *storage]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the viewer did not say where it is"
        try:
            yield found[0]
        finally:
            process.terminate()
            process.stdout.read()


def _end(base: str) -> None:
    """Ends what was started with this home."""
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("XDG_RUNTIME_DIR") == base:
            process.kill()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module, since an event loop runs as long as it does."""
    if _CHROMIUM is None:
        pytest.skip("Chromium is missing, so the viewer's pages were NOT tested; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_OPTIONS))
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """An empty page. Fails a test in which the page asks anybody but the viewer, or has an error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=world.url)
    page, asked, errors = context.new_page(), list[str](), list[str]()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(f"{error}\n{error.stack}"))
    yield page
    clear()
    context.close()
    elsewhere = [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))]
    assert not elsewhere, elsewhere
    assert not errors, errors
