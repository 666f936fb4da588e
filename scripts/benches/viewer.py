"""`scripts/bench --viewer`: what looking at runs costs in the browser, on the root of benches.many.

Each number is the median of five tabs with nothing in their cache, in a browser at rest, while the server goes on.
What misses its goal is measured once more with a profile, which stands below the table.
"""

from __future__ import annotations

import contextlib
import functools
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser

from benches import heavy, many, rollouts
from benches.held import Held
from benches.home import BenchError, Home
from benches.live import latencies
from benches.proxy import Proxy
from benches.rows import Row, median
from benches.tab import Tab, chromium, tab

_TRIES = 5
_LONG = "?path=long&across=4&hide=tree,runs"
_FRAMES = 120
_KEYS = "resnet"
_SEARCHED = "out of memory"

_SCROLL = f"""() => new Promise((done) => {{
  const table = document.querySelector(".table");
  let left = {_FRAMES};
  const step = () => {{
    table.scrollTop += 96;
    left-- > 0 ? requestAnimationFrame(step) : done();
  }};
  step();
}})"""


@dataclass(frozen=True)
class Server:
    """A viewer that runs."""

    url: str
    process: psutil.Process
    first_byte: float
    """Milliseconds from its start to the first byte of a page."""


@contextlib.contextmanager
def server(home: Home, root: Path) -> Iterator[Server]:
    """A viewer of a root. Raises BenchError when it does not start."""
    command = [sys.executable, "-m", "runicorn", "viewer", "--no-browser", "--port", "0", "--storage", str(root)]
    began = time.perf_counter()
    with subprocess.Popen(command, env=home.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://[^?\s]+", process.stdout.readline())
        if found is None:
            raise BenchError("The viewer did not say where it is.")
        with urllib.request.urlopen(found[0]) as answer:
            answer.read(1)
        first_byte = 1000 * (time.perf_counter() - began)
        try:
            yield Server(found[0], psutil.Process(process.pid), first_byte)
        finally:
            process.terminate()
            process.stdout.read()


def rows(quick: bool) -> Iterator[Row]:
    """All rows. Raises BenchError."""
    root = many.made()
    with Home() as home, chromium() as browser:
        starts = []
        for _ in range(_TRIES + 1):  # the first one compiles
            with server(home, root) as one:
                starts.append(one.first_byte)
        how = f"`runicorn viewer` as a new process, until it answers with the page; median of {_TRIES}."
        yield Row("start to first byte", 400.0, median(starts[1:]), "ms", how)
        with server(home, root) as one:
            look, held = Look(browser, one.url), Held(one.process)
            held.note("as it starts")
            yield from _first_screen(look)
            held.note("with the list")
            yield from _long_screen(look)
            held.note("with twelve charts of ten long runs, and zooms")
            yield from _table(look)
            held.note("with sorts and filters")
            yield _idle(browser, one, 15.0 if quick else 60.0)
            yield _search(one.url)
            yield held.row("memory of the server")
        yield from rollouts.rows(home, browser, server)
        with server(home, heavy.made()) as one:
            held = Held(one.process)
            yield from heavy.rows(Look(browser, one.url), held.note)
            yield held.row("memory of that server")
        yield from latencies(home, browser, functools.partial(server, home), root, 15 if quick else 60)


@dataclass(frozen=True)
class Look:
    """Measures in fresh tabs."""

    browser: Browser
    url: str

    def row(self, what: str, goal: float, unit: str, how: str, measure: Callable[[Tab], float]) -> Row:
        """The median of several tabs; where that misses the goal, a profile is added to how it was measured."""
        found = [self.in_tab(measure) for _ in range(_TRIES)]
        row = Row(what, goal, median(found), unit, f"{how} {_spread(found)}")
        if row.good:
            return row
        return Row(what, goal, row.measured, unit, f"{row.how} {self.in_tab(functools.partial(_profile, measure))}")

    def in_tab(self, measure: Callable[[Tab], Any]) -> Any:
        with tab(self.browser) as one:
            return measure(one)


def _profile(measure: Callable[[Tab], float], one: Tab) -> str:
    with one.profiled() as told:
        again = measure(one)
    return f"Of {again:.1f} {'; '.join(told)}."


def _spread(found: list[float]) -> str:
    return f"({', '.join(f'{one:.1f}' for one in found)})"


def _first_screen(look: Look) -> Iterator[Row]:
    root = f"{many.RUNS:,} runs at /"

    def painted(one: Tab) -> float:
        one.open(look.url, rows="rows()")
        return one.first_paint()

    def scripts(one: Tab) -> float:
        one.open(look.url, charts="charts(4)")
        one.settle()
        return one.bodies["Script"] / 1000

    def usable(one: Tab) -> float:
        return one.open(look.url, rows="rows()")["rows"]

    began = look.in_tab(lambda one: (usable(one), painted(one)))
    how = f"{root}, from the navigation on; while the server is still starting {began[1]:.0f} ms."
    yield look.row("first contentful paint", 150.0, "ms", how, painted)
    how = f"{root}: until the first rows have been painted; while the server is still starting {began[0]:.0f} ms."
    yield look.row("table usable", 250.0, "ms", how, usable)
    how = f"{root}: all JavaScript that came over the wire, gzipped."
    yield look.row("JavaScript of the first screen", 70.0, "KB", how, scripts)


def _long_screen(look: Look) -> Iterator[Row]:
    url, curves = look.url + _LONG, f"{many.METRICS} charts of {many.LONG} runs of {many.POINTS:,} points"
    until = f"charts({many.METRICS})"

    def size(one: Tab) -> float:
        one.open(url, charts=until)
        one.settle()
        return sum(one.bytes.values()) / 1000

    def heap(one: Tab) -> float:
        one.open(url, charts=until)
        one.settle()
        return one.heap()

    first = look.in_tab(lambda one: one.open(url, charts=until)["charts"])
    how = f"{curves}, from the navigation on until all are painted; for the first time {first:.0f} ms."
    yield look.row("twelve charts painted", 500.0, "ms", how, lambda one: one.open(url, charts=until)["charts"])
    yield look.row("bytes of that screen", 350.0, "KB", "All that came over the wire, headers too.", size)
    how = (
        "A drag over a third of one chart, each time another third, until the last of the finer bins of all twelve has "
        "been painted."
    )
    yield look.row("zoom of twelve charts, sharp", 100.0, "ms", how, functools.partial(_zoom, url, until, count()))
    yield look.row("heap of that tab", 150.0, "MB", "JavaScript's, after a collection.", heap)


def _zoom(url: str, until: str, tries: Iterator[int], one: Tab) -> float:
    """Milliseconds until the answer to a zoom is painted; each of the `tries` is one that was not asked for before."""
    one.open(url, charts=until)
    one.settle()
    box = one.page.locator(".u-over").nth(5).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * (0.1 + 0.13 * next(tries) % 0.5), box["y"] + box["height"] / 2
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    one.page.mouse.move(x + box["width"] / 3, y, steps=3)
    one.page.evaluate(_SHARP)
    one.page.mouse.up()
    one.page.wait_for_function("() => globalThis.sharp", timeout=60_000)
    return float(one.page.evaluate("() => sharp"))


# From the end of the drag to the end of the second frame behind the last answer: the first one paints it.
_SHARP = """() => {
  globalThis.sharp = 0;
  addEventListener("mouseup", () => {
    const began = performance.now();
    const look = () => {
      if (asked.underway || asked.last < began) return requestAnimationFrame(look);
      requestAnimationFrame(() => setTimeout(() => (globalThis.sharp = performance.now() - began)));
    };
    requestAnimationFrame(look);
  }, { once: true });
}"""


def _table(look: Look) -> Iterator[Row]:
    def opened(one: Tab) -> None:
        one.open(f"{look.url}?hide=charts", rows="rows()")
        one.settle()

    def typed(one: Tab) -> float:
        opened(one)
        one.page.get_by_label("Filter the runs").focus()

        def typing() -> None:
            for key in _KEYS:
                one.answered(functools.partial(one.page.keyboard.type, key))

        return one.spent(typing)["TaskDuration"] / len(_KEYS)

    def ordered(one: Tab) -> float:
        opened(one)
        box = one.page.locator("[role=columnheader]").nth(2).bounding_box()
        assert box is not None

        def sorting() -> None:
            one.page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)

        return one.spent(lambda: one.answered(sorting))["TaskDuration"]

    def scrolled(what: str) -> Callable[[Tab], float]:
        def measure(one: Tab) -> float:
            opened(one)
            return one.spent(lambda: one.page.evaluate(_SCROLL))[what] / _FRAMES

        return measure

    how = f"The page's own work for one key, its answer's rows included, over {many.RUNS:,} runs."
    yield look.row("keystroke in the filter", 16.0, "ms", how, typed)
    yield look.row("sort", 16.0, "ms", "A click on a column's head, likewise.", ordered)
    how = f"Four rows a frame, {_FRAMES} frames: the page's JavaScript, for one frame."
    yield look.row("scroll, script", 1.0, "ms", how, scrolled("ScriptDuration"))
    how = "The same: all of the page's main thread, painting without a graphics card included."
    yield look.row("scroll, all", 10.0, "ms", how, scrolled("TaskDuration"))


def _idle(browser: Browser, one: Server, seconds: float) -> Row:
    """What a tab in which nothing happens sends and gets, its worker included, as a proxy between counts it."""
    with Proxy(one.url) as proxy, tab(browser) as idle:
        idle.open(proxy.url, charts="charts(4)")
        idle.settle()
        time.sleep(2.0)  # the stream of events is opened last
        before, spent = proxy.bytes, one.process.cpu_times()
        time.sleep(seconds)
        after = one.process.cpu_times()
        cpu = 100 * (after.user + after.system - spent.user - spent.system) / seconds
        bytes_ = 60 / seconds * (proxy.bytes - before) / 1000
    how = f"{seconds:.0f} s of a tab with the table and charts; the server takes {cpu:.1f} % of a core meanwhile."
    return Row("an idle tab", 1.0, bytes_, "KB/min", how)


def _search(url: str) -> Row:
    took = []
    for _ in range(_TRIES + 1):
        began = time.perf_counter()
        address = f"{url}api/v1/runs/{many.TEXT}/logs/search?q={_SEARCHED.replace(' ', '+')}"
        with urllib.request.urlopen(address) as answer:
            answer.read()
        took.append(1000 * (time.perf_counter() - began))
    how = f"From the question to the answer; the first time, when lines are counted, {took[0]:.0f} ms."
    return Row(f"search {many.LINES:,} lines", 100.0, statistics.median(took[1:]), "ms", how)
