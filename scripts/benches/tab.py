"""A tab of a real browser that is measured: times as the page sees them, counters and profiles by CDP."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benches.home import BenchError

_OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
_SIZE = {"width": 1440, "height": 900}
_PATIENCE = 60_000
_TOP = 5
_SELDOM = 100  # milliseconds
_LOOK = 0.1  # seconds

# Notes when the page was first seen in a state: the end of the frame in which it was.
_SEEN = """
const seen = (globalThis.seen = {});
const asked = (globalThis.asked = { begun: 0, underway: 0, last: 0 });
globalThis.watch = (name, is) => {
  const look = () => (is() ? setTimeout(() => (seen[name] = performance.now())) : requestAnimationFrame(look));
  look();
};
const fetch_ = globalThis.fetch;
globalThis.fetch = async (...given) => {
  asked.begun++;
  asked.underway++;
  try {
    const answer = await fetch_(...given);
    const bytes = await answer.arrayBuffer();
    return new Response(bytes, { status: answer.status, headers: answer.headers });
  } finally {
    asked.underway--;
    asked.last = performance.now();
  }
};
globalThis.quiet = () => asked.last && !asked.underway && performance.now() - asked.last > 150;
globalThis.rows = () => document.querySelector(".line .name a") !== null;
globalThis.charts = (count) =>
  [...document.querySelectorAll(".panel")].filter((one) => /, from /.test(one.ariaLabel ?? "")).length >= count;
"""


@dataclass
class Tab:
    """One page in a profile of its own, so that nothing is cached."""

    page: Page
    requests: list[str] = field(default_factory=list)
    bytes: Counter[str] = field(default_factory=Counter)
    """That came over the wire, by the kind of what was asked for."""
    bodies: Counter[str] = field(default_factory=Counter)
    """The same without headers."""

    def __post_init__(self) -> None:
        self._cdp = self.page.context.new_cdp_session(self.page)
        kinds: dict[str, str] = {}
        heads: dict[str, int] = {}

        def begun(told: dict[str, Any]) -> None:
            kinds[told["requestId"]] = told.get("type", "Other")
            self.requests.append(told["request"]["url"])

        def answered(told: dict[str, Any]) -> None:
            heads[told["requestId"]] = int(told["response"]["encodedDataLength"])

        def ended(told: dict[str, Any]) -> None:
            kind, size = kinds.get(told["requestId"], "Other"), int(told["encodedDataLength"])
            self.bytes[kind] += size
            self.bodies[kind] += size - heads.get(told["requestId"], 0)

        self._cdp.on("Network.requestWillBeSent", begun)
        self._cdp.on("Network.responseReceived", answered)
        self._cdp.on("Network.loadingFinished", ended)
        for part in ("Network", "Performance", "Profiler"):
            self._cdp.send(f"{part}.enable")

    def open(self, url: str, **until: str) -> dict[str, float]:
        """Goes there; gives at how many milliseconds each of these JavaScript conditions was true and painted."""
        for name, condition in until.items():
            self.page.add_init_script(f"addEventListener('DOMContentLoaded', () => watch('{name}', () => {condition}))")
        self.page.goto(url)
        names = ", ".join(f"seen.{name}" for name in until) or "1"
        self.page.wait_for_function(f"() => [{names}].every(Boolean)", timeout=_PATIENCE)
        found: dict[str, float] = self.page.evaluate("() => seen")
        return found

    def first_paint(self) -> float:
        """At how many milliseconds something was painted."""
        entry = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        return float(self.page.evaluate(f"() => {entry}"))

    def settle(self) -> None:
        """Waits until nothing is asked for any more; it looks seldom, for looking is work of the page's."""
        self.page.wait_for_function("() => quiet()", timeout=_PATIENCE, polling=_SELDOM)

    def answered(self, doing: Callable[[], object]) -> None:
        """Does what the page asks the server for, and waits until it has settled."""
        begun = self.page.evaluate("() => asked.begun")
        doing()
        self.page.wait_for_function("(begun) => asked.begun > begun", arg=begun, timeout=_PATIENCE, polling=_SELDOM)
        self.settle()

    def counters(self) -> dict[str, float]:
        """What Chromium counts: TaskDuration, ScriptDuration (s), Nodes, JSHeapUsedSize (bytes) …"""
        return {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}

    def spent(self, doing: Callable[[], object]) -> dict[str, float]:
        """By how much doing something raises the counters; times in milliseconds."""
        before = self.counters()
        doing()
        after = self.counters()
        return {name: 1000 * (after[name] - before[name]) for name in ("TaskDuration", "ScriptDuration")}

    def heap(self) -> float:
        """MB of JavaScript's heap that are in use."""
        self._cdp.send("HeapProfiler.collectGarbage")
        return self.counters()["JSHeapUsedSize"] / 1e6

    @contextlib.contextmanager
    def profiled(self) -> Iterator[list[str]]:
        """Fills a list with the functions that took longest meanwhile, and with what the server was asked for."""
        told: list[str] = []
        self._cdp.send("Profiler.setSamplingInterval", {"interval": 200})
        self._cdp.send("Profiler.start")
        try:
            yield told
        finally:
            profile = self._cdp.send("Profiler.stop")["profile"]
            told += [_functions(profile), self._waited()]

    def _waited(self) -> str:
        """What was asked for, each from when to when."""
        entries = self.page.evaluate("() => performance.getEntriesByType('resource').map((e) => e.toJSON())")
        asked = sorted((one for one in entries if "/api/" in one["name"]), key=lambda one: float(one["startTime"]))
        spans = [f"{_short(one['name'])} {one['startTime']:.0f} to {one['responseEnd']:.0f}" for one in asked[-8:]]
        return "asked for (ms): " + ", ".join(spans)


def _short(url: str) -> str:
    return str(url).partition("/api/v1/")[2].partition("?")[0]


def _functions(profile: dict[str, Any]) -> str:
    """The functions that took longest themselves."""
    named = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    spent: Counter[str] = Counter()
    for node, passed in zip(profile.get("samples", []), profile.get("timeDeltas", []), strict=False):
        frame = named[node]
        chunk = frame["url"].rpartition("/")[2].partition("-")[0]
        spent[f"{frame['functionName'] or 'anonymous'}{f' of {chunk}' if chunk else ''}"] += passed
    spent.pop("(idle)", None)
    return "took longest (ms): " + ", ".join(f"{name} {us / 1000:.1f}" for name, us in spent.most_common(_TOP))


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Raises BenchError where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise BenchError("The viewer is measured in Chromium, which is missing: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def tab(browser: Browser, **options: Any) -> Iterator[Tab]:
    """An empty tab of its own, in a browser that has come to rest; `options` as of playwright's contexts."""
    context = browser.new_context(**({"viewport": _SIZE} | options))
    try:
        page = context.new_page()
        page.add_init_script(_SEEN)
        one = Tab(page)
        _rest(browser)
        yield one
    finally:
        context.close()


def _rest(browser: Browser) -> None:
    """Waits until the browser spends no time: making a profile takes it both processors for half a second, in which
    people do not open pages.
    """
    cdp = browser.new_browser_cdp_session()
    before, spent = -1.0, 0.0
    while spent > before:
        before = spent
        time.sleep(_LOOK)
        spent = sum(float(one["cpuTime"]) for one in cdp.send("SystemInfo.getProcessInfo")["processInfo"])
    cdp.detach()
