"""Charts of the machine on a run's page: the cursor of all tabs is marked and told there, and is put there, too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, Position, expect
from tests.viewer.browser.conftest import World, filled
from tests.viewer.browser.painted import painted

import runicorn as rn

pytestmark = pytest.mark.long

# The machine is looked at when the run begins and a second later, or more often on a busy one.
_FILL = """
import os, threading
os.environ["RUNICORN_SYSTEM"] = "1"
import runicorn as rn

def threads():
    found = stored.metrics.get("sys/process/threads", {"max": 0})
    return found["max"]

with rn.init("machine", run_id="machine") as run:
    run.log({"loss": 0.0}, step=0)
    run.flush()
    stored, step, end = rn.Api().run("machine"), 0, threading.Event()
    while threads() < 20:
        if threads() and threading.active_count() < 20:
            for _ in range(20):
                threading.Thread(target=end.wait, daemon=True).start()
        step += 1
        run.log({"loss": float(step)}, step=step)
        end.wait(0.02)
    for _ in range(5):
        step += 1
        run.log({"loss": float(step)}, step=step)
        end.wait(0.02)
    end.set()
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A run that begins twenty threads when its machine was looked at, and ends when it was again."""
    with filled(_FILL, 1) as made:
        yield made


@dataclass(frozen=True)
class Known:
    """Of the run, in seconds since the epoch: when it began, when each step was logged, and how many threads when."""

    began: float
    steps: dict[int, float]
    looks: list[tuple[float, float]]

    @property
    def length(self) -> float:
        """Seconds from the first look to the last."""
        return self.looks[-1][0] - self.looks[0][0]

    def at(self, part: float) -> int:
        """The step that is nearest to this part of the time between them."""
        return min(self.steps, key=lambda step: abs(self.part(step) - part))

    def part(self, step: int) -> float:
        """Where a step is in that time."""
        return (self.steps[step] - self.looks[0][0]) / self.length

    def threads(self, step: int) -> str:
        """How many the last look before the step has found."""
        return f"{[value for time, value in self.looks if time <= self.steps[step]][-1]:g}"


@pytest.fixture(scope="module")
def known(world: World) -> Known:
    run = rn.Api(world.root).run("machine")
    told = {name: run.history(name).to_pylist() for name in ("loss", "sys/process/threads")}
    steps = {one["step"]: one["time"].timestamp() for one in told["loss"]}
    looks = [(one["time"].timestamp(), one["value"]) for one in told["sys/process/threads"]]
    assert looks[0][1] < looks[-1][1]
    return Known(run.meta["created_at"], steps, looks)


def chart(page: Page, metric: str) -> tuple[Locator, Locator]:
    """The line of the pinned cursor in a chart, and the value that its head tells."""
    panel = page.locator(f"[data-metric='{metric}']")
    return panel.locator(".at-cursor.pinned"), panel.locator(".readings b")


def marked(page: Page, metric: str, part: float, which: str = ".pinned") -> None:
    """Until a line of the cursor is at this part of the chart's width, give or take two pixels."""
    at_place = """([metric, which, part]) => {
        const panel = document.querySelector(`[data-metric='${metric}']`);
        const [line, inside] = [`.at-cursor${which}`, ".u-over"].map((one) => panel?.querySelector(one));
        if (!line || line.hidden || !inside) return false;
        const [at, over] = [line, inside].map((one) => one.getBoundingClientRect());
        return Math.abs(at.left - over.left - part * over.width) <= 2;
    }"""
    page.wait_for_function(at_place, arg=[metric, which, part])


def click(page: Page, metric: str, part: float) -> None:
    """Clicks at this part of a chart's width, as soon as it is drawn."""
    painted(page, metric)
    box = page.locator(f"[data-metric='{metric}'] .u-over").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + part * box["width"], box["y"] + box["height"] / 2)


def pinned(page: Page) -> int:
    """The step in the address, where there is one and nothing else."""
    expect(page).to_have_url(re.compile(r"\?c=\d+$"))
    return int(page.url.rpartition("=")[2])


def test_what_is_pinned_in_a_chart_of_steps_is_marked_and_told(page: Page, known: Known) -> None:
    cursor = page.get_by_label("Cursor", exact=True).get_by_role("status")
    page.goto("/run/machine")
    click(page, "loss", known.at(0.5) / max(known.steps))
    step = pinned(page)
    assert abs(step - known.at(0.5)) <= 1
    page.keyboard.press("8")
    line, value = chart(page, "threads of the process")
    expect(cursor).to_have_text(re.compile(f"^step {step} "))
    for metric in ("threads of the process", "memory", "memory used", "disk free"):
        marked(page, metric, known.part(step))
        expect(chart(page, metric)[1]).to_have_count(1)
    expect(value).to_have_text(known.threads(step))
    # How many cores are in use takes two looks.
    expect(chart(page, "cores in use")[1]).to_have_count(int(known.looks[1][0] <= known.steps[step]))
    page.keyboard.press(".")
    expect(cursor).to_have_text(re.compile(f"^step {step + 1} "))
    marked(page, "threads of the process", known.part(step + 1))
    page.reload()
    marked(page, "threads of the process", known.part(step + 1))
    for at, told in (
        (max(known.steps), [known.threads(max(known.steps))]),
        (0, []),
    ):  # behind the last look, before the first
        page.keyboard.press(":")
        page.keyboard.type(str(at))
        page.keyboard.press("Enter")
        expect(cursor).to_have_text(re.compile(f"^step {at} "))
        expect(value).to_have_text(told)
        expect(line).to_be_hidden()
    page.get_by_label("Let the cursor go").click()
    expect(value).to_have_count(0)


def test_what_is_pinned_in_a_chart_of_the_machine_is_a_step(page: Page, known: Known) -> None:
    page.goto("/run/machine/system")
    click(page, "threads of the process", 0.75)
    step = pinned(page)
    assert abs(step - known.at(0.75)) <= 1
    marked(page, "memory", known.part(step))
    page.keyboard.press("1")
    painted(page, "loss")
    marked(page, "loss", step / max(known.steps))
    expect(chart(page, "loss")[1]).to_have_text(str(step))
    page.keyboard.press("8")
    click(page, "memory", known.part(step))  # where it is
    expect(page).to_have_url(re.compile("/run/machine/system$"))
    expect(chart(page, "memory")[0]).to_be_hidden()


def test_on_an_axis_of_time_it_is_the_time(page: Page, known: Known) -> None:
    page.goto("/run/machine/system?x=relative")
    click(page, "threads of the process", 0.75)
    marked(page, "memory used", 0.75)
    expect(page).to_have_url(re.compile(r"c=[\d.]+$"))
    since = float(page.url.rpartition("=")[2])
    part = (known.began + since - known.looks[0][0]) / known.length
    assert part == pytest.approx(0.75, abs=0.02)
    near = "|".join(str(known.at(part) + by) for by in (-1, 0, 1))  # a look at the machine has the step before it
    expect(page.get_by_label("Cursor", exact=True).get_by_role("status")).to_have_text(re.compile(f"^step ({near}) "))
    page.keyboard.press("1")
    expect(chart(page, "loss")[0]).to_be_visible()
    page.keyboard.press("8")
    marked(page, "memory used", 0.75)


def test_the_pointer_is_marked_in_all_charts(page: Page, known: Known) -> None:
    step = known.at(0.4)
    page.goto(f"/run/machine/system?c={step}")
    painted(page, "memory")
    over = page.locator("[data-metric='memory'] .u-over")
    box = over.bounding_box()
    assert box is not None
    value = chart(page, "threads of the process")[1]
    expect(value).to_have_text(known.threads(step))
    over.hover(position=Position(x=box["width"] - 2, y=40))
    marked(page, "threads of the process", 1 - 2 / box["width"], ":not(.pinned)")
    marked(page, "threads of the process", known.part(step))  # which stays
    expect(value).to_have_text(f"{known.looks[-1][1]:g}")  # the nearest
    page.mouse.move(0, 0)
    expect(value).to_have_text(known.threads(step))
