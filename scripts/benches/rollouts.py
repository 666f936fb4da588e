"""Rollouts in the viewer: 100,000 of one run, as `runicorn viewer` shows them; made once, in `.bench/` of the clone."""

from __future__ import annotations

import functools
import json
import random
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benches.held import Held
from benches.home import Home
from benches.rows import Row, median
from benches.tab import tab
from harness.filling import Process, Root
from runid import events

KEPT = Path(__file__).resolve().parents[2] / ".bench" / "rollouts"
COUNT, PROMPTS, SAMPLES, OF_STEP = 100_000, 2000, 16, 128
_RUN = "rollouts_1"
_BEGAN = 1_780_000_000.0
_WORDS = ("the answer", "is therefore", "we see", "that", "number", "equals sum", "digits carry first", "then", "wait")
_TRIES = 5
_SHOWN = "document.querySelector('.rollout-message.answer') && document.querySelectorAll('.rollout-row').length > 9"


def rows(home: Home, browser: Browser, server: Any) -> Iterator[Row]:
    """All rows; `server` makes a viewer of a root. Raises BenchError."""
    made()
    with server(home, KEPT) as one:
        ask = functools.partial(_asked, f"{one.url}api/v1/runs/{_RUN}/rollouts")
        with urllib.request.urlopen(f"{one.url}api/v1/runs/{_RUN}") as answer:  # what answers is loaded then
            answer.read()
        held = Held(one.process)
        held.note("as it starts")
        told, first, all_ = _read(ask)
        how = (
            f"{COUNT:,} in {told['steps']} steps; from the first question on, until all are read; windows come earlier."
        )
        yield Row("100,000 rollouts: read for the first time", None, all_, "ms", how)
        how = "The same: the first steps, and how their rewards lie."
        yield Row("100,000 rollouts: first answer of all", 250.0, first, "ms", how)
        for what, until, measure in (
            ("tab usable", "From the key that turns to it on", _turned),
            ("page usable", "From the navigation to its address on", _opened),
        ):
            times = [measure(browser, f"{one.url}run/{_RUN}") for _ in range(_TRIES)]
            how = f"{until}, until steps, samples and the best one are painted. {_spread(times)}"
            yield Row(f"100,000 rollouts: {what}", 250.0, median(times), "ms", how)
        chance = random.Random(1)
        for what, address, most in (
            ("a window of a step's samples", "/samples?order=-reward&step=", told["steps"]),
            ("a window of all, worst first", "/samples?order=reward&lo=", COUNT),
            ("a filter by numbers", "?q=reward.total%3C.1", 100),
        ):
            took = [ask(f"{address}{chance.randrange(most)}")[1] for _ in range(_TRIES * 4)]
            how = (
                f"From the question to the answer, with other steps, places and limits; the slowest {max(took):.0f} ms."
            )
            yield Row(f"100,000 rollouts: {what}", 50.0, median(took), "ms", how)
        _, text = _whole(ask, "?q=text~carry.first&hi=40")
        how = "All that was said is read once for it; the first answer comes after a sixth of a second."
        yield Row("100,000 rollouts: a filter by text", None, text, "ms", how)
        yield held.row("100,000 rollouts: memory of the server")


def made() -> None:
    """Makes the root where it is not there yet. Raises OSError."""
    if (KEPT / "made").exists():
        return
    print("Making 100,000 rollouts ...", flush=True)
    shutil.rmtree(KEPT, ignore_errors=True)
    Root(KEPT).add("rl", _RUN, [Process(_logged())])
    (KEPT / "made").touch()


def _logged() -> Iterator[events.Event]:
    chance = random.Random(1)
    yield [events.START, _BEGAN, {"alias": "rollouts", "created_at": _BEGAN}]
    for number in range(0, COUNT, SAMPLES):
        step, prompt = number // OF_STEP, f"Solve question {chance.randrange(PROMPTS)}, and put the result in a box."
        for at in range(number, number + SAMPLES):
            said = " ".join(chance.choices(_WORDS, k=chance.randint(20, 125)))
            value: dict[str, Any] = {"prompt": prompt, "messages": [{"role": "assistant", "content": said}]}
            value |= {"rewards": {"correct": float(chance.random() < 0.6), "format": round(chance.random(), 3)}}
            value |= {"advantage": round(chance.gauss(0, 1), 3), "truncated": len(said) > 1400}
            about = {"type": "trace", "caption": None}
            yield [events.OBJECT, _BEGAN + at / 100, step, "train", "rollouts", value, about]
    yield [events.FINISH, _BEGAN + COUNT / 100, "finished", None]


def _read(ask: Any) -> tuple[dict[str, Any], float, float]:
    """What is told when all is read, and the milliseconds until the first answer, and until then."""
    began = time.perf_counter()
    _, first = ask("?hi=40")
    told, _ = _whole(ask, "?hi=40")
    return told, first, 1000 * (time.perf_counter() - began)


def _whole(ask: Any, address: str) -> tuple[dict[str, Any], float]:
    """The answer when all is read and tested, and the milliseconds until then."""
    began = time.perf_counter()
    told: dict[str, Any] = {"read": 0.0}
    while told["read"] < 1 or told["tested"] < 1:
        told, _ = ask(address)
    return told, 1000 * (time.perf_counter() - began)


def _asked(url: str, address: str) -> tuple[dict[str, Any], float]:
    """An answer, and how many milliseconds it took."""
    began = time.perf_counter()
    with urllib.request.urlopen(url + address) as answer:
        data = answer.read()
    return json.loads(data), 1000 * (time.perf_counter() - began)


def _opened(browser: Browser, url: str) -> float:
    with tab(browser) as one:
        return one.open(f"{url}/rollouts", usable=_SHOWN)["usable"]


def _turned(browser: Browser, url: str) -> float:
    with tab(browser) as one:
        one.open(url)
        one.settle()
        began = one.page.evaluate(f"() => {{ watch('usable', () => {_SHOWN}); return performance.now(); }}")
        one.page.keyboard.press("5")
        one.page.wait_for_function("() => seen.usable")
        return float(one.page.evaluate("() => seen.usable")) - float(began)


def _spread(found: list[float]) -> str:
    return f"({', '.join(f'{one:.0f}' for one in found)})"
