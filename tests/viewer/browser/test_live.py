"""What open pages show while programs are killed, tabs are hidden, and clocks jump."""

import json
import os
import re
import signal
import urllib.request
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect
from tests.programs import finish, wait
from tests.viewer.browser.conftest import World, viewer

import runicorn as rn
from harness.filling import Process, Root
from runid import events

pytestmark = pytest.mark.long

_FAST = """
import time
import runicorn as rn
run = rn.init("killed", run_id="killed")
print("begun", flush=True)
for step in range(10**9):
    run.log({"loss": float(step), "blob": 1.0}, step=step)
    time.sleep(0.002 * (step % 50 == 0))  # most of the time it logs, but not a million points
"""
_SLOW = """
import sys
import runicorn as rn
with rn.init("slow", run_id=sys.argv[1]) as run:
    for line in sys.stdin:
        run.log({"loss": float(line)}, step=int(line))
        print(run.flush(), flush=True)
"""
_HIDE = """
hidden => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def server(world: World) -> psutil.Process:
    """The viewer's process."""
    port = int(world.url.rstrip("/").rpartition(":")[2])
    listening = [one for one in psutil.net_connections("tcp") if one.laddr and one.laddr.port == port]
    return psutil.Process(next(one.pid for one in listening if one.status == psutil.CONN_LISTEN))


def streams(world: World) -> int:
    """The connections that the viewer has; those that are idle are closed after some seconds."""
    return sum(one.status == psutil.CONN_ESTABLISHED for one in server(world).net_connections())


def test_a_program_that_is_killed_while_it_logs(page: Page, world: World) -> None:
    trainer = world.program(_FAST)
    assert trainer.stdout is not None
    trainer.stdout.readline()
    page.goto("/run/killed")
    expect(page.locator(".of-run .status")).to_have_text(re.compile(r"^running, step [\d,]{4,}$"))
    os.kill(trainer.pid, signal.SIGKILL)
    expect(page.locator(".of-run .status")).to_have_text(
        re.compile(r"^crashed: .* killed by SIGKILL at step \d+; last")
    )
    finish(trainer, None)
    steps = rn.Api(world.root).run("killed").history("loss")["step"].to_pylist()
    assert steps == list(range(len(steps))), "lost, doubled or out of order"
    page.goto("/?path=killed&cols=metric.loss,metric.loss.count&x=step:" + f"{len(steps) - 3}..{len(steps) + 3}")
    expect(page.locator(".line .cell").nth(0)).to_have_attribute("title", f"metric.loss = {len(steps) - 1}")
    expect(page.locator(".line .cell").nth(1)).to_have_attribute("title", f"metric.loss.count = {len(steps)}")
    page.locator("[data-metric='loss']").focus()
    page.keyboard.press("t")  # the last points, as they are drawn
    expect(page.get_by_role("dialog").get_by_role("rowheader").last).to_have_text(f"step {len(steps) - 1:,}")


def test_eight_tabs_share_one_stream_and_hidden_ones_ask_for_nothing(page: Page, world: World) -> None:
    trainer = world.program(_SLOW.replace("sys.argv[1]", "'shared'"))
    assert trainer.stdout is not None
    print(0, file=trainer.stdin, flush=True)
    trainer.stdout.readline()
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto("/run/shared")
        expect(tab.locator(".of-run .status")).to_have_text("running, step 0")
    wait(lambda: streams(world) == 1, "they have more than one stream")

    asked = list[str]()
    for tab in tabs:
        tab.evaluate(_HIDE, True)
        tab.on("request", lambda request: asked.append(request.url))
    wait(lambda: streams(world) == 0, "hidden pages listen")
    print(5, file=trainer.stdin, flush=True)
    trainer.stdout.readline()
    with urllib.request.urlopen(f"{world.url}api/v1/runs/shared") as answer:
        assert json.load(answer)["writers"][0]["last_step"] == 5
    assert not asked
    for tab in tabs:
        tab.evaluate(_HIDE, False)
        expect(tab.locator(".of-run .status")).to_have_text("running, step 5")
        expect(tab.get_by_label("loss of 1 run, from 0 to 5")).to_be_visible()
    finish(trainer)


def test_a_clock_that_jumps(page: Page, world: World) -> None:
    """A laptop sleeps for two hours, and goes on."""
    page.clock.install()
    trainer = world.program(_SLOW.replace("sys.argv[1]", "'slept'"))
    assert trainer.stdout is not None
    print(0, file=trainer.stdin, flush=True)
    trainer.stdout.readline()
    page.goto("/run/slept")
    said = page.locator(".of-run .status")
    expect(said).to_have_text("running, step 0")
    page.clock.fast_forward("02:00:00")
    print(3, file=trainer.stdin, flush=True)
    trainer.stdout.readline()
    expect(said).to_have_text("running, step 3")
    expect(page.get_by_label("loss of 1 run, from 0 to 3")).to_be_visible()
    finish(trainer)
    expect(said).to_have_text(re.compile("^finished in "))


def test_a_run_that_nobody_hears_of_is_not_shown_as_well(page: Page, tmp_path: Path) -> None:
    Root(tmp_path).add("cv", "gone", [Process([[events.START, 1.78e9, {"created_at": 1.78e9}]])], sealed=False)
    with viewer(dict(os.environ) | {"RUNICORN_DIR": str(tmp_path)}) as url:
        page.goto(url)
        expect(page.locator(".line .status.silent")).to_have_text(re.compile(r"^silent \d+d$"))
        button = page.get_by_title("Show only these")
        expect(button).to_have_text("1 running, silent")
        button.click()
        expect(page.locator(".found")).to_have_text("1 of 1")
        page.goto(page.url.replace("/?", "/run/gone/info?"))
        expect(page.locator(".of-run .status.silent")).to_contain_text("running, but not heard of for ")
        expect(page.get_by_label("processes").locator(".status.silent")).to_have_text(re.compile("^silent "))
        page.goto("about:blank")
